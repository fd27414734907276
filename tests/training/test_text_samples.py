from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_mini import tiny_form

from biotk.document import Document
from biotk.training.text_samples import (
    TextSamples,
    TextSampling,
    draw_gaps,
    held_out,
    mini_gaps,
    seq2seq_gaps,
)

FORM = tiny_form()


@given(
    n=st.integers(1, 120),
    seed=st.integers(0, 1000),
    masked=st.floats(0.0, 1.0),
    span=st.floats(0.0, 9.0),
)
def test_gaps_are_in_order_apart_and_of_the_share_asked_for(n, seed, masked, span) -> None:
    gaps = draw_gaps(n, np.random.default_rng(seed), masked=masked, span=span)
    assert sum(end - first for first, end in gaps) == min(max(round(masked * n), 1), n)
    before = -1
    for first, end in gaps:
        assert before < first <= end <= n
        before = end


def test_gaps_have_lengths_as_drawn_from_poisson() -> None:
    rng = np.random.default_rng(0)
    lengths = [
        end - first for _ in range(300) for first, end in draw_gaps(400, rng, masked=0.3, span=3.0)
    ]
    assert abs(np.mean(lengths) - 3.0) < 0.2
    assert abs(lengths.count(0) / len(lengths) - np.exp(-3.0)) < 0.02


def test_mini_writes_what_is_missing() -> None:
    passage = [10, 11, 12, 13, 14]
    sample = mini_gaps(FORM)(passage, [(0, 2), (3, 3), (4, 5)])
    marked = FORM.nil_id + FORM.n_pieces
    source = (FORM.begin_id, marked, 12, marked, 13, marked, FORM.end_id)
    assert sample.input.source == source
    assert sample.input.prefix == (FORM.begin_id, FORM.nil_id, FORM.end_id)
    assert sample.target.pieces == (10, 11, FORM.end_id, FORM.end_id, 14)


def test_bart_writes_the_whole_passage() -> None:
    made = seq2seq_gaps(begin_id=0, end_id=2, start_id=3, mask_id=4)
    sample = made([10, 11, 12], [(1, 3)])
    assert sample.input == ((0, 10, 4, 2), (3,))
    assert sample.target.pieces == (0, 10, 11, 12)


def texts(n: int) -> list[Document]:
    return [Document(f"t{number}", "fever and heart " * (number + 2)) for number in range(n)]


def test_held_texts_are_not_drawn_and_short_ones_are_counted() -> None:
    documents = [*texts(80), Document("short", "ab")]
    sampling = TextSampling(length=12)
    seen = []

    def gaps(passage, _):
        seen.append(tuple(passage))
        return mini_gaps(FORM)(passage, [(0, 1)])

    samples = TextSamples(FORM, documents, sampling, gaps)
    n_held = sum(held_out(document.id) for document in documents)
    assert 0 < n_held < 10
    assert len(samples) == 80 - n_held and len(samples.held()) == n_held
    assert samples.left_out == {"fewer than 8 pieces": 1}
    stream = samples.stream(np.random.default_rng(0))
    seen.clear()
    for _ in range(50):
        next(stream)
    assert {len(each) for each in seen} <= set(range(8, 13))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_numbers_draw_the_same_samples(seed) -> None:
    samples = TextSamples(FORM, texts(20), TextSampling(length=12), mini_gaps(FORM))
    streams = [samples.stream(np.random.default_rng(each)) for each in (seed, seed, seed + 1)]
    first, second, other = ([next(stream) for _ in range(20)] for stream in streams)
    assert first == second != other
