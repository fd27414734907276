"""The merge of sorted files gives what a dictionary of each file gives."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import rrf_files as rrf
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import Problems
from biotk.kb.readers import read_concepts
from biotk.kb.readers.retired import CIRCLE, SEVERAL
from biotk.kb.readers.rrf.join import IntPairs, MergeJoin
from biotk.kb.readers.rrf.retired import follow_pairs

TUIS = ("T047", "T109", "T184")
Entries = list[tuple[int, int]]
pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30)


@given(pairs, st.sets(st.integers(0, 14)))
def test_merge_and_pairs_equal_a_dictionary(entries: Entries, asked: set[int]) -> None:
    entries = sorted(entries, key=lambda entry: entry[0])
    naive: dict[int, list[int]] = defaultdict(list)
    for key, value in entries:
        naive[key].append(value)
    merge = MergeJoin(iter(entries))
    numbers = np.array(entries, np.int32).reshape(-1, 2)
    looked_up = IntPairs(numbers[:, 0], numbers[:, 1])
    for key in sorted(asked):
        assert merge.take(key) == looked_up.take(key) == naive.get(key, [])
    passed = sum(key not in asked for key, _ in entries)
    assert merge.finish() == looked_up.finish() == passed


@given(pairs)
def test_retired_ids_are_followed_as_step_by_step(entries: Entries) -> None:
    naive: dict[int, set[int]] = defaultdict(set)
    for old, new in entries:
        naive[old].add(new)
    single = {old: min(new) for old, new in naive.items() if len(new) == 1}
    expected, circles = {}, 0
    for old in single:
        at, seen = old, set()
        while at in single and at not in seen:
            seen.add(at)
            at = single[at]
        if at in single:
            circles += 1
        else:
            expected[old] = at
    left_out: Counter[str] = Counter()
    numbers = np.array(entries, np.int32).reshape(-1, 2)
    starts, ends = follow_pairs(numbers[:, 0], numbers[:, 1], left_out)
    assert dict(zip(starts.tolist(), ends.tolist(), strict=True)) == expected
    assert left_out[CIRCLE] == circles
    assert left_out[SEVERAL] == len(naive) - len(single)


@st.composite
def releases(draw: st.DrawFn) -> dict[str, list[tuple[int, object]]]:
    """Rows of four files by concept; any concept may be missing in any file."""
    cui = st.integers(1, 9)
    name = st.text(st.characters(codec="utf-8", exclude_characters="|\n\r"), max_size=6)
    return {
        "MRCONSO": draw(st.lists(st.tuples(cui, name), max_size=20)),
        "MRSTY": draw(st.lists(st.tuples(cui, st.sampled_from(TUIS)), max_size=12)),
        "MRDEF": draw(st.lists(st.tuples(cui, st.integers(0, 30)), max_size=8)),
        "MRREL": draw(st.lists(st.tuples(cui, cui), max_size=12)),
    }


def naive_reading(release: dict[str, list[tuple[int, object]]]) -> dict[int, tuple[object, ...]]:
    """The same, every file in a dictionary."""
    names: dict[int, list[str]] = defaultdict(list)
    atoms: dict[int, set[int]] = defaultdict(set)
    for aui, (cui, name) in enumerate(release["MRCONSO"]):
        tidy = " ".join(str(name).split())
        if tidy:
            names[cui].append(tidy)
            atoms[cui].add(aui)
    found = {}
    for cui, given_names in names.items():
        parents = [second for first, second in release["MRREL"] if first == cui != second]
        defining = [aui for own, aui in release["MRDEF"] if own == cui and aui in atoms[cui]]
        found[cui] = (
            tuple(dict.fromkeys(given_names)),
            {tui for own, tui in release["MRSTY"] if own == cui},
            f"of {defining[0]}" if defining else None,
            {f"UMLS:C{parent:07d}" for parent in parents},
        )
    return found


@given(releases())
def test_reading_side_by_side_equals_reading_each_file_into_memory(
    release: dict[str, list[tuple[int, object]]],
) -> None:
    release = {name: sorted(rows, key=lambda row: row[0]) for name, rows in release.items()}
    rows = {
        "MRCONSO": [
            rrf.conso(cui, aui, str(name)) for aui, (cui, name) in enumerate(release["MRCONSO"])
        ],
        "MRSTY": [rrf.sty(cui, str(tui)) for cui, tui in release["MRSTY"]],
        "MRDEF": [rrf.definition(cui, int(str(a)), f"of {a}") for cui, a in release["MRDEF"]],
        "MRREL": [rrf.rel(cui, "PAR", int(str(above))) for cui, above in release["MRREL"]],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = rrf.write(Path(folder) / "META", rows)
        concepts = list(read_concepts(path, problems=Problems()))
    found = {
        int(c.concept_id[-7:]): (
            (c.name, *c.synonyms),
            {t for t in c.types if t in TUIS},
            c.definition,
            set(c.parents),
        )
        for c in concepts
    }
    assert [c.concept_id for c in concepts] == sorted(c.concept_id for c in concepts)
    assert found == naive_reading(release)
