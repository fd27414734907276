"""Texts become units that nothing is lost of, and windows that tile them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_mini import piece
from tiny_tagger import tiny_tagger_form

from biotk.nn.tagger_format import MAX_PIECES, N_SHAPES, recased, windows_of

FORM = tiny_tagger_form()


def words(text: str) -> list[str]:
    units = FORM.units_of(text)
    return [text[a:b] for a, b in zip(units.starts, units.ends)]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("IL-2mediated", ["IL", "-", "2", "mediated"]),
        ("hGRalpha-D401H", ["h", "GR", "alpha", "-", "D", "401", "H"]),
        ("Graves' p53+", ["Graves", "'", "p", "53", "+"]),
        ("un\u0303o\u0301 a_b", ["un\u0303o\u0301", "a", "_", "b"]),
        ("\u7cd6\u5c3f\u75c5 x\u200by \u03b1-cell", [*"\u7cd6\u5c3f\u75c5x\u200by\u03b1-", "cell"]),
        (" \n\t", []),
    ],
)
def test_unit_is_cut_where_a_mention_may_begin_or_end(text, want) -> None:
    assert words(text) == want


@given(st.text(max_size=60))
def test_units_have_all_that_is_no_blank_and_a_piece_each(text) -> None:
    units = FORM.units_of(text)
    places = [at for a, b in zip(units.starts, units.ends) for at in range(a, b)]
    assert places == [at for at, char in enumerate(text) if not char.isspace()]
    lengths = np.diff(units.offsets)
    assert len(units.ids) == units.offsets[-1]
    assert not len(units) or (lengths.min() >= 1 and lengths.max() <= MAX_PIECES)
    assert not len(units) or (units.shapes.min() >= 0 and units.shapes.max() < N_SHAPES)


def test_pieces_are_those_of_the_encoder_and_what_has_none_is_unknown() -> None:
    units = FORM.units_of("Fever\u200b2 [SEP]")
    assert units.ids.tolist()[:3] == [piece("fever"), piece("[UNK]"), piece("2")]
    assert piece("[SEP]") not in units.ids


def test_long_unit_is_read_in_part_and_stays_one_unit() -> None:
    units = FORM.units_of("x" * 90)
    assert len(units) == 1 and units.offsets.tolist() == [0, MAX_PIECES]


def test_cache_that_is_full_begins_anew(monkeypatch) -> None:
    monkeypatch.setattr("biotk.nn.tagger_format._CACHE", 2)
    form = tiny_tagger_form()
    first = form.units_of("a b c d")
    assert form.units_of("d c e a").ids.tolist() == [*first.ids[[3, 2]], piece("e"), first.ids[0]]


def test_shape_tells_case_length_and_blanks_around() -> None:
    text = "Fever fever FEVER F 12 12345 - \u03b1 (fever)"
    shapes = FORM.units_of(text).shapes.tolist()
    assert len(set(shapes)) == 11  # all but the two brackets' neighbours differ from one another


def test_text_is_read_as_if_in_another_case() -> None:
    plain, shouted = FORM.units_of("no Fever x 2-il"), FORM.units_of("NO FEVER X 2-IL")
    assert plain.ids.tolist() == shouted.ids.tolist()
    assert recased(plain.shapes, capitals=True).tolist() == shouted.shapes.tolist()
    small = FORM.units_of("no fever x 2-il")
    assert recased(shouted.shapes, capitals=False).tolist() == small.shapes.tolist()


LONG = "there was no further sign of heart "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n \nc\n\n", ["b", "c"]),
        ("a\r\nb\rc", ["b", "c"]),
        ("fever\tcough", ["cough"]),
        ("- gout\n- a cold\n2. croup", ["-", "a", "2", "croup"]),
        (f"{LONG}xxxxxx\nfailure or lung", []),
        (f"{LONG}xxxxxx\nFailure", ["Failure"]),
        (f"{LONG}xxxxxx\n- failure", ["-", "failure"]),
        (f"{LONG}xxxxxx\n\nfailure", ["failure"]),
        ("of the heart\nfailure", ["failure"]),
    ],
)
def test_breaks_are_where_a_line_ends_that_was_not_merely_full(text, expected) -> None:
    units = FORM.units_of(text)
    found = [text[s:e] for s, e, b in zip(units.starts, units.ends, units.breaks) if b]
    assert found == expected


@given(
    st.lists(st.integers(1, MAX_PIECES), max_size=80),
    st.integers(MAX_PIECES, 60),
    st.integers(0, 20),
)
def test_windows_tile_the_units_and_none_is_too_long(lengths, window, overlap) -> None:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    found = windows_of(offsets, window=window, overlap=overlap)
    kept = [unit for each in found for unit in range(each.keep_start, each.keep_end)]
    assert kept == list(range(len(lengths)))
    for each in found:
        assert each.start <= each.keep_start <= each.keep_end <= each.end
        assert 0 < offsets[each.end] - offsets[each.start] <= window
    if len(offsets) and offsets[-1] <= window:
        assert len(found) == bool(lengths)


def test_windows_overlap_and_the_last_reaches_back() -> None:
    found = windows_of(np.arange(101), window=40, overlap=10)
    assert [(w.start, w.end) for w in found] == [(0, 40), (30, 70), (60, 100)]
    assert [(w.keep_start, w.keep_end) for w in found] == [(0, 35), (35, 65), (65, 100)]
    *_, last = windows_of(np.arange(104), window=40, overlap=10)
    assert (last.start, last.end) == (63, 103)
