from __future__ import annotations

import numpy as np
import pytest

from biotk.evaluation.matched_negatives import Side, degree_deciles, matched_negatives
from biotk.evaluation.pair_splits import GAP, SPLITS, HeldShares, PairSplits, split_pairs

N_SNPS, N_TRAITS = 3000, 40


@pytest.fixture(scope="module")
def table() -> dict:
    rng = np.random.default_rng(5)
    pairs = np.unique(
        np.stack([rng.integers(N_SNPS, size=7000), rng.integers(N_TRAITS, size=7000)], 1), axis=0
    )
    return {
        "snps": pairs[:, 0],
        "traits": pairs[:, 1],
        "rsids": [f"rs{n}" for n in range(N_SNPS)],
        "names": [f"trait {n}" for n in range(N_TRAITS)],
        "chromosomes": rng.choice(["1", "2", "X", ""], N_SNPS, p=[0.4, 0.4, 0.18, 0.02]).tolist(),
        "positions": rng.integers(1, 200_000_000, N_SNPS),
    }  # fmt: skip


@pytest.fixture(scope="module")
def splits(table: dict) -> PairSplits:
    return split_pairs(**table, shares=HeldShares(warm=0.2, cold=0.1, locus=0.1))


def held_rows(splits: PairSplits, name: str) -> np.ndarray:
    return np.concatenate([splits.held[name].tuning, splits.held[name].reported])


def test_every_pair_is_in_one_part(table: dict, splits: PairSplits) -> None:
    parts = [splits.train, splits.left_out, *(held_rows(splits, name) for name in SPLITS)]
    assert sorted(np.concatenate(parts)) == list(range(len(table["snps"])))
    assert all(len(part) for part in parts)


def test_warm_pairs_have_known_snps_and_traits(table: dict, splits: PairSplits) -> None:
    rows = held_rows(splits, "warm")
    assert set(table["snps"][rows]) <= set(table["snps"][splits.train])
    assert set(table["traits"][rows]) <= set(table["traits"][splits.train])


def test_cold_snps_are_not_trained_on(table: dict, splits: PairSplits) -> None:
    cold = set(table["snps"][held_rows(splits, "cold")])
    assert not cold & set(table["snps"][splits.train])


def test_nothing_near_a_held_locus_is_trained_on(table: dict, splits: PairSplits) -> None:
    place, of = table["positions"], table["chromosomes"]
    trained = [(of[s], place[s]) for s in set(table["snps"][splits.train].tolist())]
    for snp in set(table["snps"][held_rows(splits, "locus")].tolist()):
        near = [p for c, p in trained if c == of[snp] and abs(p - place[snp]) <= GAP]
        assert not near
    assert all(chromosome for chromosome, _ in trained)  # or it might be near


def test_what_is_tuned_on_and_reported_share_no_snp(table: dict, splits: PairSplits) -> None:
    for name in ("cold", "locus"):
        part = splits.held[name]
        assert not set(table["snps"][part.tuning]) & set(table["snps"][part.reported])
        assert 0.2 < len(part.reported) / len(held_rows(splits, name)) < 0.5


def test_split_does_not_depend_on_order(table: dict, splits: PairSplits) -> None:
    order = np.random.default_rng(0).permutation(len(table["snps"]))
    shuffled = table | {"snps": table["snps"][order], "traits": table["traits"][order]}
    again = split_pairs(**shuffled, shares=HeldShares(warm=0.2, cold=0.1, locus=0.1))
    for name in ("cold", "locus"):
        assert set(order[again.held[name].tuning]) == set(splits.held[name].tuning)


def test_another_seed_holds_others(table: dict, splits: PairSplits) -> None:
    again = split_pairs(**table, shares=HeldShares(warm=0.2, cold=0.1, locus=0.1), seed=1)
    assert set(held_rows(again, "cold")) != set(held_rows(splits, "cold"))


@pytest.fixture(scope="module")
def sides(table: dict) -> tuple[Side, Side]:
    return (
        Side(
            np.bincount(table["snps"], minlength=N_SNPS),
            np.zeros(N_SNPS, int),
            np.ones(N_SNPS, bool),
        ),
        Side(
            np.bincount(table["traits"], minlength=N_TRAITS),
            np.arange(N_TRAITS) % 2,
            np.arange(N_TRAITS) != 7,
        ),
    )


def test_negatives_are_like_their_positives(table: dict, sides: tuple[Side, Side]) -> None:
    links = np.stack([table["snps"], table["traits"]], 1)
    positives = links[:300]
    negatives, owners = matched_negatives(positives, links, sides, each=2, seed=3)
    linked = set(map(tuple, links.tolist()))
    assert not any(tuple(pair) in linked for pair in negatives.tolist())
    assert (np.bincount(owners) == 4).all()
    kept = negatives == positives[owners]
    assert (kept.sum(1) == 1).all()  # one side stays
    others = negatives[kept[:, 0], 1]
    assert (others % 2 == positives[owners[kept[:, 0]], 1] % 2).all()
    assert 7 not in others
    snp_degrees = sides[0].degrees
    deciles = degree_deciles(snp_degrees, positives[:, 0])
    swapped = kept[:, 1]
    assert (deciles[negatives[swapped, 0]] == deciles[positives[owners[swapped], 0]]).all()


def test_negatives_are_fixed_by_the_seed(table: dict, sides: tuple[Side, Side]) -> None:
    links = np.stack([table["snps"], table["traits"]], 1)
    first = matched_negatives(links[:100], links, sides, seed=3)
    assert (first[0] == matched_negatives(links[:100], links, sides, seed=3)[0]).all()
    assert (first[0] != matched_negatives(links[:100], links, sides, seed=4)[0]).any()


def test_a_side_with_nothing_to_draw_has_no_negatives() -> None:
    one = Side(np.array([1]), np.array([0]), np.array([True]))
    negatives, owners = matched_negatives(np.array([[0, 0]]), np.array([[0, 0]]), (one, one))
    assert negatives.shape == (0, 2)
    assert owners.shape == (0,)


def test_deciles_hold_a_tenth_of_the_positives() -> None:
    degrees = np.arange(1, 1001)
    counted = np.repeat(np.arange(1000), degrees)
    deciles = degree_deciles(degrees, counted)
    shares = np.bincount(deciles[counted], minlength=10) / len(counted)
    assert shares == pytest.approx(0.1, abs=0.01)
    assert (np.diff(deciles) >= 0).all()
