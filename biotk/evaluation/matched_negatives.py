"""Pairs that are known nowhere, as like the positives as can be but for being linked.

A model that only knows which traits are much studied tells true pairs from random ones well. So a
negative takes the place of one side by something of the same type that has about as many links.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

#: So many things there should be to draw from; else the next deciles are looked into.
_ROOM = 20
_TRIES = 50


class Side(NamedTuple):
    """What can stand on one side of a pair.

    :param degrees: how many links each has. *Shape*: (things,).
    :param types: numbers; only those of one type take each other's place. *Shape*: (things,).
    :param usable: which can be drawn at all. *Shape*: (things,), bool.
    """

    degrees: Ints
    types: Ints
    usable: npt.NDArray[np.bool_]


def degree_deciles(degrees: Ints, counted: Ints) -> Ints:
    """Cut degrees such that each decile holds a tenth of the *positives*.

    Were it a tenth of the things, nearly all positives would be in the last, in which the most and
    the least linked differ by a factor of a hundred.

    :param degrees: of all things. *Shape*: (things,).
    :param counted: of each positive, the thing. *Shape*: (positives,).
    :returns: from 0 to 9. *Shape*: (things,).
    """
    edges = np.quantile(degrees[counted], np.linspace(0, 1, 11)[1:-1], method="higher")
    found: Ints = np.searchsorted(edges, degrees, side="left").astype(np.int64)
    return found


def matched_negatives(
    positives: Ints,
    linked: Ints,
    sides: tuple[Side, Side],
    *,
    each: int = 1,
    seed: int = 0,
) -> tuple[Ints, Ints]:
    """Draw for every positive some pairs with another left side, and some with another right side.

    :param positives: *Shape*: (positives, 2).
    :param linked: all pairs that are known to be linked, none of which is drawn.
        *Shape*: (links, 2).
    :param sides: what can stand on the left and on the right.
    :param each: how many are drawn for each side of a positive.
    :param seed: of a generator of its own; the same input gives the same pairs.
    :returns: the pairs, and for each the positive it stands against. A positive for whose side
        nothing can be drawn has fewer. *Shape*: (negatives, 2), (negatives,).
    """
    rng = np.random.default_rng(seed)
    n_right = len(sides[1].degrees)
    taken = set((linked[:, 0].astype(np.int64) * n_right + linked[:, 1]).tolist())
    taken |= set((positives[:, 0] * n_right + positives[:, 1]).tolist())
    pairs: list[tuple[int, int]] = []
    owners: list[int] = []
    for side in (0, 1):
        drawn = _Drawer(sides[side], positives[:, side], rng)
        for number, pair in enumerate(positives.tolist()):
            for _ in range(each):
                found = _free(pair, side, drawn, taken, n_right)
                if found is not None:
                    pairs.append(found)
                    owners.append(number)
    return np.array(pairs, np.int64).reshape(-1, 2), np.array(owners, np.int64)


def _free(
    pair: list[int], side: int, drawer: _Drawer, taken: set[int], n_right: int
) -> tuple[int, int] | None:
    """:returns: a pair that is linked nowhere; None if none turned up."""
    for _ in range(_TRIES):
        other = drawer.draw(pair[side])
        left, right = (other, pair[1]) if side == 0 else (pair[0], other)
        if left * n_right + right not in taken:
            return left, right
    return None


class _Drawer:
    """Draws things like another one."""

    def __init__(self, side: Side, counted: Ints, rng: np.random.Generator) -> None:
        self._side, self._rng = side, rng
        self._deciles = degree_deciles(side.degrees, counted)
        self._pools: dict[tuple[int, int], Ints] = {}

    def draw(self, thing: int) -> int:
        """:returns: another of the same type and, where there are enough, of the same decile."""
        key = int(self._side.types[thing]), int(self._deciles[thing])
        if key not in self._pools:
            self._pools[key] = self._pool(*key)
        pool = self._pools[key]
        return int(pool[self._rng.integers(len(pool))]) if len(pool) else thing

    def _pool(self, type_: int, decile: int) -> Any:
        alike = self._side.usable & (self._side.types == type_)
        for reach in range(10):
            pool = np.flatnonzero(alike & (np.abs(self._deciles - decile) <= reach))
            if len(pool) >= _ROOM:
                return pool
        return np.flatnonzero(alike)
