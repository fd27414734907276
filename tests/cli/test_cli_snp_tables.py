from __future__ import annotations

import json

import pytest
from tiny_traits import open_traits
from typer.testing import CliRunner

from biotk.cli import app
from biotk.genomics.associations import iter_associations, read_info
from biotk.genomics.relations import iter_relations

TABLE = "rsid,p,trait,gene,beta\nrs1,1e-8,BMI,APOE,0.1\nx,1e-8,BMI,,\nrs3,0.2,zorbax,XYZ1,\n"


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return str(open_traits(tmp_path_factory.mktemp("kb")).path)


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    return str(tmp_path / "t.csv")


def run(*arguments):
    return CliRunner().invoke(app, ["snp", *arguments])


def test_associations_are_made_and_reported_on_stderr(table, kb, tmp_path):
    out = tmp_path / "o.parquet"
    result = run("associations", table, "-o", str(out), "--kb", kb, "--unit", "sd")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "o.parquet: 2 of 3 rows" in result.stderr
    assert "1  the variant has no rsID (first: t.csv:3)" in result.stderr
    first, second = iter_associations(out)
    assert (first.concept_id, first.gene_id, first.unit) == ("EFO:0004340", "HGNC:613", "sd")
    assert (second.concept_id, second.gene_id) == (None, None)
    assert read_info(out).sources[0].source == "t"


def test_report_is_json_on_stdout_on_request(table, kb, tmp_path):
    out = str(tmp_path / "o.parquet")
    result = run("associations", table, "-o", out, "--kb", kb, "--json")
    report = json.loads(result.stdout)
    assert (report["rows"], report["kept"], report["out"]) == (3, 2, out)
    assert report["unlinked_traits"] == {"zorbax": 1}
    assert report["unknown_genes"] == {"XYZ1": 1}


def test_linker_is_asked_for_what_names_do_not_answer(tmp_path, kb):
    (tmp_path / "t.csv").write_text("rsid,p,trait\nrs1,1e-8,type II diabetes melitus\n")
    arguments = ("associations", str(tmp_path / "t.csv"), "-o", str(tmp_path / "o"))
    result = run(*arguments, "--kb", kb, "--linker", "lexical")
    assert result.exit_code == 0, result.output
    (row,) = iter_associations(tmp_path / "o")
    assert row.concept_id in ("MONDO:0005148", "HP:0005978")
    assert "by the linker" in result.stderr
    without = run(*arguments, "--linker", "lexical")
    assert without.exit_code == 2 and "--kb" in without.stderr


def test_mapping_is_read_and_options_go_before_it(tmp_path, table):
    mapping = tmp_path / "m.toml"
    mapping.write_text('source = "own"\nlicence = "CC0-1.0"\n[columns]\nrsid = "rsid"\n')
    out = tmp_path / "o.parquet"
    result = run("associations", table, "-o", str(out), "--columns", str(mapping),
                 "--source", "other", "--kind", "phewas", "--only-open")  # fmt: skip
    assert result.exit_code == 0, result.output
    rows = list(iter_associations(out))
    assert {(row.source, row.licence, row.kind) for row in rows} == {("other", "CC0-1.0", "phewas")}


def test_broken_row_ends_the_command_or_is_left_out_and_told(tmp_path):
    path, out = tmp_path / "t.csv", tmp_path / "o.parquet"
    path.write_text(TABLE + "rs4\n")
    result = run("associations", str(path), "-o", str(out))
    assert result.exit_code == 1
    assert "t.csv:5: 1 columns, the header has 5" in result.stderr
    assert not out.exists()
    result = run("associations", str(path), "-o", str(out), "--skip-bad-rows")
    assert result.exit_code == 1  # it is not the whole table
    assert "t.csv:5: 1 columns" in result.stderr
    assert len(list(iter_associations(out))) == 2


def test_wrong_arguments_are_told(tmp_path, table):
    out = str(tmp_path / "o.parquet")
    assert run("associations", table, "-o", out, "--unit", "mg/dL").exit_code == 2
    assert run("associations", table, "-o", out, "--build", "hg12").exit_code == 2
    assert run("associations", str(tmp_path / "none.csv"), "-o", out).exit_code == 2
    result = run("associations", table, "-o", out, "--format", "vcf")
    assert result.exit_code == 2 and "gwas-catalog" in result.stderr


def test_relations_are_made(tmp_path, kb):
    (tmp_path / "g.tsv").write_text("ncbi_gene_id\tgene_symbol\thpo_id\n6934\tA\tHP:0001250\n")
    out = tmp_path / "r.parquet"
    result = run("relations", str(tmp_path / "g.tsv"), "-o", str(out), "--kb", kb)
    assert result.exit_code == 0, result.output
    assert "r.parquet: 1 of 1 rows" in result.stderr
    (row,) = iter_relations(out)
    assert row[:3] == ("HGNC:11641", "gene_phenotype", "HP:0001250")
