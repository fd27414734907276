"""Traits of one name are one trait, so that no pair is trained on and held at once."""

from __future__ import annotations

import math
import random

import numpy as np

from biotk.genomics.associations import LOG_ODDS, Association
from biotk.genomics.pairs import AssociationPairs, joined_by_name, pairs_of

NAMES = ["Asthma", "asthma ", "Height", "gout", "Gout"]
IDS = [None, "EFO:0000270", "MONDO:0004979"]


def drawn(rng: random.Random) -> list[Association]:
    return [
        Association(
            f"rs{rng.randrange(1, 6)}",
            rng.choice(NAMES),
            10 ** -rng.uniform(1, 40),
            concept_id=rng.choice(IDS),
            effect=rng.choice([None, 0.1, -0.5]),
            unit=LOG_ODDS,
            pmid=str(rng.randrange(100)),
        )
        for _ in range(rng.randrange(1, 25))
    ]


def told(pairs: AssociationPairs) -> dict[tuple[str, str], tuple[float, float]]:
    """What each pair of a SNP and a name has: its strongest p-value and largest odds ratio."""
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for (snp, trait), strong, odds in zip(
        pairs.pairs.tolist(), pairs.neg_log10_p.tolist(), pairs.log_odds.tolist()
    ):
        key = pairs.snps[snp].rsid, pairs.traits[trait].name.casefold().strip()
        known = found.get(key, (0.0, math.nan))
        found[key] = max(known[0], strong), float(np.fmax(known[1], odds))
    return found


def test_pairs_of_one_name_are_joined_and_nothing_is_lost() -> None:
    rng = random.Random(3)
    shrunk = 0
    for _ in range(200):
        before = pairs_of(drawn(rng))
        after = joined_by_name(before)
        names = [each.name.casefold().strip() for each in after.traits]
        assert len(set(names)) == len(names)
        assert len({tuple(each) for each in after.pairs.tolist()}) == len(after)
        np.testing.assert_equal(told(after), told(before))
        keys = {key for each in after.traits for key in (each.key, *each.aliases)}
        assert keys >= {each.key for each in before.traits}
        for row, pmid in zip(after.pairs.tolist(), after.pmids):
            strongest = told(after)[
                after.snps[row[0]].rsid, after.traits[row[1]].name.casefold().strip()
            ][0]
            at = [
                n
                for n, each in enumerate(before.neg_log10_p.tolist())
                if each == strongest and before.pairs[n, 0] == row[0]
            ]
            assert pmid in {before.pmids[n] for n in at}
        shrunk += len(after) < len(before)
    assert shrunk > 50


def test_the_trait_with_an_id_is_kept() -> None:
    rows = [
        Association("rs1", "Asthma", 1e-9),
        Association("rs2", "asthma", 1e-9, concept_id="EFO:0000270"),
    ]
    (trait,) = joined_by_name(pairs_of(rows)).traits
    assert trait.key == "EFO:0000270"
    assert trait.aliases == ("asthma",)


def test_without_namesakes_nothing_changes() -> None:
    rows = [Association(f"rs{n}", f"trait {n % 7}", 10.0**-n) for n in range(1, 40)]
    before = pairs_of(rows)
    after = joined_by_name(before)
    assert after.traits == before.traits
    np.testing.assert_array_equal(after.pairs, before.pairs)
    assert after.pmids == before.pmids
    assert len(joined_by_name(pairs_of([]))) == 0
