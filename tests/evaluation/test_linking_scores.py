from __future__ import annotations

import json
import random

import pytest

from biotk.document import Candidate, Link, Mention
from biotk.errors import InputError
from biotk.evaluation import LinkingItem, check_coverage, gold_ids, score_linking
from biotk.evaluation.linking import best_rank, is_strictly_right
from biotk.text.normalize import exact_key

KB = {f"K:{i}": frozenset({f"K:{i}"}) for i in range(40)} | {
    "OLD:1": frozenset({"K:1"}),  # a retired id
    "X:23": frozenset({"K:2", "K:3"}),  # a cross reference to two concepts
}


def resolve(concept_id):
    return KB.get(concept_id, frozenset())


def mention(*ids, type_="Disease"):
    links = tuple(Link(concept_id, route="gold") for concept_id in ids)
    return Mention(((0, 5),), "fever", type_, links)


def ranked(*names):
    """Make candidates of (name, ids): each name one rank, its ids homonyms."""
    return tuple(
        Candidate(concept_id, name, 1.0 - place / 100, "exact", tied=len(ids) > 1)
        for place, (name, *ids) in enumerate(names)
        for concept_id in ids
    )


def item(gold, candidates=(), doc="d1", **options):
    return LinkingItem(doc, gold, candidates, **options)


def figures(*items, group="in_kb", **options):
    return score_linking(items, resolve=resolve, resamples=10, **options).to_dict()[group]


def test_to_dict_has_the_keys_of_the_contract():
    data = score_linking([item(mention("K:1"))], resolve=resolve, resamples=10).to_dict()
    names = {
        "recall_at_1_lenient",
        "recall_at_1_strict",
        "recall_at_5_lenient",
        "recall_at_20_lenient",
    }
    assert {"n", "n_nil", "n_out_of_kb", "in_kb", "all"} <= set(data)
    assert set(data["in_kb"]) == set(data["all"]) == names
    assert set(data["ci"]) == {"in_kb", "all"}
    assert set(data["ci"]["in_kb"]) == names
    assert json.loads(json.dumps(data)) == data


def test_counts_and_denominators_by_hand():
    items = [
        item(mention("K:1"), ranked(("a", "K:1"))),  # right
        item(mention("K:2"), ranked(("b", "K:9"), ("c", "K:2"))),  # right at 2
        item(mention("K:3")),  # no answer
        item(mention("GONE:1"), ranked(("a", "K:1"))),  # not in the KB
        item(mention(None), ranked(("a", "K:1"))),  # NIL
        item(mention(), ranked(("a", "K:1"))),  # nobody linked it
    ]
    data = score_linking(items, resolve=resolve, resamples=10).to_dict()
    assert (data["n"], data["n_nil"], data["n_out_of_kb"], data["n_unlinked"]) == (5, 1, 1, 1)
    assert data["in_kb"] == {
        "recall_at_1_lenient": pytest.approx(1 / 3),
        "recall_at_1_strict": pytest.approx(1 / 3),
        "recall_at_5_lenient": pytest.approx(2 / 3),
        "recall_at_20_lenient": pytest.approx(2 / 3),
    }
    assert data["all"] == {
        "recall_at_1_lenient": 1 / 4,
        "recall_at_1_strict": 1 / 4,
        "recall_at_5_lenient": 2 / 4,
        "recall_at_20_lenient": 2 / 4,
    }


def test_homonym_is_lenient_for_any_and_strict_for_the_first():
    candidates = ranked(("cold", "K:1", "K:2"))
    assert figures(item(mention("K:2"), candidates)) == {
        "recall_at_1_lenient": 1.0,
        "recall_at_1_strict": 0.0,
        "recall_at_5_lenient": 1.0,
        "recall_at_20_lenient": 1.0,
    }
    assert figures(item(mention("K:1"), candidates))["recall_at_1_strict"] == 1.0


def test_ids_are_resolved_through_retired_ids_and_cross_references():
    assert figures(item(mention("OLD:1"), ranked(("a", "K:1"))))["recall_at_1_strict"] == 1.0
    for concept_id in ("K:2", "K:3"):
        got = figures(item(mention("X:23"), ranked(("a", concept_id))))
        assert got["recall_at_1_strict"] == got["recall_at_1_lenient"] == 1.0


def test_composite_is_strictly_right_with_all_its_concepts_only():
    gold, candidates = mention("K:1", "K:2"), ranked(("a", "K:1"), ("b", "K:2"))
    one = figures(item(gold, candidates))
    assert (one["recall_at_1_lenient"], one["recall_at_1_strict"]) == (1.0, 0.0)
    both = figures(item(gold, candidates, linked_ids=("K:2", "K:1")))
    assert both["recall_at_1_strict"] == 1.0
    too_many = figures(item(gold, candidates, linked_ids=("K:1", "K:2", "K:3")))
    assert too_many["recall_at_1_strict"] == 0.0
    same_concept = figures(item(mention("K:1", "OLD:1"), candidates))
    assert same_concept["recall_at_1_strict"] == 1.0


def test_composite_with_an_id_outside_the_kb_is_a_strict_error_over_all_only():
    items = [item(mention("K:1", "GONE:1"), ranked(("a", "K:1")))]
    assert figures(*items)["recall_at_1_strict"] == 1.0
    assert figures(*items, group="all")["recall_at_1_strict"] == 0.0
    assert figures(*items, group="all")["recall_at_1_lenient"] == 1.0


def test_composite_with_a_nil_part_is_judged_by_the_rest():
    assert figures(item(mention("K:1", None), ranked(("a", "K:1"))))["recall_at_1_strict"] == 1.0


def test_ranks_count_names_not_concepts():
    many = [(f"n{i}", f"K:{i}", f"K:{i + 20}") for i in range(1, 6)]
    assert best_rank(ranked(*many), {"K:25"}) == 5
    assert best_rank(ranked(*many), {"K:39"}) is None
    cased = (Candidate("A", "X-linked", 1.0, "identical"), Candidate("B", "x linked", 0.9, "case"))
    assert best_rank(cased, {"B"}) == 1
    learned = (Candidate("A", "x", 1.0, "training"), Candidate("B", "x", 1.0, "training"))
    assert best_rank(learned, {"B"}) == 2
    others = (Candidate("A", "x", 1.0, "exact"), Candidate("B", "xs", 1.0, "exact"))
    assert best_rank(others, {"B"}) == 2


def test_recall_at_5_and_20_stop_at_their_rank():
    names = [(f"n{i}", f"K:{i}") for i in range(1, 31)]
    for gold, at_5, at_20 in (("K:5", 1, 1), ("K:6", 0, 1), ("K:20", 0, 1), ("K:21", 0, 0)):
        got = figures(item(mention(gold), ranked(*names)))
        assert (got["recall_at_5_lenient"], got["recall_at_20_lenient"]) == (at_5, at_20)


def test_nil_decision_leaves_out_mentions_whose_id_the_kb_lacks():
    items = [
        item(mention(None), predicted_nil=True),
        item(mention(None), predicted_nil=True),
        item(mention(None)),
        item(mention("K:1"), predicted_nil=True),
        item(mention("K:1")),
        item(mention("K:1")),
        item(mention("GONE:1"), predicted_nil=True),
    ]
    assert figures(*items, group="nil") == {
        "n_nil": 3,
        "n_nil_predicted": 2,
        "n_in_kb": 3,
        "n_in_kb_predicted": 1,
        "n_out_of_kb_predicted": 1,
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(2 / 3),
    }


def test_slices_by_hand():
    items = [
        item(mention("K:1", type_="SpecificDisease"), ranked(("a", "K:1"))),
        item(mention("K:2", type_="Modifier"), ranked(("b", "K:3", "K:4")), is_abbreviation=True),
        item(mention("K:5", type_="Chemical"), ranked(("c", "K:5", "K:6"))),
        item(mention("GONE:1", type_="Chemical"), is_abbreviation=True),
    ]
    slices = figures(*items, group="slices", seen_ids={"OLD:1", "K:9"})
    brief = {
        name: (s["n"], s["recall_at_1_lenient"])
        for name, s in (slices | slices["by_type"]).items()
        if name != "by_type"
    }
    assert brief == {
        "Disease": (2, 0.5),
        "Chemical": (1, 1.0),
        "unseen": (2, 0.5),
        "homonyms": (2, 0.5),
        "abbreviations": (1, 0.0),
    }
    assert "unseen" not in figures(*items, group="slices")


def test_low_coverage_stops_and_names_the_prefixes():
    items = [item(mention("MESH:D1")), item(mention("MESH:D2")), item(mention("K:1"))]
    with pytest.raises(InputError, match=r"only 1 of 3 .*MESH \(2\), K \(1\).*K, OMIM"):
        figures(*items, kb_prefixes={"OMIM", "K"})
    with pytest.raises(InputError, match="1 of 3"):
        check_coverage((i.mention for i in items), resolve=resolve)
    assert figures(*items, allow_low_coverage=True)["recall_at_1_lenient"] == 0.0


def test_half_coverage_is_enough_and_nil_does_not_count():
    items = [item(mention("MESH:D1")), item(mention("K:1")), *[item(mention(None))] * 5]
    assert figures(*items, group="nil")["n_nil"] == 5


def test_corpus_without_gold_links_is_refused():
    with pytest.raises(InputError, match="no gold mention"):
        score_linking([item(mention())], resolve=resolve)


def test_intervals_hold_the_figure_and_come_from_documents():
    items = [
        item(mention("K:1"), ranked(("a", "K:1" if doc % 2 else "K:2")), doc=f"d{doc}")
        for doc in range(40)
        for _ in range(10)
    ]
    scores = score_linking(items, resolve=resolve)
    low, high = scores.ci["in_kb"]["recall_at_1_lenient"]
    # 40 draws of 0 or 1: sd 0.079. Resampling the 400 mentions would give 0.025.
    assert low < 0.5 < high
    assert 0.24 < high - low < 0.38
    assert score_linking(items, resolve=resolve).ci == scores.ci


def test_gold_ids_collects_all_links():
    from biotk.document import Document

    docs = [Document("1", "fever", (mention("A", None), mention("B")))]
    assert gold_ids(docs) == {"A", "B"}


def literal_oracle(items):
    """Count as docs/evaluation.md says it, mention by mention, without any short cut."""
    n = {"in_kb": 0, "all": 0}
    hits = {group: [0, 0, 0, 0] for group in n}
    for it in items:
        ids = {link.concept_id for link in it.mention.links} - {None}
        groups = [resolve(concept_id) for concept_id in ids]
        known = [group for group in groups if group]
        right = {concept_id for group in known for concept_id in group}
        names = []
        for c in it.candidates:
            key = exact_key(c.name)
            same = [found for name, found in names if name == key]
            if same:
                same[0].add(c.concept_id)
            else:
                names.append((key, {c.concept_id}))
        lenient = [any(right & found for _, found in names[:k]) for k in (1, 5, 20)]
        answer = set(it.linked_ids) or {c.concept_id for c in it.candidates[:1]}
        for group, needed in (("in_kb", known), ("all", groups)):
            if not (known if group == "in_kb" else groups):
                continue
            n[group] += 1
            strict = bool(answer) and answer <= right and all(answer & g for g in needed)
            for place, hit in enumerate((lenient[0], strict, lenient[1], lenient[2])):
                hits[group][place] += hit
    return {group: [h / n[group] if n[group] else 0.0 for h in hits[group]] for group in n}


def test_figures_equal_the_literal_count_on_random_items():
    rng = random.Random(7)
    ids = [*KB, "GONE:1", "GONE:2", None]
    for _ in range(60):
        items = []
        for _ in range(rng.randint(1, 25)):
            names = []
            for _ in range(rng.randint(0, 25)):
                # Few scores and names, so that neighbours are homonyms now and then.
                names.append(Candidate(rng.choice(list(KB)[:12]), rng.choice("ab"), 1.0, "exact"))
            linked = tuple(rng.sample(list(KB)[:5], rng.choice([0, 0, 1, 2])))
            gold = mention(*rng.sample(ids[:6] + ids[-3:], rng.randint(1, 3)))
            items.append(item(gold, tuple(names), linked_ids=linked))
        data = score_linking(items, resolve=resolve, allow_low_coverage=True, resamples=2).to_dict()
        expected = literal_oracle(items)
        for group in ("in_kb", "all"):
            assert list(data[group].values()) == pytest.approx(expected[group])


def test_is_strictly_right_needs_an_answer():
    assert not is_strictly_right((), (frozenset({"A"}),))
