"""GenBioEL's format, token by token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_bpe import FIRST_MERGED, byte, tiny_bpe
from tokenizers import Tokenizer, models, pre_tokenizers

from biotk.errors import InputError
from biotk.index.kb_trie import NameEncoder
from biotk.nn.genbioel_format import WINDOW, GenbioelFormat, split_window

IS, FE, VER = FIRST_MERGED + 1, FIRST_MERGED + 3, FIRST_MERGED + 5


def spelt(text: str) -> list[int]:
    return [byte(character) for character in text]


@pytest.fixture(scope="module")
def form() -> GenbioelFormat:
    return GenbioelFormat(tiny_bpe())


def decoded(ids) -> str:
    return tiny_bpe().decode(list(ids))


def test_input_is_that_of_the_paper_token_by_token(form) -> None:
    source, prefix = form.encode("Up Fever, ok", start=3, end=8)
    start = spelt(" up START")
    assert list(source) == [0, *start, FE, VER, *spelt(" END , ok"), 2]
    assert list(prefix) == [2, FE, VER, IS]


def test_names_get_a_blank_before_and_nothing_else(form) -> None:
    assert isinstance(form, NameEncoder)
    assert form.encode_batch(["fever", "a is"]) == [[FE, VER], [*spelt(" a"), IS]]


def test_name_follows_the_prefix_as_it_would_in_running_text(form) -> None:
    _, prefix = form.encode("fever", start=0, end=5)
    (name,) = form.encode_batch(["fever"])
    whole = tiny_bpe().encode(" fever is fever", add_special_tokens=False).ids
    assert [*prefix[1:], *name] == whole


def test_case_entities_and_line_breaks_are_evened_out(form) -> None:
    text = "A &lt; B\r\n\r\nCO&amp;X\tthen"
    start = text.index("CO")
    source, prefix = form.encode(text, start=start, end=start + 8)
    assert decoded(source[1:-1]) == " a < b START co&x END then"
    assert decoded(prefix[1:]) == " co&x is"


def test_expansion_stands_in_both_halves(form) -> None:
    source, prefix = form.encode("the HF.", start=4, end=6, expansion="Heart Failure")
    assert decoded(source[1:-1]) == " the START heart failure END ."
    assert decoded(prefix[1:]) == " heart failure is"


@pytest.mark.parametrize(
    ("n_left", "n_right", "kept"),
    [
        (0, 0, (0, 0)),
        (192, 1000, (192, 192)),
        (100, 1000, (100, 284)),
        (1000, 100, (284, 100)),
        (193, 193, (192, 192)),
        (1000, 192, (192, 192)),
    ],
)
def test_window_is_shared_as_the_original_does(n_left, n_right, kept) -> None:
    assert split_window(n_left, n_right) == kept


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 500))
def test_window_is_filled_where_there_are_words(n_left, n_right, window) -> None:
    left, right = split_window(n_left, n_right, window)
    assert 0 <= left <= n_left and 0 <= right <= n_right and left + right <= window
    assert left + right >= min(n_left + n_right, window - window % 2)


def test_words_nearest_to_the_mention_are_kept(form) -> None:
    before, after = (" ".join(f"{side}{n}" for n in range(300)) for side in "lr")
    text = f"{before} fever {after}"
    wide = GenbioelFormat(tiny_bpe(), max_tokens=10_000)
    source, _ = wide.encode(text, start=len(before) + 1, end=len(before) + 6)
    words = decoded(source[1:-1]).split()
    assert words == [
        *(f"l{n}" for n in range(108, 300)), "START", "fever", "END",
        *(f"r{n}" for n in range(192)),
    ]  # fmt: skip
    assert len(words) == WINDOW + 3
    narrow, _ = form.encode(text, start=len(before) + 1, end=len(before) + 6)
    kept = decoded(narrow[1:-1]).split()
    assert 1010 < len(narrow) <= 1024  # all the room there is, to a word or two
    at = kept.index("START")
    assert kept[:at] == words[192 - at : 192]
    assert kept[at:] == words[192 : 192 + len(kept) - at]


def test_mention_for_which_there_is_no_room_is_refused_without_its_text(form) -> None:
    secret = "sesquipedalian " * 100
    with pytest.raises(InputError, match=r"100 words .* room for 1024") as caught:
        form.encode(secret, start=0, end=len(secret))
    assert "sesqui" not in str(caught.value)


@pytest.mark.parametrize(("start", "end"), [(2, 2), (3, 2), (-1, 2), (0, 99), (1, 3)])
def test_no_mention_is_an_error(form, start, end) -> None:
    with pytest.raises(InputError, match=f"{start} (and end|to) {end}"):
        form.encode("a   b", start=start, end=end)


def test_fingerprint_changes_with_the_tokens_and_not_with_settings() -> None:
    tokenizer = tiny_bpe()
    form = GenbioelFormat(tokenizer)
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=50)
    again = GenbioelFormat(tokenizer)
    assert again.fingerprint == form.fingerprint
    assert again.encode("Up Fever, ok", start=3, end=8) == form.encode(
        "Up Fever, ok", start=3, end=8
    )
    tokenizer.add_tokens(["fever"])
    assert GenbioelFormat(tokenizer).fingerprint != form.fingerprint


def test_pieces_that_the_tokenizer_does_not_know_have_a_token(form) -> None:
    assert form.unknown_id is None  # it knows every byte
    model = models.BPE({"<unk>": 0, "Ġ": 1, "a": 2}, [], unk_token="<unk>")
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    limited = GenbioelFormat(tokenizer)
    assert limited.unknown_id == 0
    assert limited.encode_batch(["aβ"]) == [[1, 2, 0, 0]]
