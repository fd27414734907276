"""The dictionary detector: names of a KB, found in text from left to right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biotk.detection.guard import NameGuard, is_field
from biotk.document import Abbreviation, Mention
from biotk.errors import KbMismatchError
from biotk.kb import KbSubset, KnowledgeBase
from biotk.text.normalize import plural_word
from biotk.text.overlaps import without_overlaps
from biotk.text.tokens import Token, iter_tokens

#: A name does not go on over one of these: the end of a clause, an empty line, a list mark.
_BREAK = re.compile(r"[.;:!?][\s,]|\n\s*\n|\n\s*[-*•]|\s[-–—]\s|\t|[(\[]\s*|[)\]]\s")
_COMMA = re.compile(r",\s")
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_MAX_KEY_CHARS = 160

#: ``longest``: no two mentions overlap, the longest wins. ``all``: nested and overlapping ones too.
Overlaps = Literal["longest", "all"]


@dataclass(frozen=True, slots=True)
class _Match:
    """A stretch of text and the names that it equals."""

    start: int
    end: int
    type: str


class DictionaryDetector:
    """Finds names of a KB in texts, without training.

    Names and text are compared by their ``plural`` keys, word by word; the words of a name must
    follow one another in one clause. A match goes on over a comma only where the name has one and
    the clause, or the item of a list, ends behind it. Short forms that the document defines are
    mentions where their long form is one or ends in one, and are not where it does not.

    :param kb: the knowledge base.
    :param subset: the part of it whose names are sought.
    :param guard: which matches are words rather than names.
    :param overlaps: whether mentions may overlap.
    :raises KbMismatchError: the subset belongs to another KB.

    >>> detector = DictionaryDetector(kb)                        # doctest: +SKIP
    >>> [m.text for m in detector.detect("No chest pain, no fevers.")]
    ['chest pain', 'fevers']
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        *,
        subset: KbSubset | None = None,
        guard: NameGuard | None = None,
        overlaps: Overlaps = "longest",
    ) -> None:
        if subset is not None and subset.kb_fingerprint != kb.fingerprint:
            raise KbMismatchError(
                f"the subset was made from KB {subset.kb_fingerprint}, the detector's is "
                f"{kb.fingerprint}: make it from this KB"
            )
        self.kb = kb
        self.subset = subset
        self.guard = guard or NameGuard()
        self.overlaps = overlaps
        self._keys = kb.keys("plural")
        self._allowed: NDArray[np.bool_] | None = None if subset is None else subset.mask

    def detect(
        self, text: str, *, abbreviations: Sequence[Abbreviation] = ()
    ) -> tuple[Mention, ...]:
        """Find the mentions of a text.

        :param text: the text.
        :param abbreviations: its short forms; see :func:`biotk.text.find_abbreviations`.
        :returns: mentions in order of (start, end); ``type`` is the first semantic type of the
            concept whose name matched.
        """
        short_forms = {(a.start, a.end): a for a in abbreviations}
        matches = [m for m in self._matches(text) if (m.start, m.end) not in short_forms]
        matches.extend(self._short_forms(text, abbreviations))
        if self.overlaps == "longest":
            matches = without_overlaps(matches)
        matches.sort(key=lambda match: (match.start, match.end))
        return tuple(Mention(((m.start, m.end),), text[m.start : m.end], m.type) for m in matches)

    def detect_batch(
        self, texts: Sequence[str], *, abbreviations: Sequence[Sequence[Abbreviation]] | None = None
    ) -> list[tuple[Mention, ...]]:
        """Find the mentions of texts.

        :param abbreviations: the short forms of each.
        :returns: the mentions of each, as :meth:`detect` finds them.
        """
        short_forms = [()] * len(texts) if abbreviations is None else abbreviations
        return [
            self.detect(text, abbreviations=found)
            for text, found in zip(texts, short_forms, strict=True)
        ]

    def _short_forms(self, text: str, abbreviations: Sequence[Abbreviation]) -> Iterator[_Match]:
        types: dict[str, str | None] = {}
        for use in abbreviations:
            if use.long not in types:
                types[use.long] = self._type_of_long_form(use.long)
            type_ = types[use.long]
            if type_ is not None:
                yield _Match(use.start, use.end, type_)

    def _type_of_long_form(self, text: str) -> str | None:
        """The type of the longest name that a long form ends in: its head ("severe asthma")."""
        heads = [match for match in self._matches(text) if match.end == len(text)]
        return max(heads, key=lambda match: match.end - match.start).type if heads else None

    def _matches(self, text: str) -> Iterator[_Match]:
        for clause in _clauses(text):
            yield from self._clause_matches(text, clause)

    def _clause_matches(self, text: str, clause: list[Token]) -> Iterator[_Match]:
        folded = [plural_word(token.word) for token in clause]
        starts, ends, at = [], {}, 0
        for position, word in enumerate(folded):
            starts.append(at)
            at += len(word)
            ends[at] = position
            at += 1
        joined = " ".join(folded)
        commas = _commas(text, clause)
        for first, start in enumerate(starts):
            if not folded[first]:
                continue
            for key in self._keys.prefixes(joined[start : start + _MAX_KEY_CHARS]):
                last = ends.get(start + len(key))
                # A key may end inside a word of the text that holds a space ("il 2").
                if last is None or last < first:
                    continue
                over_comma = commas[last] > commas[first]
                # "Diabetes mellitus, type 2." is a name turned round; in "pain, abdominal
                # distension" a list goes on, and "Pain, Abdominal" is not meant.
                if over_comma and last + 1 < len(clause) and commas[last + 1] == commas[last]:
                    continue
                a, b = clause[first].start, clause[last].end
                type_ = self._accepted_type(key, text, a, b, over_comma=over_comma)
                if type_ is not None:
                    yield _Match(a, b, type_)

    def _accepted_type(
        self, key: str, text: str, start: int, end: int, *, over_comma: bool
    ) -> str | None:
        """The type of the first concept, in order of its id, whose name the guard accepts."""
        if is_field(text, start, end):
            return None
        surface = text[start:end]
        shouting: bool | None = None
        before_colon = text.startswith(":", end)
        for name_idx in self._keys.rows(key):
            concept_idx = int(self.kb.name_concepts[name_idx])
            if self._allowed is not None and not self._allowed[concept_idx]:
                continue
            if shouting is None:
                shouting = surface.isupper() and _is_shouting(text, start, end)
            name = self.kb.name(int(name_idx))
            if over_comma and "," not in name:
                continue
            if self.guard.accepts(surface, name, shouting=shouting, before_colon=before_colon):
                types = self.kb.types_of(concept_idx)
                return types[0] if types else "Concept"
        return None


def _clauses(text: str) -> Iterator[list[Token]]:
    """Group the words of a text by the breaks between them."""
    clause: list[Token] = []
    for token in iter_tokens(text):
        if clause and _BREAK.search(text, clause[-1].end, token.start):
            yield clause
            clause = []
        clause.append(token)
    if clause:
        yield clause


def _commas(text: str, clause: Sequence[Token]) -> list[int]:
    """:returns: for each word of a clause how many commas stand before it."""
    counts = [0]
    for before, after in pairwise(clause):
        counts.append(counts[-1] + bool(_COMMA.search(text, before.end, after.start)))
    return counts


def _is_shouting(text: str, start: int, end: int) -> bool:
    """Whether the line around a match is in capitals: headings, old systems' whole notes.

    Only long words tell: a line of acronyms ("COPD, CHF") is not shouted.
    """
    before = text[max(0, start - 60) : start].rpartition("\n")[2]
    after = text[end : end + 60].partition("\n")[0]
    long_words = _LONG_WORD.findall(f"{before} {after}")
    return bool(long_words) and all(map(str.isupper, long_words))
