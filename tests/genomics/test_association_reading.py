"""Tables of every layout become associations; what cannot be is dropped with its reason."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_traits import open_traits

from biotk.errors import FormatError, InputError, Problems, UnknownNameError
from biotk.genomics import values
from biotk.genomics.associations import (
    Association,
    iter_associations,
    read_info,
    write_associations,
)
from biotk.genomics.merged import read_merged_rsids
from biotk.genomics.readers.base import TableOptions
from biotk.genomics.readers.mapping import read_table_options
from biotk.genomics.reading import NOT_OPEN, AssociationReader, build_association_table
from biotk.kb import KnowledgeBase

#: The 34 columns of ``gwas_catalog_v1.0``, and those that v1.0.2 adds.
V1 = (
    "DATE ADDED TO CATALOG|PUBMEDID|FIRST AUTHOR|DATE|JOURNAL|LINK|STUDY|DISEASE/TRAIT|"
    "INITIAL SAMPLE SIZE|REPLICATION SAMPLE SIZE|REGION|CHR_ID|CHR_POS|REPORTED GENE(S)|"
    "MAPPED_GENE|UPSTREAM_GENE_ID|DOWNSTREAM_GENE_ID|SNP_GENE_IDS|UPSTREAM_GENE_DISTANCE|"
    "DOWNSTREAM_GENE_DISTANCE|STRONGEST SNP-RISK ALLELE|SNPS|MERGED|SNP_ID_CURRENT|CONTEXT|"
    "INTERGENIC|RISK ALLELE FREQUENCY|P-VALUE|PVALUE_MLOG|P-VALUE (TEXT)|OR or BETA|"
    "95% CI (TEXT)|PLATFORM [SNPS PASSING QC]|CNV"
).split("|")
V102 = [*V1, "MAPPED_TRAIT", "MAPPED_TRAIT_URI", "STUDY ACCESSION", "GENOTYPING TECHNOLOGY"]
GOOD = {
    "PUBMEDID": "1", "DISEASE/TRAIT": "Type 2 diabetes", "CHR_ID": "10", "CHR_POS": "112998590",
    "REPORTED GENE(S)": "TCF7L2", "MAPPED_GENE": "TCF7L2", "STRONGEST SNP-RISK ALLELE":
    "rs7903146-T", "SNPS": "rs7903146", "MERGED": "0", "SNP_ID_CURRENT": "7903146", "P-VALUE":
    "2E-31", "PVALUE_MLOG": "30.69897", "OR or BETA": "1.37", "95% CI (TEXT)": "[1.28-1.47]",
    "MAPPED_TRAIT": "type II diabetes mellitus",
    "MAPPED_TRAIT_URI": "http://www.ebi.ac.uk/efo/EFO_0001360",
}  # fmt: skip


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return open_traits(tmp_path_factory.mktemp("kb"))


def write_catalog(path: Path, *rows: dict[str, str], columns: list[str] = V102) -> Path:
    lines = ["\t".join(columns)]
    lines += ["\t".join((GOOD | row).get(name, "") for name in columns) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path, reader: AssociationReader | None = None, **options: Any) -> list[Association]:
    made = reader or AssociationReader()
    return list(made.read(path, options=TableOptions(**options)))


def test_catalog_row_is_read_whole(tmp_path: Path, kb: KnowledgeBase) -> None:
    path = write_catalog(tmp_path / "v102.tsv", {})
    (row,) = read(path, AssociationReader(kbs=[kb]))
    assert row == Association(
        rsid="rs7903146", trait="Type 2 diabetes", p=2e-31, source="GWAS Catalog",
        licence="EMBL-EBI terms of use", gene="TCF7L2", gene_id="HGNC:11641", chromosome="10",
        position=112998590, build="GRCh38", concept_id="MONDO:0005148", effect_allele="T",
        effect=pytest.approx(math.log(1.37)), unit="log_odds", se=pytest.approx(0.0353, abs=1e-4),
        neg_log10_p=pytest.approx(30.69897), pmid="1",
    )  # fmt: skip


def test_older_release_has_no_mapped_traits(tmp_path: Path, kb: KnowledgeBase) -> None:
    traits = [{"DISEASE/TRAIT": "Type 2 diabetes mellitus"}, {"DISEASE/TRAIT": "Zorbax"}]
    path = write_catalog(tmp_path / "v1.tsv", *traits, columns=V1)
    reader = AssociationReader(kbs=[kb])
    assert [row.concept_id for row in read(path, reader)] == ["MONDO:0005148", None]
    assert reader.report.unlinked_traits == {"Zorbax": 1}
    assert reader.sources[0].format == "gwas-catalog"


def test_extract_written_by_r_is_the_catalog_s_too(tmp_path: Path) -> None:
    head = "PUBMEDID,DISEASE.TRAIT,CHR_ID,CHR_POS,SNPS,P.VALUE,MAPPED_TRAIT,STUDY.ACCESSION"
    (tmp_path / "r.csv").write_text(f'{head}\n1,"Height, adult",1,5,rs5,1e-9,body height,G1\n')
    (row,) = read(tmp_path / "r.csv")
    assert (row.rsid, row.trait, row.p, row.effect) == ("rs5", "Height, adult", 1e-9, None)


def test_rsid_that_the_catalog_calls_merged_is_replaced(tmp_path: Path) -> None:
    merged = {"SNPS": "rs9", "MERGED": "1", "SNP_ID_CURRENT": "7"}
    path = write_catalog(tmp_path / "a.tsv", merged, {"SNPS": "rs9"})
    reader = AssociationReader()
    assert [row.rsid for row in read(path, reader)] == ["rs7", "rs9"]
    (tmp_path / "merged.tsv").write_text("rs9 rs8\nrs7 rs4\n")
    by_file = AssociationReader(merged=read_merged_rsids(tmp_path / "merged.tsv"))
    assert [row.rsid for row in read(path, by_file)] == ["rs4", "rs8"]
    assert (reader.report.merged, by_file.report.merged) == (1, 2)


def test_intergenic_snp_has_the_nearer_gene(tmp_path: Path, kb: KnowledgeBase) -> None:
    between = {"MAPPED_GENE": "APOE - TCF4", "REPORTED GENE(S)": "NR"}
    distances = {"UPSTREAM_GENE_DISTANCE": "9000", "DOWNSTREAM_GENE_DISTANCE": "400"}
    path = write_catalog(tmp_path / "a.tsv", between | distances, between)
    rows = read(path, AssociationReader(kbs=[kb]))
    assert [(row.gene, row.gene_id) for row in rows] == [
        ("APOE - TCF4", "HGNC:11634"),
        ("APOE - TCF4", None),
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"SNPS": "rs1; rs2"}, values.SEVERAL_SNPS),
        ({"SNPS": "rs1 x rs2"}, values.INTERACTION),
        ({"SNPS": "chr9:22125503"}, values.NO_RSID),
        ({"SNPS": ""}, values.NO_SNP),
        ({"P-VALUE": "NR", "PVALUE_MLOG": ""}, values.NO_P),
        ({"P-VALUE": "1.5"}, values.BAD_P),
        ({"P-VALUE": "-2E-9"}, values.BAD_P),
        ({"DISEASE/TRAIT": "", "MAPPED_TRAIT": ""}, values.NO_TRAIT),
    ],
)
def test_row_that_gives_no_association_has_its_reason_and_place(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    path = write_catalog(tmp_path / "a.tsv", {}, cells)
    reader = AssociationReader()
    assert len(read(path, reader)) == 1
    report = reader.report.to_dict()
    assert report["dropped"] == {reason: {"rows": 1, "first": ["a.tsv:3"]}}
    assert (report["rows"], report["kept"]) == (2, 1)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"OR or BETA": ""}, values.NO_EFFECT),
        ({"OR or BETA": "0"}, values.BAD_RATIO),
        ({"OR or BETA": "-1.3"}, values.BAD_RATIO),
        ({"OR or BETA": "big"}, values.BAD_EFFECT),
        ({"95% CI (TEXT)": ""}, values.NO_UNIT),
        ({"95% CI (TEXT)": "[4-5]"}, values.BAD_SE),
        ({"CHR_ID": "X_random"}, values.OFF_CHROMOSOME),
        ({"CHR_ID": ""}, values.OFF_CHROMOSOME),
        ({"CHR_POS": "0"}, values.BAD_PLACE),
        ({"P-VALUE": "0.0", "PVALUE_MLOG": ""}, values.ZERO_P),
    ],
)
def test_association_with_something_missing_is_kept_and_counted(
    tmp_path: Path, cells: dict[str, str], reason: str
) -> None:
    reader = AssociationReader()
    (row,) = read(write_catalog(tmp_path / "a.tsv", cells), reader)
    assert dict(reader.report.missing) == {reason: 1}
    if reason in (values.OFF_CHROMOSOME, values.BAD_PLACE):
        assert (row.position, row.build) == (None, None)
    if reason == values.ZERO_P:
        assert (row.p, row.neg_log10_p) == (0.0, None)


def test_p_value_that_underflows_keeps_its_logarithm(tmp_path: Path) -> None:
    rows = [{"P-VALUE": "1E-400"}, {"P-VALUE": "0.0", "PVALUE_MLOG": "412.5"}]
    read_rows = read(write_catalog(tmp_path / "a.tsv", *rows))
    assert [(row.p, row.neg_log10_p) for row in read_rows] == [(0.0, 400.0), (0.0, 412.5)]


SSF = "chromosome\tbase_pair_location\teffect_allele\tother_allele\tbeta\tstandard_error\t" \
      "effect_allele_frequency\tp_value\trsid\n"  # fmt: skip


def test_summary_statistics_of_the_standard_are_read(tmp_path: Path) -> None:
    rows = "25\t100\ta\tC\t-0.02\t0.005\t0.3\t6e-5\trs11\n1\t7\tA\tG\t#NA\t#NA\t0.1\t0.5\t#NA\n"
    with gzip.open(tmp_path / "own.tsv.gz", "wt") as file:
        file.write(SSF + rows)
    reader = AssociationReader()
    options = {"trait": "asthma", "trait_id": "MONDO:0004979", "unit": "log_odds",
               "build": "hg19", "licence": "CC0-1.0", "pmid": "7"}  # fmt: skip
    (row,) = read(tmp_path / "own.tsv.gz", reader, **options)
    assert row == Association(
        "rs11", "asthma", 6e-5, source="own", licence="CC0-1.0", chromosome="MT", position=100,
        build="GRCh37", concept_id="MONDO:0004979", effect_allele="A", effect=-0.02,
        unit="log_odds", se=0.005, neg_log10_p=pytest.approx(-math.log10(6e-5)), pmid="7",
    )  # fmt: skip
    assert reader.report.dropped == {values.NO_SNP: 1}


@pytest.mark.parametrize(
    ("table", "effect", "unit", "p"),
    [
        # PLINK parts by blanks, REGENIE gives a logarithm, METAL calls the SNP MarkerName.
        (" CHR SNP  BP A1  OR   P\n 1  rs1  5  A  2.0  1e-8\n", math.log(2), "log_odds", 1e-8),
        ("CHROM GENPOS ID BETA SE LOG10P\n1 5 rs1 0.3 0.1 8\n", 0.3, "raw:beta", 1e-8),
        ("MarkerName;Effect;StdErr;P-value\nrs1;0.3;0.1;1e-8\n", 0.3, "raw:beta", 1e-8),
        ("rsid,hazard_ratio,p\nrs1,2.0,1e-8\n", math.log(2), "raw:log hazard", 1e-8),
        ("rsid,z,p\nrs1,5.7,1e-8\n", 5.7, "raw:z", 1e-8),
        ("rsid,beta,odds_ratio,p,unit\nrs1,0.3,1.35,1e-8,SD\n", 0.3, "sd", 1e-8),
        ("#chrom\tpos\trsids\tpval\tbeta\n1\t5\trs1\t1e-8\t0.3\n", 0.3, "raw:beta", 1e-8),
        ("hm_rsid,rsid,hm_beta,beta,p\nrs1,rs2,0.3,-0.3,1e-8\n", 0.3, "raw:beta", 1e-8),
        ("##made by hand\nrsid,beta,p\n\nrs1,0.3,1e-8\n", 0.3, "raw:beta", 1e-8),
    ],
)  # fmt: skip
def test_usual_headers_are_known(
    tmp_path: Path, table: str, effect: float, unit: str, p: float
) -> None:
    (tmp_path / "t.txt").write_text("\ufeff" + table, encoding="utf-8")
    (row,) = read(tmp_path / "t.txt", trait="height")
    assert (row.rsid, row.unit, row.trait) == ("rs1", unit, "height")
    assert (row.effect, row.p) == (pytest.approx(effect), pytest.approx(p))


def test_eqtl_is_about_its_gene(tmp_path: Path, kb: KnowledgeBase) -> None:
    (tmp_path / "gtex.toml").write_text(
        'kind = "eqtl"\nsource = "GTEx"\nlicence = "CC-BY-4.0"\nunit = "sd"\n'
        '[columns]\nrsid = "rs_id"\ngene_id = "ensg"\nbeta = "slope"\np = "nominal"\n'
    )
    (tmp_path / "eqtl.txt").write_text(
        "ensg\tgene_name\ttissue\trs_id\tslope\tslope_se\tnominal\n"
        "ENSG00000148737.9\tTCF7L2\tWhole_Blood\trs1\t0.5\t0.1\t1e-9\n"
        "ENSG00000999999.1\tXYZ1\tLiver\trs2\t0.5\t0.1\t1e-9\n"
    )
    layout, options = read_table_options(tmp_path / "gtex.toml")
    reader = AssociationReader(kbs=[kb])
    first, second = reader.read(tmp_path / "eqtl.txt", format=layout, options=options)
    assert (first.trait, first.kind) == ("expression of TCF7L2 in Whole Blood", "eqtl")
    assert first.concept_id == first.gene_id == "HGNC:11641"
    assert (first.unit, first.se, first.licence) == ("sd", 0.1, "CC-BY-4.0")
    assert (second.gene, second.gene_id, second.concept_id) == ("XYZ1", None, None)
    assert reader.report.unknown_genes == {"XYZ1": 1}


def test_phewas_and_correlations_are_read_by_mapping(tmp_path: Path, kb: KnowledgeBase) -> None:
    (tmp_path / "p.csv").write_text(
        "snp,phewas phenotype,odds-ratio,p-value\nrs1,Type 2 diabetes mellitus,1.2,1e-5\n"
    )
    (row,) = read(tmp_path / "p.csv", AssociationReader(kbs=[kb]), kind="phewas")
    assert (row.kind, row.concept_id, row.unit) == ("phewas", "MONDO:0005148", "log_odds")
    (tmp_path / "c.csv").write_text("variant;measure;r2\nrs1;BMI;0.2\nrs2;BMI;NA\n")
    columns = {"trait": "measure", "correlation": "r2", "rsid": "variant"}
    reader = AssociationReader(kbs=[kb])
    (row,) = read(tmp_path / "c.csv", reader, kind="correlation", columns=columns)
    assert (row.p, row.neg_log10_p, row.effect, row.unit) == (None, None, 0.2, "raw:r")
    assert reader.report.dropped == {values.NO_P: 1}


def test_rows_of_other_terms_are_left_out_on_request(tmp_path: Path) -> None:
    path = write_catalog(tmp_path / "a.tsv", {}, {})
    reader = AssociationReader(only_open=True)
    assert len(read(path, reader)) == 2
    assert read(path, reader, licence="CC BY-NC 4.0") == []
    assert reader.report.dropped == {f"{NOT_OPEN}: CC BY-NC 4.0": 2}
    assert [(each.rows, each.kept) for each in reader.sources] == [(2, 2), (2, 0)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SSF + "1\t5\tA\tG\t0.1\n", r"bad\.tsv:2: 5 columns, the header has 9"),
        ("rsid,p\nrs1,1e-8\nrs2,1e-8,7\n", r"bad\.tsv:3: 3 columns, the header has 2"),
        ('rsid,p\nrs1,1e-8\n"rs2,1e-8\n', r"bad\.tsv:3: the quotes do not match"),
        (b"rsid,p\nrs1,1e-8\nrs\xff,1e-8\n", r"bad\.tsv:3: byte 0xff is not UTF-8"),
        ("name,value\na,1\n", r"bad\.tsv:1: in none of the known layouts.*name, value"),
        ("", r"bad\.tsv: is empty"),
        ("\n\n", r"bad\.tsv: is empty"),
    ],
)
def test_malformed_table_is_one_error_with_file_and_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "bad.tsv").write_bytes(raw)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "bad.tsv", trait="x")


def test_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    rows = "".join(f"rs{n},{n % 97 / 100}\n" for n in range(1, 5000))
    packed = gzip.compress(("rsid,p\n" + rows).encode())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(FormatError, match=r"cut\.csv\.gz:\d+: the gzip file is cut off"):
        read(tmp_path / "cut.csv.gz", trait="x")


def test_broken_rows_may_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("rsid,p\nrs1,1e-8\nrs2,1e-8,7\nrs3,1e-8\n")
    problems = Problems()
    reader = AssociationReader(problems=problems)
    assert [row.rsid for row in read(tmp_path / "bad.csv", reader, trait="x")] == ["rs1", "rs3"]
    assert [str(each) for each in problems] == [
        f"{tmp_path / 'bad.csv'}:3: 3 columns, the header has 2: 'rs2,1e-8,7'"
    ]


def test_what_is_asked_wrongly_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("rsid,p\nrs1,1e-8\n")
    with pytest.raises(InputError, match=r"no column names a trait.*--trait"):
        read(tmp_path / "t.csv")
    with pytest.raises(UnknownNameError, match=r"unknown column of .* 'pval'.* Known: p, rsid"):
        read(tmp_path / "t.csv", columns={"p": "pval"}, trait="x")
    with pytest.raises(UnknownNameError, match="field of an association table 'snip'"):
        read(tmp_path / "t.csv", columns={"snip": "rsid"}, trait="x")
    with pytest.raises(UnknownNameError, match="layout"):
        list(AssociationReader().read(tmp_path / "t.csv", format="vcf"))
    for options in ({"kind": "gwass"}, {"build": "hg17"}, {"unit": "mg/dL"}):
        with pytest.raises(InputError if "unit" in options else UnknownNameError):
            TableOptions(**options)
    with pytest.raises(InputError, match=r"no such file|cannot be read"):
        read(tmp_path / "none.csv")


def test_mapping_that_is_wrong_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    for text, message in (
        ("columns = 3", "expected a table"),
        ("colums = {}", "Did you mean 'columns'"),
        ("format = 3", "format is 3"),
        ("[columns", "not TOML"),
    ):
        path.write_text(text)
        with pytest.raises((InputError, UnknownNameError), match=message):
            read_table_options(path)


def test_table_is_built_with_what_was_read_in_its_metadata(
    tmp_path: Path, kb: KnowledgeBase
) -> None:
    paths = [write_catalog(tmp_path / name, {}, {"SNPS": "x"}) for name in ("a.tsv", "b.tsv")]
    reader = AssociationReader(kbs=[kb])
    report = build_association_table(paths, tmp_path / "out.parquet", reader)
    info = read_info(tmp_path / "out.parquet")
    assert [each.file for each in info.sources] == ["a.tsv", "b.tsv"]
    assert info.sources[0].sha256 == info.sources[1].sha256 != ""
    assert info.kbs == {"traits": kb.fingerprint}
    assert info.report == report.to_dict() == reader.report.to_dict()
    assert len(list(iter_associations(tmp_path / "out.parquet"))) == report.kept == 2


def test_table_that_was_made_before_is_passed_on(tmp_path: Path) -> None:
    path = write_catalog(tmp_path / "a.tsv", {}, {"SNPS": "x"})
    build_association_table([path], tmp_path / "first", AssociationReader())
    paths = [tmp_path / "first", path]
    report = build_association_table(paths, tmp_path / "second", AssociationReader())
    assert (report.rows, report.kept) == (3, 2)
    first, again = iter_associations(tmp_path / "second")
    assert first == again == next(iter_associations(tmp_path / "first"))
    assert [each.format for each in read_info(tmp_path / "second").sources] == [
        "biotk-associations",
        "gwas-catalog",
    ]
    (other,) = [first._replace(licence="CC BY-NC 4.0")]
    write_associations(tmp_path / "other", [first, other])
    reader = AssociationReader(only_open=True)
    assert read(tmp_path / "other", reader) == [first]
    assert reader.report.dropped == {f"{NOT_OPEN}: CC BY-NC 4.0": 1}


def test_table_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("rsid,p,trait\nrs1,1e-8,a\nrs2\n")
    with pytest.raises(FormatError, match=r"t\.csv:3"):
        build_association_table([tmp_path / "t.csv"], tmp_path / "o.parquet", AssociationReader())
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\t\n\r"'), max_size=9)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), max_size=20))
def test_every_row_is_kept_or_dropped_for_one_reason(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    path = tmp_path_factory.mktemp("t") / "t.tsv"
    lines = ["rsid\tp\ttrait\tchromosome\tbeta", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    reader = AssociationReader(problems=Problems())
    kept = read(path, reader)
    report = reader.report
    written = [line for line in lines[1:] if line.strip()]
    assert report.rows == len(written) == len(kept) + report.dropped.total()
    for row in kept:
        assert row.p is not None and 0 <= row.p <= 1
        assert row.effect is None or math.isfinite(row.effect)
