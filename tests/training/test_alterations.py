"""Names written otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.training.alterations import _other, _turned_round, altered

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("schwannoma", "schwannomas"), ("biopsies", "biopsy"), ("biopsy", "biopsies"),
        ("fibrosis", "fibroses"), ("arthritis", "arthritides"), ("abscess", "abscesses"),
        ("cruxes", "crux"), ("patch", "patches"), ("kidney", "kidneys"), ("virus", "viruses"),
    ],
)  # fmt: skip
def test_number_is_changed_as_english_does(one: str, other: str) -> None:
    assert _other(one) == other


def test_names_are_turned_round() -> None:
    assert _turned_round("Failure, Kidney", RNG) == "Kidney Failure"
    assert _turned_round("Contracture of the knee", RNG) == "knee Contracture"
    turned = {_turned_round("Kidney Failure", RNG) for _ in range(20)}
    assert turned == {"Failure of Kidney", "Failure of the Kidney"}
    assert _turned_round("IL-2", RNG) is None


def test_every_way_is_taken_now_and_then() -> None:
    name = "Failure of the left-sided heart valve"
    found = {altered(name, RNG) for _ in range(400)}
    assert {"Failures of the left-sided heart valve", "left-sided heart valve Failure"} <= found
    assert "Failure of the left sided heart valve" in found
    assert any(len(each.split()) == 5 for each in found)
    assert sum(len(each) == len(name) - 1 for each in found) > 3
    assert name not in found


@given(st.text(max_size=30), st.integers(0, 9))
def test_any_text_can_be_altered_and_the_same_seed_does_the_same(name: str, seed: int) -> None:
    found = [altered(name, np.random.default_rng(seed)) for _ in range(2)]
    assert found[0] == found[1]
    assert bool(found[0]) or len(name) <= 1
