"""A second look at twins: does the name of one of them fit another concept better?

Vocabularies cross-refer to what is broader or narrower too where nothing fits exactly: MONDO's
``congenital mitral valve insufficiency`` refers to MeSH's ``Mitral Valve Insufficiency``, though
MONDO has that one as well. Names tell: the second is nearer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from biotk.text.normalize import bag_of, plural_key

#: Ids and names of concepts, the preferred name first; called for more than one pass.
ReadNames = Callable[[], Iterable[tuple[str, Sequence[str]]]]

#: How near two concepts are by their names.
SAME_PREFERRED, PREFERRED_OF_ONE, SOME_NAME, NO_NAME = 3, 2, 1, 0


@dataclass(frozen=True, slots=True)
class _Keys:
    """Normalised names of a concept; the first of each is that of the preferred name."""

    plural: tuple[str, ...]
    bag: tuple[str, ...]


def name_levels(mapping: Mapping[str, str], read_names: ReadNames) -> dict[str, int]:
    """How near twins are by their names, word order and close synonyms aside.

    :param mapping: id → id of its twin.
    :param read_names: gives the names of all concepts.
    :returns: for each key of ``mapping`` one of the four levels.
    """
    return _levels(mapping, _keys_of({*mapping, *mapping.values()}, read_names))


def nearer_by_name(mapping: Mapping[str, str], read_names: ReadNames) -> dict[str, str]:
    """Find the twins of which one is nearer, by name, to another concept of the other's prefix.

    Nearer are two concepts with one preferred name than two where the preferred name of one is any
    name of the other, and these than those that share any name or none.

    :param mapping: id → id of its twin.
    :param read_names: gives the names of all concepts; called twice.
    :returns: key of ``mapping`` → the other concept that is nearer to it, or to its twin.
    """
    keys = _keys_of({*mapping, *mapping.values()}, read_names)
    level = _levels(mapping, keys)
    # Normalised name → (key of the mapping, prefix that is asked for, whether it is preferred).
    wanted: defaultdict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for gone, kept in mapping.items():
        if level[gone] == SAME_PREFERRED:
            continue
        for mine, theirs in ((gone, kept), (kept, gone)):
            for n, key in enumerate(keys[mine].plural if mine in keys else ()):
                if key:
                    wanted[key].append((gone, _prefix(theirs), n == 0))
    nearer: dict[str, str] = {}
    prefixes = {prefix for asked in wanted.values() for _, prefix, _ in asked}
    for concept_id, names in read_names():
        if _prefix(concept_id) not in prefixes:
            continue
        for n, name in enumerate(names):
            for gone, prefix, preferred in wanted.get(plural_key(name), ()):
                this = 1 + (n == 0) + preferred
                if this <= max(level[gone], SOME_NAME) or prefix != _prefix(concept_id):
                    continue
                if concept_id not in (gone, mapping[gone]):
                    nearer.setdefault(gone, concept_id)
    return nearer


def _prefix(concept_id: str) -> str:
    return concept_id.partition(":")[0]


def _keys_of(wanted: set[str], read_names: ReadNames) -> dict[str, _Keys]:
    found: dict[str, _Keys] = {}
    for concept_id, names in read_names():
        if concept_id in wanted:
            plural = [plural_key(name) for name in names]
            bag = [bag_of(key.split()) for key in plural]
            found[concept_id] = _Keys(_distinct(plural), _distinct(bag))
    return found


def _distinct(keys: Sequence[str]) -> tuple[str, ...]:
    # The first stays first, even where it is empty.
    return (*keys[:1], *dict.fromkeys(key for key in keys[1:] if key and key != keys[0]))


def _levels(mapping: Mapping[str, str], keys: Mapping[str, _Keys]) -> dict[str, int]:
    return {
        gone: _level(keys[gone].bag, keys[kept].bag) if gone in keys and kept in keys else NO_NAME
        for gone, kept in mapping.items()
    }


def _level(mine: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    if not mine[0] or not theirs[0]:
        return NO_NAME
    if mine[0] == theirs[0]:
        return SAME_PREFERRED
    if mine[0] in theirs or theirs[0] in mine:
        return PREFERRED_OF_ONE
    return SOME_NAME if set(mine) & set(theirs) else NO_NAME
