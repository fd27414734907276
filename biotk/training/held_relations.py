"""Relations that are held: pairs of concepts that no table tells in training, under any name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biotk.evaluation.matched_negatives import Side, matched_negatives
from biotk.evaluation.pair_splits import numbers_of
from biotk.training.generel_material import RelationPairs

Ints = npt.NDArray[np.int64]

#: Kinds of relations of which some are held: concepts on both sides, and enough of them.
HELD = ("compound_treats_disease", "compound_palliates_disease", "disease_phenotype")
#: Of more pairs than these, the first by their hash are asked about.
_MOST = 3000


class HeldRelation(NamedTuple):
    """Held pairs with their negatives.

    :param pairs: rows of texts, positives first. *Shape*: (pairs, 2).
    :param n_right: how many are positives.
    """

    pairs: Ints
    n_right: int


def hold_relations(
    relations: Sequence[RelationPairs], texts: Sequence[str], *, share: float, seed: int
) -> tuple[list[RelationPairs], dict[str, dict[str, HeldRelation]]]:
    """Take pairs of concepts out of all relations.

    :param relations: kind by kind.
    :param texts: what their rows are.
    :param share: which share of pairs is held, of the kinds in :data:`HELD`.
    :param seed: another one holds others.
    :returns: what is left, and the held pairs by part (``tuning``, ``reported``) and kind.
    """
    numbers = {
        each.name: numbers_of([_key(texts, pair) for pair in each.pairs.tolist()], f"pair {seed}")
        for each in relations
        if each.name in HELD
    }
    held = {
        _key(texts, pair)
        for each in relations
        if each.name in HELD
        for pair in each.pairs[numbers[each.name] < share].tolist()
    }
    found: dict[str, dict[str, HeldRelation]] = {"tuning": {}, "reported": {}}
    left = []
    for each in relations:
        is_held = np.array([_key(texts, pair) in held for pair in each.pairs.tolist()], bool)
        left.append(each._replace(pairs=each.pairs[~is_held]))
        if each.name not in HELD or not is_held.any():
            continue
        place = numbers[each.name] / share
        for part, chosen in (("tuning", place < 2 / 3), ("reported", place >= 2 / 3)):
            rows = np.flatnonzero(is_held & chosen)
            rows = rows[np.argsort(place[rows], kind="stable")][:_MOST]
            if len(rows):
                found[part][each.name] = _with_negatives(each.pairs[rows], each.pairs, seed)
    return [each for each in left if len(each.pairs)], found


def _key(texts: Sequence[str], pair: Sequence[int]) -> str:
    """:returns: a key that is the same whichever of the two comes first."""
    return "\t".join(sorted(texts[row].casefold() for row in pair))


def _with_negatives(positives: Ints, known: Ints, seed: int) -> HeldRelation:
    heads, tails = (np.unique(known[:, at]) for at in (0, 1))
    numbered, asked = (
        np.stack([np.searchsorted(heads, pairs[:, 0]), np.searchsorted(tails, pairs[:, 1])], 1)
        for pairs in (known, positives)
    )
    sides = [
        Side(
            np.bincount(numbered[:, at], minlength=n).astype(np.int64),
            np.zeros(n, np.int64),
            np.ones(n, bool),
        )
        for at, n in ((0, len(heads)), (1, len(tails)))
    ]
    negatives, _ = matched_negatives(asked, numbered, (sides[0], sides[1]), seed=seed)
    wrong = np.stack([heads[negatives[:, 0]], tails[negatives[:, 1]]], 1)
    return HeldRelation(np.concatenate([positives, wrong]), len(positives))
