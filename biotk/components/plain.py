"""What is stored on a Doc: plain values in ``doc.user_data``, so that to_bytes and DocBin work."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc, Span

from biotk.document import Abbreviation, Candidate, Link

_ABBREVIATIONS = ("biotk", "abbreviations")


def set_link(span: Span, link: Link) -> None:
    """Keep a link for the span's place and label."""
    _data(span.doc)[_link_key(span)] = {
        "concept_id": link.concept_id,
        "name": link.name,
        "matched": link.matched,
        "score": link.score,
        "route": link.route,
        "query": link.query,
        "candidates": [[c.concept_id, c.name, c.score, c.route, c.tied] for c in link.candidates],
        "reasons": dict(link.reasons),
    }


def get_link(span: Span) -> Link | None:
    """:returns: the link of the span's place and label; None where it was not linked."""
    plain: dict[str, Any] | None = _data(span.doc).get(_link_key(span))
    if plain is None:
        return None
    return Link(**{**plain, "candidates": tuple(Candidate(*row) for row in plain["candidates"])})


def _data(doc: Doc) -> dict[Any, Any]:
    """The stubs know string keys only; spaCy itself uses tuples here."""
    return doc.user_data


def _link_key(span: Span) -> tuple[str, str, int, int, str]:
    return ("biotk", "link", span.start_char, span.end_char, span.label_)


def set_abbreviations(doc: Doc, abbreviations: tuple[Abbreviation, ...]) -> None:
    """Keep the abbreviations of a document."""
    _data(doc)[_ABBREVIATIONS] = [
        [a.start, a.end, a.short, a.long, a.long_start, a.long_end] for a in abbreviations
    ]


def get_abbreviations(doc: Doc) -> tuple[Abbreviation, ...] | None:
    """:returns: the abbreviations; None where nobody has looked for them."""
    rows = _data(doc).get(_ABBREVIATIONS)
    return None if rows is None else tuple(Abbreviation(*row) for row in rows)
