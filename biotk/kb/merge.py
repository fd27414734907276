"""Twins: concepts of different vocabularies that are the same, told by their cross-references.

The rule is strict, since a wrong merge cannot be seen in the result and a missing one can. A group
of concepts is merged if

1. each is tied to the next by a cross-reference, in one direction at least, or by a reference of
   both to one third id, that is one to one between the two prefixes: neither has another partner
   of the other's prefix;
2. it has no two ids of one prefix, third ids among them;
3. no member refers, or is referred to, beyond the group under a prefix that the group has.

So a group is merged as a whole or not at all: of MONDO:1 = MESH:1 = OMIM:1 nothing is merged where
MONDO:1 refers to OMIM:2 as well, for then MESH:1 may be a part of MONDO:1. Where names are given, a
concept stays apart if by name it is nearer to another concept than to its twin.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError
from biotk.kb.merge_names import ReadNames, nearer_by_name

Ints = NDArray[np.integer[Any]]
#: Ids of a group shown in an example.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Twins:
    """What :func:`find_twins` found.

    :param mapping: the id of each concept that goes → the id of the one that stays.
    :param ambiguous: how many groups of concepts refer to one another, but not one to one.
    :param examples: the smallest of those groups, each by its first ids.
    :param doubtful: twins by cross-reference that stay apart because of their names: both ids, and
        the id of the concept that is nearer to one of them.
    """

    mapping: dict[str, str]
    ambiguous: int
    examples: tuple[tuple[str, ...], ...]
    doubtful: tuple[tuple[str, str, str], ...] = ()


def find_twins(
    concepts: Iterable[tuple[str, Sequence[str]]],
    prefixes: Sequence[str],
    *,
    names: ReadNames | None = None,
    examples: int = 20,
) -> Twins:
    """Find the concepts of different prefixes that are one and the same.

    An id of one of the prefixes that no concept has, retired perhaps, can still tie two concepts
    that both refer to it, if the rule holds for it as well. It does not count where a concept has
    a partner of that prefix that is in the KB.

    :param concepts: id and cross-references of each, in any order; ids of other prefixes than the
        given are left alone. An id may come again with further cross-references.
    :param prefixes: as in ``["MONDO", "MESH", "OMIM"]``; the concept of the first prefix that a
        group has is the one that stays.
    :param names: gives ids and names of all concepts, the preferred name first; called twice. Of
        MONDO's and MeSH's twins by cross-reference 1.5 % stay apart by this, nearly all rightly.
    :param examples: how many ambiguous groups to show.
    :raises InputError: fewer than two prefixes, or one twice.

    >>> twins = find_twins(
    ...     [("MONDO:1", ["MESH:1"]), ("MESH:1", []), ("MONDO:2", ["MESH:2"]),
    ...      ("MONDO:3", ["MESH:2"]), ("MESH:2", [])],
    ...     ["MONDO", "MESH"],
    ... )
    >>> twins.mapping, twins.ambiguous, twins.examples
    ({'MESH:1': 'MONDO:1'}, 1, (('MESH:2', 'MONDO:2', 'MONDO:3'),))
    """
    if len(prefixes) < 2 or len(set(prefixes)) < len(prefixes):
        raise InputError(
            "merging needs two different prefixes or more, as in MONDO, MESH; "
            f"got {', '.join(prefixes) or 'none'}"
        )
    graph = _Graph(concepts, prefixes)
    one, other, clean = graph.pairs()
    group = components(len(graph.ids), one[clean], other[clean])
    whole = graph.whole_groups(group, one, other)
    mapping = graph.mapping(group, whole)
    not_followed = ~(clean & whole[group[one]])
    refused = graph.refused(one[not_followed], other[not_followed])
    first = sorted(map(sorted, refused), key=lambda ids: (len(ids), ids))[:examples]
    shown = tuple(tuple(ids[:_SHOWN]) for ids in first)
    nearer = nearer_by_name(mapping, names) if names is not None else {}
    doubtful = tuple((gone, mapping.pop(gone), other) for gone, other in sorted(nearer.items()))
    return Twins(mapping, len(refused), shown, doubtful)


class _Graph:
    """Ids as numbers, and the cross-references between those of different prefixes.

    :param ids: of concepts, and the third ids that they refer to.
    """

    def __init__(
        self, concepts: Iterable[tuple[str, Sequence[str]]], prefixes: Sequence[str]
    ) -> None:
        codes = {prefix: code for code, prefix in enumerate(prefixes)}
        number: dict[str, int] = {}
        code_of, is_concept, ends = array("h"), bytearray(), array("q")

        def node(any_id: str, code: int) -> int:
            found = number.setdefault(any_id, len(number))
            if found == len(code_of):
                code_of.append(code)
                is_concept.append(0)
            return found

        for concept_id, xrefs in concepts:
            code = codes.get(concept_id.partition(":")[0])
            if code is None:
                continue
            mine = node(concept_id, code)
            is_concept[mine] = 1
            for xref in xrefs:
                their_code = codes.get(xref.partition(":")[0])
                if their_code is not None and their_code != code:
                    ends.append(mine)
                    ends.append(node(xref, their_code))
        self.ids = list(number)
        self._n_codes = len(codes)
        self._code: Ints = np.frombuffer(code_of, np.int16)
        self._is_concept: NDArray[np.bool_] = np.frombuffer(bytes(is_concept), bool)
        self._ends: Ints = np.frombuffer(ends, np.int64).reshape(-1, 2)

    def pairs(self) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """:returns: the pairs of ids that refer to one another, each once, and whether a pair is
        one to one between its prefixes.
        """
        n = len(self.ids)
        size = n * self._n_codes
        ends = self._ends
        # Third ids do not count beside a concept of their prefix.
        known = self._is_concept[ends[:, 1]]
        has_known = np.zeros(size, bool)
        has_known[self._slot(ends[known, 0], ends[known, 1])] = True
        has_known[self._slot(ends[known, 1], ends[known, 0])] = True
        ends = ends[known | ~has_known[self._slot(ends[:, 0], ends[:, 1])]]
        pair = np.unique(ends.min(axis=1) * n + ends.max(axis=1))
        one, other = pair // n, pair % n
        # How many partners each of the two has under the other's prefix.
        slots = np.concatenate([self._slot(one, other), self._slot(other, one)])
        partners = np.bincount(slots, minlength=size)[slots]
        clean: NDArray[np.bool_] = (partners[: len(pair)] == 1) & (partners[len(pair) :] == 1)
        return one, other, clean

    def _slot(self, node: Ints, partner: Ints) -> Ints:
        """A number for a node and the prefix of a partner."""
        slot: Ints = node * self._n_codes + self._code[partner]
        return slot

    def whole_groups(self, group: Ints, one: Ints, other: Ints) -> NDArray[np.bool_]:
        """:returns: for each group, by the number of its first node, whether rules 2 and 3 hold."""
        members = np.bincount(group * self._n_codes + self._code,
                              minlength=len(self.ids) * self._n_codes)  # fmt: skip
        of_group = members.reshape(-1, self._n_codes)
        whole: NDArray[np.bool_] = np.all(of_group <= 1, axis=1)
        beyond = group[one] != group[other]
        for node, partner in ((one[beyond], other[beyond]), (other[beyond], one[beyond])):
            taken = of_group[group[node], self._code[partner]] > 0
            whole[group[node[taken]]] = False
        return whole

    def mapping(self, group: Ints, whole: NDArray[np.bool_]) -> dict[str, str]:
        """:returns: id that goes → id that stays."""
        nodes = np.flatnonzero(self._is_concept & whole[group])
        nodes = nodes[np.lexsort((self._code[nodes], group[nodes]))]
        first = np.searchsorted(group[nodes], group[nodes])
        goes = np.flatnonzero(first != np.arange(len(nodes)))
        pairs = zip(nodes[goes].tolist(), nodes[first[goes]].tolist(), strict=True)
        return {self.ids[gone]: self.ids[kept] for gone, kept in pairs}

    def refused(self, one: Ints, other: Ints) -> list[list[str]]:
        """:returns: the ids of the groups that hang together by these pairs, if two or more of
        them are concepts.
        """
        nodes, position = np.unique(np.concatenate([one, other]), return_inverse=True)
        group = components(len(nodes), position[: len(one)], position[len(one) :])
        groups: dict[int, list[int]] = {}
        for node, label in zip(nodes.tolist(), group.tolist(), strict=True):
            groups.setdefault(label, []).append(node)
        return [
            [self.ids[node] for node in members]
            for members in groups.values()
            if np.count_nonzero(self._is_concept[members]) > 1
        ]


def components(n: int, one: Ints, other: Ints) -> Ints:
    """Connected components of an undirected graph.

    :param n: the number of nodes.
    :param one: one end of each edge. *Shape*: (edges,).
    :param other: the other end. *Shape*: (edges,).
    :returns: for each node the smallest node that it is connected with. *Shape*: (nodes,).
    """
    label: Ints = np.arange(n)
    while True:
        here, there = label[one], label[other]
        if np.array_equal(here, there):
            return label
        # The larger of two first nodes points at the smaller; then all pointers are followed.
        np.minimum.at(label, np.maximum(here, there), np.minimum(here, there))
        while True:
            further = label[label]
            if np.array_equal(further, label):
                break
            label = further
