"""node2vec of a graph of links: the baseline of who knows the links and those of neighbours.

Grover and Leskovec, 2016, "node2vec: scalable feature learning for networks", by the package
fastnode2vec, which need not be there: ``pip install 'biotk[baselines]'``.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

#: A walk prefers what is farther from where it began; so many steps, and windows of so many nodes.
_Q, _STEPS, _WINDOW = 0.5, 20, 5
#: Walks that begin at each node; more where a graph is so small that all of them together are fewer
#: steps than this. With the rate below as good as twice as many at gensim's own.
_WALKS, _LEAST_STEPS = 5, 1_000_000
_RATE = 0.1


def has_node2vec() -> bool:
    """:returns: whether the package is there."""
    return find_spec("fastnode2vec") is not None


def node_vectors(
    edges: Ints, weights: npt.NDArray[np.float64], n_nodes: int, *, dim: int = 64, seed: int = 0
) -> Floats:
    """Walk a graph at random, and make vectors of nodes that tell what is met on the way.

    :param edges: of an undirected graph. *Shape*: (edges, 2).
    :param weights: how likely each is taken, above 0. *Shape*: (edges,).
    :param n_nodes: how many nodes there are.
    :param dim: the length of vectors.
    :param seed: of what is drawn; the global state of numpy is left as it is.
    :returns: of unit length; nothing for a node without an edge. *Shape*: (n_nodes, dim).
    :raises ImportError: the package is not there; :func:`has_node2vec` asks.
    """
    from fastnode2vec import Graph, Node2Vec

    found = np.zeros((n_nodes, dim), np.float32)
    if not len(edges):
        return found
    state = np.random.get_state()
    try:
        rows = zip(edges[:, 0].tolist(), edges[:, 1].tolist(), weights.tolist(), strict=True)
        graph = Graph(list(rows), directed=False, weighted=True, verbose=False)
        model = Node2Vec(
            graph,
            dim=dim,
            walk_length=_STEPS,
            window=_WINDOW,
            q=_Q,
            workers=1,
            seed=seed,
            alpha=_RATE,
        )
        nodes = len(graph.node_names)
        model.train(max(_WALKS, _LEAST_STEPS // (nodes * _STEPS)), verbose=False)
    finally:
        np.random.set_state(state)
    at = np.array(model.wv.index_to_key, np.int64)
    lengths = np.linalg.norm(model.wv.vectors, axis=1, keepdims=True)
    found[at] = model.wv.vectors / np.maximum(lengths, 1e-12)
    return found
