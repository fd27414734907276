"""What to look at after a build: where a KB is incomplete, ambiguous or odd."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged, Rows, map_table
from biotk.kb.build import ALT_ID, OWN_ID
from biotk.kb.homonyms import Homonyms, find_homonyms
from biotk.kb.knowledge_base import KnowledgeBase
from biotk.kb.subset import KbSubset

#: Names of more characters are told; hardly one in a thousand is as long, and few are names.
LONG_NAME = 200


@dataclass(frozen=True, slots=True)
class Noted:
    """Things of one kind: how many there are, and the first.

    :param count: how many.
    :param examples: id of a concept and what is told of it, its preferred name mostly.
    """

    count: int
    examples: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class KbReport:
    """What :func:`report_kb` found.

    :param name: the KB's name.
    :param fingerprint: its fingerprint.
    :param counts: the counts of its manifest, problems of the sources among them.
    :param first_problems: the first of those problems: path, line, message, text.
    :param roots: concepts with children and no parent, those with the most children first.
    :param orphans: concepts with neither, those of flat sources left out.
    :param flat_sources: sources no concept of which has a parent or child.
    :param parents_outside: parents that are not in the KB, those of most concepts first, and how
        many concepts name each; how many there are in all is in the counts.
    :param cycles: groups of concepts each of which is above the others, each with its size.
    :param twins: examples of what was not merged, where merging was asked for; see the manifest.
    :param names_without_a_word: names that no look-up finds, with their concepts.
    :param long_names: names of more than :data:`LONG_NAME` characters, the longest first.
    :param shared_ids: retired and further ids that lead to several concepts.
    :param homonyms: names of several concepts.
    """

    name: str
    fingerprint: str
    counts: Mapping[str, int]
    first_problems: tuple[Mapping[str, Any], ...]
    roots: Noted
    orphans: Noted
    flat_sources: tuple[str, ...]
    parents_outside: tuple[tuple[str, int], ...]
    cycles: tuple[Noted, ...]
    twins: Mapping[str, Any]
    names_without_a_word: Noted
    long_names: Noted
    shared_ids: Noted
    homonyms: Homonyms


def report_kb(kb: KnowledgeBase, *, subset: KbSubset | None = None, examples: int = 5) -> KbReport:
    """Look a KB over.

    :param kb: the KB.
    :param subset: look at the roots, orphans, cycles, names and homonyms of these concepts only.
        What is counted while building is always that of the whole KB.
    :param examples: how many examples to give of each kind.
    :raises KbCorruptError: a table of it is damaged.
    """
    kb.check_tables()
    mask = np.ones(len(kb), bool) if subset is None else subset.mask
    roots = kb.hierarchy.roots()
    roots = roots[mask[roots]]
    by_children = sorted(roots.tolist(), key=lambda idx: (-len(kb.hierarchy.children(idx)), idx))
    orphans, flat_sources = _orphans(kb)
    orphans = orphans[mask[orphans]]
    no_word = _names_without_a_word(kb)
    no_word = no_word[mask[kb.name_concepts[no_word]]]
    lengths = np.fromiter(map(len, kb.iter_names()), np.int64, kb.n_names)
    long = np.flatnonzero((lengths > LONG_NAME) & mask[kb.name_concepts])
    longest = long[np.argsort(-lengths[long], kind="stable")]
    return KbReport(
        name=kb.manifest.name,
        fingerprint=kb.fingerprint,
        counts=dict(kb.manifest.counts),
        first_problems=tuple(kb.manifest.extra.get("first_problems", ())),
        roots=Noted(len(roots), _concepts(kb, by_children[:examples])),
        orphans=Noted(len(orphans), _concepts(kb, orphans[:examples].tolist())),
        flat_sources=flat_sources,
        parents_outside=tuple(
            (parent, count)
            for parent, count in kb.manifest.extra.get("parents_not_in_kb", ())[:examples]
        ),
        cycles=tuple(
            Noted(len(group), _concepts(kb, group[:examples]))
            for group in kb.hierarchy.cycles()
            if mask[group].any()
        ),
        twins=kb.manifest.extra.get("twins", {}),
        names_without_a_word=Noted(len(no_word), _names(kb, no_word[:examples])),
        long_names=Noted(len(long), _names(kb, longest[:examples])),
        shared_ids=_shared_ids(kb, examples),
        homonyms=find_homonyms(kb, subset=subset, examples=examples),
    )


def _concepts(kb: KnowledgeBase, indices: list[int]) -> tuple[tuple[str, str], ...]:
    return tuple((kb.id_of(idx), kb.preferred_name(idx)) for idx in indices)


def _orphans(kb: KnowledgeBase) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """:returns: concepts apart from their source's hierarchy, and the sources without one."""
    source = map_table(kb.path / "concepts.arrow").column("source").to_numpy()
    apart = kb.hierarchy.orphans()
    names = kb.manifest.source_names
    held = np.bincount(source, minlength=len(names))
    # A source whose concepts were all merged into others' has none of its own here.
    flat = (held > 0) & (held == np.bincount(source[apart], minlength=len(names)))
    return apart[~flat[source[apart]]], tuple(np.array(names, object)[flat].tolist())


def _names(kb: KnowledgeBase, rows: Rows) -> tuple[tuple[str, str], ...]:
    return tuple((kb.id_of(int(kb.name_concepts[row])), kb.name(row)) for row in rows.tolist())


def _names_without_a_word(kb: KnowledgeBase) -> NDArray[np.int64]:
    left_out = np.ones(kb.n_names, bool)
    left_out[Ragged(map_table(kb.path / "plural.arrow").column("rows")).values] = False
    return np.flatnonzero(left_out)


def _shared_ids(kb: KnowledgeBase, examples: int) -> Noted:
    """Further ids of several concepts that are the own id of none: they lead nowhere for sure."""
    table = Ragged(map_table(kb.path / "ids.arrow").column("rows"))
    targets = map_table(kb.path / "id_targets.arrow")
    kind = targets.column("kind").to_numpy()[table.values]
    concept = targets.column("concept").to_numpy()[table.values]
    key = np.repeat(np.arange(len(table)), np.diff(table.offsets))
    owned = np.zeros(len(table), bool)
    owned[key[kind == OWN_ID]] = True
    further = (kind == ALT_ID) & ~owned[key]
    pairs = np.unique(key[further] * len(kb) + concept[further])
    keys, counts = np.unique(pairs // len(kb), return_counts=True)
    shared = keys[counts > 1]
    shown: dict[str, str] = {}
    for key_idx in shared[:examples].tolist():
        owners = tuple((pairs[pairs // len(kb) == key_idx] % len(kb)).tolist())
        in_all = set.intersection(*(set(kb.concept(idx).alt_ids) for idx in owners))
        for further_id in sorted(in_all):
            if kb.resolve(further_id) == owners:
                shown[further_id] = ", ".join(map(kb.id_of, owners))
    return Noted(len(shared), tuple(shown.items())[:examples])
