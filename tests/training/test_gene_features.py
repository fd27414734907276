from __future__ import annotations

import numpy as np
import pytest

from biotk.genomics.gene_table import GeneTable
from biotk.genomics.loci import Places
from biotk.genomics.pairs import Snp
from biotk.kb import KbBuilder, open_kb
from biotk.training.gene_features import measured_features, relation_features
from biotk.training.generel_genes import gather_genes, gene_links
from biotk.training.generel_material import RelationPairs
from biotk.training.generel_names import GeneNames
from biotk.types import Concept


def test_measured_features_tell_level_and_share():
    measured = np.array([[0, 0], [5, 10], [50, 100], [0, 3]], np.float32)
    found = measured_features(measured)
    assert found.shape == (4, 4)
    assert not found[0].any()
    lengths = np.linalg.norm(found[1:], axis=1)
    assert lengths.mean() == pytest.approx(1.0, abs=1e-5)
    assert found[1, 2:] == pytest.approx(found[2, 2:])  # as special
    assert (found[2, :2] > found[1, :2]).all()  # but more of it
    assert found[3, 2] == 0


def test_nothing_measured_is_no_feature():
    assert measured_features(np.zeros((3, 0), np.float32)).shape == (3, 0)
    assert measured_features(np.zeros((3, 2), np.float32)).shape == (3, 0)


def test_relation_features_are_the_factors_of_the_whole_table():
    rng = np.random.default_rng(2)
    links = [
        np.unique(np.stack([rng.integers(0, 30, 90), rng.integers(0, 12, 90)], 1), axis=0)
        for _ in range(2)
    ]
    found = relation_features(links, 32, n=40, seed=1)
    # The slow way: the table as it is, weighted, its rows of length one; all of its factors keep
    # the angles between its rows.
    table = np.zeros((32, 24))
    for at, each in enumerate(links):
        table[each[:, 0], each[:, 1] + 12 * at] = 1
    counts = table.sum(0)
    table[:, counts < 2] = 0
    table *= np.log(32 / np.maximum(counts, 1)).clip(min=0.1)
    length = np.linalg.norm(table, axis=1, keepdims=True)
    table = np.divide(table, length, out=np.zeros_like(table), where=length > 0)
    assert np.allclose(found @ found.T, table @ table.T, atol=1e-3)
    assert not found[30:].any()
    fewer = relation_features(links, 32, n=5, seed=1)
    assert fewer.shape == (32, 5)
    lengths = np.linalg.norm(fewer[:30], axis=1)
    assert np.allclose(lengths[lengths > 0], 1.0, atol=1e-5)


def test_relation_features_of_nothing():
    none = np.zeros((0, 2), np.int64)
    assert relation_features([none], 3, n=4, seed=1).shape == (3, 0)
    assert relation_features([np.array([[0, 1], [1, 1]])], 3, n=0, seed=1).shape == (3, 0)
    once = np.array([[0, 1], [1, 2]])  # what one gene alone is linked to tells nothing of others
    assert relation_features([once], 3, n=4, seed=1).shape == (3, 0)


def test_links_of_genes_are_taken_from_both_sides():
    gene_rows = np.array([0, 1, -1, -1])
    both = RelationPairs("gene_interacts_gene", np.array([[0, 1], [3, 0]]), (True, True))
    tails = RelationPairs("disease_gene", np.array([[2, 1]]), (False, True))
    none = RelationPairs("disease_phenotype", np.array([[2, 3]]), (False, False))
    found = [each.tolist() for each in gene_links([both, tails, none], gene_rows)]
    assert found == [[[0, 1]], [[1, 0], [0, 3]], [[1, 2]]]


class Symbols(GeneNames):
    """Knows that PARK2 is PRKN now."""

    def __init__(self) -> None:
        super().__init__(None)

    def symbol(self, name: str) -> str:
        return {"PARK2": "PRKN"}.get(name, name)


def test_genes_of_snps_and_of_a_table_are_one_list():
    snps = [
        Snp("rs1", "6", 161_500_000, ("PARK2",)),
        Snp("rs2", "6", 5_000, ("LOC1",)),
        Snp("rs3", "6", 7_000, ("LOC1", "PRKN")),
    ]
    table = GeneTable(
        symbols=("PRKN", "HBA1", "LOST"),
        starts=Places(np.array([6, 16, 0]), np.array([161_347_417, 176_680, 5])),
        ends=np.array([162_727_775, 177_522, 9]),
        measured=np.array([[1.0], [2.0], [3.0]], np.float32),
    )
    found = gather_genes(snps, Symbols(), table)
    assert found.symbols == ["HBA1", "LOC1", "LOST", "PRKN"]
    assert found.aliases == {"PARK2": 3}
    assert found.rows["PARK2"] == found.rows["PRKN"] == 3
    assert found.measured.tolist() == [[2.0], [0.0], [3.0], [1.0]]
    places = dict(zip(found.places.genes.tolist(), found.places.starts.positions.tolist()))
    # The table before the SNPs, which place what it has not.
    assert places == {3: 161_347_417, 0: 176_680, 1: 6_000}
    assert gather_genes(snps, Symbols(), None).symbols == ["LOC1", "PRKN"]


def test_of_a_gene_by_two_symbols_the_one_that_counts_is_heard():
    for symbols in (("PRKN", "PARK2"), ("PARK2", "PRKN")):
        table = GeneTable(
            symbols=symbols,
            starts=Places(np.array([6, 6]), np.array([100, 200])),
            ends=np.array([110, 210]),
            measured=np.array([[5.0], [0.0]], np.float32),
        )
        found = gather_genes([], Symbols(), table)
        at = symbols.index("PRKN")
        assert found.symbols == ["PRKN"]
        assert found.measured.tolist() == [table.measured[at].tolist()]
        assert found.places.starts.positions.tolist() == [(100, 200)[at]]
        assert found.places.genes.tolist() == [0]


def test_symbols_of_two_genes_tell_neither(tmp_path):
    builder = KbBuilder("genes")
    builder.add(
        [
            Concept("HGNC:1", "PRKN", ("parkin", "PARK2", "AR-JP")),
            Concept("HGNC:2", "TNFRSF11B", ("osteoprotegerin", "OPG")),
            Concept("HGNC:3", "BTF3P11", ("pseudogene", "OPG")),
            Concept("HGNC:4", "NOV", ("one of that name", "PRKN")),
        ]
    )
    names = GeneNames(open_kb(builder.write(tmp_path / "kb")))
    assert names.symbol("PARK2") == "PRKN"
    assert names.text("PARK2") == names.text("PRKN") == "PRKN, parkin"
    assert names.symbol("PRKN") == "PRKN"  # though another gene was called so once
    assert names.symbol("OPG") == "OPG"
    assert names.text("OPG") == ""
    assert names.symbol("XYZ") == "XYZ"
