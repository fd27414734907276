from __future__ import annotations

import json

import numpy as np
import pytest

from biotk.document import Candidate, CandidateSets, Link
from biotk.errors import InputError
from biotk.linking.candidate_sets import CoverageTable, fit_coverage, mass_before, outcome_shares


def drawn(n: int, seed: int):
    """:returns: odds, numbers of candidates, and where what is right stands, drawn by the odds."""
    rng = np.random.default_rng(seed)
    odds = rng.dirichlet([2.0, 0.7, 1.0], size=n)
    sizes = rng.integers(1, 12, size=n)
    places: list[int | None] = []
    for row, size in zip(odds, sizes.tolist()):
        kind = rng.choice(3, p=row)
        rank = int(rng.geometric(0.5))
        places.append({0: 0, 2: size}.get(kind, rank if rank < size else None))
    return odds, sizes.tolist(), places


@pytest.fixture(scope="module")
def table():
    return fit_coverage(*drawn(4000, 0))


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_sets_hold_what_is_right_as_often_as_asked(table, coverage):
    held = []
    for row, size, place in zip(*drawn(4000, 1)):
        levels = table.levels(*row, size)
        held.append(place is not None and levels[place] <= coverage)
    assert coverage - 0.02 < np.mean(held) < coverage + 0.04
    assert table.reached > 0.9


def test_likeliest_outcome_is_in_every_set(table):
    for row, size in zip(*drawn(100, 3)[:2]):
        assert min(table.levels(*row, size)) == 0


def test_levels_are_the_least_coverage_whose_quantile_takes_the_outcome_in(table):
    odds, sizes, _ = drawn(200, 2)
    taken = np.array(table.taken)
    for row, size in zip(odds, sizes):
        before = mass_before(outcome_shares(*row, size, table.ranks))
        for level, mass in zip(table.levels(*row, size), before):
            share = np.mean(taken < mass - 1e-9) * table.reached
            assert level == pytest.approx(share, abs=1e-4)


def test_mass_before_is_what_likelier_outcomes_have_together():
    shares = np.array([0.5, 0.1, 0.3, 0.1])
    slow = [
        sum(s for j, s in enumerate(shares) if s > share or (s == share and j < i))
        for i, share in enumerate(shares)
    ]
    assert mass_before(shares).tolist() == pytest.approx(slow)


def test_table_survives_its_file(table):
    again = CoverageTable.from_json(json.loads(json.dumps(table.to_json())))
    assert again.levels(0.6, 0.2, 0.2, 5) == pytest.approx(table.levels(0.6, 0.2, 0.2, 5), abs=0.02)


def test_link_gives_the_set_of_a_coverage():
    candidates = tuple(Candidate(each, each, 1.0, "exact") for each in "abc")
    link = Link("a", candidates=candidates, sets=CandidateSets((0.0, 0.7, 0.95, 0.9), 0.97))
    assert link.candidate_set(coverage=0.5) == ("a",)
    assert link.candidate_set(coverage=0.8) == ("a", "b")
    assert link.candidate_set() == ("a", "b", "c", None)
    with pytest.raises(InputError, match=r"up to 0\.97"):
        link.candidate_set(coverage=0.99)
    with pytest.raises(InputError, match="no candidate sets"):
        Link("a").candidate_set()
