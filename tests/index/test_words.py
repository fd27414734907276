from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from biotk.index import words as words_module
from biotk.index.ngram import NgramIndex, build_postings
from biotk.index.words import WordIndex, build_words, open_words, write_words
from biotk.kb.readers import read_concepts
from biotk.text.normalize import plural_key

NAMES = [
    "heart failure",
    "congestive heart failure",
    "heart attack",
    "renal failure",
    "cystic fibrosis",
    "pulmonary fibrosis",
    "fever",
]


def test_search_gives_the_cosines_of_the_ngram_index():
    exact, by_words = NgramIndex(build_postings(NAMES)), WordIndex(build_words(NAMES))
    for query in ("heart failure", "chronic heart failure", "fibrosis", "fever of heart"):
        expected = {hit.row: hit.score for hit in exact.search(query, min_score=0.3)}
        found = by_words.search(query, min_score=0.3)
        assert found
        for hit in found:
            assert hit.score == pytest.approx(expected[hit.row])


def test_search_finds_every_name_that_shares_a_word():
    rows = {hit.row for hit in WordIndex(build_words(NAMES)).search("heart failure", min_score=0.2)}
    assert rows == {0, 1, 2, 3}


@pytest.mark.parametrize("query", ["cystic fibrosys", "cystik fibrosis", "cystc fibross"])
def test_search_finds_misspelt_words(query):
    assert WordIndex(build_words(NAMES)).search(query, min_score=0.3)[0].row == 4


def test_search_answers_within_a_subset_only():
    allowed = np.array([name != "heart failure" for name in NAMES])
    index = WordIndex(build_words(NAMES))
    found = [hit.row for hit in index.search("heart failure", min_score=0.2, allowed=allowed)]
    assert found
    assert 0 not in found
    everywhere = index.search("heart failure", min_score=0.2)
    assert found == [hit.row for hit in everywhere if hit.row]


def test_search_of_nothing_finds_nothing():
    assert WordIndex(build_words(NAMES)).search("") == []
    assert WordIndex(build_words([])).search("heart") == []
    assert WordIndex(build_words(NAMES)).search("qqq xxx") == []


@pytest.mark.parametrize("min_score", [0.0, 1.0])
def test_least_score_may_be_nothing_or_all(min_score):
    index = WordIndex(build_words(NAMES))
    for row, name in enumerate(NAMES):
        assert index.search(name, min_score=min_score)[0].row == row


_BUILD = """
from hashlib import sha256
from biotk.index.words import build_words
made = build_words(f"{a} {b} syndrome of {a}" for a in "kidney liver heart".split()
                   for b in "acute chronic familial".split())
print(sha256(made.ranks.values.tobytes() + made.words.vectors.rows.tobytes()).hexdigest())
"""


def test_index_is_the_same_in_every_process():
    made = {
        subprocess.run(
            [sys.executable, "-c", _BUILD],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in "123"
    }
    assert len(made) == 1


def test_a_word_too_common_to_be_read_whole_still_gives_the_likeliest_names(monkeypatch):
    monkeypatch.setattr(words_module, "_BUDGET", 3)
    texts = [f"syndrome of {letter * 9}" for letter in "abcdefghijk"] + ["syndrome"]
    assert WordIndex(build_words(texts)).search("syndromes", min_score=0.3)[0].row == 11


def test_small_subset_is_not_lost_among_names_outside(monkeypatch):
    texts = [f"syndrome of {a}{b}" for a in "abcdefghij" for b in "abcdefghijklmnop"]
    texts += ["a rare and distant syndrome", "syndrome familial with further findings"]
    inside = np.array([not text.startswith("syndrome of") for text in texts])
    index = WordIndex(build_words(texts))
    # Only a word that all have leads to the two, and they are longer than the others.
    expected = index.search("syndrome", k=5, min_score=0.01, allowed=inside)
    assert len(expected) == 2
    monkeypatch.setattr(words_module, "_BUDGET", 5)
    assert index.search("syndrome", k=5, min_score=0.01, allowed=inside) == expected


def test_opened_index_answers_as_the_built_one(tmp_path):
    built = build_words(NAMES)
    write_words(tmp_path, built)
    opened = WordIndex(open_words(tmp_path))
    for query in ("heart failures", "fibrosis of the lung", "fevr"):
        assert opened.search(query) == WordIndex(built).search(query)


@pytest.mark.data
def test_search_finds_what_the_exact_search_finds_among_real_names(shared_data):
    path = shared_data / "kb" / "mesh" / "descriptors.tsv.gz"
    texts = sorted(
        {
            plural_key(name)
            for concept in read_concepts(path)
            for name in (concept.name, *concept.synonyms)
            if "Disease" in concept.types
        }
        - {""}
    )
    exact, by_words = NgramIndex(build_postings(texts)), WordIndex(build_words(texts))
    rng = random.Random(3)
    n_best = n_same = 0
    for text in rng.sample(texts, 300):
        at = rng.randrange(len(text))
        misspelt = text[:at] + text[at + 1 :]
        best = exact.search(misspelt, k=1, min_score=0.45)
        found = by_words.search(misspelt, k=1, min_score=0.45)
        n_best += bool(best)
        n_same += bool(best) and bool(found) and found[0].score >= best[0].score - 1e-9
    assert n_best > 250
    assert n_same / n_best > 0.97
