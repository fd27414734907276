from __future__ import annotations

import itertools
import json
import random

import pytest

from biotk.document import Document, Link, Mention
from biotk.evaluation import score_end_to_end
from biotk.evaluation.end_to_end import count_matched

KB = {f"K:{i}": frozenset({f"K:{i}"}) for i in range(9)} | {"X:23": frozenset({"K:2", "K:3"})}


def resolve(concept_id):
    return KB.get(concept_id, frozenset())


def document(*mentions, name="d"):
    """Make a document of (start, ids…); each mention is three characters long."""
    made = (
        Mention(((start, start + 3),), "xxx", "Disease", tuple(Link(i) for i in ids))
        for start, *ids in mentions
    )
    return Document(name, "x" * 60, tuple(made))


def score(gold, predicted, **options):
    return score_end_to_end([(gold, predicted)], resolve=resolve, resamples=20, **options)


def test_figures_by_hand():
    gold = document((0, "K:1"), (5, "K:2"), (10, "K:3"), (15, None), (20, "GONE:1"), (25, "K:4"))
    predicted = document(
        (0, "K:1"),  # right
        (5, "K:8"),  # right span, wrong concept
        (10, None),  # NIL is no prediction
        (15, "K:1"),  # gold is NIL
        (20, "K:1"),  # gold is not in the KB
        (40, "K:1"),  # no mention
    )
    scores = score(gold, predicted)
    assert (scores.n_gold, scores.n_predicted, scores.n_gold_mentions, scores.n_found) == (
        4,
        5,
        4,
        2,
    )
    assert (scores.precision, scores.recall) == (1 / 5, 1 / 4)
    assert scores.f1 == pytest.approx(2 / 9)
    assert scores.mention_f1 == pytest.approx(4 / 9)
    assert scores.accuracy_on_found == 1 / 2


def test_subset_makes_all_else_nil():
    gold = document((0, "K:1"), (5, "K:2"))
    predicted = document((0, "K:1"), (5, "K:2"))
    assert score(gold, predicted).f1 == 1.0
    scores = score(gold, predicted, allowed_ids=["K:1"])
    assert (scores.precision, scores.recall) == (0.5, 1.0)
    assert scores.mention_f1 == pytest.approx(2 / 3)
    assert scores.accuracy_on_found == 1.0


def test_subset_narrows_what_a_cross_reference_allows():
    gold = document((0, "X:23"))
    assert score(gold, document((0, "K:2")), allowed_ids={"K:3"}).f1 == 0.0
    assert score(gold, document((0, "K:3")), allowed_ids={"K:3"}).f1 == 1.0


def test_composite_counts_once_for_each_concept():
    gold = document((0, "K:1", "K:2"))
    one = score(gold, document((0, "K:1")))
    assert (one.precision, one.recall, one.accuracy_on_found) == (1.0, 0.5, 0.0)
    both = score(gold, document((0, "K:2", "K:1")))
    assert (both.precision, both.recall, both.accuracy_on_found) == (1.0, 1.0, 1.0)


def test_two_guesses_at_one_concept_are_one_right_and_one_wrong():
    scores = score(document((0, "X:23")), document((0, "K:2", "K:3")))
    assert (scores.precision, scores.recall) == (0.5, 1.0)
    assert scores.accuracy_on_found == 0.0


def test_duplicates_count_once():
    scores = score(document((0, "K:1"), (0, "K:1")), document((0, "K:1"), (0, "K:1")))
    assert (scores.n_gold, scores.n_predicted, scores.f1) == (1, 1, 1.0)


def test_nothing_gold_or_predicted_scores_zero():
    assert score(document((0, None)), document()).to_dict()["f1"] == 0.0


def test_to_dict_is_json_with_the_keys_of_the_contract():
    data = score(document((0, "K:1")), document((0, "K:1"))).to_dict()
    assert json.loads(json.dumps(data)) == data
    for name in ("precision", "recall", "f1", "mention_f1", "accuracy_on_found"):
        assert data[name] == 1.0
        assert data["ci"][name] == [1.0, 1.0]


def test_count_matched_equals_trying_all_pairings():
    rng = random.Random(5)
    for _ in range(300):
        groups = {
            frozenset(rng.sample("abcd", rng.randint(1, 3))) for _ in range(rng.randint(0, 4))
        }
        ids = set(rng.sample("abcde", rng.randint(0, 4)))
        padded = [*ids, *[None] * len(groups)]
        best = max(
            sum(i in g for g, i in zip(groups, order, strict=False))
            for order in itertools.permutations(padded, len(groups))
        )
        assert count_matched(groups, ids) == best


def tuples(documents):
    return {(d.id, m.spans, i) for d in documents for m in d.mentions for i in m.concept_ids}


def literal_f1(right, predicted, gold):
    return 2 * right / (predicted + gold) if predicted + gold else 0.0


def test_figures_equal_a_literal_count_on_random_documents():
    rng = random.Random(11)
    ids = ["K:1", "K:4", "K:5", "GONE:1", None]

    def some(name, pool):
        starts = [rng.choice([0, 5, 10, 15]) for _ in range(rng.randint(0, 5))]
        return document(*((s, *rng.sample(pool, rng.randint(0, 2))) for s in starts), name=name)

    for _ in range(100):
        allowed = rng.choice([None, {"K:1", "K:4"}])
        pairs = [(some(str(i), ids), some(str(i), ids)) for i in range(4)]

        gold = {
            t for t in tuples(pair[0] for pair in pairs) if t[2] in (allowed or KB) and t[2] in KB
        }
        predicted = tuples(pair[1] for pair in pairs)
        gold_spans, predicted_spans = {t[:2] for t in gold}, {t[:2] for t in predicted}
        found = gold_spans & predicted_spans
        right = [
            s
            for s in found
            if {t for t in gold if t[:2] == s} == {t for t in predicted if t[:2] == s}
        ]

        hits = len(gold & predicted)
        scores = score_end_to_end(pairs, resolve=resolve, allowed_ids=allowed, resamples=2)
        assert scores.precision == pytest.approx(hits / len(predicted) if predicted else 0.0)
        assert scores.recall == pytest.approx(hits / len(gold) if gold else 0.0)
        assert scores.f1 == pytest.approx(literal_f1(hits, len(predicted), len(gold)))
        assert scores.mention_f1 == pytest.approx(
            literal_f1(len(found), len(predicted_spans), len(gold_spans))
        )
        assert scores.accuracy_on_found == pytest.approx(len(right) / len(found) if found else 0.0)


def test_predictions_of_a_type_that_the_corpus_lacks_are_not_judged():
    gold = document((0, "K:1"))
    gene = Mention(((5, 8),), "xxx", "Gene", (Link("K:2"),))
    untyped = Mention(((10, 13),), "xxx", None, (Link("K:3"),))
    predicted = Document("d", "x" * 60, (*gold.mentions, gene, untyped))
    scores = score(gold, predicted)
    assert (scores.n_predicted, scores.precision) == (2, 1 / 2)
