"""From labels to mentions: the best way through a text's units, for each type on its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_OUTSIDE, _BEGIN, _INSIDE = 0, 1, 2
#: The logarithm of the probability of what cannot be.
_NEVER = -40.0
#: A unit at which neither a mention begins nor goes on by more than this (natural log, beside
#: "outside") is in none: so that only a few units of a text have to be looked at one by one.
PRUNED = -6.0


class Stretch(NamedTuple):
    """A mention in units.

    :param start: its first unit.
    :param end: behind its last one.
    :param score: the least sure of its decisions: that it begins, goes on, and ends; 0 to 1.
    """

    start: int
    end: int
    score: float


def begun_anew(log_probs: Floats, breaks: NDArray[np.bool_]) -> Floats:
    """Let what would go on over a break begin there: the items of a list are a mention each.

    :param log_probs: of the three labels. *Shape*: (units, 3).
    :param breaks: whether no mention may go on to a unit from the one before. *Shape*: (units,).
    :returns: the same, "begin" having the share of "inside" at breaks. *Shape*: (units, 3).
    """
    if not breaks.any():
        return log_probs
    found = log_probs.copy()
    found[breaks, _BEGIN] = np.logaddexp(log_probs[breaks, _BEGIN], log_probs[breaks, _INSIDE])
    found[breaks, _INSIDE] = _NEVER
    return found


def mentions_of(
    log_probs: Floats, breaks: NDArray[np.bool_], *, pruned: float = PRUNED
) -> list[Stretch]:
    """Find the mentions of one type: the way through the labels that is the most probable one.

    A mention begins with the label for that, goes on with the other, and goes over no break.

    :param log_probs: of the three labels. *Shape*: (units, 3).
    :param breaks: whether no mention may go on to a unit from the one before. *Shape*: (units,).
    :param pruned: see :data:`PRUNED`; ``-inf`` looks at every unit.
    :returns: mentions in order, none overlapping another.
    """
    gains = log_probs[:, _BEGIN:] - log_probs[:, _OUTSIDE, None]
    alive = np.flatnonzero(gains.max(axis=1) > pruned) if len(gains) else np.empty(0, np.int64)
    if not len(alive):
        return []
    probabilities = np.exp(log_probs)
    found: list[Stretch] = []
    for run in np.split(alive, np.flatnonzero(np.diff(alive) > 1) + 1):
        low, high = int(run[0]), int(run[-1]) + 1
        if not (gains[low:high, 0] > pruned).any():
            continue
        labels = _best_way(gains[low:high].tolist(), breaks[low:high].tolist())
        for start, end in _stretches(labels):
            start, end = low + start, low + end
            sure = [probabilities[start, _BEGIN], *probabilities[start + 1 : end, _INSIDE]]
            if end < len(log_probs) and not breaks[end]:
                sure.append(1 - probabilities[end, _INSIDE])
            found.append(Stretch(start, end, float(min(sure))))
    return found


def _best_way(gains: list[list[float]], breaks: list[bool]) -> list[int]:
    """Viterbi over (outside, begin, inside), where inside follows no outside.

    :param gains: of begin and of inside, beside outside.
    """
    outside, within = 0.0, -np.inf
    # For each unit: whether the best way to "outside" comes from within a mention, and the label
    # of the best way within one.
    steps: list[tuple[bool, int]] = []
    for (begin, inside), broken in zip(gains, breaks):
        from_within = within > outside
        before = max(outside, within)
        goes_on = not broken and within + inside > before + begin
        steps.append((from_within, _INSIDE if goes_on else _BEGIN))
        within = within + inside if goes_on else before + begin
        outside = before
    labels = [0] * len(gains)
    is_within = within > outside
    for at in range(len(gains) - 1, -1, -1):
        from_within, label = steps[at]
        if not is_within:
            is_within = from_within
            continue
        labels[at] = label
        # What begins comes from the better of both; what goes on, from within.
        is_within = True if label == _INSIDE else from_within
    return labels


def _stretches(labels: list[int]) -> Iterator[tuple[int, int]]:
    begins = [at for at, label in enumerate(labels) if label == _BEGIN]
    for start, limit in pairwise([*begins, len(labels)]):
        end = start + 1
        while end < limit and labels[end] == _INSIDE:
            end += 1
        yield start, end
