"""Candidates of two linkers in one order, against products worked out by hand."""

from __future__ import annotations

import math

import pytest

from biotk.document import Candidate
from biotk.linking.combining import CombiningConfig, combine

CONFIG = CombiningConfig(fit=2.0, no_fit=0.25, floor=0.01, nil_fit=0.5)


def lexical(concept: str, score: float) -> Candidate:
    return Candidate(concept, concept.lower(), score, "ngram")


def generated(concept: str, probability: float) -> Candidate:
    return Candidate(
        concept, concept.upper(), probability, "generated", log_prob=math.log(probability)
    )


def test_shares_are_products_of_both_and_sum_to_one_with_nil() -> None:
    found = combine(
        [lexical("A", 0.9), lexical("B", 0.5)],
        [generated("B", 0.6), generated("C", 0.1)],
        0.2,
        CONFIG,
    )
    weights = {
        "A": 0.01 * math.exp(2 * 0.9),
        "B": 0.6 * math.exp(2 * 0.5),
        "C": 0.1 * math.exp(2 * 0.25),
        None: 0.2 * math.exp(2 * 0.5),
    }
    total = sum(weights.values())
    assert [c.concept_id for c in found.candidates] == ["B", "C", "A"]
    for each in found.candidates:
        assert each.score == pytest.approx(weights[each.concept_id] / total, abs=1e-4)
    assert found.nil == pytest.approx(weights[None] / total, abs=1e-4)
    # What the model wrote tells more than a neighbour.
    assert [(c.route, c.name) for c in found.candidates] == [
        ("generated", "B"),
        ("generated", "C"),
        ("ngram", "a"),
    ]


def test_equals_stay_in_the_order_of_the_model_then_of_the_names() -> None:
    found = combine(
        [lexical("D", 0.5), lexical("A", 0.5)],
        [generated("C", 0.3), generated("B", 0.3)],
        0.0,
        CONFIG,
    )
    assert [c.concept_id for c in found.candidates] == ["C", "B", "D", "A"]


def test_concept_of_one_linker_twice_counts_with_its_better_candidate() -> None:
    found = combine([lexical("A", 0.9), lexical("A", 0.1)], [], 0.0, CONFIG)
    one = combine([lexical("A", 0.9)], [], 0.0, CONFIG)
    assert found == one


def test_nothing_at_all_is_nil() -> None:
    assert combine([], [], 0.0, CONFIG) == ((), 1.0)


def test_impossible_probabilities_do_not_overflow() -> None:
    sure = CombiningConfig(fit=5000.0)
    found = combine([lexical("A", 1.0), lexical("B", 0.1)], [], 0.0, sure)
    assert [c.score for c in found.candidates] == [1.0, 0.0]


def test_means_over_tokens_count_where_names_are_ranked_by_them() -> None:
    """Their total log-probabilities would favour short names, which no ranking asked for."""

    def mean(concept: str, score: float, total: float) -> Candidate:
        return Candidate(concept, concept.upper(), score, "generated", log_prob=total)

    written = [mean("A", 0.74, -30.0), mean("B", 0.37, -2.0)]
    found = combine([], written, 0.0, CONFIG, exclusive=False)
    assert [c.concept_id for c in found.candidates] == ["A", "B"]
    weights = [0.74 * math.exp(2 * 0.25), 0.37 * math.exp(2 * 0.25), 0.01 * math.exp(2 * 0.5)]
    shares = [weight / sum(weights) for weight in weights]
    assert [*(c.score for c in found.candidates), found.nil] == pytest.approx(shares, abs=1e-4)
    assert [c.log_prob for c in found.candidates] == [-30.0, -2.0]
