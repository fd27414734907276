"""Traits to concepts: by the ids that a table gives, by exact names, else by a linker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from biotk.genomics.concepts import ConceptFinder

# How a trait was linked, as the report counts it.
BY_ID = "by the table's id"
BY_NAME = "by an exact name"
BY_LINKER = "by the linker"
BY_UNKNOWN_ID = "by an id that no KB has"
BY_NOTHING = "to nothing"

#: A gene or a drug that a trait shares its name with is not what is meant.
_NO_TRAITS = ("Gene", "Chemical", "Species")
#: A list of more traits than these is no list.
_MOST_PARTS = 30


class TraitLinker(Protocol):
    """Links traits in words to concepts; `biotk.linking` stands above this layer."""

    def __call__(self, traits: Sequence[str], /) -> Sequence[str | None]:
        """:returns: a concept id each, None for NIL."""


class Trait(NamedTuple):
    """What a table says of a trait.

    :param text: the trait in words, as its study reports it.
    :param label: the name that curators gave it, several parted by commas; empty for none.
    :param ids: the ids that they gave it, as CURIEs.
    """

    text: str
    label: str = ""
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkedTrait:
    """What a trait links to.

    :param concept_ids: its concepts, the first one first; empty for none.
    :param how: one of the constants above.
    :param lost: parts of it, ids or names, that link to nothing while others do.
    """

    concept_ids: tuple[str, ...] = ()
    how: str = BY_NOTHING
    lost: tuple[str, ...] = ()


class TraitFinder:
    """Links traits, each once.

    :param concepts: looks up ids and names.
    :param link: is asked for what is left; None leaves it unlinked.
    """

    def __init__(self, concepts: ConceptFinder, link: TraitLinker | None = None) -> None:
        self._concepts, self._link = concepts, link
        self._known: dict[Trait, LinkedTrait] = {}

    def __getitem__(self, trait: Trait) -> LinkedTrait:
        if trait not in self._known:
            self.prepare([trait])
        return self._known[trait]

    def prepare(self, traits: Iterable[Trait]) -> None:
        """Link the traits of a batch of rows, so that the linker is asked for all at once."""
        waiting: dict[Trait, list[tuple[str, str | None]]] = {}
        for trait in dict.fromkeys(traits):
            if trait in self._known:
                continue
            linked = self._by_id(trait)
            parts = [] if linked else self._by_names(trait)
            if linked is None and all(found for _, found in parts):
                linked = LinkedTrait(_once(found for _, found in parts), BY_NAME)
            if linked is None:
                waiting[trait] = parts
            else:
                self._known[trait] = linked
        left = [part for parts in waiting.values() for part, found in parts if not found]
        answers = self._ask(dict.fromkeys(left))
        for trait, parts in waiting.items():
            self._known[trait] = _put_together(trait, parts, answers)

    def _by_id(self, trait: Trait) -> LinkedTrait | None:
        found = {each: self._concepts.by_id(each) for each in trait.ids}
        if not any(found.values()):
            return None
        lost = tuple(each for each, concept_id in found.items() if concept_id is None)
        return LinkedTrait(_once(found.values()), BY_ID, lost)

    def _by_names(self, trait: Trait) -> list[tuple[str, str | None]]:
        """:returns: the parts of a trait and the concept that has the name of each, or None."""
        if trait.label:
            return self._parts(trait.label)
        return [(trait.text, self._concepts.by_name(trait.text, but=_NO_TRAITS))]

    def _parts(self, label: str) -> list[tuple[str, str | None]]:
        """Part a list of names, some of which hold commas themselves (``osteoarthritis, hip``).

        The parting that leaves the fewest pieces without a concept is taken, and of several the
        one with the fewest parts.
        """
        pieces = label.split(", ")
        if len(pieces) > _MOST_PARTS:
            return [(label, None)]
        # best[n]: what the first n pieces cost, and the parts that they make.
        best: list[tuple[tuple[int, int], list[tuple[str, str | None]]]] = [((0, 0), [])]
        for end in range(1, len(pieces) + 1):
            ways = []
            for start in range(end):
                name = ", ".join(pieces[start:end])
                found = self._concepts.by_name(name, but=_NO_TRAITS)
                if found or end - start == 1:
                    (unnamed, count), parts = best[start]
                    cost = unnamed + (not found), count + 1
                    ways.append((cost, [*parts, (name, found)]))
            best.append(min(ways, key=lambda way: way[0]))
        return best[-1][1]

    def _ask(self, texts: dict[str, None]) -> dict[str, str]:
        if self._link is None or not texts:
            return {}
        asked = list(texts)
        answers = zip(asked, self._link(asked), strict=True)
        return {text: concept_id for text, concept_id in answers if concept_id}


def _put_together(
    trait: Trait, parts: Sequence[tuple[str, str | None]], answers: dict[str, str]
) -> LinkedTrait:
    """:param parts: the parts of a trait, and the concept that has the name of each, or None."""
    named = [found for _, found in parts]
    left = [part for part, found in parts if not found]
    linked = _once([*named, *(answers.get(part) for part in left)])
    lost = tuple(part for part in left if part not in answers)
    if linked:
        return LinkedTrait(linked, BY_LINKER if len(lost) < len(left) else BY_NAME, lost)
    if trait.ids:
        return LinkedTrait(trait.ids, BY_UNKNOWN_ID)
    return LinkedTrait()


def _once(concept_ids: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in concept_ids if each))
