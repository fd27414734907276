"""Passages whose mentions share one source."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_mini import tiny_form

from biotk.errors import InputError
from biotk.nn.inputs import Place
from biotk.nn.mini_passages import passage_inputs

TEXT = "fever of the kidney and pain in the heart but no cough of the lung"


def place(word: str, expansion: str | None = None) -> Place:
    start = TEXT.index(word)
    return Place(start, start + len(word), expansion)


def shown(form, source) -> list[str]:
    """:returns: the pieces of a source, marked ones in brackets."""
    n = form.n_pieces
    names = [form._tokenizer.id_to_token(piece % n) for piece in source]
    return [f"({name})" if piece >= n else name for name, piece in zip(names, source)]


def test_mentions_of_a_passage_share_its_pieces_and_are_all_marked() -> None:
    form = tiny_form(window=2)
    words = ["kidney", "heart"]
    inputs = passage_inputs(form, TEXT, [place(word) for word in words])
    (source,) = {each.source for each in inputs}
    alone = [form.encode(TEXT, start=p.start, end=p.end) for p in map(place, words)]
    assert [each.prefix for each in inputs] == [each.prefix for each in alone]
    pieces = form.encode_batch([TEXT])[0]
    kept = [piece % form.n_pieces for piece in source[1:-1]]
    assert kept == list(pieces[: len(kept)]) or any(
        kept == list(pieces[at : at + len(kept)]) for at in range(len(pieces))
    )
    marked = [piece - form.n_pieces for piece in source if piece >= form.n_pieces]
    assert marked == [piece for word in words for piece in form.encode_batch([word])[0]]


def test_mention_alone_is_read_as_ever() -> None:
    form = tiny_form(window=3)
    for word in ("kidney", "fever", "lung"):
        (found,) = passage_inputs(form, TEXT, [place(word)])
        assert found == form.encode(TEXT, start=place(word).start, end=place(word).end)


def test_what_is_far_apart_has_sources_of_its_own() -> None:
    form = tiny_form(window=1)
    near, far = place("fever"), place("lung")
    (one,) = passage_inputs(form, TEXT, [near])
    both = passage_inputs(form, TEXT, [far, near], longest=8)
    assert both[1].source == one.source
    assert both[0].source == passage_inputs(form, TEXT, [far])[0].source


def test_short_form_stays_in_the_passage_and_is_written_out_in_the_prefix() -> None:
    form = tiny_form(window=2)
    (found,) = passage_inputs(form, TEXT, [place("cough", "pain")])
    (plain,) = passage_inputs(form, TEXT, [place("cough")])
    assert found.source == plain.source
    assert found.prefix[1:-1] == tuple(form.encode_batch(["pain"])[0])


def test_blank_mention_has_no_input_and_a_place_outside_is_told() -> None:
    form = tiny_form()
    space = TEXT.index(" ")
    assert passage_inputs(form, TEXT, [Place(space, space + 1), place("fever")])[0] is None
    with pytest.raises(InputError, match="start 3 and end 900 name no mention"):
        passage_inputs(form, TEXT, [Place(3, 900)])


WORDS = [found.span() for found in re.finditer(r"\w+", TEXT)]


@given(
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)), min_size=1, max_size=6),
    st.integers(0, 3),
    st.integers(1, 12),
)
def test_every_mention_is_marked_in_its_source_where_there_is_room(pairs, window, longest) -> None:
    form = tiny_form(window=window, max_mention=60)
    places = [Place(min(one[0], other[0]), max(one[1], other[1])) for one, other in pairs]
    inputs = passage_inputs(form, TEXT, places, longest=longest)
    for each, found in zip(places, inputs, strict=True):
        mention = tuple(form.encode_batch([TEXT[each.start : each.end]])[0])
        assert found is not None
        assert found.prefix == (form.begin_id, *mention, form.end_id)
        source = found.source[1:-1]
        assert len(source) <= longest
        room = min(len(mention), longest - window)
        marked = tuple(piece + form.n_pieces for piece in mention[: max(room, 0)])
        assert any(source[at : at + len(marked)] == marked for at in range(len(source) + 1))
