"""Ids as people type them: other cases, an underscore for the colon, no prefix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.errors import ConceptNotFoundError, Problems
from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.subset_file import read_subset
from biotk.types import Concept

CONCEPTS = [
    Concept("HP:0001250", "Seizure", ("Fit",), xrefs=("UMLS:C0036572",), alt_ids=("HP:0002279",)),
    Concept("HP:0000007", "Inheritance"),
    Concept("MONDO:0001250", "some disease"),
    Concept("ICD10CM:E11.9", "Type 2 diabetes"),
    Concept("Orphanet:1", "a rare one"),
    Concept("x:abc", "small letters"),
    Concept("x:ABC", "capital letters"),
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    builder = KbBuilder("mixed")
    builder.add(CONCEPTS)
    return open_kb(builder.write(tmp_path_factory.mktemp("kb") / "mixed"))


def biotk(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", *map(str, arguments)])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hp:0001250", "HP:0001250"),
        ("HP_0001250", "HP:0001250"),
        ("hp_0001250", "HP:0001250"),
        (" HP:0001250 ", "HP:0001250"),
        ("hp:0002279", "HP:0001250"),
        ("0000007", "HP:0000007"),
        ("e11.9", "ICD10CM:E11.9"),
        ("icd10cm:e11.9", "ICD10CM:E11.9"),
        ("orphanet_1", "Orphanet:1"),
        ("umls:c0036572", "HP:0001250"),
        ("x:abc", "x:abc"),
        ("X:ABC", "x:ABC"),
        ("X:abc", "x:abc"),
    ],
)
def test_id_is_found_however_it_is_spelled(kb: KnowledgeBase, typed: str, expected: str) -> None:
    assert kb[typed].concept_id == expected


@pytest.mark.parametrize("typed", ["HP_", "_0001250", "HP", "hp:", "Seizure", "q:0001250", ""])
def test_what_is_no_id_is_found_by_no_spelling(kb: KnowledgeBase, typed: str) -> None:
    assert kb.resolve(typed) == ()


def test_ambiguous_bare_id_says_which_concepts_it_may_be(kb: KnowledgeBase, tmp_path: Path) -> None:
    assert kb.resolve("0001250") == ()
    with pytest.raises(ConceptNotFoundError) as caught:
        kb.index_of("0001250")
    for expected in ("HP:0001250 (Seizure)", "MONDO:0001250 (some disease)", "prefix"):
        assert expected in str(caught.value)
    assert "not in the KB" not in str(caught.value)
    (tmp_path / "ids.txt").write_text("hp:0001250\n0001250\n", encoding="utf-8")
    problems = Problems()
    subset = read_subset(kb, tmp_path / "ids.txt", match_ids=True, problems=problems)
    assert (len(subset), problems.kept[0].line) == (1, 2)
    assert "may be any of HP:0001250" in problems.kept[0].message


def test_search_for_an_id_shows_its_concept_first(kb: KnowledgeBase) -> None:
    rows = json.loads(biotk("search", kb.path, "hp_0001250", "--json").stdout)
    assert (rows[0]["concept_id"], rows[0]["route"]) == ("HP:0001250", "id")
    outside = biotk("search", kb.path, "HP:0001250", "--ids", "HP:0000007")
    assert outside.stdout == ""
    words = json.loads(biotk("search", kb.path, "seizure", "-k", "1", "--json").stdout)
    assert [row["route"] != "id" for row in words] == [True]
