"""How likely an answer is right: a calibration, fitted once and kept in a file.

Three things may be true of a mention: the best candidate is right, another concept of the part is,
or none of the part is (NIL). An additive model over what is known of it
(:mod:`biotk.linking.nil_evidence`) gives each a probability; one for mentions that a name answers
and one for the rest, each with the whole KB at hand and without. It is fitted by
:mod:`biotk.training.calibrate` over many parts, so that it holds for parts that it has never seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError, KbMismatchError
from biotk.kb import KnowledgeBase
from biotk.linking.additive import AdditiveModel
from biotk.linking.candidate_sets import CoverageTable
from biotk.linking.nil_evidence import FEATURES, PART_FEATURES, NilEvidence, nil_features
from biotk.resources import find_file

FORMAT, VERSION = "biotk-calibration", 1
_FILE = "calibration.json"
#: The calibration that comes with BioTK: of the cascade with biotk-mini, over several KBs, for any.
DEFAULT_CALIBRATION = "biotk-calibration"

_NAME, _LEARNED = FEATURES.index("name"), FEATURES.index("learned")

#: What may be true of a mention, in the order of a model's outcomes.
RIGHT, OTHER, NIL = range(3)

#: A part with the whole KB at hand, a part alone, and a KB that is no part of anything, with the
#: features of each. A part lacks much of what is mentioned; that is why it has a model of its own.
VIEWS: Mapping[str, tuple[str, ...]] = {
    "whole": FEATURES,
    "part": PART_FEATURES,
    "kb": PART_FEATURES,
}
#: Mentions that a name answers, and the rest.
KINDS = ("named", "guessed")


class Odds(NamedTuple):
    """What is how likely; the three sum to one.

    :param right: the best candidate is.
    :param other: another concept that may be answered is.
    :param nil: none that may be answered is.
    """

    right: float
    other: float
    nil: float


@dataclass(frozen=True, slots=True)
class CalibratedView:
    """What belongs to one of :data:`VIEWS`.

    :param models: by kind of mention.
    :param coverage: how large sets of candidates must be.
    """

    models: Mapping[str, AdditiveModel]
    coverage: CoverageTable


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities of answers, for one linker and model.

    :param views: by name.
    :param thresholds: the score below which an answer is NIL, for the strategy ``threshold``.
    :param made_with: the ``linker``, its ``model`` and ``encoder``, the ``kb`` (None: it was fitted
        over several, for any), the ``sets``, and figures.
    """

    views: Mapping[str, CalibratedView]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    made_with: Mapping[str, Any] = field(default_factory=dict)

    def odds(self, kb: KnowledgeBase, given: Sequence[NilEvidence]) -> list[Odds]:
        """Work out what is how likely.

        :param kb: the knowledge base.
        :param given: mentions, all of one of :data:`VIEWS`.
        """
        if not given:
            return []
        found = self.probabilities(nil_features(kb, given), view=view_of(given[0]))
        return [Odds(*row) for row in found.tolist()]

    def probabilities(self, values: NDArray[np.float64], *, view: str) -> NDArray[np.float64]:
        """:returns: of :data:`RIGHT`, :data:`OTHER`, :data:`NIL`. *Shape*: (mentions, 3)."""
        found = np.zeros((len(values), 3))
        for kind, rows in kinds_of(values).items():
            if rows.any():
                model = self.views[view].models[kind]
                found[rows] = model.probabilities(values[rows][:, : len(VIEWS[view])])
        return found

    def check(self, kb: KnowledgeBase, made_of: Mapping[str, str]) -> None:
        """Make sure that it belongs to what it is to be used with.

        :param made_of: what the linker is made of, :func:`biotk.linking.registry.made_of`.
        :raises KbMismatchError: it is of another KB.
        :raises InputError: it is of another linker, model or encoder.
        """
        own = self.made_with.get("kb")
        if own is not None and own != kb.fingerprint:
            raise KbMismatchError(
                f"the calibration was fitted for KB {own}, not for {kb.fingerprint} ({kb.path}): "
                f"fit one with biotk calibrate --kb {kb.path}"
            )
        for key in sorted({*made_of, *self.made_with} & {"linker", "model", "encoder"}):
            fitted, used = self.made_with.get(key), made_of.get(key)
            if fitted != used:
                raise InputError(
                    f"the calibration was fitted for the {key} {fitted or 'none'}, not for "
                    f"{used or 'none'}: fit one with biotk calibrate"
                )

    def to_json(self) -> str:
        """:returns: the calibration as text."""
        views = {
            name: {
                "models": {kind: model.to_json() for kind, model in view.models.items()},
                "coverage": view.coverage.to_json(),
            }
            for name, view in self.views.items()
        }
        told = {"format": FORMAT, "version": VERSION, "made_with": dict(self.made_with)}
        return json.dumps({**told, "thresholds": dict(self.thresholds), "views": views}) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> Calibration:
        """Read what :meth:`to_json` wrote.

        :raises InputError: it cannot be read, or is something else.
        """
        try:
            raw = json.loads(Path(path).read_text(encoding="utf-8"))
            if (raw["format"], raw["version"]) != (FORMAT, VERSION):
                raise ValueError(f"it is no {FORMAT} of version {VERSION}")
            views = {name: _view(name, raw["views"][name]) for name in VIEWS}
            thresholds = {str(k): float(v) for k, v in raw["thresholds"].items()}
            return cls(views, thresholds, dict(raw["made_with"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"the calibration {path} cannot be read: {error}; biotk calibrate makes one"
            ) from None


def find_calibration(name: str | Path) -> Path:
    """Find a calibration by its name.

    :param name: a file, a folder that holds it, or the name of one that comes with BioTK.
    :raises InputError: there is none.
    """
    return find_file(
        "models", name, _FILE, missing=f"there is no calibration {name}: biotk calibrate makes one"
    )


def view_of(each: NilEvidence) -> str:
    """:returns: which of :data:`VIEWS` a mention belongs to."""
    if not each.is_part:
        return "kb"
    return "part" if each.whole is None else "whole"


def kinds_of(values: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """:returns: for each of :data:`KINDS` which mentions are of it. *Shape*: (mentions,)."""
    named = (values[:, _NAME] == 1) | (values[:, _LEARNED] == 1)
    return {"named": named, "guessed": ~named}


def _view(name: str, raw: Mapping[str, Any]) -> CalibratedView:
    models = {kind: AdditiveModel.from_json(raw["models"][kind]) for kind in KINDS}
    for model in models.values():
        if model.features != VIEWS[name] or model.weights.shape[1] != NIL:
            raise ValueError(f"its view {name!r} has other features than this version of BioTK")
    return CalibratedView(models, CoverageTable.from_json(raw["coverage"]))
