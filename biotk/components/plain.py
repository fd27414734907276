"""What is stored on a Doc: plain values in ``doc.user_data``, so that to_bytes and DocBin work.

Keys have the form of spaCy's own custom attributes, ``("._.", name, start, end)`` in characters:
such entries move along with their text in ``Doc.from_docs``, and nothing of them is ever shown in
a warning.
"""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc, Span

from biotk.document import Abbreviation, Candidate, Link

_LINKS = "biotk_link_data"
_ABBREVIATION = "biotk_abbreviation_data"


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
    }


def get_link(span: Span) -> Link | None:
    """:returns: the link of the span's place and label; None where it was not linked."""
    links: dict[str, dict[str, Any]] = _data(span.doc).get(_key(_LINKS, span), {})
    plain = links.get(span.label_)
    if plain is None:
        return None
    interval = plain.get("nil_interval")
    parts = {
        "candidates": tuple(Candidate(*row) for row in plain["candidates"]),
        "nil_interval": None if interval is None else tuple(interval),
    }
    return Link(**{**plain, **parts})


def set_abbreviations(doc: Doc, abbreviations: tuple[Abbreviation, ...]) -> None:
    """Keep the abbreviations of a document, each at the place of its short form."""
    for a in abbreviations:
        # The long form's place is told from the short form's, so that both can move.
        plain = [a.short, a.long, a.long_start - a.start, a.long_end - a.start]
        _data(doc)[("._.", _ABBREVIATION, a.start, a.end)] = plain


def get_abbreviations(doc: Doc) -> tuple[Abbreviation, ...]:
    """:returns: the abbreviations, in order; none where nobody has looked for them."""
    found = [
        _abbreviation(key[2], key[3], plain)
        for key, plain in _data(doc).items()
        if isinstance(key, tuple) and len(key) == 4 and key[1] == _ABBREVIATION
    ]
    return tuple(sorted(found, key=lambda a: (a.start, a.end)))


def abbreviation_at(doc: Doc, start: int, end: int) -> Abbreviation | None:
    """:returns: the abbreviation whose short form stands just there."""
    plain = _data(doc).get(("._.", _ABBREVIATION, start, end))
    return None if plain is None else _abbreviation(start, end, plain)


def _abbreviation(start: int, end: int, plain: list[Any]) -> Abbreviation:
    short, long, long_start, long_end = plain
    return Abbreviation(start, end, short, long, start + long_start, start + long_end)


def _key(name: str, span: Span) -> tuple[str, str, int, int]:
    return ("._.", name, span.start_char, span.end_char)


def _data(doc: Doc) -> dict[Any, Any]:
    """The stubs know string keys only; spaCy itself uses tuples here."""
    return doc.user_data
