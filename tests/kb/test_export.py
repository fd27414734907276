from __future__ import annotations

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import HGNC, MESH, build_tiny, open_tiny

from biotk.candidates.names import match_names
from biotk.errors import InputError, KbExistsError, KbMismatchError
from biotk.kb import KbBuilder, KbSubset, open_kb
from biotk.kb.export import ExportReport, export_kb, iter_part, write_jsonl, write_table
from biotk.kb.manifest import SourceInfo
from biotk.kb.readers import read_concepts
from biotk.kb.readers.table import EMPTY_CELLS
from biotk.linking import LexicalLinker
from biotk.types import Concept

# A chain with a fork and a cycle, so that whatever is left out leaves a gap somewhere.
CHAIN = [
    Concept("T:1", "top"),
    Concept("T:2", "left", parents=("T:1",)),
    Concept("T:3", "right", parents=("T:1",)),
    Concept("T:4", "middle", parents=("T:2", "T:3", "T:6")),
    Concept("T:5", "low", parents=("T:4",)),
    Concept("T:6", "round", parents=("T:5",)),
    Concept("T:7", "alone"),
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    builder = KbBuilder("chain")
    builder.add(CHAIN)
    return open_kb(builder.write(tmp_path_factory.mktemp("chain") / "kb"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


def masks(n):
    return st.lists(st.booleans(), min_size=n, max_size=n).filter(any)


NAMES = sorted({name for c in (*MESH, *HGNC) for name in (c.name, *c.synonyms)})


@given(masks(len(MESH) + len(HGNC)))
@settings(max_examples=25)
def test_export_answers_as_the_subset_of_the_whole_does(kb, folder, flags):
    subset = KbSubset(kb.fingerprint, np.array(flags))
    export_kb(kb, subset, folder / "kb", overwrite=True)
    part = open_kb(folder / "kb")
    assert part.concept_ids == kb.ids_of(subset.indices)

    def found(kb, name, allowed):
        matches = match_names(kb, name, allowed=allowed)
        return [(kb.id_of(m.concept_idx), kb.name(m.name_idx), m.route) for m in matches]

    whole_linker, part_linker = LexicalLinker(kb, subset=subset), LexicalLinker(part)
    for name in (*NAMES, "cardiac failures", "failure, heart"):
        assert found(part, name, None) == found(kb, name, subset.mask)
        whole, own = whole_linker.link(name), part_linker.link(name)
        if whole.route not in ("ngram", "nil"):
            assert (own.concept_id, own.route) == (whole.concept_id, whole.route)


@given(masks(len(CHAIN)))
@settings(max_examples=40)
def test_export_keeps_the_edges_that_are_inside(chain, folder, flags):
    subset = KbSubset(chain.fingerprint, np.array(flags))
    report = export_kb(chain, subset, folder / "chain", overwrite=True)
    inside = set(chain.ids_of(subset.indices))
    wanted = {c.concept_id: {p for p in c.parents if p in inside} for c in CHAIN}
    part = open_kb(folder / "chain")
    assert {c.concept_id: set(c.parents) for c in part} == {i: wanted[i] for i in inside}
    dropped = [p for c in CHAIN if c.concept_id in inside for p in c.parents if p not in inside]
    assert report.parents_outside == len(dropped) == part.manifest.counts["parents_not_in_kb"]


@given(masks(len(CHAIN)))
@settings(max_examples=40)
def test_reattached_export_has_all_ancestors_that_are_inside(chain, folder, flags):
    subset = KbSubset(chain.fingerprint, np.array(flags))
    export_kb(chain, subset, folder / "reattached", reattach=True, overwrite=True)
    part = open_kb(folder / "reattached")
    for idx in subset.indices.tolist():
        above = chain.hierarchy.ancestors(idx)
        wanted = {chain.id_of(i) for i in above.tolist() if i in subset}
        got = part.hierarchy.ancestors(part.index_of(chain.id_of(idx)))
        assert {part.id_of(i) for i in got.tolist()} == wanted


def test_export_keeps_everything_of_a_concept(kb, tmp_path):
    subset = kb.subset(ids=["D003924", "D006333", "D003920", "HGNC:6001"])
    export_kb(kb, subset, tmp_path / "part")
    part = open_kb(tmp_path / "part")
    for asked in ("D003924", "MESH:D999999", "HGNC:6001", "NCBIGene:3558"):
        assert part[asked] == kb[asked]
    assert part["OMIM:999001"] == replace(kb["D006333"], parents=())
    assert part["D003924"].definition == "Diabetes in which insulin does not work."


def test_manifest_keeps_sources_licences_and_tells_the_origin(tmp_path):
    builder = KbBuilder("whole")
    info = SourceInfo("MeSH", "d.txt", "mesh-tsv", "0" * 64, release="2024", licence="NLM")
    builder.add([Concept("A:1", "one", types=("X",)), Concept("A:2", "two")], info)
    kb = open_kb(builder.write(tmp_path / "whole"))
    subset = kb.subset(types="X")
    report = export_kb(kb, subset, tmp_path / "part", made_by="--types X")
    manifest = open_kb(tmp_path / "part", verify=True).manifest
    assert manifest.name == "part"
    assert manifest.sources == kb.manifest.sources
    assert (manifest.sources[0].licence, manifest.sources[0].release) == ("NLM", "2024")
    assert manifest.extra["exported_from"] == {
        "name": "whole",
        "kb": kb.fingerprint,
        "subset": subset.fingerprint,
        "concepts": 2,
        "made_by": "--types X",
    }
    assert (report.concepts, report.names, manifest.types) == (1, 1, ("X",))


def test_place_that_is_taken_empty_part_and_other_kb_are_refused(kb, chain, tmp_path):
    path = build_tiny(tmp_path)
    with pytest.raises(KbExistsError, match="--overwrite"):
        export_kb(kb, kb.subset(types="Gene"), path)
    assert len(open_kb(path)) == len(kb)
    with pytest.raises(InputError):
        export_kb(kb, ~kb.subset(), tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(KbMismatchError, match="make it from this KB"):
        export_kb(kb, chain.subset(), tmp_path / "none")
    with pytest.raises(KbMismatchError):
        list(iter_part(kb, chain.subset()))


# Files

_words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]),
                 min_size=1, max_size=8)  # fmt: skip
_name = st.lists(_words, min_size=1, max_size=3).map(" ".join)
# In a table such a cell is one that a program left empty, and readers tell that.
_in_table = _name.filter(lambda name: name not in EMPTY_CELLS)
_plain = st.text("abcXYZ12", min_size=1, max_size=6)


@st.composite
def concepts(draw, name=_name):
    number = draw(st.integers(1, 9))
    names = draw(st.lists(name, min_size=1, max_size=4, unique=True))
    return Concept(
        f"X:{number}",
        names[0],
        tuple(names[1:]),
        types=tuple(draw(st.lists(_plain, max_size=2, unique=True))),
        definition=draw(st.none() | name),
        parents=tuple(f"X:{n}" for n in draw(st.sets(st.integers(10, 14), max_size=2))),
        xrefs=tuple(f"OMIM:{n}" for n in draw(st.sets(st.integers(1, 4), max_size=2))),
        alt_ids=tuple(f"X:R{n}" for n in draw(st.sets(st.integers(1, 4), max_size=2))),
        source=draw(_plain),
        further_sources=tuple(sorted(draw(st.sets(st.sampled_from(["s", "the other"]))))),
    )


@given(st.lists(concepts(), min_size=1, max_size=4, unique_by=lambda c: c.concept_id))
@settings(max_examples=60)
@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_jsonl_round_trip(folder, name, given_concepts):
    write_jsonl(given_concepts, folder / name)
    assert list(read_concepts(folder / name, format="scispacy-jsonl")) == given_concepts


@given(st.lists(concepts(_in_table), min_size=1, max_size=4, unique_by=lambda c: c.concept_id))
@settings(max_examples=60)
def test_table_round_trip(folder, given_concepts):
    write_table(given_concepts, folder / "x.tsv")
    back = list(read_concepts(folder / "x.tsv", format="table"))
    assert [replace(c, synonyms=()) for c in back] == [
        replace(c, synonyms=()) for c in given_concepts
    ]
    # Synonyms with the separator in them come first: they are rows of their own.
    assert [set(c.synonyms) for c in back] == [set(c.synonyms) for c in given_concepts]


def test_whole_kb_comes_back_from_its_files(kb, tmp_path):
    report = ExportReport()
    write_jsonl(iter_part(kb, kb.subset(), report=report), tmp_path / "kb.jsonl")
    write_table(iter_part(kb, kb.subset()), tmp_path / "kb.tsv")
    for name in ("kb.jsonl", "kb.tsv"):
        assert list(read_concepts(tmp_path / name)) == list(kb)
    assert (report.concepts, report.names) == (len(kb), kb.n_names)


def test_scispacys_own_form_has_its_keys_alone(kb, tmp_path):
    write_jsonl(iter_part(kb, kb.subset()), tmp_path / "kb.jsonl.gz", only_scispacy=True)
    rows = list(
        map(json.loads, gzip.decompress((tmp_path / "kb.jsonl.gz").read_bytes()).splitlines())
    )
    keys = {"concept_id", "canonical_name", "aliases", "types", "definition"}
    assert set().union(*rows) == keys
    assert all(row.keys() >= keys - {"definition"} for row in rows)


def test_type_with_the_separator_is_refused_and_leaves_no_table(tmp_path):
    with pytest.raises(InputError, match=r"X:1: types has 'a\|b'.*--format jsonl"):
        write_table([Concept("X:1", "one", types=("a|b",))], tmp_path / "x.tsv")
    assert list(tmp_path.iterdir()) == []
