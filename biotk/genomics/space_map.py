"""A map of what lies around something in a space, flattened to a picture's two dimensions.

It is an azimuthal equidistant map, as those of the earth around a pole: how far something lies from
the middle is its angle to what was asked, and right for everything. Which way it lies is chosen so
that angles between the neighbours are kept as well as two dimensions can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError
from biotk.genomics.neighbour import Neighbour
from biotk.genomics.space import Space

Floats = npt.NDArray[np.float64]

#: What is asked for where nobody says which kinds.
MAP_KINDS = ("snp", "gene", "trait")
#: So many directions are tried for a point, and so often all points.
_DIRECTIONS, _ROUNDS = 360, 20


@dataclass(frozen=True, slots=True)
class MapPoint:
    """One thing on a map.

    :param neighbour: what it is.
    :param x: to the right of the middle, in degrees.
    :param y: above the middle, in degrees.
    """

    neighbour: Neighbour
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class SpaceMap:
    """The neighbourhood of something.

    :param query: what was asked, in words.
    :param id: of what was found by it; the words themselves if they are new.
    :param points: the neighbours, the nearest first; the query is the middle.
    :param links: of neighbours, by their numbers, those that are known to be linked.
    :param fit: how well angles among the neighbours are kept, as the correlation of ranks of
        those on the map with those in the space; 1.0 where there are too few to be told apart.
    """

    query: str
    id: str
    points: tuple[MapPoint, ...]
    links: tuple[tuple[int, int], ...]
    fit: float


def map_of(
    space: Space,
    query: str,
    *,
    kinds: Sequence[str] = MAP_KINDS,
    k: int = 12,
    genes: Sequence[str] = (),
) -> SpaceMap:
    """Make a map of what lies around something.

    :param query: as :meth:`biotk.genomics.space.Space.nearest` takes it.
    :param kinds: which to show, as there.
    :param k: how many of each.
    :param genes: as there.
    :raises InputError: as there; or no kind is given.
    :raises UnknownNameError: as there.
    """
    if not kinds:
        raise InputError("no kind is given: a map shows at least one")
    vector, middle = space.vector(query, genes=genes), space.find(query)
    asked = -1 if middle is None else middle
    found: dict[int, float] = {}
    for kind in dict.fromkeys(kinds):
        found |= dict(space.nearest_rows(vector, k=k, kind=kind, leave_out=asked))
    rows = sorted(found, key=lambda row: -found[row])
    neighbours = [space.rows.describe(row, found[row], query=asked) for row in rows]
    around, fit = around_pole(vector, space.vectors[rows])
    return SpaceMap(
        query=query,
        id=query.strip() if middle is None else space.rows.describe(middle).id,
        points=tuple(
            MapPoint(each, x, y) for each, (x, y) in zip(neighbours, around.tolist(), strict=True)
        ),
        links=tuple(
            (one, other)
            for one in range(len(rows))
            for other in range(one + 1, len(rows))
            if space.rows.evidence(rows[one], rows[other])
        ),
        fit=fit,
    )


def around_pole(pole: npt.ArrayLike, vectors: npt.ArrayLike) -> tuple[Floats, float]:
    """Lay vectors out around one of them.

    :param pole: of unit length. *Shape*: (dim,).
    :param vectors: of unit length. *Shape*: (n, dim).
    :returns: places in degrees, whose distance from nought is the angle to the pole, *Shape*:
        (n, 2); and how well the other angles are kept, see :class:`SpaceMap`.
    """
    middle = np.asarray(pole, float)
    points = np.asarray(vectors, float).reshape(-1, len(middle))
    wanted = _degrees(points @ points.T)
    radii = _degrees(points @ middle)
    turns = _first_turns(points - np.outer(points @ middle, middle))
    # Near ones weigh more: whether two far ones lie farther still, nobody needs to see.
    weights = 1.0 / np.maximum(wanted, 1.0) ** 2
    np.fill_diagonal(weights, 0.0)
    choices = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    ways = np.stack([np.cos(choices), np.sin(choices)], 1)
    for _ in range(_ROUNDS):
        before = turns.copy()
        for row in range(len(points)):
            # The law of cosines, for all directions and points at once.
            along = ways @ (radii[:, None] * np.stack([np.cos(turns), np.sin(turns)], 1)).T
            squares = radii[row] ** 2 + radii**2 - 2 * radii[row] * along
            misses = (np.sqrt(np.maximum(squares, 0.0)) - wanted[row]) ** 2
            turns[row] = choices[int(np.argmin(misses @ weights[row]))]
        if np.array_equal(before, turns):
            break
    places = _places(radii, turns)
    return places, _fit(places, wanted)


def _first_turns(tangents: Floats) -> Floats:
    """:returns: the direction of each in the plane that most of them lie along."""
    _, _, axes = np.linalg.svd(tangents, full_matrices=False)
    axes = np.pad(axes[:2], ((0, 2 - len(axes[:2])), (0, 0)))
    # An axis may be turned round and be as good: the one way is always taken.
    axes *= np.where(axes.sum(1, keepdims=True) < 0, -1.0, 1.0)
    flat = tangents @ axes.T
    found: Floats = np.arctan2(flat[:, 1], flat[:, 0])
    return found


def _places(radii: Floats, turns: Floats) -> Floats:
    found: Floats = radii[:, None] * np.stack([np.cos(turns), np.sin(turns)], 1)
    return found


def _degrees(cosines: Floats) -> Floats:
    found: Floats = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    return found


def _fit(places: Floats, wanted: Floats) -> float:
    pairs = np.triu_indices(len(places), 1)
    drawn = np.linalg.norm(places[:, None] - places, axis=-1)[pairs]
    if len(drawn) < 2:
        return 1.0
    ranks = np.stack([each.argsort(kind="stable").argsort() for each in (drawn, wanted[pairs])])
    return float(np.corrcoef(ranks)[0, 1])
