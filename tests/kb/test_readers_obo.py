from __future__ import annotations

from pathlib import Path

import pytest

from biotk.errors import Problems
from biotk.kb.readers import ReaderOptions, read_concepts
from biotk.kb.readers.obo_syntax import identifier, plain, quoted
from biotk.types import Concept

OBO = r"""format-version: 1.2
! a comment
default-namespace: human_phenotype

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000010 ! a root of ours
name: Red ears {source="X"} ! as seen
alt_id: HP:0000011
def: "Ears that are \"red\"\, with a colon\: and a { brace." [PMID:1, https://x.org] {a="b"}
comment: not of interest
synonym: "Erythrotia " EXACT layperson []
synonym: "Red left ear" NARROW [] {note="}"}
synonym: "Ear colour" RELATED []
synonym: "Ear finding" BROAD []
synonym: "Unscoped ears" []
exact_synonym: "Old style ears" []
xref: MEDDRA:10048222 "Xerosis"
xref: UMLS:C0000001 {source="X"}
xref: url:http\://x.org/ears
is_a: HP:0000001 {source="X"} ! All
is_a: HP:0000005 ! All \
the rest of the comment
property_value: x "y" xsd:string

[Term]
id: HP:0000020
name: obsolete Reddish ears
is_obsolete: true
replaced_by: HP:0000021

[Term]
id: HP:0000021
name: obsolete Reddened ears
is_obsolete: true
replaced_by: HP:0000010

[Term]
id: HP:0000022
name: obsolete Something
is_obsolete: true
consider: HP:0000010

[Typedef]
id: part_of
name: part of
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.obo"
    path.write_text(OBO)
    return path


def test_obo_reads_terms_with_escapes_modifiers_and_comments(path: Path) -> None:
    root, ears = read_concepts(path)
    assert root == Concept("HP:0000001", "All", types=("Phenotype",), source="HPO")
    assert ears == Concept(
        "HP:0000010",
        "Red ears",
        synonyms=("Erythrotia", "Red left ear", "Ear colour", "Unscoped ears", "Old style ears"),
        types=("Phenotype",),
        definition='Ears that are "red", with a colon: and a { brace.',
        parents=("HP:0000001", "HP:0000005"),
        xrefs=("MedDRA:10048222", "UMLS:C0000001"),
        alt_ids=("HP:0000011", "HP:0000020", "HP:0000021"),
        source="HPO",
    )


def test_obo_counts_what_it_leaves_out(path: Path) -> None:
    told: dict[str, int] = {}
    options = ReaderOptions(left_out=lambda path, why, count: told.update({why: count}))
    list(read_concepts(path, options=options))
    assert told == {
        "BROAD synonyms": 1,
        "retired ids without a replacement": 1,
        "cross-references that are no ids (web addresses, titles)": 1,
    }


def test_obo_takes_the_scopes_that_are_asked_for(path: Path) -> None:
    options = ReaderOptions(synonym_scopes=("EXACT", "BROAD"))
    ears = list(read_concepts(path, options=options))[1]
    assert ears.synonyms == ("Erythrotia", "Ear finding", "Old style ears")


def test_obo_namespaces_give_types(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(
        "[Term]\nid: GO:1\nname: a\nnamespace: molecular_function\n\n"
        "[Term]\nid: DOID:1\nname: b\nnamespace: disease_ontology\n\n"
        "[Term]\nid: ZFA:1\nname: c\nnamespace: zebrafish_anatomy\n"
    )
    assert [(c.source, c.types) for c in read_concepts(path)] == [
        ("GO", ("Function",)),
        ("DOID", ("Disease",)),
        ("ZFA", ("zebrafish_anatomy",)),
    ]


def test_obo_reports_what_is_no_tag_and_terms_without_name(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(
        "[Term]\nid: A:1\nname: a\nno tag here\nsynonym: bare EXACT []\n\n"
        "[Term]\nid: A:2\n\n[Term]\nname: c\n\n[Term]\nid: A:4\nname: d\ndef: bare\n"
    )
    problems = Problems()
    assert [c.concept_id for c in read_concepts(path, problems=problems)] == ["A:1", "A:4"]
    assert [p.line for p in problems] == [4, 5, 7, 10, 16]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a! b", "a! b"),
        (r"wow \! b", "wow ! b"),
        ("name with {braces}", "name with {braces}"),
        (r'name {x="1", y="a } b"}', "name"),
        (r"tab\tW\Wx", "tab\tW x"),
    ],
)
def test_plain_strips_only_comments_and_modifiers(raw: str, text: str) -> None:
    assert plain(raw) == text


def test_quoted_and_identifier_split_values() -> None:
    assert quoted(r'"a \"b\" \\" EXACT []') == ('a "b" \\', "EXACT []")
    assert quoted('"never closed EXACT []') is None
    assert identifier('HP:1 {a="b"} ! c') == "HP:1"
    assert identifier("") == ""
