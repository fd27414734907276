"""biotk snp genes, on a package as small as can be."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from biotk.cli import app
from biotk.errors import InputError
from biotk.genomics.gene_data import make_gene_data
from biotk.genomics.gene_table import read_gene_table
from biotk.genomics.relations import iter_relations

HGNC = """HGNC ID\tApproved symbol\tLocus type
HGNC:6547\tLDLR\tgene with protein product
HGNC:9065\tPCSK9\tgene with protein product
HGNC:613\tAPOE\tgene with protein product
HGNC:12810\tXIST\tRNA, long non-coding
"""
FILES = {
    "genes/homo-sapiens-genes.tsv.gz": """## a cache
# chr\tstart\tlength\tslim_id\tsymbol\tdescription
19\t11089418\t44402\t130164\tLDLR\treceptor\t\t1
1\t55039447\t25405\t169174\tPCSK9\t\t\t1
19\t44905791\t3602\t130203\tAPOE\t\t\t1
X\t73820651\t32104\t229807\tXIST\t\t\t1
""",
    "tissues/homo-sapiens-tissues.tsv.gz": """## tissues: Liver,AABB66,226;Lung,99FF00,578
# gene\ttissue_metrics
LDLR\t0;2.68;4.77;7.19;10.29;26.44;39;34;28;17;12;2;3;4;1;1\t1;.1;.17;.32;1.22;9;8;7;6;5;4;3;2;1;1
""",
    "interactions/homo-sapiens-interactions.json.gz": json.dumps(
        {
            "interactions": {
                "PCSK9": [["430", ["PCSK9"], ["LDLR", "statin"]]],
                "APOE": [["430", ["APOE"], ["LDLR"]], ["7", ["APOE"], ["XIST"]]],
            },
            "pathwayNamesById": {"430": "Statin inhibition", "7": "Small"},
        }
    ),
    "paralogs/homo-sapiens-paralogs.tsv.gz": """## prefix: ENSG
LDLR\t130164\t169174\t229807\t999
""",
}


def write_package(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as out:
        for name, text in files.items():
            packed = gzip.compress(text.encode())
            info = tarfile.TarInfo(f"package/dist/data/cache/{name}")
            info.size = len(packed)
            out.addfile(info, io.BytesIO(packed))
    return path


@pytest.fixture
def hgnc(tmp_path) -> Path:
    path = tmp_path / "hgnc.tsv.gz"
    path.write_bytes(gzip.compress(HGNC.encode()))
    return path


def test_tables_of_genes_are_made_of_the_package(hgnc, tmp_path):
    package = write_package(tmp_path / "ideogram.tgz", FILES)
    out = tmp_path / "out"
    found = CliRunner().invoke(
        app, ["snp", "genes", str(package), "--hgnc", str(hgnc), "--out", str(out)]
    )
    assert found.exit_code == 0, found.output
    assert found.stdout.split() == [str(out / "genes.tsv.gz"), str(out / "gene_relations.parquet")]
    assert "3 genes, 6 relations" in found.stderr
    table = read_gene_table(out / "genes.tsv.gz")
    assert table.symbols == ("LDLR", "PCSK9", "APOE")  # XIST makes no protein
    assert table.names == ("Liver", "Lung")
    assert table.measured[0].tolist() == pytest.approx([7.19, 0.17])  # the medians
    assert table.ends[0] == 11089418 + 44402 - 1
    rows = {
        (each.head_name, each.relation, each.tail_name)
        for each in iter_relations(out / "gene_relations.parquet")
    }
    assert rows == {
        ("LDLR", "gene_interacts_gene", "PCSK9"),
        ("APOE", "gene_interacts_gene", "LDLR"),
        ("LDLR", "gene_paralog_gene", "PCSK9"),
        *((gene, "gene_participates_pathway", "Statin inhibition") for gene in table.symbols),
    }


def test_what_is_no_such_package_is_told(hgnc, tmp_path):
    out = tmp_path / "genes.tsv.gz", tmp_path / "relations.parquet"
    with pytest.raises(InputError, match=r"nowhere\.tgz cannot be read as a package"):
        make_gene_data(tmp_path / "nowhere.tgz", hgnc, *out)
    (tmp_path / "text.tgz").write_text("no archive")
    with pytest.raises(InputError, match=r"text\.tgz cannot be read as a package"):
        make_gene_data(tmp_path / "text.tgz", hgnc, *out)
    less = {name: text for name, text in FILES.items() if "tissues" not in name}
    with pytest.raises(InputError, match=r"tissues\.tsv\.gz is missing: take what npm pack"):
        make_gene_data(write_package(tmp_path / "less.tgz", less), hgnc, *out)
    other = FILES | {"genes/homo-sapiens-genes.tsv.gz": "1\t5\n"}
    with pytest.raises(InputError, match=r"not as in ideogram 1\.53\.0"):
        make_gene_data(write_package(tmp_path / "other.tgz", other), hgnc, *out)
    assert not any(each.exists() for each in out)


def test_a_table_that_is_not_hgncs_is_told(tmp_path):
    package = write_package(tmp_path / "ideogram.tgz", FILES)
    table = tmp_path / "mine.tsv"
    table.write_text("symbol\tname\nA\tb\n")
    with pytest.raises(InputError, match=r"mine\.tsv: no column 'HGNC ID'"):
        make_gene_data(package, table, tmp_path / "genes.tsv", tmp_path / "relations.parquet")
    with pytest.raises(InputError, match=r"nowhere\.tsv cannot be read"):
        make_gene_data(
            package, tmp_path / "nowhere.tsv", tmp_path / "g.tsv", tmp_path / "r.parquet"
        )
