from __future__ import annotations

import gzip

import numpy as np
import pytest

from biotk.errors import FormatError, InputError, Problems
from biotk.genomics.gene_table import read_gene_table

TABLE = """## of a release
symbol\tchromosome\tstart\tend\tliver\tlung
LDLR\tchr19\t11089418\t11133819\t3.5\t
HBA1\t16\t176680\t177522\t\t
MT-ND1\tchrM\t3307\t4262\t0.5\t1e3
ODD\tKI270727.1\t5\t9\t1\t2
LDLR\t2\t1\t2\t9\t9
"""


def test_genes_have_a_place_and_what_was_measured(tmp_path):
    path = tmp_path / "genes.tsv.gz"
    path.write_bytes(gzip.compress(TABLE.encode()))
    table = read_gene_table(path)
    assert len(table) == 4
    assert table.symbols == ("LDLR", "HBA1", "MT-ND1", "ODD")  # who comes again is heard once
    assert table.names == ("liver", "lung")
    assert table.measured.tolist() == [[3.5, 0], [0, 0], [0.5, 1000], [1, 2]]
    assert table.starts.chromosomes.tolist() == [19, 16, 25, 0]  # the last on no whole chromosome
    assert table.starts.positions.tolist() == [11089418, 176680, 3307, 5]
    assert table.ends.tolist() == [11133819, 177522, 4262, 9]


def test_columns_may_stand_in_any_order(tmp_path):
    path = tmp_path / "genes.csv"
    path.write_text("End,Symbol,Start,Chromosome\n20,G1,10,X\n")
    table = read_gene_table(path)
    assert (table.symbols, table.starts.positions.tolist(), table.ends.tolist()) == (
        ("G1",), [10], [20],
    )  # fmt: skip
    assert table.measured.shape == (1, 0)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("\t1\t5\t9\t1\t2", "no symbol"),
        ("G\t1\t9\t5\t1\t2", "lies from '9' to '5'"),
        ("G\t1\tfive\t9\t1\t2", "lies from 'five'"),
        ("G\t1\t5\t3000000000\t1\t2", "lies from '5' to '3000000000'"),
        ("G\t1\t5\t9\t-1\t2", "liver of G is '-1'"),
        ("G\t1\t5\t9\t1e300\t2", "liver of G is '1e300'"),
        ("G\t1\t5\t9\t1\tENSG1", "lung of G is 'ENSG1'.*leave the column out"),
        ("G\t1\t5\t9\t1\tnan", "lung of G is 'nan'"),
        ("G\t1\t5\t9\t1", "5 columns, the header has 6"),
    ],
)
def test_a_broken_row_names_its_line_and_can_be_passed_over(tmp_path, row, told):
    path = tmp_path / "genes.tsv"
    path.write_text(TABLE + row + "\n")
    with pytest.raises(FormatError, match=r"genes\.tsv:8: .*" + told):
        read_gene_table(path)
    problems = Problems()
    assert len(read_gene_table(path, problems=problems)) == 4
    assert len(problems.kept) == 1


def test_a_table_without_places_is_refused(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text("symbol\tchromosome\tstart\nG\t1\t5\n")
    with pytest.raises(FormatError, match=r"genes\.tsv:1: no column end"):
        read_gene_table(path)
    with pytest.raises(InputError, match=r"nowhere\.tsv"):
        read_gene_table(tmp_path / "nowhere.tsv")


def test_an_empty_table_has_no_genes(tmp_path):
    path = tmp_path / "genes.tsv"
    path.write_text("symbol\tchromosome\tstart\tend\tliver\n")
    table = read_gene_table(path)
    assert len(table) == 0
    assert table.measured.shape == (0, 1)
    assert np.array_equal(table.ends, np.zeros(0, np.int64))
