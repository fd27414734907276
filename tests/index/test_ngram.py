from __future__ import annotations

import math
import random
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.index import ngram
from biotk.index.ngram import NgramIndex, build_postings, open_postings, write_postings
from biotk.index.vectors import trigrams
from biotk.kb.arrow import Ragged


def slow_trigrams(text):
    padded = f" {text} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)} if text else set()


def slow_search(texts, query, min_score, allowed=None):
    """Every cosine, one by one: the oracle."""
    counts = {}
    for text in texts:
        for gram in slow_trigrams(text):
            counts[gram] = counts.get(gram, 0) + 1

    def weight(gram):
        return math.log((1 + len(texts)) / (1 + counts.get(gram, 0))) + 1

    def norm(text):
        return math.sqrt(sum(weight(g) ** 2 for g in slow_trigrams(text)))

    hits = []
    for row, text in enumerate(texts):
        if allowed is not None and not allowed[row]:
            continue
        shared = slow_trigrams(text) & slow_trigrams(query)
        if shared:
            score = sum(weight(g) ** 2 for g in shared) / (norm(text) * norm(query))
            if score >= min_score:
                hits.append((row, score))
    return sorted(hits, key=lambda hit: (-hit[1], hit[0]))


SYLLABLES = "car di ac ne phro tox ic i ty hep a ti tis my o path y ge nal in fla".split()


def random_names(n, seed):
    rng = random.Random(seed)
    return [
        " ".join("".join(rng.choices(SYLLABLES, k=rng.randint(1, 3))) for _ in range(words))
        for words in (rng.randint(1, 3) for _ in range(n))
    ]


@pytest.fixture(params=["all at once", "by ranges"])
def way(request, monkeypatch):
    """The two ways of searching; the second one looks at its bounds as often as it can."""
    if request.param == "by ranges":
        monkeypatch.setattr(ngram, "_SMALL", 0)
        monkeypatch.setattr(ngram, "_STAGE", 20)
    return request.param


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("min_score", [0.2, 0.4, 0.6])
@pytest.mark.parametrize("k", [1, 5, 1000])
def test_search_equals_brute_force_on_values(min_score, k):
    texts = random_names(300, seed=1)
    index = NgramIndex(build_postings(texts))
    for query in random_names(40, seed=2) + texts[:10]:
        expected = slow_search(texts, query, min_score)[:k]
        found = index.search(query, k=k, min_score=min_score)
        assert [h.score for h in found] == pytest.approx([s for _, s in expected], abs=1e-5)
        if k == 1000:
            assert {h.row for h in found} == {row for row, _ in expected}


@pytest.mark.parametrize("dear", [0, 1, 1000])
def test_both_ways_of_searching_find_the_same(monkeypatch, dear):
    texts = random_names(2000, seed=7)
    postings = build_postings(texts)
    index = NgramIndex(postings)
    allowed = np.arange(len(texts)) % 3 > 0
    queries = random_names(60, seed=8) + texts[:20]
    for k, part in ((3, None), (20, allowed), (500, None)):
        expected = [index.search(q, k=k, min_score=0.3, allowed=part) for q in queries]
        with monkeypatch.context() as patch:
            patch.setattr(ngram, "_SMALL", 0)
            patch.setattr(ngram, "_STAGE", 200)
            patch.setattr(ngram, "_DEAR", dear)
            by_ranges = NgramIndex(postings)
            found = [by_ranges.search(q, k=k, min_score=0.3, allowed=part) for q in queries]
        for one, other in zip(found, expected, strict=True):
            assert [h.score for h in one] == pytest.approx([h.score for h in other])
            above = other[-1].score + 1e-6 if other else 0.0
            assert {h.row for h in one if h.score > above} == {
                h.row for h in other if h.score > above
            }


@pytest.mark.usefixtures("way")
def test_search_equals_brute_force_under_a_subset():
    texts = random_names(200, seed=3)
    allowed = np.array([i % 3 == 0 for i in range(len(texts))])
    index = NgramIndex(build_postings(texts))
    for query in random_names(20, seed=4):
        expected = slow_search(texts, query, 0.3, allowed)
        found = index.search(query, k=1000, min_score=0.3, allowed=allowed)
        assert [h.score for h in found] == pytest.approx([s for _, s in expected], abs=1e-5)
        assert all(allowed[h.row] for h in found)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("min_score", [-1.0, 0.0, 1e-12])
def test_least_score_of_nothing_finds_all_that_shares_a_trigram(min_score):
    texts = random_names(200, seed=9)
    index = NgramIndex(build_postings(texts))
    for query in random_names(10, seed=10):
        found = index.search(query, k=1000, min_score=min_score)
        assert {h.row for h in found} == {row for row, _ in slow_search(texts, query, 0.0)}


@pytest.mark.usefixtures("way")
def test_least_score_of_one_finds_the_same_text():
    texts = random_names(300, seed=11)
    index = NgramIndex(build_postings(texts))
    for row, text in enumerate(texts):
        found = index.search(text, k=1000, min_score=1.0)
        assert row in {hit.row for hit in found}
        assert {texts[hit.row] for hit in found} == {text}


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("length", [120, 400, 3000])
def test_long_text_is_found_though_its_weights_round(length):
    rng = random.Random(length)
    text = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789 ", k=length))
    for n_others in range(5, 500, 33):
        index = NgramIndex(build_postings([text, *map(str, range(n_others))]))
        assert [hit.row for hit in index.search(text, k=1)] == [0]


@pytest.mark.usefixtures("way")
def test_search_that_is_interrupted_leaves_no_trace(monkeypatch):
    index = NgramIndex(build_postings(["heart failure", "heart disease", "liver failure"]))
    expected = index.search("liver disease", k=5, min_score=0.1)
    with monkeypatch.context() as patch:
        patch.setattr(Ragged, "gather", _interrupted)
        for query in ("heart failures", "liver diseases"):
            with suppress(KeyboardInterrupt):
                index.search(query, k=5, min_score=0.1)
    assert index.search("liver disease", k=5, min_score=0.1) == expected


def _interrupted(*args):
    raise KeyboardInterrupt


@pytest.mark.usefixtures("way")
def test_search_leaves_no_trace_for_the_next_one():
    index = NgramIndex(build_postings(["heart failure", "heart disease", "liver failure"]))
    first = index.search("heart failures", k=5, min_score=0.2)
    index.search("liver", k=5, min_score=0.2)
    assert index.search("heart failures", k=5, min_score=0.2) == first


def test_search_of_nothing_finds_nothing():
    assert NgramIndex(build_postings(["heart"])).search("") == []
    assert NgramIndex(build_postings([])).search("heart") == []


def test_opened_postings_answer_as_built_ones(tmp_path):
    texts = random_names(100, seed=5)
    postings = build_postings(texts)
    write_postings(tmp_path, postings)
    built, opened = NgramIndex(postings), NgramIndex(open_postings(tmp_path))
    for query in random_names(10, seed=6):
        assert built.search(query) == opened.search(query)


@given(st.lists(st.text(max_size=12), max_size=8))
def test_trigrams_equal_the_slow_ones(texts):
    rows, codes = trigrams(texts)
    got = [set() for _ in texts]
    for row, code in zip(rows.tolist(), codes.tolist()):
        mask = (1 << 21) - 1
        got[row].add("".join(chr((code >> shift) & mask) for shift in (42, 21, 0)))
    assert got == [slow_trigrams(text) for text in texts]
