from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from biotk.kb import graph as graph_module
from biotk.kb.arrow import Ragged, ragged_column
from biotk.kb.graph import reach, strong_components
from biotk.kb.hierarchy import Hierarchy

N = 9
EDGES = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)).filter(lambda e: e[0] != e[1]),
    max_size=22,
)


def ragged(rows):
    return Ragged(ragged_column([sorted(set(row)) for row in rows], np.int32))


def make(edges, n=N):
    """Edges from child to parent, as a hierarchy and as the graph that is its oracle."""
    parents = [[b for a, b in edges if a == i] for i in range(n)]
    children = [[a for a, b in edges if b == i] for i in range(n)]
    oracle = nx.DiGraph()
    oracle.add_nodes_from(range(n))
    oracle.add_edges_from(edges)
    return Hierarchy(ragged(parents), ragged(children)), oracle


@given(EDGES)
def test_ancestors_and_descendants_equal_networkx(edges):
    hierarchy, oracle = make(edges)
    for idx in range(N):
        assert set(hierarchy.ancestors(idx).tolist()) == nx.descendants(oracle, idx)
        assert set(hierarchy.descendants(idx).tolist()) == nx.ancestors(oracle, idx)
        assert np.all(np.diff(hierarchy.ancestors(idx)) > 0)


@pytest.mark.parametrize("limit", [0, 1, 3])
@given(edges=EDGES, starts=st.lists(st.integers(0, N - 1), max_size=3))
def test_walk_by_frontiers_equals_walk_by_nodes(limit, edges, starts):
    parents = ragged([[b for a, b in edges if a == i] for i in range(N)])
    by_nodes = reach(parents, starts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_module, "_SMALL_WALK", limit)
        assert reach(parents, starts).tolist() == by_nodes.tolist()


def lowest_by_definition(oracle, nodes):
    above = {node: {node} | nx.descendants(oracle, node) for node in oracle}
    common = set.intersection(*(above[node] for node in nodes))
    return sorted(c for c in common if all(d in above[c] for d in common if c in above[d]))


@given(EDGES, st.lists(st.integers(0, N - 1), min_size=1, max_size=3))
@example([(0, 2), (1, 2), (2, 3), (3, 2), (3, 4)], [0, 1])  # the lowest are a cycle
@example([(0, 2), (1, 2), (0, 3), (1, 3)], [0, 1])  # there are two
@example([(0, 1), (1, 0)], [0, 1])
@example([], [0, 1])
def test_lowest_common_ancestors_equal_their_definition(edges, nodes):
    hierarchy, oracle = make(edges)
    assert hierarchy.lowest_common_ancestors(*nodes) == lowest_by_definition(oracle, nodes)


@given(EDGES, st.lists(st.integers(0, N - 1), min_size=2, max_size=2))
def test_single_lowest_common_ancestor_equals_that_of_networkx(edges, nodes):
    edges = [(a, b) for a, b in edges if a < b]  # networkx takes graphs without cycles only
    hierarchy, oracle = make(edges)
    found = hierarchy.lowest_common_ancestors(*nodes)
    theirs = nx.lowest_common_ancestor(oracle.reverse(), *nodes)
    assert theirs in found if found else theirs is None


def test_lowest_common_ancestor_of_one_is_itself_and_of_none_none():
    hierarchy, _ = make([(0, 1)])
    assert hierarchy.lowest_common_ancestors(0) == [0]
    assert hierarchy.lowest_common_ancestors() == []
    assert hierarchy.lowest_common_ancestors(0, 1) == [1]


def cycles_of(oracle):
    return sorted(sorted(c) for c in nx.strongly_connected_components(oracle) if len(c) > 1)


@pytest.mark.parametrize("peels", [0, 1, 500])
@given(edges=EDGES)
def test_cycles_equal_networkx_however_much_is_peeled(peels, edges):
    hierarchy, oracle = make(edges)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_module, "_PEELS", peels)
        assert hierarchy.cycles() == cycles_of(oracle)


@given(EDGES)
def test_strong_components_equal_networkx(edges):
    _, oracle = make(edges)
    found = strong_components({node: list(oracle.successors(node)) for node in oracle})
    assert sorted(map(sorted, found)) == sorted(
        map(sorted, nx.strongly_connected_components(oracle))
    )


def test_cycle_longer_than_the_stack_is_deep_is_found():
    n = 50_000
    ring = list(range(n))
    up = Ragged(ragged_column([[(i + 1) % n] for i in ring], np.int32))
    down = Ragged(ragged_column([[(i - 1) % n] for i in ring], np.int32))
    assert Hierarchy(up, down).cycles() == [ring]


def test_deep_chain_has_no_cycle():
    n = 5_000
    up = Ragged(ragged_column([[i + 1] for i in range(n - 1)] + [[]], np.int32))
    down = Ragged(ragged_column([[]] + [[i] for i in range(n - 1)], np.int32))
    hierarchy = Hierarchy(up, down)
    assert hierarchy.cycles() == []
    assert len(hierarchy.ancestors(0)) == n - 1
    assert hierarchy.path_to_root(0) == list(range(n))


@given(EDGES)
def test_roots_and_orphans_equal_networkx(edges):
    hierarchy, oracle = make(edges)
    no_parent = {node for node in oracle if not oracle.out_degree(node)}
    orphans = {node for node in no_parent if not oracle.in_degree(node)}
    assert set(hierarchy.orphans().tolist()) == orphans
    assert set(hierarchy.roots().tolist()) == no_parent - orphans


@given(EDGES, st.integers(0, N - 1))
def test_path_to_root_is_a_shortest_one(edges, start):
    hierarchy, oracle = make(edges)
    path = hierarchy.path_to_root(start)
    lengths = nx.single_source_shortest_path_length(oracle, start)
    to_tops = [n for node, n in lengths.items() if not oracle.out_degree(node)]
    assert path[0] == start
    if to_tops:
        assert not oracle.out_degree(path[-1])
        assert len(path) == min(to_tops) + 1
        assert nx.is_path(oracle, path)
    else:
        assert path == [start]
