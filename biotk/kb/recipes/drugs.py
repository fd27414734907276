"""Which of MeSH's quarter of a million supplementary chemicals are worth having in a name table.

Most are proteins of single species, reagents and intermediates under systematic names that nobody
writes. Kept are those that are named as drugs are: an international nonproprietary or brand name,
a laboratory code, a combination; and those with a short name that a chemical registry knows.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence

from biotk.kb.recipes.table import Table
from biotk.types import Concept


def keep_drugs(
    concepts: list[Concept],
    table: Table,
    *,
    proteins: Sequence[str],
    biologics: str,
    plain: str,
    code: str,
    systematic: str,
    registries: Sequence[Mapping[str, object]],
    id_prefix: str,
) -> list[Concept]:
    """Drop chemicals that are not named as drugs are; other concepts pass.

    :param proteins: ids of concepts; what is narrower goes, unless it is a biologic.
    :param biologics: pattern of the whole name of biological drugs.
    :param plain: pattern of the whole name of what stays: words, as in generic and brand names.
    :param code: the same for laboratory codes and drug combinations.
    :param systematic: pattern found in chemists' names; without it, a concept that a registry
        knows stays.
    :param registries: tables of ids that a registry knows: ``member`` and ``column``.
    :param id_prefix: prefix of the ids in those tables.
    """
    roots = set(proteins)
    known = {
        f"{id_prefix}:{own}"
        for registry in registries
        for own in _column(table, str(registry["member"]), int(str(registry["column"])))
    }
    biologic, named, systematic_name = map(
        re.compile, (biologics, f"(?:{plain})|(?:{code})", systematic)
    )

    def stays(concept: Concept) -> bool:
        if "Chemical" not in concept.types or biologic.fullmatch(concept.name):
            return True
        broader = {*concept.parents, *table.ancestors(concept.concept_id)}
        if not roots.isdisjoint(broader):
            return False
        if named.fullmatch(concept.name):
            return True
        return concept.concept_id in known and not systematic_name.search(concept.name)

    return [concept for concept in concepts if stays(concept)]


def _column(table: Table, member: str, column: int) -> set[str]:
    with table.members[member].open(encoding="utf-8", newline="") as file:
        return {row[column].strip() for row in csv.reader(file, delimiter="\t")}
