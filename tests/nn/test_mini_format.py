"""The inputs of biotk-mini, piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_mini import PIECES, piece, tiny_form, tiny_pieces

from biotk.errors import InputError
from biotk.index.kb_trie import NameEncoder
from biotk.nn.inputs import InputFormat
from biotk.nn.mini_format import MiniFormat, padded

N = len(PIECES)
CLS, SEP = 2, 3


def test_input_is_context_marked_mention_and_prefix() -> None:
    form = tiny_form(window=3)
    text = "a fever, Heart (x) ab"
    found = form.encode(text, start=9, end=14)
    left = [piece("a"), piece("fever"), piece(",")]
    right = [piece("("), piece("x"), piece(")")]
    heart = piece("heart")
    assert found.source == (CLS, *left, heart + N, *right, SEP)
    assert found.prefix == (CLS, heart, SEP)
    assert form.encode("Heart", start=0, end=5).source == (CLS, heart + N, SEP)


def test_context_next_to_the_mention_is_kept_and_a_long_mention_is_cut() -> None:
    form = tiny_form(window=2, max_mention=3)
    found = form.encode("a b c d-e-f g h i", start=6, end=11)
    assert found.source == (
        CLS, piece("b"), piece("c"), piece("d") + N, piece("-") + N, piece("e") + N,
        piece("g"), piece("h"), SEP,
    )  # fmt: skip
    assert found.prefix == (CLS, piece("d"), piece("-"), piece("e"), SEP)
    assert len(found.source) <= form.longest == 2 * 2 + 3 + 2
    bare = tiny_form(window=0).encode("a b c", start=2, end=3)
    assert bare.source == (CLS, piece("b") + N, SEP)


def test_long_form_stands_in_the_place_of_the_mention() -> None:
    form = tiny_form()
    found = form.encode("an HF b", start=3, end=5, expansion="heart fever")
    assert found.prefix == (CLS, piece("heart"), piece("fever"), SEP)
    assert found.source[:3] == (CLS, piece("a"), piece("##n"))


def test_text_cannot_say_end_or_nil() -> None:
    form = tiny_form(max_mention=9)
    found = form.encode("[SEP] [MASK]", start=0, end=12)
    special = {form.begin_id, form.end_id, form.nil_id}
    assert not special & set(found.prefix[1:-1])
    (name,) = form.encode_batch(["[MASK] [SEP] [CLS]"])
    assert not special & set(name) and form.unknown_id not in name


def test_unknown_pieces_are_told_by_their_id() -> None:
    form = tiny_form()
    assert list(form.encode_batch(["a", "日", ""])) == [[piece("a")], [form.unknown_id], []]
    assert form.unknown_id == piece("[UNK]")


def test_bad_mentions_are_refused() -> None:
    form = tiny_form()
    for start, end in ((2, 2), (-1, 2), (0, 9)):
        with pytest.raises(InputError, match="name no mention"):
            form.encode("a b", start=start, end=end)
    with pytest.raises(InputError, match="is blank"):
        form.encode("a   b", start=1, end=3)


def test_format_is_what_linkers_and_tries_ask_for() -> None:
    form = tiny_form()
    assert isinstance(form, NameEncoder)
    as_format: InputFormat = form
    assert as_format.fingerprint


def test_fingerprints_tell_tokenizers_apart() -> None:
    form = tiny_form()
    same, other, cased = tiny_pieces(), tiny_pieces(), tiny_pieces()
    same.enable_truncation(5)
    same.enable_padding()
    other.add_tokens(["more"])
    cased.normalizer = type(cased.normalizer)(lowercase=False)
    for name in ("fingerprint", "vocabulary_fingerprint"):
        want = getattr(form, name)
        assert len(want) == 16
        assert getattr(MiniFormat(same), name) == want
        assert getattr(MiniFormat(other), name) != want
        assert getattr(MiniFormat(cased), name) != want


def test_tokenizer_that_is_none_of_bert_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"no tokenizer\.json"):
        MiniFormat.load(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.json cannot be read"):
        MiniFormat.load(tmp_path)
    from tiny_bpe import tiny_bpe

    with pytest.raises(InputError, match=r"no \[CLS\]"):
        MiniFormat(tiny_bpe())


def test_padded_sources_say_what_is_marked_and_what_is_padding() -> None:
    ids, marks, padding = padded([(1, 2 + N), (3 + N, 4, 5)], n_pieces=N)
    assert np.array_equal(ids, [[1, 2, 0], [3, 4, 5]])
    assert np.array_equal(marks, [[0, 1, 0], [1, 0, 0]])
    assert np.array_equal(padding, [[False, False, True], [False, False, False]])
