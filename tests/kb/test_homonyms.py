from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import open_tiny

from biotk.kb import KbBuilder, open_kb
from biotk.kb.homonyms import UNTYPED, Homonym, find_homonyms
from biotk.kb.manifest import SourceInfo
from biotk.text.normalize import exact_key, plural_key
from biotk.types import Concept


def build(folder, concepts, name="h"):
    builder = KbBuilder(name)
    for source in sorted({concept.source for concept in concepts}):
        info = SourceInfo(name=source or "memory", file="", format="memory", sha256="")
        builder.add([concept for concept in concepts if concept.source == source], info)
    return open_kb(builder.write(folder / name))


def homonyms_by_loop(kb, normalise, inside=None):
    """Type combination → name key → concept ids, by looking at every name."""
    owners = {}
    for concept in kb:
        if inside is None or kb.index_of(concept.concept_id) in inside:
            for name in (concept.name, *concept.synonyms):
                if normalise(name):
                    owners.setdefault(normalise(name), {})[concept.concept_id] = concept
    found = {}
    for by_id in owners.values():
        if len(by_id) < 2:
            continue
        main = [(c.types or (UNTYPED,))[0] for c in by_id.values()]
        pairs = [((c.types or (UNTYPED,))[0], c.source) for c in by_id.values()]
        types = tuple(sorted(t for t in set(main) for _ in range(min(main.count(t), 2))))
        count, within, groups = found.get(types, (0, 0, set()))
        within += len(set(pairs)) < len(pairs)
        found[types] = (count + 1, within, groups | {tuple(sorted(by_id))})
    return found


def as_dict(homonyms):
    return {
        group.types: (group.count, group.within_a_source, {e.concept_ids for e in group.examples})
        for group in homonyms.groups
    }


NAMES = st.sampled_from(["cold", "Cold", "colds", "Cold.", "flu", "FLU", "IL2", "IL-2", "+", "x y"])
CONCEPTS = st.lists(
    st.builds(
        lambda name, more, types, source: (name, tuple(more), tuple(types), source),
        NAMES,
        st.lists(NAMES, max_size=3),
        st.lists(st.sampled_from(["Disease", "Gene"]), max_size=2, unique=True),
        st.sampled_from(["S", "T"]),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(("level", "normalise"), [("plural", plural_key), ("exact", exact_key)])
@given(rows=CONCEPTS, picked=st.sets(st.integers(0, 7)))
@settings(max_examples=40)
def test_homonyms_equal_a_loop_over_all_names(tmp_path_factory, level, normalise, rows, picked):
    concepts = [
        Concept(f"X:{n}", name, more, types, source=source)
        for n, (name, more, types, source) in enumerate(rows)
    ]
    kb = build(tmp_path_factory.mktemp("h"), concepts)
    found = find_homonyms(kb, level=level, examples=100)
    assert as_dict(found) == homonyms_by_loop(kb, normalise)
    subset = kb.subset(ids=[f"X:{n}" for n in picked if n < len(rows)])
    part = find_homonyms(kb, level=level, subset=subset, examples=100)
    assert as_dict(part) == homonyms_by_loop(kb, normalise, subset)


def test_homonyms_of_a_small_kb(tmp_path):
    found = find_homonyms(open_tiny(tmp_path))
    assert (found.count, found.within_a_type) == (1, 0)
    (group,) = found.groups
    assert group.types == ("Chemical", "Disease")
    assert group.examples == (Homonym("Cold", ("MESH:D000001", "MESH:D003080")),)


def test_three_of_a_type_count_as_several_of_it(tmp_path):
    concepts = [Concept(f"X:{n}", "one name", types=("Disease",)) for n in range(3)]
    found = find_homonyms(build(tmp_path, [*concepts, Concept("X:9", "one name")]))
    assert [group.types for group in found.groups] == [("Disease", "Disease", UNTYPED)]
    assert (found.within_a_type, found.within_a_source) == (1, 1)


def test_one_concept_of_each_source_is_ambiguous_between_sources_only(tmp_path):
    concepts = [Concept("A:1", "one name", source="A"), Concept("B:1", "one name", source="B")]
    found = find_homonyms(build(tmp_path, concepts))
    assert (found.within_a_type, found.within_a_source) == (1, 0)


def test_examples_are_those_with_the_most_concepts_and_groups_the_most_frequent(tmp_path):
    concepts = [Concept(f"X:{n}", "many", ("few",) if n < 2 else (), ("Disease",))
                for n in range(3)]  # fmt: skip
    concepts += [Concept("Y:1", "other", types=("Gene",)), Concept("Y:2", "other", types=("Gene",))]
    found = find_homonyms(build(tmp_path, concepts), examples=1)
    assert [(group.types[0], group.count) for group in found.groups] == [
        ("Disease", 2),
        ("Gene", 1),
    ]
    assert found.groups[0].examples == (Homonym("many", ("X:0", "X:1", "X:2")),)


def test_two_spellings_by_one_concept_are_no_homonym(tmp_path):
    kb = build(tmp_path, [Concept("X:1", "cold", ("Cold", "colds"))])
    assert find_homonyms(kb).groups == ()
    assert find_homonyms(kb, level="exact").groups == ()
