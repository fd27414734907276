"""Traits to concepts and genes to HGNC, beside slow searches of the whole KB."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_traits import GENES, TRAITS, open_traits

from biotk.genomics import genes, traits
from biotk.genomics.concepts import ConceptFinder, curie_of, fingerprints
from biotk.genomics.genes import GeneFinder
from biotk.genomics.traits import Trait, TraitFinder
from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.manifest import SourceInfo

DIABETES = "MONDO:0005148"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return open_traits(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def concepts(kb: KnowledgeBase) -> ConceptFinder:
    return ConceptFinder([kb])


def test_web_addresses_become_curies() -> None:
    assert curie_of("http://www.ebi.ac.uk/efo/EFO_0001360") == "EFO:0001360"
    assert curie_of("http://purl.obolibrary.org/obo/HP_0001250/ ") == "HP:0001250"
    assert curie_of("http://www.orpha.net/ORDO/Orphanet_1572") == "Orphanet:1572"
    assert curie_of("MONDO:0005148") == DIABETES
    assert {curie_of(text) for text in ("", "NR", "type 2 diabetes")} == {None}


def test_id_goes_before_name_and_retired_ids_lead_on(concepts: ConceptFinder) -> None:
    linked = TraitFinder(concepts)[Trait("seizure", "Seizure", ("EFO:0001360",))]
    assert (linked.concept_ids, linked.how, linked.lost) == ((DIABETES,), traits.BY_ID, ())


def test_several_ids_keep_their_order_and_unknown_ones_are_told(concepts: ConceptFinder) -> None:
    ids = ("HP:0001250", "EFO:9999999", "EFO:0001360", "MONDO:0005148")
    linked = TraitFinder(concepts)[Trait("both", "", ids)]
    assert linked.concept_ids == ("HP:0001250", DIABETES)
    assert linked.lost == ("EFO:9999999",)


def test_id_that_no_kb_has_is_kept_where_nothing_else_helps(concepts: ConceptFinder) -> None:
    unknown = ("EFO:9999999",)
    finder = TraitFinder(concepts)
    assert finder[Trait("no such trait", "", unknown)].concept_ids == unknown
    assert finder[Trait("no such trait", "", unknown)].how == traits.BY_UNKNOWN_ID
    assert finder[Trait("BMI", "", unknown)].concept_ids == ("EFO:0004340",)
    assert TraitFinder(ConceptFinder([]))[Trait("BMI", "", unknown)].concept_ids == unknown


def test_homonym_is_that_of_the_vocabulary_that_names_traits(concepts: ConceptFinder) -> None:
    assert concepts.by_name("type II diabetes mellitus") == DIABETES
    assert concepts.by_name("Type II diabetes mellitus") == DIABETES
    assert concepts.by_name("cold") is None  # two of one vocabulary
    assert concepts.by_name("cold", types=("Gene",)) == "HGNC:1"


def test_trait_is_no_gene_of_the_same_name(concepts: ConceptFinder) -> None:
    assert TraitFinder(concepts)[Trait("TCF4")].how == traits.BY_NOTHING


def slow_parts(concepts: ConceptFinder, label: str) -> tuple[int, int]:
    """:returns: the least pieces without a concept, and the fewest parts then, by trying all."""
    pieces = label.split(", ")
    costs = []
    for cuts in itertools.product([False, True], repeat=len(pieces) - 1):
        parts, part = [], [pieces[0]]
        for piece, cut in zip(pieces[1:], cuts, strict=True):
            if cut:
                parts.append(part)
                part = []
            part = [*part, piece]
        parts.append(part)
        found = [concepts.by_name(", ".join(part)) for part in parts]
        if all(one or len(part) == 1 for one, part in zip(found, parts, strict=True)):
            costs.append((found.count(None), len(parts)))
    return min(costs)


PIECES = ("osteoarthritis", "hip", "osteoarthritis, hip", "BMI", "zorbax", "Seizure")


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=5))
def test_list_of_traits_is_parted_as_by_trying_all_ways(
    kb: KnowledgeBase, pieces: list[str]
) -> None:
    concepts = ConceptFinder([kb])
    label = ", ".join(pieces)
    parts = TraitFinder(concepts)._parts(label)
    assert ", ".join(name for name, _ in parts) == label
    cost = sum(found is None for _, found in parts), len(parts)
    assert cost == slow_parts(concepts, label)


def test_linker_is_asked_once_for_what_nothing_else_answers(concepts: ConceptFinder) -> None:
    asked: list[list[str]] = []

    def link(texts: Sequence[str], /) -> list[str | None]:
        asked.append(list(texts))
        return [DIABETES if "sugar" in text else None for text in texts]

    finder = TraitFinder(concepts, link)
    rows = [Trait("BMI"), Trait("sugar disease"), Trait("x", "BMI, high sugar"), Trait("zorbax")]
    finder.prepare(rows * 2)
    finder.prepare(rows)
    assert asked == [["sugar disease", "high sugar", "zorbax"]]
    assert finder[rows[0]].how == traits.BY_NAME
    assert (finder[rows[1]].concept_ids, finder[rows[1]].how) == ((DIABETES,), traits.BY_LINKER)
    assert finder[rows[2]].concept_ids == ("EFO:0004340", DIABETES)
    assert (finder[rows[3]].concept_ids, finder[rows[3]].how) == ((), traits.BY_NOTHING)


def test_part_that_links_to_nothing_is_told(concepts: ConceptFinder) -> None:
    linked = TraitFinder(concepts)[Trait("both", "BMI, zorbax")]
    assert (linked.concept_ids, linked.lost) == (("EFO:0004340",), ("zorbax",))
    assert linked.how == traits.BY_NAME


@pytest.mark.parametrize(
    ("cell", "gene_id", "how"),
    [
        ("TCF7L2", "HGNC:11641", genes.BY_SYMBOL),
        ("tcf7l2", "HGNC:11641", genes.BY_SYMBOL),
        ("TCF4", "HGNC:11634", genes.BY_SYMBOL),  # approved, and an alias of another
        ("SEF2", "HGNC:11634", genes.BY_ALIAS),
        ("apol", "HGNC:617", genes.BY_ALIAS),
        ("twice", None, genes.AMBIGUOUS),
        ("APOE - TCF4", None, genes.BETWEEN),
        ("XYZ1,APOE,TCF4", "HGNC:613", genes.FIRST),
        ("XYZ1/ APOE", "HGNC:613", genes.FIRST),
        ("ENSG00000148737.11", "HGNC:11641", genes.BY_ID),
        ("NR", None, genes.NO_GENE),
        ("Intergenic", None, genes.NO_GENE),
        ("", None, genes.NO_GENE),
        ("XYZ1", None, genes.UNKNOWN),
        ("type 2 diabetes mellitus", None, genes.UNKNOWN),
    ],
)
def test_gene_is_found_by_what_tables_write(
    kb: KnowledgeBase, cell: str, gene_id: str | None, how: str
) -> None:
    assert GeneFinder([kb]).find(cell) == (gene_id, how)


def test_nearer_of_two_genes_is_taken(kb: KnowledgeBase) -> None:
    finder = GeneFinder([kb])
    assert finder.find("APOE - TCF4", nearer=0) == ("HGNC:613", genes.NEAREST)
    assert finder.find("APOE - TCF4", nearer=1) == ("HGNC:11634", genes.NEAREST)
    assert finder.find("APOE – XYZ1", nearer=1) == (None, genes.UNKNOWN)


def test_ids_answer_where_symbols_do_not(kb: KnowledgeBase) -> None:
    finder = GeneFinder([kb])
    assert finder.find("XYZ1", ["ENSG00000148737"]) == ("HGNC:11641", genes.BY_ID)
    assert finder.find("NR", ["6925"]) == ("HGNC:11634", genes.BY_ID)
    assert finder.find("APOE", ["6925"]) == ("HGNC:613", genes.BY_SYMBOL)
    assert finder.by_id("DOID:9352") is None  # no gene


@given(st.sampled_from([n for gene in GENES for n in (gene.name, *gene.synonyms)]))
def test_symbol_is_found_as_by_reading_the_whole_table(kb: KnowledgeBase, symbol: str) -> None:
    approved = [gene.concept_id for gene in GENES if gene.name == symbol]
    aliases = [gene.concept_id for gene in GENES if symbol in gene.synonyms]
    want = approved or aliases
    found = GeneFinder([kb]).by_symbol(symbol).gene_id
    assert found == (want[0] if len(want) == 1 else None)


def test_kbs_of_one_name_are_both_told(kb: KnowledgeBase, tmp_path: Path) -> None:
    builder = KbBuilder("traits")
    builder.add(TRAITS[:2], SourceInfo(name="EFO", file="", format="memory", sha256=""))
    other = open_kb(builder.write(tmp_path / "other"))
    assert fingerprints([kb, other, kb]) == {
        "traits": kb.fingerprint,
        f"traits {other.fingerprint}": other.fingerprint,
    }


def test_kb_without_genes_finds_none(kb: KnowledgeBase) -> None:
    assert GeneFinder([]).find("APOE") == (None, genes.UNKNOWN)
    assert {concept.name for concept in TRAITS} & {gene.name for gene in GENES} == set()
