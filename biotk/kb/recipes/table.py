"""The name table while a recipe is followed: concepts, keys of their names, parents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from biotk.text.normalize import bag_of, plural_key
from biotk.types import Concept

key_of = lru_cache(maxsize=1 << 18)(plural_key)


def bag_key_of(name: str) -> str:
    """:returns: the ``bag`` key of a name."""
    return bag_of(key_of(name).split())


def names_of(concept: Concept) -> tuple[str, ...]:
    """:returns: all names of a concept, the preferred one first."""
    return (concept.name, *concept.synonyms)


class Table:
    """What the steps of a recipe work on.

    :param members: where the files of the package stand, by their names in it.
    """

    def __init__(self, members: Mapping[str, Path]) -> None:
        self.members = members
        self.concepts: dict[str, Concept] = {}
        #: Key of a name → the concepts of the table that have it.
        self.keys: defaultdict[str, set[str]] = defaultdict(set)
        #: Keys of names that belong to concepts outside the table.
        self.outside: set[str] = set()
        #: Id → id of the concept of the table that it was found to be the same as.
        self.same_as: dict[str, str] = {}
        #: Each step and what it dropped, for the report.
        self.counts: Counter[str] = Counter()
        self._parents: dict[str, tuple[str, ...]] = {}

    def see(self, concept: Concept) -> None:
        """Remember where a concept stands in its hierarchy, whether it is taken or not."""
        self._parents[concept.concept_id] = concept.parents

    def take(self, concepts: Iterable[Concept]) -> None:
        """Take concepts in; one that is there already is replaced."""
        for concept in concepts:
            self.concepts[concept.concept_id] = concept
            for name in names_of(concept):
                self.keys[key_of(name)].add(concept.concept_id)

    def with_name(self, name: str, type: str) -> set[str]:
        """:returns: the concepts of a type that have a name, but for case, number and spelling."""
        return {c for c in self.keys.get(key_of(name), ()) if type in self.concepts[c].types}

    def bags(self, type: str | None = None) -> dict[str, set[str]]:
        """:returns: ``bag`` key → the concepts, all or of a type, with a name of that key."""
        bags: defaultdict[str, set[str]] = defaultdict(set)
        for concept in self.concepts.values():
            if type is None or type in concept.types:
                for name in names_of(concept):
                    bags[bag_key_of(name)].add(concept.concept_id)
        return dict(bags)

    def ancestors(self, concept_id: str) -> set[str]:
        """:returns: all broader concepts that were seen, those of the table and others."""
        found: set[str] = set()
        waiting = list(self._parents.get(concept_id, ()))
        while waiting:
            parent = waiting.pop()
            if parent not in found:
                found.add(parent)
                waiting.extend(self._parents.get(parent, ()))
        return found

    def finished(self) -> Iterator[Concept]:
        """:returns: the concepts in order of their ids, each parent one of the table.

        Where a parent was left out, the nearest broader concepts that are in take its place.
        """
        for concept_id in sorted(self.concepts):
            concept = self.concepts[concept_id]
            parents = self._nearest(concept.parents) - {concept_id}
            yield replace(concept, parents=tuple(sorted(parents)))

    def _nearest(self, parents: Iterable[str]) -> set[str]:
        found: set[str] = set()
        seen: set[str] = set()
        waiting = list(parents)
        while waiting:
            parent = waiting.pop()
            if parent in seen:
                continue
            seen.add(parent)
            own = self.same_as.get(parent, parent)
            if own in self.concepts:
                found.add(own)
            else:
                waiting.extend(self._parents.get(parent, ()))
        return found
