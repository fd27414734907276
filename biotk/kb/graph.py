"""Walks over a directed graph of a million nodes that is held as ragged arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged, Rows

Indices = NDArray[np.int64]

#: A walk over so many nodes goes node by node; a longer one goes by whole frontiers, for which an
#: array of all nodes is made first.
_SMALL_WALK = 1000
#: Rounds of peeling; a graph that is deeper, as no vocabulary is, is left to the slower way.
_PEELS = 500


def reach(edges: Ragged, starts: Iterable[int]) -> Indices:
    """:returns: sorted numbers of all nodes that can be reached, the starts among them."""
    open_nodes = list(dict.fromkeys(starts))
    seen = set(open_nodes)
    offsets, values = edges.offsets, edges.values
    while open_nodes:
        if len(seen) > _SMALL_WALK:
            return _reach_far(edges, seen, open_nodes)
        node = open_nodes.pop()
        for other in values[offsets[node] : offsets[node + 1]].tolist():
            if other not in seen:
                seen.add(other)
                open_nodes.append(other)
    return np.array(sorted(seen), np.int64)


def _reach_far(edges: Ragged, seen: set[int], open_nodes: list[int]) -> Indices:
    """Go on breadth first, a whole frontier at a time."""
    flags = np.zeros(len(edges), bool)
    flags[list(seen)] = True
    frontier: Rows = np.array(open_nodes, np.int64)
    while len(frontier):
        reached = edges.gather(frontier)
        new = reached[~flags[reached]]
        flags[new] = True
        if len(new) < len(flags) // 50:
            frontier = np.unique(new)
        else:
            # To sort so many would take longer than to look through all.
            fresh = np.zeros(len(flags), bool)
            fresh[new] = True
            frontier = np.flatnonzero(fresh)
    return np.flatnonzero(flags)


def cycles(parents: Ragged, children: Ragged) -> list[list[int]]:
    """Find the groups of nodes each of which leads to every other of its group.

    What no cycle can hold is peeled off first, from below and from above, until little is left.

    :param parents: the edges.
    :param children: the same edges the other way.
    :returns: groups of two nodes or more, sorted.
    """
    mask = np.ones(len(parents), bool)
    _peel(parents, mask)
    _peel(children, mask)
    inside = set(np.flatnonzero(mask).tolist())
    edges = {
        node: [other for other in parents[node].tolist() if other in inside] for node in inside
    }
    return sorted(sorted(group) for group in strong_components(edges) if len(group) > 1)


def _peel(edges: Ragged, mask: NDArray[np.bool_]) -> None:
    """Take away, again and again, the nodes to which no edge leads.

    :param mask: which nodes there are; afterwards, which are left.
    """
    nodes = np.flatnonzero(mask)
    targets = edges.gather(nodes)
    leading_here = np.bincount(targets, minlength=len(mask))
    frontier: Rows = nodes[leading_here[nodes] == 0]
    for _ in range(_PEELS):
        if not len(frontier):
            break
        mask[frontier] = False
        targets, times = np.unique(edges.gather(frontier), return_counts=True)
        leading_here[targets] -= times
        frontier = targets[(leading_here[targets] == 0) & mask[targets]]


def strong_components(edges: Mapping[int, Collection[int]]) -> list[list[int]]:
    """Tarjan's algorithm (1972) with a stack of its own, since cycles may be long.

    :param edges: for each node the nodes that it leads to, all of them keys as well.
    :returns: each node in one group, with those that it leads to and that lead to it.
    """
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    groups: list[list[int]] = []
    for start in edges:
        if start in order:
            continue
        order[start] = low[start] = len(order)
        path.append(start)
        on_path.add(start)
        work = [(start, iter(edges[start]))]
        while work:
            node, others = work[-1]
            for other in others:
                if other not in order:
                    order[other] = low[other] = len(order)
                    path.append(other)
                    on_path.add(other)
                    work.append((other, iter(edges[other])))
                    break
                if other in on_path:
                    low[node] = min(low[node], order[other])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == order[node]:
                    group: list[int] = []
                    while not group or group[-1] != node:
                        group.append(path.pop())
                    on_path.difference_update(group)
                    groups.append(group)
    return groups
