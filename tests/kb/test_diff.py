from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biotk.kb import KbBuilder, diff, open_kb
from biotk.kb.diff import KINDS, Change, diff_kbs
from biotk.types import Concept

OLD = [
    Concept("X:1", "yeti foot", ("big foot", "foot"), ("Disease",), parents=("X:9",)),
    Concept("X:2", "snow nose", (), ("Disease",), parents=("X:9", "X:4")),
    Concept("X:3", "cold ear", (), ("Disease",), parents=("X:9",)),
    Concept("X:4", "old class"),
    Concept("X:5", "same", ("as before",), parents=("X:9",)),
    Concept("X:6", "vanished"),
    Concept("X:9", "top"),
]
NEW = [
    Concept("X:1", "Yeti foot", ("Big Foot", "bigfoot"), ("Disease",), parents=("X:9",)),
    Concept("X:2", "snow nose", (), ("Finding", "Disease"), parents=("X:7",)),
    Concept("X:3", "cold ear", (), ("Disease",), parents=("X:7",)),
    Concept("X:5", "same", ("as before",), parents=("X:9",)),
    Concept("X:7", "new class", alt_ids=("X:4",), parents=("X:9",)),
    Concept("X:9", "top"),
]


def build(folder, concepts, name):
    builder = KbBuilder(name)
    builder.add(concepts)
    return open_kb(builder.write(folder / name))


@pytest.fixture
def kbs(tmp_path):
    return build(tmp_path, OLD, "old"), build(tmp_path, NEW, "new")


def test_diff_tells_each_kind_of_change(kbs):
    found = diff_kbs(*kbs)
    assert found.changes == {
        "added": [Change("X:7", "new class")],
        "retired": [Change("X:4", "old class", new=("X:7",))],
        "removed": [Change("X:6", "vanished")],
        "renamed": [Change("X:1", "Yeti foot", ("yeti foot",), ("Yeti foot",))],
        "retyped": [Change("X:2", "snow nose", ("Disease",), ("Finding", "Disease"))],
        # X:2 was below X:4 already, which is X:7 now; X:3 was not.
        "reparented": [
            Change("X:2", "snow nose", ("X:9",), ()),
            Change("X:3", "cold ear", ("X:9",), ("X:7",)),
        ],
        "names_added": [Change("X:1", "Yeti foot", (), ("bigfoot",))],
        "names_removed": [Change("X:1", "Yeti foot", ("foot",), ())],
    }
    assert found.counts == {kind: len(changes) for kind, changes in found.changes.items()}
    assert (found.n_names_added, found.n_names_removed) == (1, 1)


def test_cross_reference_to_an_id_does_not_make_it_retired(tmp_path):
    before = [Concept("X:1", "one", parents=("X:2",)), Concept("X:2", "two")]
    after = [Concept("X:1", "one", parents=("Y:1",)), Concept("Y:1", "other", xrefs=("X:2",))]
    found = diff_kbs(build(tmp_path, before, "before"), build(tmp_path, after, "after"))
    assert (found.counts["retired"], found.counts["removed"]) == (0, 1)
    assert found.changes["reparented"] == [Change("X:1", "one", ("X:2",), ("Y:1",))]


def test_diff_of_a_kb_with_itself_is_empty(kbs):
    for kb in kbs:
        assert not diff_kbs(kb, kb)
    assert diff_kbs(*kbs)


def test_other_order_of_types_is_a_change_if_the_main_type_is_another(tmp_path):
    def kb(name, *types):
        return build(tmp_path, [Concept("X:1", "one", types=types)], name)

    abc = kb("abc", "A", "B", "C")
    assert diff_kbs(abc, kb("acb", "A", "C", "B")).counts["retyped"] == 0
    assert diff_kbs(abc, kb("bac", "B", "A", "C")).counts["retyped"] == 1


def test_limit_cuts_what_is_shown_and_not_what_is_counted(kbs):
    found = diff_kbs(*kbs, limit=0)
    assert found.counts == diff_kbs(*kbs, limit=None).counts
    assert not any(found.changes.values())
    assert found


IDS = st.integers(0, 12).map(lambda n: f"X:{n}")


@st.composite
def vocabularies(draw):
    ids = draw(st.sets(IDS, min_size=1))
    return [
        Concept(
            own,
            draw(st.sampled_from(["a", "A", "b"])),
            tuple(draw(st.lists(st.sampled_from(["a", "c", "d e", "D-E"]), max_size=2))),
            parents=tuple(draw(st.lists(IDS, max_size=2))),
        )
        for own in sorted(ids)
    ]


@pytest.mark.parametrize("block", [1, 3, 4096])
@given(old=vocabularies(), new=vocabularies(), seed=st.integers())
@settings(max_examples=30)
def test_diff_equals_sets_of_concepts_whatever_the_blocks(tmp_path_factory, block, old, new, seed):
    random.Random(seed).shuffle(new)
    folder = tmp_path_factory.mktemp("d")
    before, after = build(folder, old, "old"), build(folder, new, "new")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "_BLOCK", block)
        found = diff_kbs(before, after, limit=None)
    a, b = ({c.concept_id: c for c in kb} for kb in (before, after))
    told = {kind: [change.concept_id for change in found.changes[kind]] for kind in KINDS}
    both = sorted(a.keys() & b.keys())
    assert told["added"] == sorted(b.keys() - a.keys())
    assert told["removed"] == sorted(a.keys() - b.keys())
    assert told["renamed"] == [i for i in both if a[i].name != b[i].name]
    assert told["reparented"] == [i for i in both if set(a[i].parents) != set(b[i].parents)]
    assert told["retired"] == told["retyped"] == []
    for change in found.changes["reparented"]:
        i = change.concept_id
        assert set(change.old) == set(a[i].parents) - set(b[i].parents)
        assert set(change.new) == set(b[i].parents) - set(a[i].parents)
