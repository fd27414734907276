from __future__ import annotations

from pathlib import Path

import pytest

from biotk.errors import FormatError, Problems, strict
from biotk.kb.readers import DEFAULT_OPTIONS, ReaderOptions
from biotk.kb.readers.base import ignore_retired
from biotk.kb.readers.maker import MAX_NAME, ConceptMaker
from biotk.kb.readers.retired import CIRCLE, ELSEWHERE, NO_REPLACEMENT, SEVERAL, follow_retired
from biotk.kb.readers.vocabularies import source_of, types_of, xref_curie
from biotk.types import Concept


@pytest.mark.parametrize(
    ("raw", "curie"),
    [
        ("MESH:D004194", "MESH:D004194"),
        ("MeSH:D004194", "MESH:D004194"),
        ("UMLS_CUI:C0012634", "UMLS:C0012634"),
        ("C0012634", "UMLS:C0012634"),
        ("SNOMEDCT_US_2023_03_01:64572001", "SNOMEDCT:64572001"),
        ("NCI2009_04D:C3088", "NCIT:C3088"),
        ("SCTID:64572001", "SNOMEDCT:64572001"),
        ("NCIt:C2991", "NCIT:C2991"),
        ("ORDO:377788", "Orphanet:377788"),
        ("KEGG COMPOUND:C00031", "KEGG_COMPOUND:C00031"),
        ("https://example.org/x", None),
        ("url:http://example.org/x", None),
        ("Wikipedia:Transposon", None),
        ("free text", None),
        ("MONDO:", None),
    ],
)
def test_xref_curie_folds_spellings_and_refuses_what_is_no_id(raw: str, curie: str | None) -> None:
    assert xref_curie(raw) == curie


def test_types_of_goes_by_namespace_then_prefix() -> None:
    assert types_of("GO:1", "biological_process") == ("Process",)
    assert types_of("HP:1", "human_phenotype") == ("Phenotype",)
    assert types_of("ZFA:1", "zebrafish_anatomy") == ("zebrafish_anatomy",)
    assert types_of("ZFA:1") == ()
    assert source_of("HP:1") == "HPO"
    assert source_of("bare") == ""


def test_follow_retired_goes_through_chains_to_live_concepts() -> None:
    told: list[tuple[str, str]] = []
    retired, left_out = follow_retired(
        {
            "a": ["b"],
            "b": ["live"],
            "c": [],
            "d": ["live", "other"],
            "e": ["f"],
            "f": ["e"],
            "g": ["elsewhere"],
            "h": ["h"],
            "i": ["g"],
            "j": ["live", "live"],
        },
        {"live", "other"},
        elsewhere=lambda old, new: told.append((old, new)),
    )
    assert retired == {"live": ["a", "b", "j"]}
    assert left_out == {NO_REPLACEMENT: 1, SEVERAL: 1, CIRCLE: 3}
    assert told == [("g", "elsewhere"), ("i", "elsewhere")]
    _, left_out = follow_retired({"a": ["b"]}, {"live"}, elsewhere=ignore_retired)
    assert left_out == {ELSEWHERE: 1}


def maker(problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS) -> ConceptMaker:
    return ConceptMaker(Path("own terms.v2.csv"), problems=problems, options=options)


def test_maker_cleans_names_and_keeps_order() -> None:
    concept = maker(strict()).make(
        1,
        "row",
        concept_id=" D000001 ",
        name="  a \t name ",
        synonyms=["z", "a name", "", " b", "z", "A name"],
        parents=["D000002", "D000001", "D000002"],
        alt_ids=["MESH:D000001", "C000009"],
        definition="  ",
    )
    assert concept == Concept(
        "MESH:D000001",
        "a name",
        synonyms=("z", "b", "A name"),
        parents=("MESH:D000002",),
        alt_ids=("MESH:C000009",),
        source="MeSH",
    )


def test_maker_names_the_file_as_source_of_bare_ids() -> None:
    concept = maker(strict()).make(1, "row", concept_id=12, name="x")
    assert concept is not None
    assert (concept.concept_id, concept.source) == ("12", "own terms")


def test_maker_obeys_the_options() -> None:
    options = ReaderOptions(prefix="LOCAL", source="Ours", types=("Finding",))
    concept = maker(strict(), options).make(
        1, "row", concept_id="7", name="x", types=["Disease"], source="theirs", parents=["8"]
    )
    assert concept == Concept(
        "LOCAL:7", "x", types=("Finding",), parents=("LOCAL:8",), source="Ours"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"concept_id": " ", "name": "x"}, "the id is empty"),
        ({"concept_id": "a b", "name": "x"}, "white space"),
        ({"concept_id": "1", "name": None}, "the name is empty"),
        ({"concept_id": "1", "name": ["x"]}, "the name is a list"),
        ({"concept_id": "1", "name": "x" * (MAX_NAME + 1)}, "10001 characters"),
        ({"concept_id": "1", "name": "x", "synonyms": "y"}, "synonyms is a str"),
        ({"concept_id": "1", "name": "x", "types": [{}]}, "types is a dict"),
    ],
)
def test_maker_reports_rows_that_give_no_concept(fields: dict[str, object], message: str) -> None:
    problems = Problems()
    assert maker(problems).make(5, {"row": 1}, **fields) is None
    assert problems.count == 1
    assert problems.kept[0].line == 5
    assert problems.kept[0].text == '{"row": 1}'
    assert message in problems.kept[0].message
    with pytest.raises(FormatError):
        maker(strict()).make(5, "row", **fields)


def test_maker_drops_a_swallowed_synonym_and_keeps_the_rest() -> None:
    problems = Problems()
    concept = maker(problems).make(
        1, "row", concept_id="1", name="x", synonyms=["y", "z" * (MAX_NAME + 1)]
    )
    assert concept is not None
    assert concept.synonyms == ("y",)
    assert problems.count == 1


def test_maker_tells_what_it_leaves_out() -> None:
    told: list[tuple[str, str, int]] = []
    options = ReaderOptions(left_out=lambda path, why, count: told.append((path.name, why, count)))
    made = maker(strict(), options)
    made.make(1, "row", concept_id="A:1", name="x", xrefs=["https://x.org"], alt_ids=["://x.org/1"])
    made.finish()
    assert [(name, count) for name, _, count in told] == [("own terms.v2.csv", 1)] * 2
