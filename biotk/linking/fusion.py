"""One order of the candidates of all sides: a linear model over what each says, and NIL beside.

A softmax over the weighted features of a mention's candidates and of NIL. It is fitted to choose
the right one, so that features are weighed against one another by what they are worth together:
a product of experts (see :mod:`biotk.linking.combining`) whose exponents are learnt.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError, UnknownNameError
from biotk.linking.features import FEATURES, Weighable

logger = logging.getLogger(__name__)

Vector = NDArray[np.float64]

FORMAT, VERSION = "biotk-fusion", 1


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """What each feature counts, with a model that writes names and without one.

    :param asked: weights where the model was asked. By feature.
    :param alone: weights where it was not.
    :param made_with: what they were fitted with: the fingerprint of the ``encoder``, the ``model``,
        the ``sets``. Empty for weights of which nobody knows.
    """

    asked: Mapping[str, float]
    alone: Mapping[str, float]
    made_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when any weight does."""
        told = json.dumps([dict(self.asked), dict(self.alone)], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def vector(self, *, asked: bool) -> Vector:
        """:returns: weights in the order of the features; those that are not named are 0."""
        own = self.asked if asked else self.alone
        return np.array([own.get(name, 0.0) for name in FEATURES])

    def to_json(self) -> str:
        """:returns: the weights as text."""
        told = {"format": FORMAT, "version": VERSION}
        weights = {"asked": dict(self.asked), "alone": dict(self.alone)}
        made_with = {"made_with": dict(self.made_with)} if self.made_with else {}
        return json.dumps({**told, **weights, **made_with}, indent=2) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> FusionWeights:
        """Read what :meth:`to_json` wrote.

        :raises InputError: it cannot be read, or is something else.
        :raises UnknownNameError: it weighs a feature that there is not.
        """
        try:
            raw = json.loads(Path(path).read_text(encoding="utf-8"))
            if (raw["format"], raw["version"]) != (FORMAT, VERSION):
                raise ValueError(f"it is no {FORMAT} of version {VERSION}")
            both = {key: {str(k): float(v) for k, v in raw[key].items()} for key in _KEYS}
            made_with = dict(raw.get("made_with", {}))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path} cannot be read: {error}") from None
        for own in both.values():
            for name, value in own.items():
                if name not in FEATURES:
                    raise UnknownNameError(f"feature in {path}:", name, FEATURES)
                if not np.isfinite(value):
                    raise InputError(f"{path}: {name} is {value}, expected a finite number")
        return cls(**both, made_with=made_with)

    def warn_if_of_another(self, encoder: str) -> None:
        """Tell that weights were fitted with another encoder, whose cosines mean another thing.

        :param encoder: the fingerprint of the one that is used.
        """
        fitted = self.made_with.get("encoder")
        if fitted not in (None, encoder):
            logger.warning(
                "the weights of the fused linker were fitted with the encoder %s, not with %s: fit "
                "them anew with biotk train fusion", fitted, encoder,
            )  # fmt: skip


_KEYS = ("asked", "alone")

#: Fitted by ``models/biotk-encoder/fusion.toml``, with biotk-encoder and biotk-mini. What suits an
#: encoder, a model and a KB better is fitted by ``biotk train fusion``.
DEFAULT_WEIGHTS = FusionWeights(
    asked={
        "name": 5.51,
        "name_exact": 0.99,
        "name_learned": 0.06,
        "no_name": -1.47,
        "cosine": 7.54,
        "cosine_learned": 5.65,
        "no_cosine": 1.13,
        "nearest": 1.38,
        "written": 0.25,
        "preferred": -0.24,
        "type": 0.08,
        "elsewhere": 1.08,
        "defined": 2.88,
        "nil": 0.73,
        "nil_name": 6.12,
        "nil_cosine": 7.71,
        "nil_written": -0.03,
    },
    alone={
        "name": 6.43,
        "name_exact": 1.28,
        "name_learned": 0.59,
        "no_name": -1.39,
        "cosine": 9.67,
        "cosine_learned": 5.94,
        "no_cosine": 1.8,
        "nearest": 1.49,
        "preferred": -0.2,
        "type": 0.95,
        "elsewhere": 1.19,
        "defined": 2.73,
        "nil": 1.72,
        "nil_name": 5.43,
        "nil_cosine": 12.3,
    },
    made_with={"encoder": "a8870ae442e0e7b5"},
)


class Weighed(NamedTuple):
    """Candidates in order.

    :param order: their places, best first; equals in order of concepts.
    :param shares: of each place. *Shape*: (concepts,).
    :param nil: the share of NIL; all shares sum to one.
    """

    order: tuple[int, ...]
    shares: Vector
    nil: float


def weigh(each: Weighable, weights: Vector) -> Weighed:
    """Put the candidates of a mention in order.

    :param each: the mention's candidates.
    :param weights: *Shape*: (features,).
    """
    shares = softmax(each.features @ weights)
    order = np.argsort(-np.round(shares[:-1], 9), kind="stable")
    return Weighed(tuple(order.tolist()), shares[:-1], float(shares[-1]))


def softmax(scores: Vector) -> Vector:
    """:returns: positive numbers that sum to one. *Shape*: as ``scores``."""
    powers = np.exp(scores - scores.max())
    shares: Vector = powers / powers.sum()
    return shares


class Judged(NamedTuple):
    """A mention whose answer is known.

    :param mention: its candidates.
    :param right: the places that are right, those of homonyms among them; that of NIL is the last
        one.
    """

    mention: Weighable
    right: tuple[int, ...]


def fit_weights(
    judged: Sequence[Judged],
    *,
    start: Vector | None = None,
    prior: float = 1.0,
    steps: int = 400,
) -> Vector:
    """Fit weights that make what is right likely.

    The loss is minus the logarithm of the share of what is right, and a penalty for weights far
    from where they begin. Found by gradients with momentum; nothing is drawn.

    :param judged: mentions; those without a right candidate teach nothing and are left out.
    :param start: where weights begin, and are drawn to; 0 by default. *Shape*: (features,).
    :param prior: how strongly, as a number of mentions.
    :param steps: how many.
    :returns: *Shape*: (features,).
    :raises InputError: no mention has a right candidate.
    """
    kept = [each for each in judged if each.right]
    if not kept:
        raise InputError("no mention has its right concept among the candidates")
    features = np.concatenate([each.mention.features for each in kept])
    lengths = np.array([len(each.mention.features) for each in kept])
    begins = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    right = np.zeros(len(features), bool)
    for begin, each in zip(begins.tolist(), kept):
        right[[begin + place for place in each.right]] = True
    weights = np.zeros(len(FEATURES)) if start is None else start.astype(float)
    first, scale = weights.copy(), np.maximum(features.std(0), 1e-3)
    momentum, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        gradient = _gradient(features, weights, begins, lengths, right)
        gradient += prior * (weights - first) * scale**2
        # Adam, on features of about one size.
        slope = gradient / scale / len(kept)
        momentum = 0.9 * momentum + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        rate = 0.1 * (1 - (step - 1) / steps)
        move = (momentum / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
        weights = weights - rate * move / scale
    return weights


def _gradient(
    features: NDArray[np.float64],
    weights: Vector,
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    right: NDArray[np.bool_],
) -> Vector:
    """:returns: of minus the logarithm of the shares of what is right, summed over mentions."""
    scores = features @ weights
    scores -= np.repeat(np.maximum.reduceat(scores, begins), lengths)
    powers = np.exp(scores)
    shares = powers / np.repeat(np.add.reduceat(powers, begins), lengths)
    good = np.where(right, powers, 0.0)
    wanted = good / np.repeat(np.add.reduceat(good, begins), lengths).clip(min=1e-300)
    found: Vector = (shares - wanted) @ features
    return found
