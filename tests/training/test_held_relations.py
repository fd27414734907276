from __future__ import annotations

import numpy as np
import pytest

from biotk.training.generel_material import RelationPairs
from biotk.training.held_relations import hold_relations

TEXTS = [f"drug {n}" for n in range(40)] + [f"disease {n}" for n in range(30)]


@pytest.fixture
def relations() -> list[RelationPairs]:
    rng = np.random.default_rng(0)
    pairs = np.unique(
        np.stack([rng.integers(40, size=400), 40 + rng.integers(30, size=400)], 1), axis=0
    )
    return [
        RelationPairs("compound_treats_disease", pairs, (False, False)),
        # The same pairs again, some of them the other way round.
        RelationPairs("seen_elsewhere", pairs[::2, ::-1].copy(), (False, False)),
    ]  # fmt: skip


def keys(pairs: np.ndarray) -> set[tuple[int, ...]]:
    return {tuple(sorted(pair)) for pair in pairs.tolist()}


def test_held_pairs_are_in_no_relation(relations):
    left, held = hold_relations(relations, TEXTS, share=0.3, seed=1)
    found = [part["compound_treats_disease"] for part in held.values()]
    positives = set().union(*(keys(each.pairs[: each.n_right]) for each in found))
    assert positives
    for each in left:
        assert not keys(each.pairs) & positives
    assert keys(left[0].pairs) | positives == keys(relations[0].pairs)


def test_what_is_reported_is_not_chosen_by(relations):
    _, held = hold_relations(relations, TEXTS, share=0.3, seed=1)
    one, other = (
        keys(each["compound_treats_disease"].pairs[: each["compound_treats_disease"].n_right])
        for each in held.values()
    )
    assert one
    assert other
    assert not one & other


def test_negatives_are_linked_nowhere(relations):
    _, held = hold_relations(relations, TEXTS, share=0.3, seed=1)
    for part in held.values():
        pairs, n_right = part["compound_treats_disease"]
        assert len(pairs) > n_right
        assert not keys(pairs[n_right:]) & keys(relations[0].pairs)
        assert (pairs[:, 0] < 40).all()
        assert (pairs[:, 1] >= 40).all()


def test_nothing_is_held_of_other_kinds(relations):
    others = [relations[1]]
    left, held = hold_relations(others, TEXTS, share=0.3, seed=1)
    assert keys(left[0].pairs) == keys(others[0].pairs)
    assert held == {"tuning": {}, "reported": {}}
