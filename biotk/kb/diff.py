"""What changed between two KBs, such as two releases of one vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np

from biotk.kb.knowledge_base import KnowledgeBase
from biotk.kb.subset import KbSubset
from biotk.text.normalize import exact_key

#: The kinds of changes, in the order in which they are told.
KINDS = (
    "added", "retired", "removed", "renamed", "retyped", "reparented", "names_added",
    "names_removed",
)  # fmt: skip
#: Concepts read at a time; that many and no more are held.
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Change:
    """What changed of one concept.

    :param concept_id: its id; of a retired one the old one.
    :param name: its preferred name in the newer KB; in the older one if it is in that alone.
    :param old: what only the older KB has, and
    :param new: what only the newer one has: preferred names, types, parents' ids or names, as the
        kind of change is. Of a retired id ``new`` holds the ids that it leads to now.
    """

    concept_id: str
    name: str
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


@dataclass(slots=True)
class KbDiff:
    """All changes between two KBs, counted, and the first of each kind.

    :param counts: kind → how many concepts; see :data:`KINDS`.
    :param changes: kind → the first changes, in order of ids.
    :param n_names_added: names that concepts of both KBs have gained, all together.
    :param n_names_removed: names that they have lost.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    changes: dict[str, list[Change]] = field(default_factory=lambda: {k: [] for k in KINDS})
    n_names_added: int = 0
    n_names_removed: int = 0

    def __bool__(self) -> bool:
        return any(self.counts.values())


@dataclass(frozen=True, slots=True)
class _Entry:
    concept_id: str
    names: list[str]
    types: tuple[str, ...]
    parents: list[str]


def diff_kbs(
    old: KnowledgeBase,
    new: KnowledgeBase,
    *,
    limit: int | None = 20,
    old_part: KbSubset | None = None,
    new_part: KbSubset | None = None,
) -> KbDiff:
    """Compare two KBs, concept by concept.

    ``added``: ids that only the newer KB has. ``retired``: ids that only the older one has as ids
    of concepts, but that are further ids of a concept of the newer one; a cross-reference does not
    make them that. ``removed``: the others that only the older one has. Of the concepts in both:
    ``renamed``, another preferred name; ``retyped``, other types or another main type;
    ``reparented``, other parents, where a parent that was retired counts as what it leads to;
    ``names_added`` and ``names_removed``, case and punctuation aside.

    :param old: the older KB.
    :param new: the newer one.
    :param limit: how many changes of each kind to keep; None for all.
    :param old_part: compare these concepts of the older KB only; what has left the part is told
        as removed.
    :param new_part: compare these concepts of the newer KB only.
    :raises KbCorruptError: a table of one of them is damaged.
    """
    old.check_tables()
    new.check_tables()
    found = KbDiff()

    def tell(kind: str, change: Change) -> None:
        found.counts[kind] += 1
        if limit is None or len(found.changes[kind]) < limit:
            found.changes[kind].append(change)

    if old.fingerprint == new.fingerprint and old_part == new_part:
        return found
    for before, after in _side_by_side(_entries(old, old_part), _entries(new, new_part)):
        if before is None and after is not None:
            tell("added", Change(after.concept_id, after.names[0]))
        elif before is not None and after is None:
            now = _ids_now(before.concept_id, new)
            # An id that is still a concept's own has left the part, and is retired by no one.
            kind = "retired" if now and before.concept_id not in now else "removed"
            now = now if kind == "retired" else ()
            tell(kind, Change(before.concept_id, before.names[0], new=now))
        elif before is not None and after is not None:
            for kind, gone, come in _differences(before, after, new):
                tell(kind, Change(after.concept_id, after.names[0], gone, come))
                if kind == "names_added":
                    found.n_names_added += len(come)
                elif kind == "names_removed":
                    found.n_names_removed += len(gone)
    return found


def _differences(
    before: _Entry, after: _Entry, new: KnowledgeBase
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """:returns: kind, what is gone and what has come."""
    if before.names != after.names:
        if before.names[0] != after.names[0]:
            yield "renamed", (before.names[0],), (after.names[0],)
        gone, come = _names_only_in_one(before.names, after.names)
        if come:
            yield "names_added", (), come
        if gone:
            yield "names_removed", gone, ()
    if before.types[:1] != after.types[:1] or set(before.types) != set(after.types):
        yield "retyped", before.types, after.types
    if before.parents != after.parents:
        parents = [now for parent in before.parents for now in (_ids_now(parent, new) or (parent,))]
        gone, come = _only_in_one(parents, after.parents)
        if gone or come:
            yield "reparented", gone, come


def _only_in_one(one: list[str], other: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    here, there = dict.fromkeys(one), dict.fromkeys(other)
    return tuple(x for x in here if x not in there), tuple(x for x in there if x not in here)


def _names_only_in_one(one: list[str], other: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    here, there = set(map(exact_key, one)), set(map(exact_key, other))
    gone, come = _only_in_one(one, other)
    return (
        tuple(name for name in gone if exact_key(name) not in there),
        tuple(name for name in come if exact_key(name) not in here),
    )


def _ids_now(concept_id: str, new: KnowledgeBase) -> tuple[str, ...]:
    """:returns: the concepts whose own or further id it is.

    A cross-reference is an id of another vocabulary: it says nothing of what became of this one.
    """
    found = map(new.concept, new.resolve(concept_id))
    return tuple(c.concept_id for c in found if concept_id in (c.concept_id, *c.alt_ids))


def _side_by_side(
    entries: Iterator[_Entry], others: Iterator[_Entry]
) -> Iterator[tuple[_Entry | None, _Entry | None]]:
    """Walk both columns of ids, which are sorted; only a block of each is in memory."""
    before, after = next(entries, None), next(others, None)
    while before is not None or after is not None:
        if after is None or (before is not None and before.concept_id < after.concept_id):
            yield before, None
            before = next(entries, None)
        elif before is None or after.concept_id < before.concept_id:
            yield None, after
            after = next(others, None)
        else:
            yield before, after
            before, after = next(entries, None), next(others, None)


def _entries(kb: KnowledgeBase, part: KbSubset | None) -> Iterator[_Entry]:
    """:returns: what is compared of each concept of a part, in order of ids."""
    names = kb.iter_names()
    for start in range(0, len(kb), _BLOCK):
        block = range(start, min(start + _BLOCK, len(kb)))
        parents = [kb.hierarchy.parents(idx) for idx in block]
        parent_ids = iter(kb.ids_of(np.array([*chain.from_iterable(parents)], np.int64)))
        for idx, above, concept_id in zip(block, parents, kb.ids_of(np.array(block)), strict=True):
            entry = _Entry(
                concept_id,
                list(islice(names, len(kb.name_range(idx)))),
                kb.types_of(idx),
                list(islice(parent_ids, len(above))),
            )
            if part is None or idx in part:
                yield entry
