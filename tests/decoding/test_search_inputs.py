"""What a search makes of repeated, shared, wrong and too large inputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from oracles import close, random_inputs, random_names
from tiny import build_tiny
from tiny_bpe import tiny_bpe
from tiny_models import tiny_model

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.errors import InputError, UnknownNameError
from biotk.index.kb_trie import open_kb_trie
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset
from biotk.kb import open_kb
from biotk.nn.genbioel_format import GenbioelFormat
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.seq2seq import Seq2Seq

NAMES = random_names(50, seed=7)


@pytest.fixture
def search() -> ConstrainedSearch:
    trie = TokenTrie.from_sequences(NAMES)
    return ConstrainedSearch(Seq2Seq(tiny_model("bart", seed=7)), trie)


@pytest.fixture
def encoded(search, monkeypatch) -> list[int]:
    """:returns: how many sources each call of the encoder had."""
    calls: list[int] = []
    encode = search.model.encode

    def counted(sources):
        calls.append(len(sources))
        return encode(sources)

    monkeypatch.setattr(search.model, "encode", counted)
    return calls


def same(one, other) -> bool:
    pairs = zip(one.names, other.names, strict=True)
    return all(a.node == b.node and close(a.score, b.score) for a, b in pairs)


def test_equal_inputs_are_decoded_once_and_answered_each(search, encoded) -> None:
    first, second = random_inputs(2, seed=0, start=2)
    results = search.search([first, second, first, first])
    assert encoded == [2]
    assert results[0] == results[2] == results[3] != results[1]


def test_mentions_of_one_source_share_its_encoding(search, encoded) -> None:
    source = (10, 20, 30, 2)
    inputs = [Seq2SeqInput(source, (2, token)) for token in (11, 12, 13)]
    inputs.append(Seq2SeqInput((40, 2), (2,)))
    together = search.search(inputs)
    assert encoded == [2]
    alone = [search.search([each])[0] for each in inputs]
    assert all(map(same, together, alone))
    assert not same(together[0], together[1])


def test_batch_that_is_too_large_is_split_and_nothing_is_lost(search, encoded, monkeypatch) -> None:
    inputs = random_inputs(20, seed=1, start=2)
    want = search.search(inputs)
    encoded.clear()
    feed = search.model.feed

    def limited(memory, tokens, *rest, **options):
        if memory.n_sources > 3:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to …")
        return feed(memory, tokens, *rest, **options)

    monkeypatch.setattr(search.model, "feed", limited)
    assert all(map(same, search.search(inputs), want))
    assert max(encoded) == 20 and sum(n for n in encoded if n <= 3) == 20


@pytest.mark.parametrize("error", [MemoryError("none"), torch.OutOfMemoryError("CUDA")])
def test_no_memory_for_one_mention_is_told(search, monkeypatch, error) -> None:
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(search.model, "feed", fail)
    with pytest.raises(MemoryError, match="one mention"):
        search.search(random_inputs(5, seed=1, start=2))


def test_other_failures_are_not_taken_for_lack_of_memory(search, monkeypatch) -> None:
    def fail(*_, **__):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(search.model, "feed", fail)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        search.search(random_inputs(2, seed=1, start=2))


@pytest.mark.parametrize("normalisation", ["trie", "vocabulary"])
@pytest.mark.parametrize("place", ["decoder", "output"])
def test_weights_that_are_no_numbers_are_an_error(normalisation, place) -> None:
    model = tiny_model("bart")
    with torch.no_grad():
        if place == "decoder":
            model.model.decoder.layers[1].fc1.weight[0, 0] = torch.nan
        else:
            model.final_logits_bias[0, NAMES[0][-1]] = torch.nan
    options = SearchOptions(normalisation=normalisation, beams=50, n_best=0)
    search = ConstrainedSearch(Seq2Seq(model), TokenTrie.from_sequences(NAMES), options)
    with pytest.raises(InputError, match="not finite"):
        search.search(random_inputs(3, seed=0, start=2))


@pytest.mark.parametrize(
    ("each", "told"),
    [
        (Seq2SeqInput((), (2,)), "input 1: its source is empty"),
        (Seq2SeqInput((5, 2), ()), "input 1: its prefix is empty"),
        (Seq2SeqInput((5,) * 65, (2,)), "input 1: its source has 65 tokens; .* leaves 64"),
        (Seq2SeqInput((5, 2), (2,) * 59), "input 1: its prefix has 59 tokens; .* leaves 58"),
    ],
)
def test_input_that_does_not_fit_is_named(search, each, told) -> None:
    good = Seq2SeqInput((5, 2), (2,) * 58)
    with pytest.raises(InputError, match=told):
        search.search([good, each])
    assert search.search([good])[0].names


def test_trie_of_another_tokenizer_is_refused() -> None:
    with pytest.raises(InputError, match="the trie has token 60, but the model knows 60 tokens"):
        ConstrainedSearch(Seq2Seq(tiny_model("bart")), TokenTrie.from_sequences([(10,), (11, 60)]))


@pytest.mark.parametrize("nil", [NAMES[0][0], 60, -1])
def test_nil_token_must_be_free_and_known(nil) -> None:
    trie = TokenTrie.from_sequences(NAMES)
    with pytest.raises(InputError, match=f"nil_id is {nil}"):
        ConstrainedSearch(Seq2Seq(tiny_model("bart")), trie, SearchOptions(nil_id=nil))


def test_subset_of_another_trie_is_refused(search) -> None:
    other = TokenTrie.from_sequences(NAMES)
    with pytest.raises(InputError, match="another trie"):
        search.search([], subset=TrieSubset(other, np.ones(50, bool)))


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"'softmax'.*trie, vocabulary"):
        SearchOptions(normalisation="softmax")
    for wrong in ({"beams": 0}, {"n_best": -1}, {"batch_size": 0}, {"beams": 2, "n_best": 3}):
        with pytest.raises(InputError, match=next(iter(reversed(wrong)))):
            SearchOptions(**wrong)


@pytest.mark.parametrize("normalisation", ["trie", "vocabulary"])
@pytest.mark.parametrize("shape", ["bart", "t5"])
def test_bf16_stays_near_fp32(shape, normalisation) -> None:
    options = SearchOptions(normalisation=normalisation, beams=50, n_best=0)
    trie, results = TokenTrie.from_sequences(NAMES), []
    for dtype in (torch.float32, torch.bfloat16):
        model = Seq2Seq(tiny_model(shape, spread=0.5).to(dtype))
        inputs = random_inputs(4, seed=3, start=model.start_id)
        results.append(ConstrainedSearch(model, trie, options).search(inputs))
    for exact, rough in zip(*results):
        scores = {name.node: name.score for name in exact.names}
        assert all(abs(scores[name.node] - name.score) < 0.3 for name in rough.names)
        if normalisation == "trie":
            assert math.isclose(rough.mass_in, 1.0, abs_tol=1e-6)  # whatever the scores are


def test_genbioel_finds_concepts_of_a_kb_in_a_passage(tmp_path) -> None:
    kb, form = open_kb(build_tiny(tmp_path)), GenbioelFormat(tiny_bpe())
    trie = open_kb_trie(kb, form, cleaning="genbioel")
    model = Seq2Seq(tiny_model("bart", vocabulary=267))
    form = GenbioelFormat(tiny_bpe(), max_tokens=model.max_length)
    text = "He has had a fever since Monday; no cough."
    inputs = [form.encode(text, start=text.index(word), end=text.index(word) + 5)
              for word in ("fever", "cough")]  # fmt: skip
    for normalisation in ("trie", "vocabulary"):
        options = SearchOptions(normalisation=normalisation, beams=40, n_best=0)
        search = ConstrainedSearch(model, trie, options)
        subset = trie.subset(kb.subset(types=["Chemical"]))
        for decoded in search.search(inputs):
            found = {concept for name in decoded.names for concept in trie.concepts_at(name.node)}
            assert found == set(range(len(kb)))
        for decoded in search.search(inputs, subset=subset):
            found = {concept for name in decoded.names for concept in subset.concepts_at(name.node)}
            assert found == set(kb.subset(types=["Chemical"]).indices)
