from __future__ import annotations

import json
import random

import pytest

from biotk.document import Document, Mention
from biotk.errors import InputError
from biotk.evaluation import score_mentions
from biotk.types import entity_type

TEXT = "x" * 50


def document(*mentions, name="d1"):
    """Make a document of (type, start, end, start, end, …)."""
    made = []
    for type_, *offsets in mentions:
        spans = tuple(zip(offsets[::2], offsets[1::2], strict=True))
        made.append(Mention(spans, "x", type_))
    return Document(name, TEXT, tuple(made))


def score(*pairs):
    return score_mentions(pairs, resamples=20)


def prf(figures):
    return (figures.precision, figures.recall, figures.f1)


def test_exact_and_untyped_by_hand():
    gold = document(
        ("Disease", 0, 5), ("Disease", 6, 9), ("Chemical", 10, 15), ("Chemical", 20, 25)
    )
    predicted = document(
        ("Disease", 0, 5),  # right
        ("Chemical", 6, 9),  # right span, wrong type
        ("Chemical", 10, 14),  # wrong span
        ("Gene", 20, 25),  # a type that the corpus does not annotate
        ("Gene", 30, 35),
    )
    scores = score((gold, predicted))
    assert (scores.n_gold, scores.n_predicted, scores.n_left_out) == (4, 3, 2)
    assert prf(scores.exact) == pytest.approx((1 / 3, 1 / 4, 2 / 7))
    assert prf(scores.untyped) == pytest.approx((2 / 3, 2 / 4, 4 / 7))
    assert prf(scores.by_type["Disease"]) == pytest.approx((1.0, 0.5, 2 / 3))
    assert prf(scores.by_type["Chemical"]) == (0.0, 0.0, 0.0)
    assert scores.to_dict()["by_type"]["Chemical"]["n_predicted"] == 2


def test_types_of_corpora_are_brought_together():
    gold = document(("SpecificDisease", 0, 5), ("Modifier", 6, 9))
    predicted = document(("Disease", 0, 5), ("DISEASE", 6, 9))
    assert prf(score((gold, predicted)).exact) == (1.0, 1.0, 1.0)


def test_duplicates_count_once():
    gold = document(("Disease", 0, 5), ("Disease", 0, 5))
    predicted = document(("Disease", 0, 5), ("Disease", 0, 5), ("Disease", 7, 9))
    scores = score((gold, predicted))
    assert (scores.n_gold, scores.n_predicted) == (1, 2)
    assert prf(scores.exact) == pytest.approx((0.5, 1.0, 2 / 3))


def test_discontinuous_mentions_compare_on_all_spans():
    gold = document(("Disease", 0, 5, 8, 12))
    assert score((gold, document(("Disease", 0, 12)))).exact.f1 == 0.0
    assert score((gold, document(("Disease", 0, 5, 8, 12)))).exact.f1 == 1.0


def test_same_offsets_in_other_documents_are_other_mentions():
    pairs = [
        (document(("Disease", 0, 5), name="a"), document(name="a")),
        (document(name="b"), document(("Disease", 0, 5), name="b")),
    ]
    assert prf(score(*pairs).exact) == (0.0, 0.0, 0.0)


def test_mentions_without_a_type_are_a_type():
    gold = document((None, 0, 5))
    assert score((gold, document((None, 0, 5)))).exact.f1 == 1.0
    assert score((gold, document(("Disease", 0, 5)))).n_left_out == 1


def test_empty_prediction_scores_zero():
    assert prf(score((document(("Disease", 0, 5)), document())).untyped) == (0.0, 0.0, 0.0)


def test_corpus_without_mentions_is_refused():
    with pytest.raises(InputError, match="no gold mention"):
        score((document(), document(("Disease", 0, 5))))


def test_wrong_pairs_are_refused():
    with pytest.raises(InputError, match="paired"):
        score((document(name="a"), document(name="b")))
    with pytest.raises(InputError, match="text"):
        score((Document("a", "one"), Document("a", "two")))


def test_to_dict_is_json_with_the_keys_of_the_contract():
    data = score((document(("Disease", 0, 5)), document(("Disease", 0, 5)))).to_dict()
    assert json.loads(json.dumps(data)) == data
    for group in ("exact", "untyped"):
        assert data[group] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
        assert data["ci"][group]["f1"] == [1.0, 1.0]


def test_figures_equal_a_literal_count_on_random_documents():
    rng = random.Random(3)
    types = ["Disease", "SpecificDisease", "Chemical", "Gene", None]

    def some(name, pool):
        starts = [rng.randint(0, 4) for _ in range(rng.randint(0, 6))]
        return document(*((rng.choice(pool), s, s + rng.randint(1, 3)) for s in starts), name=name)

    for _ in range(80):
        pairs = [(some(str(i), types[:3]), some(str(i), types)) for i in range(4)]
        pairs.append((document(("Disease", 0, 1)), document()))
        gold, predicted = [], []
        for g, p in pairs:
            gold += [(g.id, m.spans, entity_type(m.type)) for m in g.mentions]
            predicted += [(p.id, m.spans, m.type and entity_type(m.type)) for m in p.mentions]
        annotated = {type_ for *_, type_ in gold}
        predicted = [key for key in predicted if key[2] in annotated]
        scores = score(*pairs)
        for figures, width in ((scores.exact, 3), (scores.untyped, 2)):
            g = list(dict.fromkeys(key[:width] for key in gold))
            p = list(dict.fromkeys(key[:width] for key in predicted))
            right = sum(key in g for key in p)
            precision = right / len(p) if p else 0.0
            recall = right / len(g)
            f1 = 2 * precision * recall / (precision + recall) if right else 0.0
            assert prf(figures) == pytest.approx((precision, recall, f1))
