"""The decoder of our own gives the numbers of Hugging Face's, whatever order tokens come in."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_models import SHAPES, tiny_model

from biotk.errors import InputError
from biotk.nn.seq2seq import Seq2Seq

SOURCES = [[5, 6, 7, 8, 9, 2], [11, 12, 2], [20, 21, 22, 23, 2]]


def padded(rows: list[list[int]], fill: int) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask


def expected_logits(model, source: list[int], target: list[int]) -> torch.Tensor:
    """:returns: Hugging Face's logits, one source at a time. *Shape*: (target, vocabulary)."""
    with torch.inference_mode():
        return model(
            input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target])
        ).logits[0]


def feed_paths(seq2seq, memory, rows, sources):
    """Feed whole rows of tokens in one call. :returns: the hidden states of each row."""
    width = max(map(len, rows))
    tokens, paths, lengths, owners = [], [], [], []
    for row, source in zip(rows, sources):
        first = memory.used + len(tokens)
        for at, token in enumerate(row):
            slots = [first + i for i in range(at + 1)]
            paths.append(slots + [0] * (width - len(slots)))
            tokens.append(token)
            lengths.append(at + 1)
            owners.append(source)
    hidden = seq2seq.feed(memory, *(np.array(x) for x in (tokens, paths, lengths, owners)))
    return hidden.split([len(row) for row in rows])


@pytest.mark.parametrize("shape", SHAPES)
def test_feed_equals_hugging_face_on_rows_of_unequal_length(shape: str) -> None:
    model = tiny_model(shape)
    seq2seq = Seq2Seq(model)
    targets = [[2, 30, 31, 32, *range(33, 53)], [2, 40], [2, 30, 35], [2, 50, 51, 52]]
    of = [0, 2, 0, 1]
    memory = seq2seq.encode(SOURCES)
    for target, source, hidden in zip(targets, of, feed_paths(seq2seq, memory, targets, of)):
        want = expected_logits(model, SOURCES[source], target)
        torch.testing.assert_close(seq2seq.logits(hidden), want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("group", [1, 3, 1000])
def test_feed_in_groups_and_of_wanted_tokens_equals_hugging_face(shape, group, monkeypatch) -> None:
    monkeypatch.setattr("biotk.nn.decoder._GROUP", group)
    model = tiny_model(shape)
    seq2seq = Seq2Seq(model)
    target = [2, 30, 31, 32, 33]
    want = expected_logits(model, SOURCES[1], target)
    # The second half of what is fed looks back at the first, of which but little was wanted.
    for rows in (np.array([0]), np.array([2, 1])):
        memory = seq2seq.encode(SOURCES)
        tokens, paths = np.array(target), np.tril(np.ones((5, 5), np.int64)) * np.arange(5)
        lengths, of = np.arange(1, 6), np.ones(5, np.int64)
        first = seq2seq.feed(memory, tokens[:3], paths[:3], lengths[:3], of[:3], wanted=rows)
        rest = seq2seq.feed(memory, tokens[3:], paths[3:], lengths[3:], of[3:])
        for hidden, places in ((first, rows), (rest, [3, 4])):
            torch.testing.assert_close(seq2seq.logits(hidden), want[places], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_feed_equals_hugging_face_on_beams_that_share_and_fork(shape: str) -> None:
    model = tiny_model(shape, seed=1)
    seq2seq = Seq2Seq(model)
    memory = seq2seq.encode(SOURCES)
    feed_paths(seq2seq, memory, [[2, 30, 31]], [1])  # slots 0 to 2
    # Three beams behind the same prefix: one token, two tokens, and one behind a part of it.
    hidden = seq2seq.feed(
        memory,
        np.array([40, 41, 42, 43]),
        np.array([[0, 1, 2, 3, 9], [0, 1, 2, 4, 9], [0, 1, 2, 4, 5], [0, 1, 6, 9, 9]]),
        np.array([4, 4, 5, 3]),
        np.array([1, 1, 1, 1]),
    )
    targets = [[2, 30, 31, 40], [2, 30, 31, 41], [2, 30, 31, 41, 42], [2, 30, 43]]
    for row, target in zip(seq2seq.logits(hidden), targets):
        want = expected_logits(model, SOURCES[1], target)[-1]
        torch.testing.assert_close(row, want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_of_some_tokens_are_those_of_the_whole(shape: str) -> None:
    seq2seq = Seq2Seq(tiny_model(shape))
    hidden = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))
    whole = seq2seq.logits(hidden).double().numpy()
    tokens = np.array([3, 59, 17])
    some = seq2seq.logits(hidden, seq2seq.output_rows(tokens)).numpy()
    np.testing.assert_allclose(some, whole[:, tokens], atol=1e-5)
    states, each = np.array([0, 3, 3]), np.array([58, 4, 5])
    np.testing.assert_allclose(
        seq2seq.logits_of(hidden, states, each), whole[states, each], atol=1e-5
    )
    states, each = np.repeat(np.arange(4), 60), np.tile(np.arange(60), 4)
    np.testing.assert_allclose(seq2seq.logits_of(hidden, states, each), whole.ravel(), atol=1e-5)
    normal = whole - seq2seq.normaliser(hidden)[:, None]
    np.testing.assert_allclose(np.exp(normal).sum(-1), 1, atol=1e-5)


def test_normaliser_of_a_large_vocabulary_is_that_of_all_its_blocks() -> None:
    seq2seq = Seq2Seq(tiny_model("bart", vocabulary=5000))
    hidden = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    want = seq2seq.logits(hidden).logsumexp(-1).numpy()
    np.testing.assert_allclose(seq2seq.normaliser(hidden), want, atol=1e-4)


def test_memory_keeps_the_sources_that_are_still_needed() -> None:
    model = tiny_model("t5")
    seq2seq = Seq2Seq(model)
    memory = seq2seq.encode(SOURCES)
    memory.keep(np.array([2, 0]))
    assert memory.n_sources == 2
    (hidden,) = feed_paths(seq2seq, memory, [[0, 30]], [0])
    want = expected_logits(model, SOURCES[2], [0, 30])
    torch.testing.assert_close(seq2seq.logits(hidden), want, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", ["bart", "t5"])
def test_bf16_stays_near_fp32(shape: str) -> None:
    target = [[2, 30, 31, 32]]
    exact = Seq2Seq(tiny_model(shape, spread=1))
    rough = Seq2Seq(tiny_model(shape, spread=1).to(torch.bfloat16))
    logits = []
    for seq2seq in (exact, rough):
        (hidden,) = feed_paths(seq2seq, seq2seq.encode(SOURCES), target, [0])
        logits.append(seq2seq.logits(hidden))
    assert logits[1].dtype == torch.float32
    assert (logits[0] - logits[1]).abs().max() < 0.05 * logits[0].abs().max()


def test_source_of_no_length_or_too_long_is_refused() -> None:
    seq2seq = Seq2Seq(tiny_model("bart"))
    for source in ([], [5] * 65):
        with pytest.raises(InputError, match=f"source 1 has {len(source)} tokens"):
            seq2seq.encode([[5, 2], source])
    assert Seq2Seq(tiny_model("t5")).encode([[5] * 65]).n_sources == 1


def test_ids_of_start_end_and_padding_come_from_the_config() -> None:
    bart, t5 = Seq2Seq(tiny_model("bart")), Seq2Seq(tiny_model("t5"))
    assert (bart.start_id, bart.end_id, bart.pad_id, bart.max_length) == (2, 2, 1, 64)
    assert (t5.start_id, t5.end_id, t5.pad_id, t5.max_length) == (0, 1, 0, None)
    assert bart.vocabulary_size == 60
