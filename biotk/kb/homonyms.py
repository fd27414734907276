"""Homonyms: names that several concepts share, by the types of those concepts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biotk.kb.arrow import Ragged, Rows, map_table
from biotk.kb.knowledge_base import KnowledgeBase
from biotk.kb.subset import KbSubset
from biotk.text.normalize import exact_key

#: What stands for the type of a concept that has none.
UNTYPED = "untyped"

#: ``plural``: number, spelling and case aside, as look-ups go; ``exact``: case and punctuation
#: aside.
HomonymLevel = Literal["plural", "exact"]


@dataclass(frozen=True, slots=True)
class Homonym:
    """A name of several concepts, as the first of them writes it.

    :param name: the name.
    :param concept_ids: the concepts, sorted.
    """

    name: str
    concept_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HomonymGroup:
    """Homonyms of one combination of types.

    :param types: the main types of the concepts that share a name, sorted; one that two or more
        of them have stands twice, as in ``("Disease", "Disease", "Gene")``.
    :param count: how many names.
    :param within_a_source: how many of them two concepts of one type and one source share; the
        others may be names of one thing that two vocabularies have.
    :param examples: those with the most concepts.
    """

    types: tuple[str, ...]
    count: int
    within_a_source: int
    examples: tuple[Homonym, ...]

    @property
    def within_a_type(self) -> bool:
        """Whether such a name stays ambiguous when the type is known."""
        return len(set(self.types)) < len(self.types)


@dataclass(frozen=True, slots=True)
class Homonyms:
    """All homonyms of a KB.

    :param groups: by combination of types, the most frequent first.
    """

    groups: tuple[HomonymGroup, ...]

    @property
    def count(self) -> int:
        """How many names are shared by concepts."""
        return sum(group.count for group in self.groups)

    @property
    def within_a_type(self) -> int:
        """How many of them stay ambiguous when the type is known."""
        return sum(group.count for group in self.groups if group.within_a_type)

    @property
    def within_a_source(self) -> int:
        """How many of those stay ambiguous when the source is known as well."""
        return sum(group.within_a_source for group in self.groups)


def find_homonyms(
    kb: KnowledgeBase,
    *,
    level: HomonymLevel = "plural",
    subset: KbSubset | None = None,
    examples: int = 5,
) -> Homonyms:
    """Find the names that several concepts share.

    :param kb: the KB.
    :param level: when two names are the same.
    :param subset: look at these concepts only.
    :param examples: how many examples to give of each combination of types.
    :raises KbCorruptError: a table of the KB is damaged.
    """
    kb.check_tables()
    rows = Ragged(map_table(kb.path / "plural.arrow").column("rows"))
    key: Rows = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))
    name: Rows = rows.values
    if subset is not None:
        inside = subset.mask[kb.name_concepts[name]]
        key, name = key[inside], name[inside]
    shared = _is_shared(key, kb.name_concepts[name])
    key, name = key[shared], name[shared]
    if level == "exact":
        key, name = _by_exact_key(kb, name)
        shared = _is_shared(key, kb.name_concepts[name])
        key, name = key[shared], name[shared]
    # Of a concept's several ways to write one name the first will do.
    first = _starts(key) | _starts(kb.name_concepts[name])
    return Homonyms(tuple(_groups(kb, key[first], name[first], examples)))


def _starts(values: Rows) -> NDArray[np.bool_]:
    """:returns: where a run of equal values begins."""
    starts = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=starts[1:])
    return starts


def _is_shared(key: Rows, concept: Rows) -> NDArray[np.bool_]:
    """:returns: for each name whether several concepts have its key; equal keys are in a row."""
    starts = _starts(key)
    run = np.cumsum(starts) - 1
    several = np.zeros(len(key), bool)
    several[run[concept != concept[np.flatnonzero(starts)[run]]]] = True
    shared: NDArray[np.bool_] = several[run]
    return shared


def _by_exact_key(kb: KnowledgeBase, name: Rows) -> tuple[Rows, Rows]:
    """Names with one exact key have one ``plural`` key too: only shared ones need a look."""
    numbers: dict[str, int] = {}
    keys = [numbers.setdefault(exact_key(kb.name(idx)), len(numbers)) for idx in name.tolist()]
    key = np.array(keys, np.int64)
    order = np.argsort(key, kind="stable")
    return key[order], name[order]


def _groups(kb: KnowledgeBase, key: Rows, name: Rows, examples: int) -> Iterator[HomonymGroup]:
    """:returns: the groups, the most frequent first. Keys and names: one row a concept."""
    main, source = _main_types(kb)[kb.name_concepts[name]], _sources(kb)[kb.name_concepts[name]]
    run_of = np.cumsum(_starts(key)) - 1
    types = _types_of_runs(run_of, main, n_types=len(kb.manifest.types) + 1)
    in_source = _within_a_source(run_of, main, source)
    begins = np.flatnonzero(_starts(key))
    sizes = np.diff(np.r_[begins, len(key)])
    members: defaultdict[bytes, list[int]] = defaultdict(list)
    for run, code in enumerate(types):
        members[code].append(run)
    known = [*kb.manifest.types, UNTYPED]
    order = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    for code, runs in order:
        shown = []
        for run in sorted(runs, key=lambda run: (-sizes[run], name[begins[run]]))[:examples]:
            rows = name[begins[run] : begins[run] + sizes[run]].tolist()
            ids = tuple(kb.id_of(int(kb.name_concepts[row])) for row in rows)
            shown.append(Homonym(kb.name(rows[0]), ids))
        twice = np.frombuffer(code, np.int32).tolist()
        names = sorted(known[part // 2] for part in twice for _ in range(1 + part % 2))
        yield HomonymGroup(tuple(names), len(runs), int(in_source[runs].sum()), tuple(shown))


def _types_of_runs(run_of: Rows, main: Rows, *, n_types: int) -> Iterator[bytes]:
    """:returns: for each name a string for the main types of its concepts, equal for equal ones."""
    pair, count = np.unique(run_of * n_types + main, return_counts=True)
    # Twice a type's number, and one more if several concepts have it.
    parts = (2 * (pair % n_types) + (count > 1)).astype(np.int32)
    ends = np.flatnonzero(_starts(pair // n_types))[1:].tolist()
    if len(parts):
        for begin, end in pairwise([0, *ends, len(parts)]):
            yield parts[begin:end].tobytes()


def _within_a_source(run_of: Rows, main: Rows, source: Rows) -> NDArray[np.bool_]:
    """:returns: for each name whether two of its concepts are of one type and one source."""
    found = np.zeros(int(run_of[-1]) + 1 if len(run_of) else 0, bool)
    order = np.lexsort((source, main, run_of))
    again = ~(_starts(run_of[order]) | _starts(main[order]) | _starts(source[order]))
    found[run_of[order][again]] = True
    return found


def _sources(kb: KnowledgeBase) -> Rows:
    source: Rows = map_table(kb.path / "concepts.arrow").column("source").to_numpy()
    return source


def _main_types(kb: KnowledgeBase) -> NDArray[np.int64]:
    """:returns: for each concept the number of its main type, or one past the last for none."""
    types = Ragged(map_table(kb.path / "concepts.arrow").column("types"))
    main = np.full(len(types), len(kb.manifest.types), np.int64)
    typed = np.diff(types.offsets) > 0
    main[typed] = types.values[types.offsets[:-1][typed]]
    return main
