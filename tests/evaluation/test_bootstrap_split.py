from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import pytest

import biotk.evaluation.bootstrap as bootstrap
from biotk.document import Document
from biotk.errors import Problems
from biotk.evaluation import confidence_intervals, tuning_half, without_held_out
from biotk.evaluation.bootstrap import precision_recall_f1, ratio
from biotk.io import read_documents


def share(sums):
    return ratio(sums[:, :1], sums[:, 1:])


def test_intervals_equal_resampling_one_document_at_a_time():
    rng = np.random.default_rng(1)
    counts = np.stack([rng.integers(0, 5, 60), rng.integers(5, 9, 60)], axis=1).astype(float)
    (low, high), *rest = confidence_intervals(counts, share, resamples=4000)
    assert rest == []
    slow = []
    for _ in range(4000):
        drawn = [counts[rng.integers(0, 60)] for _ in range(60)]
        slow.append(sum(row[0] for row in drawn) / sum(row[1] for row in drawn))
    assert [low, high] == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.006)


def test_intervals_are_the_same_whatever_the_block(monkeypatch):
    counts = np.random.default_rng(2).random((7, 2))
    whole = confidence_intervals(counts, share, resamples=50)
    monkeypatch.setattr(bootstrap, "_BLOCK", 20)
    assert np.array_equal(confidence_intervals(counts, share, resamples=50), whole)
    assert not np.array_equal(confidence_intervals(counts, share, resamples=50, seed=1), whole)


def test_intervals_leave_the_global_random_state_alone():
    before = np.random.get_state()[1].copy()
    confidence_intervals(np.ones((3, 2)), share)
    assert np.array_equal(np.random.get_state()[1], before)


def test_interval_of_one_document_is_its_figure():
    assert confidence_intervals(np.array([[1.0, 4.0]]), share).tolist() == [[0.25, 0.25]]


def test_intervals_need_documents():
    with pytest.raises(ValueError, match="no documents"):
        confidence_intervals(np.zeros((0, 2)), share)


def test_ratio_and_f1_are_zero_where_nothing_is_counted():
    assert ratio([1.0, 0.0], [2.0, 0.0]).tolist() == [0.5, 0.0]
    assert precision_recall_f1(np.zeros((1, 3))).tolist() == [[0.0, 0.0, 0.0]]
    assert precision_recall_f1(np.array([[1.0, 2.0, 4.0]]))[0] == pytest.approx([0.5, 0.25, 1 / 3])


def test_tuning_half_is_the_first_bit_of_sha256():
    for document_id in ("1", "8808605", "nöte", "half \ud83d"):
        digest = hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()
        assert tuning_half(document_id) == (digest[0] in "01234567")


def test_tuning_half_is_about_half_and_never_changes():
    assert 4800 < sum(tuning_half(str(i)) for i in range(10_000)) < 5200
    assert [tuning_half(str(i)) for i in range(1, 6)] == [True, False, True, True, False]


HELD = [Document("1", "Fever in mice. Long text."), Document("2", "Cough.")]


@pytest.mark.parametrize(
    "document",
    [
        Document("1", "Another text, whose id is held out."),
        Document("3", "Fever in mice. Long text."),
        Document("3", "FEVER  IN MICE:\nlong text"),
    ],
)
def test_training_documents_that_are_held_out_are_left_out(document: Document):
    assert without_held_out([document, Document("4", "Fever in rats.")], HELD) == [
        Document("4", "Fever in rats.")
    ]


def test_training_documents_that_only_resemble_held_out_ones_stay_in_order():
    train = [
        Document("9", "Coughs and fever."),
        Document("10", "Fever in mice. Longer text."),
        Document("11", "Fever in mice."),
        Document("12", ""),
    ]
    assert without_held_out(iter(train), iter(HELD)) == train
    assert without_held_out(train, []) == train


def test_beginning_of_80_characters_decides():
    start = "A" * 79
    held = [Document("1", start + "B and so on")]
    train = [Document("2", start + "b, otherwise"), Document("3", start + "C and so on")]
    assert [d.id for d in without_held_out(train, held)] == ["3"]


# How many of a corpus' training documents a dev set has, in its tuning half and the reported one.
OVERLAPS = [
    ("bc5cdr", "biored", 3, 7),
    ("ncbi_disease", "biored", 3, 0),
    ("biored", "bc5cdr", 19, 25),
    ("biored", "ncbi_disease", 0, 1),
    ("bc5cdr", "ncbi_disease", 0, 0),
]


@pytest.mark.data
def test_overlap_of_the_corpora_is_known(shared_data):
    @cache
    def read(corpus: str, part: str) -> list[Document]:
        (path,) = (shared_data / "corpora" / corpus).glob(f"{part}.*")
        return list(read_documents(path, problems=Problems()))

    found = []
    for corpus, held, *_ in OVERLAPS:
        documents, dev = read(corpus, "train"), read(held, "dev")
        halves = [[d for d in dev if tuning_half(d.id) is tuning] for tuning in (True, False)]
        counts = [len(documents) - len(without_held_out(documents, half)) for half in halves]
        found.append((corpus, held, *counts))
    assert found == OVERLAPS
