"""Batches of pairs in which each pair meets near ones that mean something else.

A loss with the other pairs of a batch as negatives learns most from names that are near and yet
wrong. So the pairs of many batches are drawn at once, the encoder as it is now makes vectors of
them, and those that lie together come into one batch (Dahiya et al., 2023, "NGAME: negative
mining-aware mini-batching"). That costs one more pass over a pool, and no further string a batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biotk.index.vector_index import ExactIndex
from biotk.training.synonym_pairs import Pair

#: Among so many neighbours of a pair, those of other meaning are taken.
_AMONG = 32


def arrange(
    pairs: Sequence[Pair],
    vectors: NDArray[np.float32] | None,
    *,
    batch: int,
    near: int,
    rng: np.random.Generator,
) -> list[list[int]]:
    """Put pairs into batches.

    :param pairs: as many as there are batches times ``batch``, or a few more, which may stay over.
    :param vectors: of their anchors; None for batches by chance alone. *Shape*: (pairs, dim).
    :param batch: pairs in each.
    :param near: how many near ones stand together.
    :returns: for each batch the places of its pairs; no two of them share a key. The last ones may
        be shorter, where what is left over means the same.
    """
    n_batches = len(pairs) // batch
    order = rng.permutation(len(pairs)).tolist()
    groups = [[at] for at in order]
    if vectors is not None and near > 1:
        groups = _groups(pairs, vectors, order, near)
    batches: list[list[int]] = [[] for _ in range(n_batches)]
    keys: list[set[int]] = [set() for _ in range(n_batches)]
    first = 0
    for group in groups:
        for at in group:
            first = _place(at, pairs, batches, keys, first, batch)
        while first < n_batches and len(batches[first]) >= batch:
            first += 1
    return [each for each in batches if len(each) > 1]


def of_one_size(batches: Sequence[Sequence[int]]) -> list[list[int]]:
    """Cut batches to the size at which the most pairs are left, as a trainer needs them.

    :returns: the first pairs of those that have as many.
    """
    lengths = sorted(map(len, batches), reverse=True)
    size = max(lengths, key=lambda length: length * sum(n >= length for n in lengths), default=0)
    return [list(each[:size]) for each in batches if len(each) >= size]


def _place(
    at: int,
    pairs: Sequence[Pair],
    batches: list[list[int]],
    keys: list[set[int]],
    first: int,
    size: int,
) -> int:
    """Put a pair into the first batch that has room for it and nothing that means the same.

    :returns: the first batch that may have room.
    """
    while first < len(batches) and len(batches[first]) >= size:
        first += 1
    for number in range(first, len(batches)):
        if len(batches[number]) < size and keys[number].isdisjoint(pairs[at].keys):
            batches[number].append(at)
            keys[number].update(pairs[at].keys)
            break
    return first


def _groups(
    pairs: Sequence[Pair], vectors: NDArray[np.float32], order: Sequence[int], near: int
) -> list[list[int]]:
    """:returns: pairs with near ones of other meaning; each pair once."""
    _, rows = ExactIndex(vectors).search(vectors, k=min(_AMONG, len(pairs)))
    free = [True] * len(pairs)
    groups: list[list[int]] = []
    for at in order:
        if not free[at]:
            continue
        free[at] = False
        group, seen = [at], set(pairs[at].keys)
        for other in rows[at].tolist():
            if len(group) == near:
                break
            if other >= 0 and free[other] and seen.isdisjoint(pairs[other].keys):
                free[other] = False
                group.append(other)
                seen.update(pairs[other].keys)
        groups.append(group)
    return groups
