"""The best way through labels is that of trying all of them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from biotk.detection.labels import PRUNED, begun_anew, mentions_of

O, B, I = range(3)  # noqa: E741


def log_probs_of(rows) -> np.ndarray:
    rows = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return np.log(rows / rows.sum(1, keepdims=True))


def of_labels(labels, *, sure: float = 0.9) -> np.ndarray:
    return log_probs_of(
        [[sure if at == each else (1 - sure) / 2 for at in range(3)] for each in labels]
    )


def places(log_probs, breaks=None, **options) -> list[tuple[int, int]]:
    breaks = np.zeros(len(log_probs), bool) if breaks is None else np.array(breaks, bool)
    return [(m.start, m.end) for m in mentions_of(log_probs, breaks, **options)]


def slowly(log_probs, breaks) -> tuple[float, set]:
    """:returns: the best score of all ways that are allowed, and the mentions of each best way."""
    best, found = -np.inf, set()
    for labels in product(range(3), repeat=len(log_probs)):
        allowed = all(
            each != I or (at and labels[at - 1] != O and not breaks[at])
            for at, each in enumerate(labels)
        )
        if not allowed:
            continue
        score = sum(float(row[each]) for row, each in zip(log_probs, labels))
        ways = []
        for at, each in enumerate(labels):
            if each == B:
                ways.append([at, at + 1])
            elif each == I:
                ways[-1][1] = at + 1
        told = tuple(map(tuple, ways))
        if score > best + 1e-9:
            best, found = score, {told}
        elif abs(score - best) <= 1e-9:
            found.add(told)
    return best, found


ROWS = st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), max_size=6)


@given(ROWS, st.lists(st.booleans(), min_size=6, max_size=6))
def test_mentions_are_those_of_the_best_of_all_ways(rows, breaks) -> None:
    log_probs = log_probs_of(rows)
    breaks = breaks[: len(rows)]
    _, ways = slowly(log_probs, breaks)
    assert tuple(places(log_probs, breaks, pruned=-np.inf)) in ways


def test_what_would_go_on_over_a_break_begins_there() -> None:
    log_probs = log_probs_of([(0.1, 0.8, 0.1), (0.1, 0.2, 0.7), (0.1, 0.1, 0.8)])
    breaks = np.array([False, True, False])
    anew = begun_anew(log_probs, breaks)
    assert np.allclose(np.exp(anew).sum(1), 1)
    assert places(log_probs) == [(0, 3)] and places(anew, breaks) == [(0, 1), (1, 3)]
    assert np.array_equal(anew[[0, 2]], log_probs[[0, 2]])


#: Sure and unsure labels alike: those far below the threshold have to come.
FAR = st.lists(st.tuples(*[st.floats(-14, 0)] * 3), min_size=1, max_size=6)


@given(FAR)
@example([(0.0, -14.0, -14.0), (-1.0, 0.0, -9.0), (-1.0, -9.0, 0.0), (0.0, -7.0, -7.0)])
@example([(-9.0, 0.0, -9.0), (0.0, -5.0, -5.9), (-9.0, -9.0, 0.0)])
def test_pruning_loses_only_what_is_hardly_there(rows) -> None:
    log_probs = log_probs_of(np.exp(rows))
    gains = log_probs[:, 1:] - log_probs[:, :1]

    def decisions(found) -> list[float]:
        return [gains[at, int(at > start)] for start, end in found for at in range(start, end)]

    found = places(log_probs)
    assert all(gains[at].max() > PRUNED for start, end in found for at in range(start, end))
    # No way is better whose decisions all are surer than what is left out.
    best = 0.0
    for labels in product(range(3), repeat=len(rows)):
        if any(each == I and (not at or labels[at - 1] == O) for at, each in enumerate(labels)):
            continue
        own = [gains[at, each - 1] for at, each in enumerate(labels) if each != O]
        if all(gain > PRUNED for gain in own):
            best = max(best, sum(own))
    assert sum(decisions(found)) >= best - 1e-9


@pytest.mark.parametrize(
    ("labels", "want"),
    [
        ([O, B, I, I, O], [(1, 4)]),
        ([B, B, I, O, B], [(0, 1), (1, 3), (4, 5)]),
        ([B, I, B], [(0, 2), (2, 3)]),
        ([O, O], []),
        ([], []),
    ],
)
def test_labels_become_mentions(labels, want) -> None:
    assert places(of_labels(labels)) == want


def test_no_mention_begins_with_a_label_of_going_on() -> None:
    assert places(of_labels([O, I, O], sure=0.6)) == []
    # Surer of going on than of nothing, it takes the way that is allowed.
    assert places(log_probs_of([[0.1, 0.5, 0.4], [0.1, 0.1, 0.8]])) == [(0, 2)]


def test_mention_goes_over_no_break() -> None:
    rows = of_labels([B, I, I])
    assert places(rows, [False, False, True]) != [(0, 3)]
    assert (0, 2) in places(rows, [False, False, True])


def test_score_is_the_least_of_its_decisions() -> None:
    rows = log_probs_of([[0.1, 0.9, 1e-9], [0.2, 1e-9, 0.8], [0.6, 0.1, 0.3], [1, 1e-9, 1e-9]])
    (mention,) = mentions_of(rows, np.zeros(4, bool))
    assert (mention.start, mention.end) == (0, 2)
    assert mention.score == pytest.approx(0.7)  # that it ends
    (cut,) = mentions_of(rows, np.array([False, False, True, False]))
    assert cut.score == pytest.approx(0.8)  # a break ends it for sure
