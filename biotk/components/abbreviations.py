"""``biotk_abbreviations``: short forms and their long forms."""

from __future__ import annotations

from spacy.tokens import Doc, Span

from biotk.components.extensions import add_getter
from biotk.components.plain import abbreviation_at, get_abbreviations, set_abbreviations
from biotk.components.spans import whole_span
from biotk.text.abbreviations import find_abbreviations


class AbbreviationComponent:
    """Sets ``doc._.abbreviations``, the uses of short forms, and ``span._.long_form`` on each.

    :param name: its name in the pipeline.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        _add_getters()

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        # A process that was spawned has not seen the constructor.
        _add_getters()

    def __call__(self, doc: Doc) -> Doc:
        """Find the short forms of a document."""
        set_abbreviations(doc, find_abbreviations(doc.text))
        return doc


def abbreviation_spans(doc: Doc) -> list[Span]:
    """:returns: the uses of short forms, in order."""
    return [whole_span(doc, a.start, a.end, "ABBREVIATION") for a in get_abbreviations(doc)]


def long_form_span(span: Span) -> Span | None:
    """:returns: the long form of a short form, where the document defines it; None for others."""
    a = abbreviation_at(span.doc, span.start_char, span.end_char)
    return None if a is None else whole_span(span.doc, a.long_start, a.long_end, "LONG_FORM")


def _add_getters() -> None:
    add_getter(Doc, "abbreviations", abbreviation_spans)
    add_getter(Span, "long_form", long_form_span)
