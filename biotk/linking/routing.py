"""Which linker a mention is worth: a router, distilled from which linker was right.

What a mention costs differs by a factor of a thousand between looking a name up and asking a model,
and for most mentions both say the same. So a tiny model says of each way that costs more how likely
it would put right what names get wrong, and how likely the reverse; the way with the highest gain
less its price is taken (routing by a distilled reward, as in Zooter, arXiv 2311.08692). The models
are additive (:mod:`biotk.linking.additive`), so that the whole rule can be read:
:func:`biotk.linking.router_words.in_words`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from biotk.errors import InputError
from biotk.linking.additive import AdditiveModel
from biotk.linking.route_features import FEATURES, NAME_FEATURES, Matrix
from biotk.resources import find_file

FORMAT, VERSION = "biotk-router", 1
_FILE = "router.json"
#: The router that comes with BioTK: for biotk-mini and no encoder.
DEFAULT_ROUTER = "biotk-router"

#: The cheapest way, which is always gone.
NAMES = "names"
#: The further ways, with how much processor time each takes as a share of ``cascade``'s; measured
#: by ``tests/benchmarks/router.py``.
COSTS: Mapping[str, float] = {
    "dense": 0.2,  # the nearest vectors alone
    "quick": 0.7,  # as cascade, by a search that follows few names at once
    "cascade": 1.0,  # a model writes any name of the KB, weighed with names that look alike
    "fused": 1.2,  # all of these
    "listed": 2.8,  # as cascade, among the names of twenty candidates: a trie for each mention
}
#: Those that need an encoder.
WITH_ENCODER = ("dense", "fused")
#: The ways that ask everything, the first of them that there is.
_EVERYTHING = ("fused", "cascade", "listed", "quick", "dense")

#: What may become of a mention on another way than by names, in the order of a model's outcomes:
#: what was wrong is right, what was right is wrong, neither.
GAINED, LOST, SAME = range(3)
#: What names say of it: right, wrong.
RIGHT, WRONG = range(2)

#: Where the dial stands: see :meth:`Router.least_gain`.
DEFAULT_DIAL = 0.5
#: Decimals of what is expected: what lies beyond depends on which mentions are weighed together.
_DECIMALS = 6


class Choice(NamedTuple):
    """The way that a mention goes.

    :param way: ``names``, or a key of :data:`COSTS`.
    :param right: by way, how likely it would be right.
    :param least: how much likelier than names the way had to be.
    """

    way: str
    right: Mapping[str, float]
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Router:
    """How likely each way is right, and what that is worth.

    :param names: how likely names are right.
    :param ways: for each further way, how likely it gains and loses.
    :param costs: of each, as shares of the cascade's.
    :param price: how much likelier right a mention must become for the cost of the cascade, with
        the dial in the middle.
    :param made_with: the ``model`` and ``encoder``, the ``sets``, and figures.
    """

    names: AdditiveModel
    ways: Mapping[str, AdditiveModel]
    costs: Mapping[str, float] = field(default_factory=lambda: dict(COSTS))
    price: float = 0.05
    made_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def everything(self) -> str:
        """The way that asks the most: where the dial is at its end, all go it."""
        return next(each for each in _EVERYTHING if each in self.ways)

    @property
    def needs_encoder(self) -> bool:
        """Whether it looks at vectors."""
        return self.names.features == FEATURES

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when anything in it does."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def least_gain(self, dial: float) -> float:
        """How much likelier right a mention must become for the cost of the cascade.

        :param dial: above 0, where it is as high as you like, and below 1, where it is nothing; in
            the middle it is the router's ``price``, at 0.2 four times and at 0.8 a quarter of it.
        """
        return self.price * (1 - dial) / dial

    def choose(self, values: Matrix, *, dial: float = DEFAULT_DIAL) -> list[Choice]:
        """Choose the way of each mention.

        :param values: of :func:`~biotk.linking.route_features.route_features`. *Shape*: (mentions,
            features).
        :param dial: from 0, by names alone, to 1, all that there is for every mention.
        """
        if not len(values):
            return []
        right = self.expected(values)
        if dial in (0, 1):
            way = NAMES if dial == 0 else self.everything
            return [Choice(way, row) for row in _rows(right)]
        least = self.least_gain(dial)
        ways = worth_most(right, self.costs, least=least)
        return [
            Choice(way, row, least * self.costs.get(way, 0.0))
            for way, row in zip(ways, _rows(right), strict=True)
        ]

    def expected(self, values: Matrix) -> dict[str, Matrix]:
        """:returns: by way how likely it is right, the cheaper first. *Shape* of each: (mentions,).

        Ways differ from names by what they are expected to gain less what they lose, and so may
        end a little below 0 or above 1.
        """
        used = values[:, : len(self.names.features)]
        named = self.names.probabilities(used)[:, RIGHT]
        found = {NAMES: named}
        for way, model in self.ways.items():
            odds = model.probabilities(used)
            found[way] = named + odds[:, GAINED] - odds[:, LOST]
        return found

    def check(self, made_of: Mapping[str, str]) -> None:
        """Make sure that it belongs to what it is to be used with.

        :param made_of: the fingerprints of the ``model`` and the ``encoder``, those that there are.
        :raises InputError: it is of another model or encoder.
        """
        for key in ("model", "encoder"):
            fitted, used = self.made_with.get(key), made_of.get(key)
            if fitted != used:
                raise InputError(
                    f"the router was fitted for the {key} {fitted or 'none'}, not for "
                    f"{used or 'none'}: fit one with biotk train router"
                )

    def to_json(self) -> str:
        """:returns: the router as text."""
        told = {
            "format": FORMAT,
            "version": VERSION,
            "made_with": dict(self.made_with),
            "price": self.price,
            "costs": {way: self.costs[way] for way in self.ways},
            "names": self.names.to_json(),
            "ways": {way: model.to_json() for way, model in self.ways.items()},
        }
        return json.dumps(told) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> Router:
        """Read what :meth:`to_json` wrote.

        :raises InputError: it cannot be read, or is something else.
        """
        try:
            raw = json.loads(Path(path).read_text(encoding="utf-8"))
            if (raw["format"], raw["version"]) != (FORMAT, VERSION):
                raise ValueError(f"it is no {FORMAT} of version {VERSION}")
            costs = {str(way): float(cost) for way, cost in raw["costs"].items()}
            names = _model(NAMES, raw["names"], n_outcomes=2)
            ways = {way: _model(way, raw["ways"][way], n_outcomes=3) for way in by_cost(costs)}
            if not ways or any(each.features != names.features for each in ways.values()):
                raise ValueError("its ways do not fit together")
            return cls(names, ways, costs, float(raw["price"]), dict(raw["made_with"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"the router {path} cannot be read: {error}; biotk train router makes one"
            ) from None


def worth_most(
    right: Mapping[str, Matrix], costs: Mapping[str, float], *, least: float
) -> list[str]:
    """Choose the way of each mention: what it is likely to get right, less its price.

    :param right: by way, how likely it is right; the cheapest first, which equals go. *Shape* of
        each: (mentions,).
    :param costs: of all but :data:`NAMES`.
    :param least: the price of a cost of one.
    """
    ways = list(right)
    worth = [each - least * costs.get(way, 0.0) for way, each in right.items()]
    best = np.argmax(np.round(np.stack(worth), _DECIMALS), axis=0)
    return [ways[at] for at in best.tolist()]


def by_cost(costs: Mapping[str, float]) -> list[str]:
    """:returns: ways, the cheapest first.

    :raises ValueError: there is no such way, or it costs nothing.
    """
    for way, cost in costs.items():
        if way not in COSTS or not 0 < cost < float("inf"):
            raise ValueError(f"the way {way!r} at a cost of {cost} is none")
    return sorted(costs, key=lambda way: (costs[way], way))


def find_router(name: str | Path) -> Path:
    """Find a router by its name.

    :param name: a file, a folder that holds it, or the name of one that comes with BioTK.
    :raises InputError: there is none.
    """
    return find_file(
        "models", name, _FILE, missing=f"there is no router {name}: biotk train router makes one"
    )


def _rows(right: Mapping[str, Matrix]) -> list[dict[str, float]]:
    columns = [column.tolist() for column in right.values()]
    return [dict(zip(right, row, strict=True)) for row in zip(*columns, strict=True)]


def _model(way: str, raw: Mapping[str, Any], *, n_outcomes: int) -> AdditiveModel:
    model = AdditiveModel.from_json(raw)
    if model.features not in (NAME_FEATURES, FEATURES) or model.weights.shape[1] != n_outcomes - 1:
        raise ValueError(f"its way {way!r} has other features than this version of BioTK")
    return model


def untaught(ways: Sequence[str], *, encoder: bool) -> Router:
    """:returns: a router that knows nothing, for whoever asks all ways to teach one.

    :param ways: keys of :data:`COSTS`.
    :param encoder: whether it looks at vectors.
    """
    features = FEATURES if encoder else NAME_FEATURES
    nothing = {
        n: AdditiveModel(features, ((),) * len(features), np.zeros((1 + len(features), n - 1)))
        for n in (2, 3)
    }
    costs = {way: COSTS[way] for way in ways}
    return Router(nothing[2], dict.fromkeys(by_cost(costs), nothing[3]), costs)
