from __future__ import annotations

import math

import numpy as np
import pytest

from biotk.genomics.associations import LOG_ODDS, Association
from biotk.genomics.loci import (
    GENE_LIMIT,
    GenePlaces,
    Places,
    blocks_of,
    genes_of,
    region_codes,
    regions_of,
)
from biotk.genomics.pairs import MOST_NEG_LOG10_P, Snp, gene_symbols, pairs_of, strength, trait_kind


def row(rsid: str = "rs1", trait: str = "asthma", p: float | None = 1e-8, **more) -> Association:
    return Association(rsid=rsid, trait=trait, p=p, **more)


def test_pairs_are_numbered_once_with_the_strongest_report():
    found = pairs_of(
        [
            row(p=1e-8, pmid="1", concept_id="EFO:1"),
            row(p=1e-20, pmid="2", trait="Asthma (childhood)", concept_id="EFO:1"),
            row(p=1e-9, pmid="3", effect=-0.4, unit=LOG_ODDS, concept_id="EFO:1"),
            row("rs2", "height", effect=0.9, unit="sd"),
        ]
    )
    assert found.pairs.tolist() == [[0, 0], [1, 1]]
    assert found.neg_log10_p.tolist() == pytest.approx([20, 8])
    assert found.pmids == ["2", ""]
    assert found.log_odds[0] == pytest.approx(0.4)
    assert math.isnan(found.log_odds[1])  # other units do not compare
    assert [each.key for each in found.traits] == ["EFO:1", "height"]


def test_traits_of_several_concepts_are_one_whatever_their_order():
    found = pairs_of(
        [
            row(concept_id="EFO:2", other_concept_ids=("EFO:1",)),
            row(concept_id="EFO:1", other_concept_ids=("EFO:2",)),
        ]
    )
    assert [each.key for each in found.traits] == ["EFO:1|EFO:2"]


def test_snps_gather_place_and_genes_of_all_rows():
    found = pairs_of(
        [
            row(gene="intergenic"),
            row(gene="ORMDL3, GSDMB", chromosome="17", position=39_900_000, build="GRCh38"),
            row(gene="IKZF3", chromosome="17", position=1, build="GRCh38"),
        ]
    )
    assert found.snps == [Snp("rs1", "17", 39_900_000, ("ORMDL3", "GSDMB", "IKZF3"))]


def test_places_of_another_build_are_not_taken():
    found = pairs_of([row(chromosome="17", position=38_000_000, build="GRCh37")])
    assert found.snps == [Snp("rs1")]


@pytest.mark.parametrize(
    ("association", "expected"),
    [
        (row(p=1e-8), 8.0),
        (row(p=0.0), MOST_NEG_LOG10_P),
        (row(p=0.0, neg_log10_p=300.0), 300.0),
        (row(p=None, kind="correlation"), 0.0),
        (row(p=1.0), 0.0),
    ],
)
def test_strength(association, expected):
    assert strength(association) == pytest.approx(expected)


def test_gene_cells_are_split():
    assert gene_symbols("CDH10,CDH9") == ("CDH10", "CDH9")
    assert gene_symbols("A1CF - PTEN") == ("A1CF", "PTEN")
    assert gene_symbols("HLA-DRB1") == ("HLA-DRB1",)
    assert gene_symbols("NR") == gene_symbols("") == ()


def test_kinds_of_traits_by_name():
    assert trait_kind("systolic blood pressure") == "measurement"
    assert trait_kind("response to clopidogrel") == "response"
    assert trait_kind("Crohn's disease") == "disease"


def places(*each: tuple[int, int]) -> Places:
    return Places(*(np.array(column, np.int64) for column in zip(*each)))


def test_regions_change_smoothly_and_sum_to_one():
    codes, weights = region_codes(places((1, 1_250_000), (1, 1_500_000), (0, 0)), [1_000_000])
    assert codes[0].tolist() == codes[1].tolist()  # between the same two
    assert weights[0].tolist() == pytest.approx([0.75, 0.25])
    assert weights[1].tolist() == pytest.approx([0.5, 0.5])
    assert codes[2].tolist() == [-1, -1]
    assert weights[2].tolist() == [0, 0]


def test_regions_of_chromosomes_and_scales_differ():
    codes, _ = region_codes(places((1, 5), (2, 5), (23, 5)), [1000, 2000])
    assert len(np.unique(codes)) == codes.size


def test_regions_without_a_row_count_nothing():
    here = places((1, 1_250_000), (2, 1_250_000))
    known = np.unique(region_codes(places((1, 1_250_000)), [1_000_000])[0])
    found = regions_of(here, [1_000_000], known)
    assert found.weights.tolist() == [[0.75, 0.25], [0, 0]]
    assert regions_of(here, [1_000_000], np.zeros(0, np.int64)).weights.sum() == 0


def test_genes_lie_in_the_middle_of_their_snps():
    snps = [Snp(f"rs{n}", "3", place, ("G1",)) for n, place in enumerate((100, 300, 900))]
    found = GenePlaces.from_snps([*snps, Snp("rs9", "", 0, ("G2",))], {"G1": 0, "G2": 1})
    assert found.genes.tolist() == [0]
    assert found.starts.positions.tolist() == [300]


def test_near_genes_are_those_of_a_full_search():
    rng = np.random.default_rng(0)
    starts = rng.integers(1, 30_000_000, 60)
    ends = starts + rng.integers(0, 3_000_000, 60)
    chromosomes = rng.integers(1, 4, 60)
    genes = GenePlaces(np.arange(60), Places(chromosomes, starts), ends)
    asked = places(*zip(rng.integers(0, 4, 50).tolist(), rng.integers(1, 30_000_000, 50).tolist()))
    found = genes.near(asked, n=3)
    for at in range(50):
        here = asked.positions[at]
        far = {
            n: max(starts[n] - here, here - ends[n], 0)
            for n in range(60)
            if chromosomes[n] == asked.chromosomes[at]
        }
        best = [n for n in sorted(far, key=lambda n: far[n])[:3] if far[n] <= GENE_LIMIT]
        kept = found.rows[at][found.weights[at] > 0].tolist()
        assert kept == best[: len(kept)]  # the farthest may weigh nothing
        assert len(kept) >= min(len(best), 1)
        assert found.weights[at].sum() == pytest.approx(float(bool(kept)))


def test_a_gene_that_a_place_lies_in_is_nearer_than_one_that_begins_nearby():
    genes = GenePlaces(
        np.array([7, 8]), places((1, 1_000), (1, 2_000_100)), np.array([3_000_000, 2_000_200])
    )
    found = genes.near(places((1, 2_000_000)), n=2)
    assert found.rows.tolist() == [[7, 8]]
    assert found.weights[0, 0] > found.weights[0, 1] > 0.49


def test_genes_without_a_place_are_put_beside_the_others():
    told = GenePlaces(np.array([0, 1]), places((1, 10), (2, 20)), np.array([15, 25]))
    guessed = GenePlaces(np.array([1, 2]), places((3, 30), (4, 40)))
    both = told.and_others(guessed)
    assert both.genes.tolist() == [0, 1, 2]
    assert both.starts.positions.tolist() == [10, 20, 40]
    assert both.ends.tolist() == [15, 25, 40]


def test_mapped_genes_go_before_those_around():
    snps = [Snp("rs1", "1", 1_000_000, ("FAR",)), Snp("rs2", "1", 1_000_000), Snp("rs3", "", 0)]
    near = GenePlaces(np.array([1]), places((1, 1_010_000)))
    found = genes_of(snps, Places.of(snps), {"FAR": 0, "NEAR": 1}, near)

    def weights(at: int) -> dict[int, float]:
        pairs = zip(found.rows[at].tolist(), found.weights[at].tolist())
        return {gene: weight for gene, weight in pairs if weight}

    assert weights(0) == pytest.approx({0: 0.75, 1: 0.25})
    assert weights(1) == {1: 1.0}
    assert weights(2) == {}


def test_neighbours_are_of_one_block_and_unplaced_snps_of_their_own():
    snps = [
        Snp("rs1", "1", 1_999_999), Snp("rs2", "1", 2_000_000), Snp("rs3", "1", 1_000_000),
        Snp("rs4", "2", 1_999_999), Snp("rs5"), Snp("rs6"),
    ]  # fmt: skip
    assert blocks_of(snps).tolist() == [0, 1, 0, 2, 3, 4]


def test_a_gene_by_two_symbols_counts_once():
    near = GenePlaces(np.array([0]), places((2, 5)))
    snps = [Snp("rs1", "1", 5, ("PARK2", "PRKN", "ABC"))]
    found = genes_of(snps, places((1, 5)), {"PARK2": 1, "PRKN": 1, "ABC": 2}, near)
    told = {int(r): float(w) for r, w in zip(found.rows[0], found.weights[0]) if w > 0}
    assert told == pytest.approx({1: 0.5, 2: 0.5})
