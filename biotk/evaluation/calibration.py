"""How far probabilities mean what they say, and what may be left out to be right more often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError

#: Bins of equal mass, over which the calibration error is taken.
BINS = 15

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationScores:
    """What :func:`score_calibration` found.

    :param n: answers, NIL among them.
    :param accuracy: the share of them that is right.
    :param ece: expected calibration error over 15 bins of equal mass (Naeini et al., 2015;
        Nguyen and O'Connor, 2015).
    :param brier: mean squared gap between probability and truth.
    :param auroc: how often a right answer has a higher probability than a wrong one; ties count
        half. NaN where all are right, or all wrong.
    :param bins: of each bin the mean probability, the share that is right, and how many.
    :param risk: for each share of the answers kept, the surest first, the share that is wrong.
    """

    n: int
    accuracy: float
    ece: float
    brier: float
    auroc: float
    bins: tuple[tuple[float, float, int], ...]
    risk: tuple[tuple[float, float], ...]

    def to_dict(self) -> dict[str, object]:
        """:returns: the figures as JSON's types, without the curves."""
        auroc = None if np.isnan(self.auroc) else self.auroc
        figures = {"n": self.n, "accuracy": self.accuracy, "ece": self.ece, "brier": self.brier}
        return {**figures, "auroc": auroc}


def score_calibration(
    probabilities: Sequence[float], right: Sequence[bool], *, bins: int = BINS
) -> CalibrationScores:
    """Compare probabilities with what was right.

    :param probabilities: of answers, that they are right.
    :param right: whether they are.
    :param bins: over how many bins of equal mass.
    :raises InputError: there is nothing to compare.

    >>> scores = score_calibration([0.9, 0.9, 0.2, 0.2], [True, True, False, False], bins=2)
    >>> round(scores.ece, 3), scores.auroc
    (0.15, 1.0)
    """
    told, true = np.array(probabilities, np.float64), np.array(right, np.float64)
    if not len(told) or len(told) != len(true):
        raise InputError(f"{len(told)} probabilities of {len(true)} answers cannot be scored")
    order = np.argsort(told, kind="stable")
    groups = [part for part in np.array_split(order, bins) if len(part)]
    found = tuple((float(told[g].mean()), float(true[g].mean()), len(g)) for g in groups)
    return CalibrationScores(
        n=len(told),
        accuracy=float(true.mean()),
        ece=sum(abs(said - was) * n for said, was, n in found) / len(told),
        brier=float(((told - true) ** 2).mean()),
        auroc=auroc(told, true),
        bins=found,
        risk=_risk(told, true),
    )


def auroc(scores: _Floats, right: _Floats) -> float:
    """Area under the receiver operating characteristic: the Mann–Whitney statistic over ranks.

    :param scores: higher for what is more likely right. *Shape*: (answers,).
    :param right: 1 or 0. *Shape*: (answers,).
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    n_right = float(right.sum())
    n_wrong = len(right) - n_right
    if not n_right or not n_wrong:
        return float("nan")
    return float((ranks[right == 1].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong))


def _risk(told: _Floats, true: _Floats, points: int = 50) -> tuple[tuple[float, float], ...]:
    """:returns: shares kept and shares wrong among them (El-Yaniv and Wiener, 2010)."""
    wrong = np.cumsum(1 - true[np.argsort(-told, kind="stable")])
    kept = np.unique(np.linspace(1, len(told), points).astype(int))
    return tuple((float(n / len(told)), float(wrong[n - 1] / n)) for n in kept)
