"""Sets of candidates that hold the right answer as often as one asks.

Split conformal prediction (Vovk et al., 2005) with the nested sets of Romano et al. (2020,
"Classification with valid and adaptive coverage"): outcomes in order of their probability, taken in
until enough probability has come together. How much is enough for 95 % is counted on annotated
mentions that nothing was fitted to. NIL is an outcome like a concept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: So many points of the distribution are kept.
_POINTS = 200
#: So many candidates have a share of their own in what lies behind the first.
_RANKS = 20


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """What must be taken in.

    :param ranks: of the answers that are not the first candidate, the share that each further one
        is. The rest of one is what no candidate is. *Shape*: at most (20,).
    :param taken: of annotated mentions, the probability that stood before the right answer,
        ascending.
    :param reached: the share of mentions whose right answer is among the outcomes at all.
    """

    ranks: tuple[float, ...]
    taken: tuple[float, ...]
    reached: float

    def levels(self, right: float, other: float, nil: float, n_candidates: int) -> list[float]:
        """Tell from which coverage on each outcome is in the set.

        :param right: how likely the first candidate is right.
        :param other: how likely another concept is.
        :param nil: how likely none is.
        :param n_candidates: how many there are, best first.
        :returns: of each candidate, and behind them of NIL; 1 for what is in no set.
        """
        before = mass_before(outcome_shares(right, other, nil, n_candidates, self.ranks))
        places = np.searchsorted(np.array(self.taken), before - 1e-9, side="left")
        found = places / max(len(self.taken), 1) * self.reached
        return [round(float(level), 4) for level in found]

    def to_json(self) -> dict[str, Any]:
        """:returns: the table as JSON's types."""
        return {
            "ranks": [round(share, 5) for share in self.ranks],
            "taken": [round(mass, 5) for mass in self.taken],
            "reached": round(self.reached, 5),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CoverageTable:
        """Take what :meth:`to_json` gave."""
        ranks, taken = (tuple(float(x) for x in data[key]) for key in ("ranks", "taken"))
        return cls(ranks, taken, float(data["reached"]))


def fit_coverage(
    odds: NDArray[np.float64], n_candidates: Sequence[int], places: Sequence[int | None]
) -> CoverageTable:
    """Count how much must be taken in.

    :param odds: of right, other and NIL; not of a model that was fitted to these mentions.
        *Shape*: (mentions, 3).
    :param n_candidates: of each mention.
    :param places: where the right answer stands among the candidates; their number for NIL, None
        where it is none of them.
    """
    further = [place for n, place in zip(n_candidates, places) if place and place < n]
    n_other = len(further) + sum(place is None for place in places)
    counts = np.bincount([min(p, _RANKS) - 1 for p in further], minlength=_RANKS)[:_RANKS]
    ranks = tuple((counts / max(n_other, 1)).tolist())
    taken = []
    for row, n, place in zip(odds.tolist(), n_candidates, places, strict=True):
        if place is not None:
            right, other, nil = row
            shares = outcome_shares(right, other, nil, n, ranks)
            taken.append(float(mass_before(shares)[place]))
    known = np.sort(np.array(taken))
    if len(known) > _POINTS:
        # The higher of two neighbours, so that sets come out too large rather than too small.
        known = np.quantile(known, np.linspace(0, 1, _POINTS), method="higher")
    return CoverageTable(ranks, tuple(known.tolist()), len(taken) / max(len(places), 1))


def outcome_shares(
    right: float, other: float, nil: float, n_candidates: int, ranks: Sequence[float]
) -> NDArray[np.float64]:
    """:returns: how likely each candidate is right, and NIL. *Shape*: (candidates + 1,)."""
    found = np.zeros(n_candidates + 1)
    if n_candidates:
        found[0] = right
        own = np.array(ranks[: n_candidates - 1])
        found[1 : 1 + len(own)] = other * own
    found[-1] = nil
    return found


def mass_before(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """:returns: how much the outcomes have together that are likelier than each.

    *Shape*: as ``shares``.
    """
    order = np.argsort(-shares, kind="stable")
    before = np.empty_like(shares)
    before[order] = np.concatenate(([0.0], np.cumsum(shares[order])[:-1]))
    return before
