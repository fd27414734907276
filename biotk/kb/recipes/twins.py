"""Two vocabularies, one concept: the names and ids of the one are added to the other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from biotk.kb.recipes.table import Table, bag_key_of, key_of, names_of
from biotk.text.normalize import bag_of
from biotk.types import Concept


def merge_twins(
    concepts: list[Concept],
    table: Table,
    *,
    prefix: str,
    type: str,
    ignore: Sequence[str] = (),
    keep_rest: bool = True,
) -> list[Concept]:
    """Merge concepts into those of the table that are the same, and hand on the others.

    A twin is found by cross-reference, if that leads from one concept to one and back. A concept
    without any such cross-reference is a twin too if its preferred name is a name of just one
    concept of the table: MeSH has "Breast Neoplasms", MONDO "breast cancer", and without this the
    two would stand side by side. A concept whose cross-references are not one to one is dropped:
    which of its names belong to which concept, nothing tells.

    Of a twin's names those are added that the table does not have and that no step has remembered.

    :param prefix: prefix of the cross-references.
    :param type: the type of the table's concepts that may be twins.
    :param ignore: words that a name may have more than its twin's: salts of drugs. Such a twin
        gives its names, but no cross-reference: it is not quite the same.
    :param keep_rest: hand the others on; else they are dropped.
    """
    finder = _Finder(concepts, table, prefix=prefix, type=type, ignore=ignore)
    taken = set(table.keys) | table.outside
    rest: list[Concept] = []
    for concept in concepts:
        kind, target = finder.find(concept)
        table.counts[kind] += 1
        if target is not None:
            _merge(concept, table, target=target, taken=taken, same=kind != _BUT_FOR_WORDS)
        elif kind == _NO_TWIN:
            rest.append(concept)
    return rest if keep_rest else []


_NO_TWIN = "without a twin"
_BY_XREF = "twins by cross-reference"
_BY_NAME = "twins by name"
_BUT_FOR_WORDS = "twins by name but for ignored words"
_SEVERAL = "dropped: cross-references not one to one"
_ELSEWHERE = "dropped: cross-reference to what is not in the table"


class _Finder:
    """Finds the concept of the table that is the same as another."""

    def __init__(
        self,
        concepts: list[Concept],
        table: Table,
        *,
        prefix: str,
        type: str,
        ignore: Sequence[str],
    ) -> None:
        self._table, self._type = table, type
        self._bags = table.bags(type)
        self._ignore = frozenset(key_of(word) for word in ignore)
        self._leads = {
            c.concept_id: [x for x in c.xrefs if x.startswith(f"{prefix}:")] for c in concepts
        }
        self._stripped: defaultdict[str, set[str]] = defaultdict(set)
        if self._ignore:
            for mine in table.concepts.values():
                for name in names_of(mine) if type in mine.types else ():
                    self._stripped[self._without_ignored(name)].add(mine.concept_id)
        self._back = Counter(xref for xrefs in self._leads.values() for xref in xrefs)

    def find(self, concept: Concept) -> tuple[str, str | None]:
        """:returns: how it went, and the id of the twin if there is one."""
        targets = self._leads[concept.concept_id]
        if targets:
            if len(targets) != 1 or self._back[targets[0]] != 1:
                return _SEVERAL, None
            mine = self._table.concepts.get(targets[0])
            found = mine is not None and self._type in mine.types
            return (_BY_XREF, targets[0]) if found else (_ELSEWHERE, None)
        if target := self._named(concept.name):
            return _BY_NAME, target
        if fewer := self._without_ignored(concept.name):
            if target := self._named(fewer):
                return _BUT_FOR_WORDS, target
            found_here = self._stripped.get(fewer, set())
            if len(found_here) == 1:
                return _BUT_FOR_WORDS, next(iter(found_here))
        return _NO_TWIN, None

    def _without_ignored(self, name: str) -> str:
        """:returns: the ``bag`` key of what is left of a name; empty if it had no such word."""
        words = key_of(name).split()
        fewer = [word for word in words if word not in self._ignore]
        return bag_of(fewer) if len(fewer) < len(words) else ""

    def _named(self, name: str) -> str | None:
        found = self._table.with_name(name, self._type) or self._bags.get(bag_key_of(name), set())
        return next(iter(found)) if len(found) == 1 else None


def _merge(concept: Concept, table: Table, *, target: str, taken: set[str], same: bool) -> None:
    mine = table.concepts[target]
    # Of several spellings of one key the first will do, also where an earlier twin has added it.
    own = {key_of(name) for name in names_of(mine)}
    new: dict[str, str] = {}
    for name in names_of(concept):
        key = key_of(name)
        if key and key not in taken and key not in own:
            new.setdefault(key, name)
    table.counts["names added to twins"] += len(new)
    xrefs = mine.xrefs
    if same:
        table.same_as[concept.concept_id] = target
        given = (*mine.xrefs, concept.concept_id, *concept.xrefs)
        xrefs = tuple(xref for xref in dict.fromkeys(given) if xref != target)
    table.take([replace(mine, synonyms=(*mine.synonyms, *new.values()), xrefs=xrefs)])
