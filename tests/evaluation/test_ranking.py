from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.evaluation.ranking import (
    area_resamples,
    areas,
    interval,
    recall_at,
    resampled,
    within_group_spearman,
)


def slow_auc(scores: list[float], right: list[bool], weights: list[float]) -> float:
    """Every right item against every wrong one."""
    won = total = 0.0
    for a, is_right, w in zip(scores, right, weights):
        for b, other, v in zip(scores, right, weights):
            if is_right and not other:
                total += w * v
                won += w * v * (1.0 if a > b else 0.5 if a == b else 0.0)
    return won / total


def slow_average_precision(scores: list[float], right: list[bool], weights: list[float]) -> float:
    """The precision at every threshold, weighted by how much recall it adds."""
    items = list(zip(scores, right, weights))
    n_right = sum(w for _, is_right, w in items if is_right)
    found = 0.0
    for threshold in set(scores):
        above = [(r, w) for s, r, w in items if s >= threshold]
        precision = sum(w for r, w in above if r) / sum(w for _, w in above)
        found += precision * sum(w for s, r, w in items if s == threshold and r) / n_right
    return found


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 4)), min_size=2, max_size=30
    ).filter(lambda rows: len({right for _, right, _ in rows}) == 2)
)
def test_areas_are_those_of_all_pairs(rows: list[tuple[int, bool, int]]) -> None:
    scores, right, weights = ([float(r[0]) for r in rows], [r[1] for r in rows],
                              [float(r[2]) for r in rows])  # fmt: skip
    auc, average = areas(scores, right, [weights])[0]
    assert auc == pytest.approx(slow_auc(scores, right, weights))
    assert average == pytest.approx(slow_average_precision(scores, right, weights))


def test_areas_without_weights_count_each_once() -> None:
    assert areas([3, 2, 1], [True, False, True]) == pytest.approx(
        areas([3, 2, 1], [True, False, True], [[1, 1, 1]])
    )


def test_areas_of_what_cannot_be_told_are_no_number() -> None:
    assert np.isnan(areas([1, 2], [True, True])[0, 0])
    assert np.isnan(areas([], [])).all()


def test_resamples_keep_groups_together() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2])
    weights = resampled(groups, resamples=50, seed=3)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    assert (weights[:, [0, 2, 3]].sum(1) == 3).all()


def test_area_resamples_lie_around_the_area() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(400) < 0.5
    scores = right + rng.normal(size=400)
    groups = np.arange(400) // 2
    low, high = interval(area_resamples(scores, right, groups, resamples=200)[:, 0])
    assert low < areas(scores, right)[0, 0] < high
    again = area_resamples(scores, right, groups, resamples=200)[:, 0]
    assert interval(again) == (low, high)


def test_recall_at_is_a_share() -> None:
    ranks = [np.array([0, 12]), np.array([3]), np.array([], int)]
    assert recall_at(ranks, 10) == pytest.approx((0.5 + 1.0) / 2)
    # However many are right: none of them stands in another's way.
    assert recall_at([np.zeros(20, int)], 10) == 1.0
    assert recall_at([np.repeat([0, 50], 10)], 10) == 0.5
    assert recall_at([], 10) == 0.0


def test_spearman_is_within_groups() -> None:
    # Between the groups scores fall with values, within them they rise.
    scores = [5, 6, 7, 8, 9, 1, 2, 3, 4, 5]
    values = [1, 2, 3, 4, 5, 11, 12, 13, 14, 15]
    groups = [0] * 5 + [1] * 5
    found = within_group_spearman(scores, values, groups)
    assert found is not None
    assert found.value == pytest.approx(1.0)
    assert found.low == pytest.approx(1.0)


def test_spearman_of_one_group_is_the_usual_one() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=30).round(1)
    y = x + rng.normal(size=30).round(1)

    def ranks(values: np.ndarray) -> np.ndarray:
        return np.array([(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values])

    found = within_group_spearman(x, y, [0] * 30)
    assert found is not None
    assert found.value == pytest.approx(np.corrcoef(ranks(x), ranks(y))[0, 1])


def test_spearman_leaves_small_and_even_groups_out() -> None:
    assert within_group_spearman([1, 2, 3, 4], [1, 2, 3, 4], [0] * 4) is None
    assert within_group_spearman([1] * 6, [1, 2, 3, 4, 5, 6], [0] * 6) is None
