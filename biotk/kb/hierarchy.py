"""The is-a hierarchy of a KB as two ragged arrays, and as a networkx graph for everything else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged
from biotk.kb.graph import Indices, cycles, reach, strong_components

if TYPE_CHECKING:
    import networkx as nx

    from biotk.kb.knowledge_base import KnowledgeBase
    from biotk.kb.subset import KbSubset


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
        return _without(reach(self._parents, [concept_idx]), concept_idx)

    def descendants(self, concept_idx: int) -> Indices:
        """:returns: sorted indices of all narrower concepts, the concept itself not among them."""
        return _without(reach(self._children, [concept_idx]), concept_idx)

    def lowest_common_ancestors(
        self, *concept_idx: int, subset: KbSubset | None = None
    ) -> list[int]:
        """Find the narrowest concepts that are at or above each of the given.

        A concept is at or above itself, so that of a concept and its parent it is the parent.
        There may be several, since a concept may have several parents, and none, since not all
        concepts hang together. Of a cycle all concepts are equally low.

        :param concept_idx: one concept or more.
        :param subset: the concepts that may be answered.
        :returns: sorted indices of the common ancestors below which there is no other.
        """
        if not concept_idx:
            return []
        above = [set(reach(self._parents, [idx]).tolist()) for idx in concept_idx]
        common = set.intersection(*above)
        if subset is not None:
            return self._lowest({idx for idx in common if idx in subset})
        # What is above a common one is common too: who has none right below has none below.
        edges = {idx: self.parents(idx) for idx in common}
        lowest = common.difference(*edges.values())
        rest = common.difference(reach(self._parents, lowest).tolist())
        return sorted(lowest | _lowest_cycles({idx: rest.intersection(edges[idx]) for idx in rest}))

    def _lowest(self, common: set[int]) -> list[int]:
        """:returns: those of some concepts that are above no other; of a cycle all."""
        above = {idx: set(reach(self._parents, [idx]).tolist()) for idx in common}
        return sorted(
            idx
            for idx in common
            if not any(idx in above[other] and other not in above[idx] for other in common)
        )

    def path_to_root(self, concept_idx: int) -> list[int]:
        """:returns: a shortest way up, from the concept to one that has no parent.

        Of several the one by the first parents; only the concept itself where all ways up end
        in a cycle.
        """
        came_from = {concept_idx: -1}
        for node in (open_nodes := [concept_idx]):
            parents = self.parents(node)
            if not parents:
                path = [node]
                while came_from[path[-1]] >= 0:
                    path.append(came_from[path[-1]])
                return path[::-1]
            for parent in parents:
                if parent not in came_from:
                    came_from[parent] = node
                    open_nodes.append(parent)
        return [concept_idx]

    def roots(self) -> Indices:
        """:returns: sorted indices of the concepts that have children and no parent."""
        return np.flatnonzero(self._is_empty(self._parents) & ~self._is_empty(self._children))

    def orphans(self) -> Indices:
        """:returns: sorted indices of the concepts that have neither parents nor children."""
        return np.flatnonzero(self._is_empty(self._parents) & self._is_empty(self._children))

    def cycles(self) -> list[list[int]]:
        """:returns: groups of concepts each of which is above every other of its group; sorted."""
        return cycles(self._parents, self._children)

    def to_networkx(self, kb: KnowledgeBase) -> nx.DiGraph[str]:
        """:returns: a graph of concept ids with edges from the narrower to the broader one."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        ids = kb.concept_ids
        graph.add_nodes_from(ids)
        for child in range(len(ids)):
            graph.add_edges_from((ids[child], ids[parent]) for parent in self.parents(child))
        return graph

    @staticmethod
    def _is_empty(edges: Ragged) -> NDArray[np.bool_]:
        empty: NDArray[np.bool_] = edges.offsets[1:] == edges.offsets[:-1]
        return empty


def _without(indices: Indices, concept_idx: int) -> Indices:
    kept: Indices = indices[indices != concept_idx]
    return kept


def _lowest_cycles(parents: Mapping[int, Collection[int]]) -> set[int]:
    """:returns: the concepts that only those of their own cycle are below."""
    groups = strong_components(parents)
    group_of = {idx: n for n, group in enumerate(groups) for idx in group}
    above = {
        group_of[parent]
        for idx, others in parents.items()
        for parent in others
        if group_of[parent] != group_of[idx]
    }
    return {idx for idx, n in group_of.items() if n not in above}
