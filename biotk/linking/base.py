"""What every linker offers, and how a whole document is linked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from biotk.document import Abbreviation, Document, Link, Mention
from biotk.kb import KnowledgeBase
from biotk.text.abbreviations import find_abbreviations


@runtime_checkable
class Linker(Protocol):
    """Links mentions to concepts of one KB, or to NIL."""

    kb: KnowledgeBase

    def link(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> Link:
        """Link one mention.

        :param text: the mention.
        :param type: its entity type; concepts of that type are preferred.
        :param long_form: the mention with its short forms written out, if it has any.
        """


class LongForms:
    """Writes out the short forms in the mentions of one document.

    :param abbreviations: the uses of short forms; each has the long form that holds there.

    >>> forms = LongForms((Abbreviation(30, 33, "CHF", "congestive heart failure", 0, 24),))
    >>> forms.of("severe CHF", 23, 33)
    'severe congestive heart failure'
    """

    def __init__(self, abbreviations: Sequence[Abbreviation]) -> None:
        self._uses = sorted(abbreviations, key=lambda use: use.start)
        self._starts = [use.start for use in self._uses]

    def of(self, text: str, start: int, end: int) -> str | None:
        """Write a mention out.

        A mention that defines a short form itself, "heart failure (HF) clinic", loses it.

        :param text: the mention, ``document[start:end]``.
        :returns: the mention written out; None if it holds no short form.
        """
        first = bisect_left(self._starts, start)
        inside = [use for use in self._uses[first : first + len(text)] if use.end <= end]
        if not inside:
            return None
        parts: list[str] = []
        at = start
        for use in inside:
            before = text[at - start : use.start - start]
            defined_here = start <= use.long_start and use.long_end <= use.start
            if defined_here:
                parts.append(before.rstrip("([ "))
                at = use.end + (text[use.end - start : use.end - start + 1] in (")", "]"))
            else:
                parts.extend((before, use.long))
                at = use.end
        parts.append(text[at - start :])
        return " ".join("".join(parts).split())


def long_form_of(mention: Mention, forms: LongForms) -> str | None:
    """:returns: a mention written out; None if it holds no short form, or has several ranges."""
    if len(mention.spans) > 1:
        return None
    return forms.of(mention.text, mention.start, mention.end)


def link_document(linker: Linker, document: Document) -> Document:
    """Link all mentions of a document, its abbreviations written out.

    :returns: the document with one link on each mention; links that were there are replaced.
    """
    abbreviations = document.abbreviations or find_abbreviations(document.text)
    forms = LongForms(abbreviations)

    def linked(mention: Mention) -> Mention:
        long_form = long_form_of(mention, forms)
        link = linker.link(mention.text, type=mention.type, long_form=long_form)
        return replace(mention, links=(link,))

    return replace(
        document, mentions=tuple(map(linked, document.mentions)), abbreviations=abbreviations
    )
