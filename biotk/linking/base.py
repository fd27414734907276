"""What every linker offers, and how a whole document is linked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def long_form(text: str, long_forms: Mapping[str, str]) -> str | None:
    """Write out the short forms in a mention.

    :param text: the mention.
    :param long_forms: from short forms to long ones, of one document.
    :returns: the mention written out; None if it holds no short form.

    >>> long_form("severe CHF", {"CHF": "congestive heart failure"})
    'severe congestive heart failure'
    """
    if text in long_forms:
        return long_forms[text]
    if text.endswith("s") and text[:-1] in long_forms:
        return long_forms[text[:-1]]
    words = text.split()
    if len(words) < 2 or not any(word in long_forms for word in words):
        return None
    return " ".join(long_forms.get(word, word) for word in words)


def long_forms_of(abbreviations: Sequence[Abbreviation]) -> dict[str, str]:
    """:returns: from each short form to its first long form."""
    forms: dict[str, str] = {}
    for abbreviation in abbreviations:
        forms.setdefault(abbreviation.short, abbreviation.long)
    return forms


def link_document(linker: Linker, document: Document) -> Document:
    """Link all mentions of a document, its abbreviations written out.

    :returns: the document with one link on each mention; links that were there are replaced.
    """
    abbreviations = document.abbreviations or find_abbreviations(document.text)
    forms = long_forms_of(abbreviations)

    def linked(mention: Mention) -> Mention:
        link = linker.link(
            mention.text, type=mention.type, long_form=long_form(mention.text, forms)
        )
        return replace(mention, links=(link,))

    return replace(
        document, mentions=tuple(map(linked, document.mentions)), abbreviations=abbreviations
    )
