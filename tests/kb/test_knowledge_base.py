from __future__ import annotations

import json
import multiprocessing
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import HGNC, MESH, build_tiny, open_tiny

from biotk.errors import (
    ConceptNotFoundError,
    InputError,
    KbCorruptError,
    KbExistsError,
    KbMismatchError,
    KbNotFoundError,
    KbVersionError,
    Problems,
    UnknownNameError,
)
from biotk.kb import KbBuilder, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.text.normalize import bag_key, plural_key
from biotk.types import Concept


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


def test_iteration_gives_back_what_was_built(kb):
    expected = {
        c.concept_id: replace(c, source="MeSH" if c in MESH else "HGNC") for c in (*MESH, *HGNC)
    }
    assert {c.concept_id: c for c in kb} == expected
    assert len(kb) == len(expected)


@pytest.mark.parametrize("asked", ["MESH:D003924", "D003924", "MESH:D999999", "D999999"])
def test_concept_is_found_by_any_form_of_its_id(kb, asked):
    assert kb[asked].name == "Diabetes Mellitus, Type 2"
    assert asked in kb


def test_concept_is_found_by_a_cross_reference(kb):
    assert kb["OMIM:999001"].concept_id == "MESH:D006333"
    assert kb["NCBIGene:847"].name == "CAT"


def test_own_id_goes_before_a_cross_reference(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one"), Concept("B:1", "other", xrefs=("A:1",))])
    assert open_kb(builder.write(tmp_path / "x"))["A:1"].name == "one"


def test_bare_id_that_two_vocabularies_have_is_not_guessed(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:7", "one"), Concept("B:7", "other")])
    assert open_kb(builder.write(tmp_path / "x")).resolve("7") == ()


@pytest.mark.parametrize("asked", ["\ud83d", "MESH:\udcff", "MESH:D003924\0", "MESH:D003924\0x"])
def test_id_that_cannot_be_stored_is_unknown(kb, asked):
    assert asked not in kb
    assert kb.positions([asked, "MESH:D003924"]).tolist() == [-1, kb.index_of("MESH:D003924")]
    with pytest.raises(ConceptNotFoundError):
        kb[asked]


def test_manifest_takes_what_names_of_files_may_hold(tmp_path):
    builder = KbBuilder("bad-\udcff", extra={"about": {"checksum": ""}})
    builder.add([Concept("A:1", "one")], SourceInfo("one", "bad-\udcff.csv", "table", ""))
    manifest = open_kb(builder.write(tmp_path / "x"), verify=True).manifest
    assert (manifest.name, manifest.sources[0].file) == ("bad-\udcff", "bad-\udcff.csv")


@pytest.mark.parametrize("asked", ["MESH:D003921", "D003921"])
def test_unknown_id_names_near_ones(kb, asked):
    with pytest.raises(ConceptNotFoundError, match=r"Did you mean MESH:D00392"):
        kb[asked]


@pytest.mark.parametrize("level", ["plural", "bag"])
def test_key_tables_equal_a_dict(kb, level):
    normalise = plural_key if level == "plural" else bag_key
    expected = {}
    for name_idx, name in enumerate(kb.iter_names()):
        expected.setdefault(normalise(name), []).append(name_idx)
    table = kb.keys(level)
    assert {key: table.rows(key).tolist() for key in table.iter_keys()} == expected
    for key_idx in range(len(table)):
        assert table.rows_of(key_idx).tolist() == expected[table.key(key_idx)]


def test_any_row_equals_a_loop(kb):
    table = kb.keys("plural")
    flags = np.arange(kb.n_names) % 3 == 0
    got = table.any_row(flags)
    assert got.tolist() == [any(flags[row] for row in table.rows_of(i)) for i in range(len(table))]


def test_preferred_name_is_first(kb):
    idx = kb.index_of("D001241")
    assert kb.names_of(idx) == ["Aspirin", "Acetylsalicylic Acid", "ASA"]
    assert [kb.is_preferred(i) for i in kb.name_range(idx)] == [True, False, False]


# Hierarchy


def test_hierarchy_walks_up_and_down(kb):
    child, parent = kb.index_of("D003924"), kb.index_of("D003920")
    assert kb.hierarchy.parents(child) == [parent]
    assert kb.hierarchy.children(parent) == [child]
    assert kb.hierarchy.descendants(parent).tolist() == [child]
    assert kb.hierarchy.ancestors(child).tolist() == [parent]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
@settings(max_examples=25, deadline=None)
def test_hierarchy_equals_networkx_cycles_included(tmp_path_factory, edges):
    import networkx as nx

    parents = {i: [f"X:{b}" for a, b in edges if a == i] for i in range(10)}
    builder = KbBuilder("x")
    builder.add(Concept(f"X:{i}", f"name {i}", parents=tuple(parents[i])) for i in range(10))
    kb = open_kb(builder.write(tmp_path_factory.mktemp("h") / "x"))
    graph = kb.hierarchy.to_networkx(kb)
    for idx in range(10):
        node = kb.id_of(idx)
        up = {kb.id_of(i) for i in kb.hierarchy.ancestors(idx).tolist()}
        down = {kb.id_of(i) for i in kb.hierarchy.descendants(idx).tolist()}
        assert up == nx.descendants(graph, node)
        assert down == nx.ancestors(graph, node)


# Subsets


def test_subset_by_each_condition(kb):
    def ids(subset):
        return {kb.id_of(i) for i in subset.indices.tolist()}

    assert ids(kb.subset(types=["Gene"])) == {"HGNC:1516", "HGNC:6001"}
    assert ids(kb.subset(sources=["HGNC"])) == {"HGNC:1516", "HGNC:6001"}
    assert ids(kb.subset(branch="D006331")) == {"MESH:D006331", "MESH:D006333"}
    assert ids(kb.subset(ids=["D005334", "NCBIGene:847"])) == {"MESH:D005334", "HGNC:1516"}
    assert ids(kb.subset(types=["Disease"], branch=["D003920"])) == {
        "MESH:D003920",
        "MESH:D003924",
    }
    assert len(kb.subset()) == len(kb)


def test_subset_of_several_types_equals_a_loop(kb):
    mask = kb.subset(types=["Gene", "Chemical"]).mask
    assert mask.tolist() == [bool({"Gene", "Chemical"} & set(c.types)) for c in kb]


def test_subset_with_unknown_type_lists_the_known(kb):
    with pytest.raises(UnknownNameError, match=r"Did you mean 'Disease'.*Known: Chemical"):
        kb.subset(types=["Diseases"])


def test_subsets_of_two_kbs_do_not_mix(kb, tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one")])
    other = open_kb(builder.write(tmp_path / "x"))
    with pytest.raises(KbMismatchError):
        kb.subset() & other.subset()


# Building


def test_fingerprint_is_of_the_content_alone(tmp_path):
    first = open_kb(build_tiny(tmp_path / "a"))
    second = open_kb(build_tiny(tmp_path / "b", name="other"))
    assert first.fingerprint == second.fingerprint
    builder = KbBuilder("x")
    builder.add([*MESH, *HGNC][1:])
    assert open_kb(builder.write(tmp_path / "x")).fingerprint != first.fingerprint


def test_order_of_concepts_does_not_matter(tmp_path):
    prints = set()
    for n, concepts in enumerate(([*MESH], [*reversed(MESH)])):
        builder = KbBuilder("x")
        builder.add(concepts)
        prints.add(open_kb(builder.write(tmp_path / str(n))).fingerprint)
    assert len(prints) == 1


def test_id_given_twice_joins_names_and_is_reported(tmp_path):
    problems = Problems()
    builder = KbBuilder("x", problems=problems)
    builder.add([Concept("A:1", "one"), Concept("A:1", "uno", ("one",))])
    assert problems.count == 1
    assert "A:1" in str(problems.kept[0])
    assert open_kb(builder.write(tmp_path / "x"))["A:1"].synonyms == ("uno",)


def test_two_sources_add_to_one_concept_without_a_problem(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one", types=("T",))])
    builder.add([Concept("A:1", "uno", types=("U",), definition="first")])
    concept = open_kb(builder.write(tmp_path / "x"))["A:1"]
    assert (concept.synonyms, concept.types, concept.definition) == (("uno",), ("T", "U"), "first")
    assert builder.report.problems.count == 0


def test_parent_outside_the_kb_is_counted(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one", parents=("A:9",))])
    builder.write(tmp_path / "x")
    assert builder.report.counts["parents_not_in_kb"] == 1


def test_name_without_a_word_is_kept_and_counted(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one", ("+",))])
    kb = open_kb(builder.write(tmp_path / "x"))
    assert kb["A:1"].synonyms == ("+",)
    assert kb.manifest.counts["names_without_a_word"] == 1


def test_nothing_to_build_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no concepts"):
        KbBuilder("x").write(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_same_kb_twice_is_fine_another_one_is_refused(tmp_path):
    path = build_tiny(tmp_path)
    before = (path / "manifest.json").read_bytes()
    build_tiny(tmp_path)
    assert (path / "manifest.json").read_bytes() == before
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one")])
    with pytest.raises(KbExistsError, match="--overwrite"):
        builder.write(path)
    builder.write(path, overwrite=True)
    assert [c.concept_id for c in open_kb(path)] == ["A:1"]
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]


def test_folder_that_is_no_kb_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one")])
    for overwrite in (False, True):
        with pytest.raises(KbExistsError):
            builder.write(tmp_path / "mine", overwrite=overwrite)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def _build(folder):
    build_tiny(folder)


def test_two_builders_at_once_leave_one_whole_kb(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_build, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]
    open_kb(tmp_path / "tiny", verify=True)


# Opening what is damaged


def test_missing_kb_says_how_to_build_one(tmp_path):
    with pytest.raises(KbNotFoundError, match="biotk kb build"):
        open_kb(tmp_path)


@pytest.mark.parametrize("field", ["format_version", "normalizer_version"])
def test_newer_version_asks_for_an_update_and_older_for_a_build(tmp_path, field):
    path = build_tiny(tmp_path)
    manifest = json.loads((path / "manifest.json").read_text())
    for change, remedy in ((1, "Update BioTK"), (-1, "biotk kb build")):
        (path / "manifest.json").write_text(
            json.dumps({**manifest, field: manifest[field] + change})
        )
        with pytest.raises(KbVersionError, match=remedy):
            open_kb(path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "biotk-kb"}', "\x00"])
def test_broken_manifest_is_one_clear_error(tmp_path, text):
    path = build_tiny(tmp_path)
    (path / "manifest.json").write_text(text)
    with pytest.raises(KbCorruptError, match=r"manifest.json"):
        open_kb(path)


def test_missing_or_cut_file_is_noticed_at_once(tmp_path):
    path = build_tiny(tmp_path)
    names = path / "names.arrow"
    data = names.read_bytes()
    names.write_bytes(data[:-8])
    with pytest.raises(KbCorruptError, match=r"names.arrow"):
        open_kb(path)
    names.unlink()
    with pytest.raises(KbCorruptError, match="missing"):
        open_kb(path)


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_verify_notices_a_flipped_byte_anywhere(tmp_path_factory, data):
    path = build_tiny(tmp_path_factory.mktemp("flip"))
    files = sorted(p for p in path.iterdir() if p.name != "manifest.json")
    file = data.draw(st.sampled_from(files))
    content = bytearray(file.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(content)
    with pytest.raises(KbCorruptError):
        open_kb(path, verify=True)


def test_pickled_kb_is_its_path(kb):
    data = pickle.dumps(kb)
    assert len(data) < 500
    assert pickle.loads(data)["D005334"].name == "Fever"
