from __future__ import annotations

from pathlib import Path

import pytest

from biotk.errors import InputError, Problems, strict
from biotk.kb.readers import ReaderOptions, read_concepts
from biotk.kb.readers.mesh_trees import types_of_mapped, types_of_trees
from biotk.types import Concept

DESCRIPTORS = """\
D000001\tTumours\tNeoplasms|Tumour\tC04\t
D000002\tGut Tumours\tTumours, Gut\tC04.588|C06.301\t
D000003\tGut Disorders\t\tC06\t
D000004\tProteins\t\tD12\t
D000005\tGut Enzyme\tEnzyme, Gut\tC06.999|D12.776\t
D000006\tToad\tToads\tB01.050\t8292|8293
D000007\tLow Mood\t\tF01.145|F03.600\t
D000008\tFemale\t\t\t
"""
SUPPLEMENTARY = """\
C000001\tgutol\tgut oil|4-gutol\tD000004
C000002\tenzyme deficiency\t\tD000004,D000002
C000003\ttoad extract\t\tD000006,D000004
C000004\tgreen toad\t\tD000006
C000005\tcheckless\t\tD000008
C000006\tlost\t\tD999999
C000007\tquoted\t"a syn\tonym|other"\tD000004
"""


def concepts(path: Path, **kwargs: object) -> dict[str, Concept]:
    return {c.concept_id: c for c in read_concepts(path, **kwargs)}


@pytest.fixture
def descriptors(tmp_path: Path) -> Path:
    path = tmp_path / "descriptors.tsv"
    path.write_text(DESCRIPTORS)
    return path


@pytest.fixture
def supplementary(tmp_path: Path) -> Path:
    path = tmp_path / "supplementary.tsv"
    path.write_text(SUPPLEMENTARY)
    return path


def test_mesh_descriptors_take_types_and_parents_from_trees(descriptors: Path) -> None:
    found = concepts(descriptors)
    assert found["MESH:D000002"] == Concept(
        "MESH:D000002",
        "Gut Tumours",
        synonyms=("Tumours, Gut",),
        types=("Disease",),
        parents=("MESH:D000001", "MESH:D000003"),
        source="MeSH",
    )
    assert found["MESH:D000001"].parents == ()
    assert found["MESH:D000005"].types == ("Chemical", "Disease")
    assert found["MESH:D000007"].types == ("Behavior", "Disease")
    assert found["MESH:D000008"].types == ("CheckTag",)
    assert found["MESH:D000006"].xrefs == ("NCBITaxon:8292", "NCBITaxon:8293")
    assert found["MESH:D000006"].parents == ()  # B01 is not in the file


def test_mesh_supplementary_takes_types_from_the_descriptors_beside_it(
    descriptors: Path, supplementary: Path
) -> None:
    found = concepts(supplementary)
    assert {i: c.types for i, c in found.items()} == {
        "MESH:C000001": ("Chemical",),
        "MESH:C000002": ("Disease",),
        "MESH:C000003": ("Chemical",),
        "MESH:C000004": ("Species",),
        "MESH:C000005": ("CheckTag",),
        "MESH:C000006": ("SupplementaryConcept",),
        "MESH:C000007": ("Chemical",),
    }
    assert found["MESH:C000002"].parents == ("MESH:D000004", "MESH:D000002")
    assert found["MESH:C000007"].synonyms == ("a syn onym", "other")


def test_mesh_supplementary_without_descriptors_says_so(supplementary: Path) -> None:
    told: list[tuple[str, int]] = []
    options = ReaderOptions(left_out=lambda path, why, count: told.append((why, count)))
    found = concepts(supplementary, options=options)
    assert {c.types for c in found.values()} == {("SupplementaryConcept",)}
    assert told == [("types of records whose descriptors are not at hand", 7)]


def test_mesh_companion_is_taken_from_the_options(supplementary: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other" / "mesh2024.txt"
    elsewhere.parent.mkdir()
    elsewhere.write_text(DESCRIPTORS)
    found = concepts(supplementary, options=ReaderOptions(companion=elsewhere))
    assert found["MESH:C000001"].types == ("Chemical",)
    with pytest.raises(InputError, match="companion"):
        concepts(supplementary, options=ReaderOptions(companion=tmp_path / "none.tsv"))


def test_mesh_reports_bad_rows_and_reads_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(
        "D000001\tfever\t\tC23\t\nD000002\tcough\nX1\tcold\t\tC01\t\nC000001\ta\tb\tD000001\n"
        "D000003\t \t\tC01\t\nD000004\tflu\t\tC01\t\n"
    )
    problems = Problems()
    found = concepts(path, format="mesh-tsv", problems=problems)
    assert list(found) == ["MESH:D000001", "MESH:D000004"]
    assert [p.line for p in problems] == [2, 3, 4, 5]


def test_types_of_trees_and_mapped_put_the_class_first() -> None:
    assert types_of_trees(["J01.5", "D27.1", "G02.1"]) == ("Chemical", "Technology", "Process")
    assert types_of_mapped([("Anatomy", "Process"), ("Anatomy", "Disease")]) == ("Disease",)
    assert types_of_mapped([("Procedure",), ("Anatomy",)]) == ("Procedure", "Anatomy")
    assert types_of_mapped([]) == ("SupplementaryConcept",)


def test_mesh_empty_file_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("")
    assert list(read_concepts(path, format="mesh-tsv", problems=strict())) == []
