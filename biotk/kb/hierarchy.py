"""The is-a hierarchy of a KB as two ragged arrays, and as a networkx graph for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged, Rows

if TYPE_CHECKING:
    import networkx as nx

    from biotk.kb.knowledge_base import KnowledgeBase

Indices = NDArray[np.int64]


class Hierarchy:
    """Parents, children, ancestors and descendants by concept index.

    A concept may have several parents, and real vocabularies hold cycles; each walk visits a
    concept once.

    :param parents: the parents of each concept.
    :param children: the children of each concept.
    """

    def __init__(self, parents: Ragged, children: Ragged) -> None:
        self._parents, self._children = parents, children

    def parents(self, concept_idx: int) -> list[int]:
        """:returns: the indices of the directly broader concepts."""
        return [int(idx) for idx in self._parents[concept_idx]]

    def children(self, concept_idx: int) -> list[int]:
        """:returns: the indices of the directly narrower concepts."""
        return [int(idx) for idx in self._children[concept_idx]]

    def ancestors(self, concept_idx: int) -> Indices:
        """:returns: sorted indices of all broader concepts, the concept itself not among them."""
        return _reach(self._parents, concept_idx)

    def descendants(self, concept_idx: int) -> Indices:
        """:returns: sorted indices of all narrower concepts, the concept itself not among them."""
        return _reach(self._children, concept_idx)

    def to_networkx(self, kb: KnowledgeBase) -> nx.DiGraph[str]:
        """:returns: a graph of concept ids with edges from the narrower to the broader one."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        ids = kb.concept_ids
        graph.add_nodes_from(ids)
        for child in range(len(ids)):
            graph.add_edges_from((ids[child], ids[parent]) for parent in self.parents(child))
        return graph


def _reach(edges: Ragged, start: int) -> Indices:
    """Breadth first, a whole frontier at a time; the start itself is left out."""
    seen = np.zeros(len(edges), bool)
    seen[start] = True
    frontier: Rows = np.array([start], np.int64)
    while len(frontier):
        reached = np.unique(edges.gather(frontier))
        frontier = reached[~seen[reached]]
        seen[frontier] = True
    seen[start] = False
    return np.flatnonzero(seen)
