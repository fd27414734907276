"""What is stored on a Doc: plain values in ``doc.user_data``, so that to_bytes and DocBin work.

Keys have the form of spaCy's own custom attributes, ``("._.", name, start, end)`` in characters:
such entries move along with their text in ``Doc.from_docs``, and nothing of them is ever shown in
a warning.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from spacy.tokens import Doc, Span

from biotk.document import Abbreviation, Candidate, CandidateSets, Link, Section, section_at
from biotk.genomics import Variant

_LINKS = "biotk_link_data"
_ABBREVIATION = "biotk_abbreviation_data"
_SECTIONS = "biotk_section_data"
_SCORES = "biotk_score_data"
_VARIANT = "biotk_variant_data"

# The start, end, title's start and end, category, parent and source of a section.
_Row = tuple[int, int, int, int, str | None, int | None, str | None]


def set_link(span: Span, link: Link) -> None:
    """Keep a link for the span's place and label."""
    links = _data(span.doc).setdefault(_key(_LINKS, span), {})
    links[span.label_] = {
        "concept_id": link.concept_id,
        "name": link.name,
        "matched": link.matched,
        "score": link.score,
        "route": link.route,
        "query": link.query,
        "candidates": [
            [c.concept_id, c.name, c.score, c.route, c.tied, c.log_prob] for c in link.candidates
        ],
        "reasons": dict(link.reasons),
        "log_prob": link.log_prob,
        "nil_interval": None if link.nil_interval is None else list(link.nil_interval),
        "probability": link.probability,
        "sets": None if link.sets is None else [list(link.sets.levels), link.sets.reached],
    }


def get_link(span: Span) -> Link | None:
    """:returns: the link of the span's place and label; None where it was not linked."""
    links: dict[str, dict[str, Any]] = _data(span.doc).get(_key(_LINKS, span), {})
    plain = links.get(span.label_)
    if plain is None:
        return None
    interval, sets = plain.get("nil_interval"), plain.get("sets")
    parts = {
        "candidates": tuple(Candidate(*row) for row in plain["candidates"]),
        "nil_interval": None if interval is None else tuple(interval),
        "sets": None if sets is None else CandidateSets(tuple(sets[0]), sets[1]),
    }
    return Link(**{**plain, **parts})


def set_score(span: Span, score: float) -> None:
    """Keep how sure a detector is of a mention, for the span's place and label."""
    _data(span.doc).setdefault(_key(_SCORES, span), {})[span.label_] = score


def get_score(span: Span) -> float | None:
    """:returns: how sure a detector is of the mention; None where it has not said so."""
    scores: dict[str, float] = _data(span.doc).get(_key(_SCORES, span), {})
    return scores.get(span.label_)


def set_abbreviations(doc: Doc, abbreviations: tuple[Abbreviation, ...]) -> None:
    """Keep the abbreviations of a document, each at the place of its short form."""
    for a in abbreviations:
        # The long form's place is told from the short form's, so that both can move.
        plain = [a.short, a.long, a.long_start - a.start, a.long_end - a.start]
        _data(doc)[("._.", _ABBREVIATION, a.start, a.end)] = plain


def get_abbreviations(doc: Doc) -> tuple[Abbreviation, ...]:
    """:returns: the abbreviations, in order; none where nobody has looked for them."""
    found = [_abbreviation(key[2], key[3], plain) for key, plain in _entries(doc, _ABBREVIATION)]
    return tuple(sorted(found, key=lambda a: (a.start, a.end)))


def abbreviation_at(doc: Doc, start: int, end: int) -> Abbreviation | None:
    """:returns: the abbreviation whose short form stands just there."""
    plain = _data(doc).get(("._.", _ABBREVIATION, start, end))
    return None if plain is None else _abbreviation(start, end, plain)


def _abbreviation(start: int, end: int, plain: list[Any]) -> Abbreviation:
    short, long, long_start, long_end = plain
    return Abbreviation(start, end, short, long, start + long_start, start + long_end)


def set_variants(doc: Doc, variants: Sequence[Variant]) -> None:
    """Keep the variants of a document in place of those that it had."""
    data = _data(doc)
    for key, _ in _entries(doc, _VARIANT):
        del data[key]
    for v in variants:
        data[("._.", _VARIANT, v.start, v.end)] = [
            v.text,
            v.kind,
            v.normalised,
            v.reference,
            v.gene,
        ]


def get_variants(doc: Doc) -> tuple[Variant, ...]:
    """:returns: the variants, in order; none where nobody has looked for them."""
    found = [Variant(key[2], key[3], *row) for key, row in _entries(doc, _VARIANT)]
    return tuple(sorted(found, key=lambda v: (v.start, v.end)))


def variant_of(span: Span) -> Variant | None:
    """:returns: the variant that stands just where a span does; None for others."""
    row = _data(span.doc).get(_key(_VARIANT, span))
    return None if row is None else Variant(span.start_char, span.end_char, *row)


def set_sections(doc: Doc, sections: Sequence[Section]) -> None:
    """Keep the sections of a document in place of those that it had."""
    data = _data(doc)
    for key, _ in _runs(doc):
        del data[key]
    data[("._.", _SECTIONS, 0, _length(doc))] = [
        [s.start, s.end, s.title_start, s.title_end, s.category, s.parent, s.source]
        for s in sections
    ]


def get_sections(doc: Doc) -> tuple[Section, ...]:
    """:returns: the sections, in order; none where nobody has looked for them.

    Of a document that is a part of another one (``span.as_doc(copy_user_data=True)``) those that
    reach into it, cut to it.
    """
    sections: list[Section] = []
    length = _length(doc)
    for key, rows in _runs(doc):
        shift = key[2]
        places: dict[int | None, int] = {}  # where a section of the run is among all that are left
        for number, row in enumerate(rows):
            start, end, *title = (min(max(offset + shift, 0), length) for offset in row[:4])
            if start < end:
                places[number] = len(sections)
                category, parent, source = row[4:]
                told = category, places.get(parent), source
                sections.append(Section(start, end, title[0], title[1], *told))
    return tuple(sections)


def section_of(span: Span) -> Section | None:
    """:returns: the section that a span starts in, of nested ones the innermost; None for none."""
    doc, offset = span.doc, span.start_char
    rows: list[_Row] | None = _data(doc).get(("._.", _SECTIONS, 0, _length(doc)))
    if rows is None:  # joined with others, or cut out
        return section_at(get_sections(doc), offset)
    at = bisect_right(rows, offset, key=itemgetter(0)) - 1
    while at >= 0 and rows[at][1] <= offset:
        at -= 1
    return Section(*rows[at]) if at >= 0 else None


def _runs(doc: Doc) -> list[tuple[tuple[str, str, int, int], list[_Row]]]:
    """:returns: the sections of each of the documents that this one was joined from, in order."""
    return sorted(_entries(doc, _SECTIONS))


def _entries(doc: Doc, name: str) -> list[tuple[tuple[str, str, int, int], Any]]:
    """:returns: what is kept under a name, with its places."""
    return [
        (key, value)
        for key, value in _data(doc).items()
        if isinstance(key, tuple) and len(key) == 4 and key[1] == name
    ]


def _length(doc: Doc) -> int:
    """The length of the text, which spaCy puts together anew each time that it is asked for."""
    return doc[-1].idx + len(doc[-1].text_with_ws) if len(doc) else 0


def _key(name: str, span: Span) -> tuple[str, str, int, int]:
    return ("._.", name, span.start_char, span.end_char)


def _data(doc: Doc) -> dict[Any, Any]:
    """The stubs know string keys only; spaCy itself uses tuples here."""
    return doc.user_data
