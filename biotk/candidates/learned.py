"""Names learned from the annotated mentions of a training corpus, kept apart from the KB's own.

What annotators linked is a table of strings and ids that belongs to no KB (:func:`count_mentions`);
:class:`LearnedNames` is such a table in the ids of one KB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from biotk.document import Document
from biotk.errors import FormatError, InputError, Problem
from biotk.kb import KnowledgeBase
from biotk.resources import find_file
from biotk.text.abbreviations import find_abbreviations
from biotk.text.normalize import bag_of, plural_key

_HEADER = "mention\tconcept_id\tcount"
_FILE = "learned.tsv"
#: How a candidate was found that annotators meant by the very mention.
LEARNED_ROUTE = "training"
#: The table that comes with BioTK: of the training documents of BC5CDR, NCBI Disease and BioRED.
DEFAULT_LEARNED = "biotk-names"
#: In place of a table where none is wanted.
NO_LEARNED = "none"


def count_mentions(documents: Iterable[Document]) -> list[tuple[str, str, int]]:
    """Count what annotators linked, whatever the KB.

    :param documents: annotated ones; composites teach nothing, nor do variants and whatever else
        has an id that is no CURIE.
    :returns: mentions, ids as the corpora have them, and how often; strings that differ by case and
        number alone are one, as it came first.
    """
    counts: dict[str, Counter[str]] = {}
    texts: dict[str, str] = {}
    for text, concept_id in _annotated(documents):
        key = plural_key(text)
        if key and ":" in concept_id:
            texts.setdefault(key, text)
            counts.setdefault(key, Counter())[concept_id] += 1
    return [
        (texts[key], concept_id, count)
        for key in sorted(counts)
        for concept_id, count in sorted(counts[key].items())
    ]


def write_counts(path: Path | str, rows: Iterable[tuple[str, str, int]]) -> None:
    """Write a table that :meth:`LearnedNames.read` reads.

    :param rows: mentions, ids, and how often.
    """
    lines = [f"{' '.join(text.split())}\t{concept_id}\t{count}" for text, concept_id, count in rows]
    Path(path).write_text("\n".join([_HEADER, *lines]) + "\n", encoding="utf-8")


def find_learned(name: str | Path) -> Path:
    """Find a table by its name.

    :param name: a file, a folder that holds it, or the name of one that comes with BioTK.
    :raises InputError: there is none.
    """
    missing = f"there is no table of mentions {name}: biotk train names makes one"
    return find_file("models", name, _FILE, missing=missing)


def _annotated(documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    """Yield mentions and ids; a short form that its document defines as its long form."""
    for document in documents:
        long_forms = {(a.start, a.end): a.long for a in find_abbreviations(document.text)}
        for mention in document.mentions:
            if len(mention.links) == 1 and mention.concept_ids:
                text = long_forms.get((mention.start, mention.end), mention.text)
                yield text, mention.concept_ids[0]


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
        for text, concept_id in _annotated(documents):
            names.add(text, concept_id)
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
        write_counts(
            path,
            (
                (self._text[key], self._kb.id_of(concept_idx), count)
                for key, counts in self._plural.items()
                for concept_idx, count in sorted(counts.items())
            ),
        )

    @classmethod
    def read(cls, kb: KnowledgeBase, path: Path | str) -> LearnedNames:
        """Read what :meth:`write` wrote, or a table of one's own; ids are those of any KB.

        :param path: a file, a folder that holds one, or the name of one that comes with BioTK; the
            ids of that need not be in the KB.
        :raises FormatError: a row is not three columns with a count in the third.
        :raises InputError: there is no such table, or no id of it is in the KB.
        """
        comes_with_biotk = str(path) == DEFAULT_LEARNED
        path = find_learned(path)
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
        if n_rows and not len(names) and not comes_with_biotk:
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
