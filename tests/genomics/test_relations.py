"""Tables of relations become one: ids of the KBs, what is negated or told again counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_traits import open_traits

from biotk.errors import FormatError, InputError, Problems
from biotk.genomics.parquet import SourceTable, TableInfo
from biotk.genomics.readers import relations as layouts
from biotk.genomics.reading import NOT_OPEN
from biotk.genomics.relation_reading import AGAIN, RelationReader, build_relation_table
from biotk.genomics.relations import TABLE, Relation, iter_relations, write_relations
from biotk.kb import KnowledgeBase


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return open_traits(tmp_path_factory.mktemp("kb"))


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(row.replace("|", "\t") for row in rows) + "\n", encoding="utf-8")
    return path


def test_table_comes_back_from_its_file(tmp_path: Path) -> None:
    rows = [Relation("A:1", "treats", "B:2", "own", "CC0-1.0", "a", "β"), Relation("A:1", "x", "")]
    info = TableInfo((SourceTable("f", "hetionet", "ab", "own", "CC0-1.0", 2, 2),), {"kb": "12"})
    write_relations(tmp_path / "r.parquet", iter(rows), info)
    assert list(iter_relations(tmp_path / "r.parquet")) == rows
    assert TABLE.read_info(tmp_path / "r.parquet") == info


def test_indications_are_treatments_of_two_kinds_or_none(tmp_path: Path, kb: KnowledgeBase) -> None:
    head = "doid_id|drugbank_id|disease|drug|category|n_curators|n_resources"
    path = write(
        tmp_path / "i.tsv", head,
        "DOID:9352|DB00331|type 2 diabetes|Metformin|DM|2|1",
        "DOID:1|DB2|ache|no such drug|SYM|2|1",
        "DOID:1|DB3|ache|water|NOT|2|1",
    )  # fmt: skip
    reader = RelationReader(kbs=[kb])
    first, second = reader.read(path)
    assert first == Relation(
        "MESH:D008687", "compound_treats_disease", "MONDO:0005148", "PharmacotherapyDB",
        "CC0-1.0", "Metformin", "type 2 diabetes",
    )  # fmt: skip
    assert second[:3] == ("DrugBank:DB2", "compound_palliates_disease", "DOID:1")
    assert reader.report.dropped == {layouts.NO_INDICATION: 1}
    assert reader.report.concepts == {
        "DrugBank: by its name": 1,
        "DOID: by its id": 1,
        "DrugBank: in no KB: the table's own id": 1,
        "DOID: in no KB: the table's own id": 1,
    }


def test_annotations_of_diseases_are_phenotypes_that_were_seen(
    tmp_path: Path, kb: KnowledgeBase
) -> None:
    path = write(
        tmp_path / "d.tsv", "disease_id|disease_name|hpo_id|frequency|aspect|qualifier",
        "OMIM:125853|diabetes|HP:0001250|1/2|P|",
        "OMIM:125853|diabetes|HP:0001250|100%|P|",
        "OMIM:125853|diabetes|HP:0001250||P|NOT",
        "OMIM:125853|diabetes|HP:0000006||I|",
        "OMIM:125853|diabetes|HP:0001251|0/7|P|",
        "ORPHA:5|other|HP:0001251|10/20|P|",
    )  # fmt: skip
    reader = RelationReader(kbs=[kb])
    assert [row[:3] for row in reader.read(path)] == [
        ("MONDO:0005148", "disease_phenotype", "HP:0001250"),
        ("Orphanet:5", "disease_phenotype", "HP:0001251"),
    ]
    assert reader.report.dropped == {
        AGAIN: 1, layouts.NEGATED: 1, layouts.NO_PHENOTYPE: 1, layouts.NEVER_SEEN: 1,
    }  # fmt: skip
    assert reader.report.rows == 6 == reader.report.kept + reader.report.dropped.total()


def test_hpo_s_own_file_has_comments_and_more_columns(tmp_path: Path, kb: KnowledgeBase) -> None:
    path = write(
        tmp_path / "phenotype.hpoa", '#description: "annotations; of diseases, all"',
        "#version: 2026-02-16",
        "database_id|disease_name|qualifier|hpo_id|reference|evidence|onset|frequency|sex|"
        "modifier|aspect|biocuration",
        "OMIM:125853|diabetes||HP:0001250|PMID:1|PCS||1/2|||P|HPO:x[2020-01-01]",
        "OMIM:125853|diabetes|NOT|HP:0001251|PMID:1|PCS||1/2|||P|HPO:x[2020-01-01]",
    )  # fmt: skip
    reader = RelationReader(kbs=[kb])
    assert [row[:3] for row in reader.read(path)] == [
        ("MONDO:0005148", "disease_phenotype", "HP:0001250"),
    ]
    assert reader.report.dropped == {layouts.NEGATED: 1}


def test_genes_are_found_by_ncbi_s_id_then_by_symbol(tmp_path: Path, kb: KnowledgeBase) -> None:
    path = write(
        tmp_path / "g.tsv", "ncbi_gene_id|gene_symbol|hpo_id",
        "6934|TCF4|HP:0001250", "99|APOL|HP:0001250", "98|XYZ1|HP:0009999",
    )  # fmt: skip
    rows = list(RelationReader(kbs=[kb]).read(path))
    assert [(row.head, row.tail_name) for row in rows] == [
        ("HGNC:11641", "Seizure"), ("HGNC:617", "Seizure"), ("NCBIGene:98", ""),
    ]  # fmt: skip


def test_hetionet_has_its_names_from_the_nodes_beside(tmp_path: Path, kb: KnowledgeBase) -> None:
    path = write(
        tmp_path / "edges.sif", "source|metaedge|target",
        "Compound::DB00331|CtD|Disease::DOID:9352",
        "Gene::6934|GpBP|Biological Process::GO:0000001",
        "Gene::6934|GpPW|Pathway::PC7_1",
        "Planet::3|PoP|Planet::4",
    )  # fmt: skip
    with pytest.raises(InputError, match=r"edges\.sif: .*nodes\.tsv"):
        list(RelationReader(kbs=[kb]).read(path))
    write(
        tmp_path / "nodes.tsv", "id|name|kind", "Compound::DB00331|Metformin|Compound",
        "Pathway::PC7_1|a pathway|Pathway",
    )  # fmt: skip
    reader = RelationReader(kbs=[kb])
    treats, process, pathway = reader.read(path)
    assert treats[:3] == ("MESH:D008687", "compound_treats_disease", "MONDO:0005148")
    assert process[:3] == ("HGNC:11641", "gene_participates_process", "GO:0000001")
    assert (process.head_name, pathway.tail_name) == ("TCF7L2", "a pathway")
    assert reader.report.dropped == {layouts.UNKNOWN_NODE: 1}


def test_terms_that_are_not_open_are_left_out_on_request(tmp_path: Path) -> None:
    path = write(tmp_path / "g.tsv", "ncbi_gene_id|gene_symbol|hpo_id", "1|A|HP:0001250")
    reader = RelationReader(only_open=True)
    assert list(reader.read(path)) == []
    assert reader.report.dropped == {f"{NOT_OPEN}: HPO licence": 1}


def test_other_tables_and_broken_rows_are_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"a\.tsv:1: no table of relations.*columns are a, b"):
        list(RelationReader().read(write(tmp_path / "a.tsv", "a|b", "1|2")))
    path = write(tmp_path / "g.tsv", "ncbi_gene_id|gene_symbol|hpo_id", "1|A", "1|A|HP:0001250")
    with pytest.raises(FormatError, match=r"g\.tsv:2: 2 columns, the header has 3"):
        list(RelationReader().read(path))
    problems = Problems()
    reader = RelationReader(problems=problems)
    report = build_relation_table([path], tmp_path / "r.parquet", reader)
    assert (report.kept, problems.count) == (1, 1)
    assert TABLE.read_info(tmp_path / "r.parquet").sources[0].file == "g.tsv"
