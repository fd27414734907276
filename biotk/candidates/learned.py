"""Names learned from the annotated mentions of a training corpus, kept apart from the KB's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from biotk.document import Document
from biotk.errors import FormatError, InputError, Problem
from biotk.kb import KnowledgeBase
from biotk.text.abbreviations import find_abbreviations
from biotk.text.normalize import bag_of, plural_key

_HEADER = "mention\tconcept_id\tcount"


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
        self._total: Counter[int] = Counter()

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

    def add(self, text: str, concept_id: str, *, count: int = 1) -> None:
        """Learn a mention, seen ``count`` times; an id outside the KB teaches nothing."""
        plural = plural_key(text)
        if not plural:
            return
        for concept_idx in self._kb.resolve(concept_id):
            self._plural.setdefault(plural, Counter())[concept_idx] += count
            self._bag.setdefault(bag_of(plural.split()), Counter())[concept_idx] += count
            self._total[concept_idx] += count
        self._text.setdefault(plural, text)

    def write(self, path: Path | str) -> None:
        """Write a table: mention, concept id, how often; what :meth:`read` reads."""
        rows = [_HEADER]
        for key, counts in self._plural.items():
            text = " ".join(self._text[key].split())
            for concept_idx, count in sorted(counts.items()):
                rows.append(f"{text}\t{self._kb.id_of(concept_idx)}\t{count}")
        Path(path).write_text("\n".join(rows) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, kb: KnowledgeBase, path: Path | str) -> LearnedNames:
        """Read what :meth:`write` wrote, or a table of one's own; ids are those of any KB.

        :raises FormatError: a row is not three columns with a count in the third.
        :raises InputError: no id of the table is in the KB.
        """
        names = cls(kb)
        n_rows = 0
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if line == _HEADER or not line.strip():
                continue
            text, _, rest = line.partition("\t")
            concept_id, _, count = rest.partition("\t")
            if not (text and concept_id and count.isdigit()):
                wanted = "expected mention, concept id and count, with tabs between"
                raise FormatError(Problem(str(path), number, wanted, line[:200]))
            names.add(text, concept_id, count=int(count))
            n_rows += 1
        if n_rows and not len(names):
            raise InputError(f"{path}: none of its ids is in the KB {kb.manifest.name!r}")
        return names

    def concepts(self, text: str) -> dict[int, int]:
        """:returns: concept indices and counts of a string; none for one never seen."""
        plural = plural_key(text)
        found = self._plural.get(plural) or self._bag.get(bag_of(plural.split()))
        return dict(found) if found else {}

    def count(self, concept_idx: int) -> int:
        """:returns: how often annotators meant a concept, by whatever mention."""
        return self._total[concept_idx]

    def keys(self) -> Iterator[str]:
        """:returns: the ``plural`` keys, in the order in which they were learned."""
        return iter(self._plural)

    def text(self, key: str) -> str:
        """:returns: a mention with that ``plural`` key, as it stood in the corpus."""
        return self._text[key]
