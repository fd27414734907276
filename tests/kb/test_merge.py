from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from biotk.errors import InputError, Problems
from biotk.kb import KbBuilder, open_kb
from biotk.kb.merge import components, find_twins
from biotk.kb.merge_names import (
    NO_NAME,
    PREFERRED_OF_ONE,
    SAME_PREFERRED,
    SOME_NAME,
    name_levels,
    nearer_by_name,
)
from biotk.kb.readers import read_concepts
from biotk.types import Concept

PREFIXES = ("A", "B", "C")
IDS = [f"{prefix}:{n}" for prefix in (*PREFIXES, "X") for n in range(4)]
CONCEPTS = st.lists(
    st.tuples(st.sampled_from(IDS), st.lists(st.sampled_from(IDS), max_size=3)), max_size=10
)


def prefix_of(any_id):
    return any_id.partition(":")[0]


def twins_by_definition(concepts, prefixes):
    """The three rules, word for word, with sets."""
    known = {c for c, _ in concepts if prefix_of(c) in prefixes}
    partners = {}
    refers = [
        (c, x) for c, xrefs in concepts for x in xrefs
        if {prefix_of(c), prefix_of(x)} <= set(prefixes) and prefix_of(c) != prefix_of(x)
    ]  # fmt: skip
    beside = {(a, prefix_of(b)) for a, b in refers if b in known}
    beside |= {(b, prefix_of(a)) for a, b in refers if b in known}
    for a, b in refers:
        if b in known or (a, prefix_of(b)) not in beside:
            partners.setdefault(a, set()).add(b)
            partners.setdefault(b, set()).add(a)

    def of(node, prefix):
        return {p for p in partners.get(node, ()) if prefix_of(p) == prefix}

    graph = nx.Graph()
    graph.add_nodes_from(partners)
    graph.add_edges_from(
        (a, b) for a in partners for b in partners[a]
        if of(a, prefix_of(b)) == {b} and of(b, prefix_of(a)) == {a}
    )  # fmt: skip
    mapping = {}
    for group in nx.connected_components(graph):
        held = [prefix_of(node) for node in group]
        if len(set(held)) < len(held):
            continue
        if any(of(node, prefix) - group for node in group for prefix in held):
            continue
        kept, *gone = sorted(group & known, key=lambda c: prefixes.index(prefix_of(c))) or [None]
        mapping.update(dict.fromkeys(gone, kept))
    return mapping


@given(CONCEPTS, st.permutations(PREFIXES), st.integers(2, 3))
@example([("A:0", ["B:0"]), ("B:0", ["C:0"]), ("C:0", []), ("A:1", ["C:0"])], PREFIXES, 3)
def test_twins_equal_their_definition(concepts, prefixes, n):
    found = find_twins(iter(concepts), prefixes[:n])
    assert found.mapping == twins_by_definition(concepts, prefixes[:n])


@given(CONCEPTS)
def test_groups_hold_one_id_of_a_prefix_and_nothing_goes_to_what_goes(concepts):
    found = find_twins(concepts, PREFIXES, examples=1000)
    groups = {}
    for gone, kept in found.mapping.items():
        groups.setdefault(kept, [kept]).append(gone)
    for group in groups.values():
        assert len({prefix_of(c) for c in group}) == len(group)
    assert len(found.examples) == found.ambiguous
    assert not found.mapping.keys() & set(found.mapping.values())


def test_first_prefix_stays_whatever_the_order_of_concepts():
    concepts = [("MESH:1", ["MONDO:1"]), ("OMIM:1", []), ("MONDO:1", ["OMIM:1"])]
    for order in itertools.permutations(concepts):
        assert find_twins(order, ["MONDO", "MESH", "OMIM"]).mapping == {
            "MESH:1": "MONDO:1",
            "OMIM:1": "MONDO:1",
        }
    assert find_twins(concepts, ["MESH", "MONDO"]).mapping == {"MONDO:1": "MESH:1"}


@pytest.mark.parametrize(
    "concepts",
    [
        # one to several, several to one
        [("MONDO:1", ["MESH:1", "MESH:2"]), ("MESH:1", []), ("MESH:2", [])],
        [("MONDO:1", ["MESH:1"]), ("MONDO:2", ["MESH:1"]), ("MESH:1", [])],
        # a chain that leads from one MONDO to another
        [("MONDO:1", ["MESH:1"]), ("MESH:1", ["OMIM:1"]), ("OMIM:1", ["MONDO:2"]), ("MONDO:2", [])],
        # MONDO:1 is broader than OMIM:1, so MESH:1 may be narrower than MONDO:1
        [("MONDO:1", ["MESH:1", "OMIM:1", "OMIM:2"]), ("MESH:1", ["OMIM:1"]), ("OMIM:1", []),
         ("OMIM:2", [])],
    ],
)  # fmt: skip
def test_what_is_not_one_to_one_is_counted_and_not_merged(concepts):
    found = find_twins(concepts, ["MONDO", "MESH", "OMIM"])
    assert found.mapping == {}
    assert found.ambiguous == 1
    assert found.examples == (tuple(sorted(c for c, _ in concepts)),)


def test_third_id_ties_two_concepts_if_its_prefix_is_asked_for():
    concepts = [("MONDO:1", ["OMIM:1"]), ("MESH:1", ["OMIM:1"])]
    assert find_twins(concepts, ["MONDO", "MESH", "OMIM"]).mapping == {"MESH:1": "MONDO:1"}
    assert find_twins(concepts, ["MONDO", "MESH"]).mapping == {}
    shared = [*concepts, ("MESH:2", ["OMIM:1"])]
    found = find_twins(shared, ["MONDO", "MESH", "OMIM"])
    assert (found.mapping, found.ambiguous) == ({}, 1)


def test_id_that_is_not_in_the_kb_does_not_count_beside_one_that_is():
    found = find_twins([("MONDO:1", ["MESH:1", "MESH:8"]), ("MESH:1", [])], ["MONDO", "MESH"])
    assert found.mapping == {"MESH:1": "MONDO:1"}
    # Two that are not there, and no concept is left unmerged by it.
    found = find_twins([("MONDO:1", ["MESH:8", "MESH:9"]), ("MESH:1", [])], ["MONDO", "MESH"])
    assert (found.mapping, found.ambiguous) == ({}, 0)


def test_examples_are_cut_in_number_and_length():
    concepts = [("A:0", [f"B:{n}" for n in range(30)]), *((f"B:{n}", []) for n in range(30))]
    concepts += [("A:1", ["B:40", "B:41"]), ("B:40", []), ("B:41", [])]
    found = find_twins(concepts, ["A", "B"])
    assert found.ambiguous == 2
    assert [len(group) for group in found.examples] == [3, 8]
    assert len(find_twins(concepts, ["A", "B"], examples=1).examples) == 1


@pytest.mark.parametrize("prefixes", [[], ["MESH"], ["MESH", "MESH"]])
def test_fewer_than_two_prefixes_are_refused(prefixes):
    with pytest.raises(InputError, match="two different prefixes"):
        find_twins([], prefixes)


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=20))
def test_components_equal_networkx(edges):
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(20))
    one, other = np.array(edges, np.int64).reshape(-1, 2).T
    expected = {node: min(group) for group in nx.connected_components(graph) for node in group}
    assert dict(enumerate(components(20, one, other).tolist())) == expected


# Names

NAMES = {
    "MONDO:1": ["yeti foot", "big foot"],
    "MONDO:2": ["snow yeti foot"],
    "MESH:1": ["Yeti Foot", "Big Feet"],
    "MESH:2": ["Foot, Snow Yeti", "snow yeti foot"],
    "MESH:3": ["Cold Nose", "big foot"],
}


def read_names():
    return NAMES.items()


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("MONDO:1", "MESH:1", SAME_PREFERRED),
        ("MONDO:2", "MESH:2", SAME_PREFERRED),  # words in another order
        ("MONDO:1", "MESH:3", SOME_NAME),
        ("MONDO:2", "MESH:3", NO_NAME),
        ("MONDO:2", "MESH:99", NO_NAME),
    ],
)
def test_level_says_how_near_two_names_are(one, other, level):
    assert name_levels({one: other}, read_names) == {one: level}
    assert name_levels({other: one}, read_names) == {other: level}


def test_preferred_name_of_one_is_a_name_of_the_other():
    names = {"A:1": ["one", "uno"], "B:1": ["eins", "one"]}
    assert name_levels({"B:1": "A:1"}, names.items) == {"B:1": PREFERRED_OF_ONE}


def test_twin_stays_apart_where_another_is_nearer_by_name():
    concepts = [
        ("MONDO:1", ["MESH:3"]),
        ("MONDO:2", ["MESH:2"]),
        *((f"MESH:{n}", []) for n in (1, 2, 3)),
    ]
    found = find_twins(concepts, ["MONDO", "MESH"], names=read_names)
    assert found.mapping == {"MESH:2": "MONDO:2"}
    assert found.doubtful == (("MESH:3", "MONDO:1", "MESH:1"),)
    assert find_twins(concepts, ["MONDO", "MESH"]).doubtful == ()


def test_nothing_nearer_than_the_same_preferred_name_and_no_third_prefix_matters():
    names = {**NAMES, "MESH:4": ["yeti foot"], "HP:1": ["Cold Nose"]}
    assert nearer_by_name({"MESH:1": "MONDO:1"}, names.items) == {}
    assert nearer_by_name({"MESH:3": "MONDO:2"}, names.items) == {"MESH:3": "MESH:2"}
    del names["MESH:2"]
    assert nearer_by_name({"MESH:3": "MONDO:2"}, names.items) == {}


@pytest.mark.parametrize("name", ["+", ""])
def test_name_without_a_word_is_near_to_nothing(name):
    names = {"A:1": [name], "B:1": [name], "B:2": [name]}
    assert name_levels({"B:1": "A:1"}, names.items) == {"B:1": NO_NAME}
    assert nearer_by_name({"B:1": "A:1"}, names.items) == {}


# The hierarchy of what was merged


def build_merged(folder, concepts):
    builder = KbBuilder("merged", merge=["A", "B"])
    builder.add(concepts)
    return open_kb(builder.write(folder / "merged"))


def test_where_hierarchies_disagree_that_of_the_first_prefix_holds(tmp_path):
    kb = build_merged(
        tmp_path,
        [
            Concept("A:1", "one", xrefs=("B:1",)),
            Concept("A:2", "two", xrefs=("B:2",), parents=("A:1",)),
            Concept("A:3", "three", xrefs=("B:3",)),
            Concept("B:1", "one", parents=("B:2", "B:3")),  # the first contradicts A, not the other
            Concept("B:2", "two"),
            Concept("B:3", "three"),
            Concept("B:4", "four", parents=("B:2",)),
        ],
    )
    assert {c.concept_id: c.parents for c in kb} == {
        "A:1": ("A:3",), "A:2": ("A:1",), "A:3": (), "B:4": ("A:2",)
    }  # fmt: skip
    assert kb.manifest.counts["parents_contradicted"] == 1
    assert kb.hierarchy.cycles() == []


def test_parent_that_is_told_by_the_id_of_a_twin_is_the_concepts_own(tmp_path):
    kb = build_merged(
        tmp_path,
        [
            Concept("A:1", "one", xrefs=("B:1",), parents=("B:2",)),
            Concept("A:2", "two", xrefs=("B:2",)),
            Concept("B:1", "one"),
            Concept("B:2", "two", parents=("B:1",)),
        ],
    )
    assert {c.concept_id: c.parents for c in kb} == {"A:1": ("A:2",), "A:2": ()}
    assert kb.manifest.counts["parents_contradicted"] == 1


def test_cycle_of_one_vocabulary_stays_when_merged(tmp_path):
    kb = build_merged(
        tmp_path,
        [
            Concept("A:1", "one", xrefs=("B:1",), parents=("A:2",)),
            Concept("A:2", "two", parents=("A:1",)),
            Concept("B:1", "one"),
        ],
    )
    assert len(kb.hierarchy.cycles()) == 1
    assert kb.manifest.counts["parents_contradicted"] == 0


@pytest.mark.data
def test_twins_of_mondo_and_doid_nearly_all_share_a_name(shared_data):
    concepts = [
        concept
        for file in ("mondo/mondo_xrefs.json.gz", "doid/doid.json.gz")
        for concept in read_concepts(shared_data / "kb" / file, problems=Problems())
    ]
    names = {c.concept_id: (c.name, *c.synonyms) for c in concepts}
    xrefs = [(c.concept_id, c.xrefs) for c in concepts]
    found = find_twins(xrefs, ["MONDO", "DOID"], names=names.items)
    levels = list(name_levels(found.mapping, names.items).values())
    assert len(levels) > 10_000
    assert levels.count(NO_NAME) < 0.05 * len(levels)
    assert 0 < len(found.doubtful) < 0.03 * len(levels)
