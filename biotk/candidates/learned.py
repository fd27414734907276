"""Names learned from the annotated mentions of a training corpus, kept apart from the KB's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from biotk.document import Document
from biotk.kb import KnowledgeBase
from biotk.text.abbreviations import find_abbreviations
from biotk.text.normalize import bag_of, plural_key


class LearnedNames:
    """Strings that annotators linked, with how often to which concept.

    A short form that its document defines teaches its long form: what "DM" means is a matter of
    the document.

    :param kb: the KB that the concepts are in.

    >>> names.concepts("sugar diabetes")                         # doctest: +SKIP
    {1742: 3}
    """

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb_fingerprint = kb.fingerprint
        self._kb = kb
        self._plural: dict[str, Counter[int]] = {}
        self._bag: dict[str, Counter[int]] = {}
        self._text: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._plural)

    @classmethod
    def from_documents(cls, kb: KnowledgeBase, documents: Iterable[Document]) -> LearnedNames:
        """Learn from all linked mentions; composites and ids outside the KB teach nothing."""
        names = cls(kb)
        for document in documents:
            long_forms = {(a.start, a.end): a.long for a in find_abbreviations(document.text)}
            for mention in document.mentions:
                if len(mention.links) == 1 and mention.concept_ids:
                    text = long_forms.get((mention.start, mention.end), mention.text)
                    names.add(text, mention.concept_ids[0])
        return names

    def add(self, text: str, concept_id: str) -> None:
        """Learn one mention; an id that the KB does not have teaches nothing."""
        plural = plural_key(text)
        if not plural:
            return
        for concept_idx in self._kb.resolve(concept_id):
            self._plural.setdefault(plural, Counter())[concept_idx] += 1
            self._bag.setdefault(bag_of(plural.split()), Counter())[concept_idx] += 1
        self._text.setdefault(plural, text)

    def concepts(self, text: str) -> dict[int, int]:
        """:returns: concept indices and counts of a string; none for one never seen."""
        plural = plural_key(text)
        found = self._plural.get(plural) or self._bag.get(bag_of(plural.split()))
        return dict(found) if found else {}

    def keys(self) -> Iterator[str]:
        """:returns: the ``plural`` keys, in the order in which they were learned."""
        return iter(self._plural)

    def text(self, key: str) -> str:
        """:returns: a mention with that ``plural`` key, as it stood in the corpus."""
        return self._text[key]
