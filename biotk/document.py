"""A document and what was found in it: sections, mentions, links.

Offsets are 0-based, half-open and count code points, so ``text[start:end]`` is the mention in
every format that BioTK reads or writes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from biotk.errors import InputError

#: Ranges of code points, in order of their start.
Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A concept that a mention may mean.

    :param concept_id: its id.
    :param name: the name that matched, as the KB (or a training mention) writes it.
    :param score: higher is better, in the scale of the route.
    :param route: how it was found: ``exact``, ``plural``, ``word-order``, ``ngram``, …
    :param tied: whether another concept was as good, so that only the order of ids decided.
    :param log_prob: the natural logarithm of the probability that a model gives it, as the model
        has it and not calibrated; None where no model was asked. See docs/linking.md.
    """

    concept_id: str
    name: str
    score: float
    route: str
    tied: bool = False
    log_prob: float | None = None


@dataclass(frozen=True, slots=True)
class CandidateSets:
    """From which coverage on what is in the set of a link's candidates.

    :param levels: of each candidate, and behind them of NIL.
    :param reached: the highest coverage that any set has.
    """

    levels: tuple[float, ...]
    reached: float


@dataclass(frozen=True, slots=True)
class Link:
    """What a mention was linked to, and why.

    :param concept_id: the concept, or None: the KB does not have it (NIL).
    :param name: the preferred name of the concept.
    :param matched: the name that matched; on the route ``generated`` the name that the model
        wrote, as the KB spells it.
    :param score: higher is better, in the scale of the route; 0 for NIL.
    :param route: how it was found; ``gold`` in an annotated corpus.
    :param query: the string that was looked up, where it is not the mention itself (the long
        form of an abbreviation).
    :param candidates: all that was considered, best first.
    :param reasons: further facts for people, as in ``{"nil": "best score 0.31 < 0.55"}``;
        ``section`` is what the section of the mention is about, or its title.
    :param log_prob: of the concept, as in :class:`Candidate`; None for NIL.
    :param nil_interval: between what the probability lies that a model gives to "none of the
        concepts that may be answered"; not calibrated. None where no model says so.
    :param probability: that the link is right, NIL included; calibrated. None where no calibration
        was at hand.
    :param sets: what :meth:`candidate_set` goes by; None where no calibration was at hand.
    """

    concept_id: str | None
    name: str | None = None
    matched: str | None = None
    score: float = 0.0
    route: str = ""
    query: str | None = None
    candidates: tuple[Candidate, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    log_prob: float | None = None
    nil_interval: tuple[float, float] | None = None
    probability: float | None = None
    sets: CandidateSets | None = None

    @property
    def is_nil(self) -> bool:
        """Whether the mention is in no entry of the KB."""
        return self.concept_id is None

    @property
    def is_tied(self) -> bool:
        """Whether another concept was as good."""
        return bool(self.candidates) and self.candidates[0].tied

    def candidate_set(self, *, coverage: float = 0.95) -> tuple[str | None, ...]:
        """Take as many candidates as hold what is right in so many of cases.

        :param coverage: in which share of mentions what is right shall be in the set.
        :returns: the ids of concepts, best first, and None at the end where NIL is in the set too.
        :raises InputError: the link is not calibrated, or no set has that coverage.
        """
        if self.sets is None:
            raise InputError("the link has no candidate sets: link with nil = calibrated")
        if not 0 < coverage <= self.sets.reached:
            raise InputError(
                f"coverage is {coverage}; the candidates of this link allow any above 0, up to "
                f"{self.sets.reached}"
            )
        ids = [*(each.concept_id for each in self.candidates), None]
        return tuple(i for i, level in zip(ids, self.sets.levels, strict=True) if level <= coverage)


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text that names something.

    :param spans: its ranges; more than one where the mention is discontinuous.
    :param text: what stands there, ranges joined by a space.
    :param type: the entity type, such as ``Disease``.
    :param links: the concepts it means. Several for a composite ("breast and ovarian cancer");
        none where nobody has linked it yet.
    :param score: the detector's confidence, higher is better.
    """

    spans: Spans
    text: str
    type: str | None = None
    links: tuple[Link, ...] = ()
    score: float | None = None

    @property
    def start(self) -> int:
        """Where the first range starts."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """Where the last range ends."""
        return self.spans[-1][1]

    @property
    def concept_ids(self) -> tuple[str, ...]:
        """The ids of its links; NIL ones have none."""
        return tuple(link.concept_id for link in self.links if link.concept_id is not None)

    @property
    def is_nil(self) -> bool:
        """Whether it was linked, and to nothing in the KB."""
        return bool(self.links) and not self.concept_ids


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a record: its title and its body.

    :param start: where it starts; marks such as ``##`` or ``1.`` before the title belong to it.
    :param end: where the body ends, and the next section starts.
    :param title_start: where the title starts.
    :param title_end: where the title ends, its colon not included; equal to ``title_start`` for a
        preamble.
    :param category: its kind, such as ``past_medical_history``; None for an unknown heading.
    :param parent: which of the document's sections it is a part of, counted from 0; None for none.
    :param source: what made it: ``model``, ``rules``, or ``rule: `` and the rule's name; None where
        nobody says.
    """

    start: int
    end: int
    title_start: int
    title_end: int
    category: str | None = None
    parent: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form and the long form that the document gives it.

    :param start: where this use of the short form starts.
    :param end: where it ends.
    :param short: the short form.
    :param long: the long form, as the document writes it.
    :param long_start: where the long form starts.
    :param long_end: where it ends.
    """

    start: int
    end: int
    short: str
    long: str
    long_start: int
    long_end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A text and all that is known about it.

    :param id: what the user calls it.
    :param text: the text; never changed, whatever its line ends.
    :param mentions: in order of (start, end).
    :param sections: in order of their start.
    :param abbreviations: uses of short forms, in order of their start.
    :param meta: what came with it and is carried along, such as relations of a corpus.

    >>> doc = Document("n1", "No fever.", mentions=(Mention(((3, 8),), "fever"),))
    >>> [doc.text[m.start : m.end] for m in doc.mentions]
    ['fever']
    """

    id: str
    text: str
    mentions: tuple[Mention, ...] = ()
    sections: tuple[Section, ...] = ()
    abbreviations: tuple[Abbreviation, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)


def span_text(text: str, spans: Spans) -> str:
    """:returns: what stands in the ranges, joined by a space.

    >>> span_text("breast and ovarian cancer", ((0, 6), (19, 25)))
    'breast cancer'
    """
    return " ".join(text[start:end] for start, end in spans)


def section_at(sections: Sequence[Section], offset: int) -> Section | None:
    """Find the section that a place lies in; of nested ones the innermost.

    :param sections: in order of their start.
    :param offset: a place in the text.
    :returns: None where no section reaches there.

    >>> plan = Section(6, 14, 6, 10, "plan")
    >>> section_at([Section(0, 6, 0, 0), plan], 13) == plan
    True
    """
    at = bisect_right(sections, offset, key=lambda section: section.start) - 1
    while at >= 0 and sections[at].end <= offset:
        at -= 1
    return sections[at] if at >= 0 else None


def section_name(text: str, section: Section | None) -> str | None:
    """:returns: what a section is about; its title where that is not known; None without either.

    >>> section_name("DOG BITES: two.", Section(0, 15, 0, 9))
    'DOG BITES'
    """
    if section is None:
        return None
    return section.category or text[section.title_start : section.title_end] or None
