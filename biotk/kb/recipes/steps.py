"""The steps of a recipe: each takes the concepts of one source and hands on those that stay.

A step counts what it drops in :attr:`~biotk.kb.recipes.table.Table.counts`. All that is chosen by
taste (patterns, lengths, branches) stands in the recipe, not here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from biotk.errors import InputError
from biotk.kb.recipes.drugs import keep_drugs
from biotk.kb.recipes.table import Table, bag_key_of, key_of, names_of
from biotk.kb.recipes.twins import merge_twins
from biotk.types import Concept

#: Takes the concepts of a source, the table so far, and the step's parameters by name.
Step = Callable[..., list[Concept]]

_ACRONYM = re.compile(r"(?=(?:[^A-Z0-9]*[A-Z0-9]){2})\S{1,8}")


def keep_types(
    concepts: list[Concept], table: Table, *, types: Sequence[str], remember: bool = False
) -> list[Concept]:
    """Keep concepts of these types, and these types of them.

    :param remember: the names of concepts that go stay taken: no synonym that comes later and
        that a step checks with ``not_outside`` may mean something else.
    """
    kept = []
    for concept in concepts:
        of_these = tuple(t for t in concept.types if t in types)
        if of_these:
            kept.append(replace(concept, types=of_these))
        elif remember:
            table.outside.update(map(key_of, names_of(concept)))
    return kept


def keep_below(concepts: list[Concept], table: Table, *, ids: Sequence[str]) -> list[Concept]:
    """Keep what is narrower than one of these concepts."""
    roots = set(ids)
    return [c for c in concepts if not roots.isdisjoint(table.ancestors(c.concept_id))]


def drop_concepts(concepts: list[Concept], table: Table, *, named: str) -> list[Concept]:
    """Drop concepts whose preferred name the pattern is found in."""
    pattern = re.compile(named)
    return [concept for concept in concepts if not pattern.search(concept.name)]


def drop_known(concepts: list[Concept], table: Table) -> list[Concept]:
    """Drop concepts whose preferred name the table has, or would have but for word order."""
    bags = table.bags()
    return [
        concept
        for concept in concepts
        if key_of(concept.name) not in table.keys and not bags.get(bag_key_of(concept.name))
    ]


def drop_synonyms(
    concepts: list[Concept],
    table: Table,
    *,
    of_type: str | None = None,
    matching: Sequence[str] = (),
    longer_than: int | None = None,
    shorter_than: int = 1,
    lower_shorter_than: int = 0,
    acronyms: bool = False,
    not_outside: bool = False,
    not_inside: Sequence[str] = (),
) -> list[Concept]:
    """Drop synonyms; preferred names stay, whatever they are.

    :param of_type: only synonyms of concepts of this type.
    :param matching: patterns, any of which is found in the synonym.
    :param longer_than: more characters than this.
    :param shorter_than: fewer letters and digits than this.
    :param lower_shorter_than: the same for synonyms without an upper-case letter.
    :param acronyms: one word with two or more capitals or digits, and of at most 8 characters.
    :param not_outside: it is a name of a concept that a step has remembered.
    :param not_inside: types; it is a name of a concept of the table that has one of these.
    """
    patterns = [re.compile(pattern) for pattern in matching]

    def stays(name: str) -> bool:
        key = key_of(name)
        size = len(key.replace(" ", ""))
        return not (
            (longer_than is not None and len(name) > longer_than)
            or size < shorter_than
            or (size < lower_shorter_than and name == name.lower())
            or (acronyms and _ACRONYM.fullmatch(name))
            or (not_outside and key in table.outside)
            or any(table.with_name(name, type_) for type_ in not_inside)
            or any(pattern.search(name) for pattern in patterns)
        )

    kept = []
    for concept in concepts:
        if of_type is not None and of_type not in concept.types:
            kept.append(concept)
            continue
        synonyms = tuple(filter(stays, concept.synonyms))
        table.counts["synonyms dropped"] += len(concept.synonyms) - len(synonyms)
        kept.append(replace(concept, synonyms=synonyms))
    return kept


def add_names(concepts: list[Concept], table: Table) -> list[Concept]:
    """Add synonyms to concepts of the table that have the same id; nothing is handed on.

    :raises InputError: the table does not have an id, or has it under another preferred name.
    """
    for concept in concepts:
        mine = table.concepts.get(concept.concept_id)
        if mine is None or mine.name != concept.name:
            raise InputError(
                f"{concept.concept_id} should be {concept.name!r}, "
                f"but is {mine.name if mine else 'not in the table'!r}"
            )
        new = tuple(name for name in concept.synonyms if name not in names_of(mine))
        table.counts["names added"] += len(new)
        table.take([replace(mine, synonyms=(*mine.synonyms, *new))])
    return []


def keep_xrefs(concepts: list[Concept], table: Table, *, prefixes: Sequence[str]) -> list[Concept]:
    """Keep cross-references to these vocabularies."""
    wanted = set(prefixes)
    return [
        replace(c, xrefs=tuple(x for x in c.xrefs if x.partition(":")[0] in wanted))
        for c in concepts
    ]


def add_xrefs(
    concepts: list[Concept],
    table: Table,
    *,
    member: str,
    id_column: int,
    xref_column: int,
    id_prefix: str,
    xref_prefix: str,
) -> list[Concept]:
    """Add cross-references from a table of two columns of bare ids, counted from 0."""
    xrefs: dict[str, list[str]] = {}
    with table.members[member].open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter="\t"):
            own = f"{id_prefix}:{row[id_column].strip()}"
            xrefs.setdefault(own, []).append(f"{xref_prefix}:{row[xref_column].strip()}")
    return [
        replace(c, xrefs=tuple(dict.fromkeys((*c.xrefs, *xrefs.get(c.concept_id, ())))))
        for c in concepts
    ]


#: The steps by the names that recipes give them.
STEPS: dict[str, Step] = {
    "add-names": add_names,
    "add-xrefs": add_xrefs,
    "drop-concepts": drop_concepts,
    "drop-known": drop_known,
    "drop-synonyms": drop_synonyms,
    "keep-below": keep_below,
    "keep-drugs": keep_drugs,
    "keep-types": keep_types,
    "keep-xrefs": keep_xrefs,
    "merge-twins": merge_twins,
}


def run_step(
    name: str, concepts: list[Concept], table: Table, parameters: Mapping[str, Any]
) -> list[Concept]:
    """Run one step of a recipe.

    :raises InputError: its parameters are not those that it takes.
    """
    try:
        kept = STEPS[name](concepts, table, **parameters)
    except (TypeError, KeyError, IndexError, re.error) as error:
        raise InputError(f"step {name!r} of the recipe: {error}") from error
    table.counts[f"dropped by {name}"] += len(concepts) - len(kept)
    return kept
