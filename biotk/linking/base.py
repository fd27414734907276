"""What every linker offers, and how whole documents are linked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol, runtime_checkable

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate, Document, Link
from biotk.errors import KbMismatchError
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.long_forms import LongForms
from biotk.linking.query import Query, query_of
from biotk.text.abbreviations import find_abbreviations


@runtime_checkable
class Linker(Protocol):
    """Links mentions to concepts of one KB, or to NIL."""

    kb: KnowledgeBase

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; what a model does, it does for all of them together.

        :param queries: the mentions, in their passages where these are known.
        :param exhaustive: rank all candidates, for whoever looks at them. Without it a linker may
            stop as soon as the first one is certain; the answer is the same.
        :returns: a link each, in their order.
        """

    def link(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> Link:
        """Link one mention without its passage.

        :param text: the mention.
        :param type: its entity type; concepts of that type are preferred.
        :param long_form: the mention with its short forms written out, if it has any.
        """

    def candidates(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> tuple[Candidate, ...]:
        """Rank the concepts that a mention may mean.

        :returns: best first, each concept once. Ties stand in order of concept ids.
        """


class BatchLinker(ABC):
    """What is the same in linkers that work on batches."""

    @abstractmethod
    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`Linker.link_batch`."""

    def link(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> Link:
        """Link one mention without its passage; see :meth:`Linker.link`."""
        return self.link_batch([Query(text, type, long_form)])[0]

    def candidates(
        self,
        text: str,
        *,
        type: str | None = None,
        long_form: str | None = None,
    ) -> tuple[Candidate, ...]:
        """Rank the concepts that a mention may mean; see :meth:`Linker.candidates`."""
        query = Query(text, type, long_form)
        return self.link_batch([query], exhaustive=True)[0].candidates


def check_parts(kb: KnowledgeBase, subset: KbSubset | None, learned: LearnedNames | None) -> None:
    """Make sure that what a linker is given belongs to its KB, and tell if the subset is empty.

    :raises KbMismatchError: the subset or the learned names belong to another KB.
    """
    for part in (subset, learned):
        if part is not None and part.kb_fingerprint != kb.fingerprint:
            raise KbMismatchError(
                f"{type(part).__name__} was made from KB {part.kb_fingerprint}, "
                f"the linker's is {kb.fingerprint}: make it from this KB"
            )
    if subset is not None:
        subset.tell_if_empty(f"the part of the KB {kb.manifest.name!r} is empty")


def link_document(linker: Linker, document: Document) -> Document:
    """Link all mentions of a document, its abbreviations written out.

    :returns: the document with one link on each mention; links that were there are replaced.
    """
    return link_documents(linker, [document])[0]


def link_documents(linker: Linker, documents: Iterable[Document]) -> list[Document]:
    """Link all mentions of some documents in one batch; see :func:`link_document`."""
    explained = [
        replace(each, abbreviations=each.abbreviations or find_abbreviations(each.text))
        for each in documents
    ]
    queries = []
    for document in explained:
        forms = LongForms(document.abbreviations)
        queries += [query_of(document.text, mention, forms) for mention in document.mentions]
    links = iter(linker.link_batch(queries))
    return [
        replace(
            document,
            mentions=tuple(
                replace(mention, links=(link,))
                for mention, link in zip(
                    document.mentions, islice(links, len(document.mentions)), strict=True
                )
            ),
        )
        for document in explained
    ]
