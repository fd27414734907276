from __future__ import annotations

import numpy as np

from biotk.nn.node2vec import has_node2vec, node_vectors


def rings() -> np.ndarray:
    """Two rings of twenty nodes, every node linked to the next three, and one edge between them."""
    edges = [
        (base + at, base + (at + step) % 20) for base in (0, 20) for at in range(20)
        for step in (1, 2, 3)
    ]  # fmt: skip
    return np.array([*edges, (0, 20)])


def test_what_is_linked_is_near():
    assert has_node2vec()
    before = np.random.get_state()[1].copy()
    edges = rings()
    vectors = node_vectors(edges, np.ones(len(edges)), 42, dim=16, seed=3)
    assert vectors.shape == (42, 16)
    assert np.allclose(np.linalg.norm(vectors[:40], axis=1), 1.0, atol=1e-5)
    assert not vectors[40:].any()  # they have no edge
    cosines = vectors[:40] @ vectors[:40].T
    same = np.add.outer(np.arange(40) // 20, -(np.arange(40) // 20)) == 0
    assert cosines[same & ~np.eye(40, dtype=bool)].mean() > cosines[~same].mean() + 0.2
    again = node_vectors(edges, np.ones(len(edges)), 42, dim=16, seed=3)
    assert np.array_equal(vectors, again)
    assert np.array_equal(np.random.get_state()[1], before)


def test_a_graph_without_edges():
    assert not node_vectors(np.zeros((0, 2), np.int64), np.zeros(0), 3, dim=4).any()
