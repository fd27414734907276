"""What the builder joins: ids given again, twins, retired ids; and what it reports of that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biotk.errors import FormatError, InputError, Problems
from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.arrow import map_table
from biotk.kb.manifest import SourceInfo
from biotk.kb.readers import ReaderOptions, read_concepts
from biotk.kb.readers.retired import NOWHERE
from biotk.kb.report import report_kb
from biotk.types import Concept


def info(name: str) -> SourceInfo:
    return SourceInfo(name=name, file=f"{name}.tsv", format="memory", sha256="")


def build(folder: Path, *sources: Iterable[Concept], **options: object) -> KnowledgeBase:
    builder = KbBuilder("x", **options)  # type: ignore[arg-type]
    for number, concepts in enumerate(sources):
        builder.add(concepts, info(f"s{number}"))
    return open_kb(builder.write(folder / "kb"))


# Ids given again


def test_id_with_two_preferred_names_is_a_problem_that_names_both(tmp_path: Path) -> None:
    problems = Problems()
    kb = build(tmp_path, [Concept("A:1", "one"), Concept("A:1", "uno")], problems=problems)
    assert kb["A:1"].name == "one"
    assert kb["A:1"].synonyms == ("uno",)
    assert "'one' stays, 'uno' is a synonym" in str(problems.kept[0])
    assert problems.kept[0].path == "s0.tsv"
    assert kb.manifest.counts["preferred_names_made_synonyms"] == 1
    assert kb.manifest.sources[0].n_problems == 1


def test_id_given_again_in_another_source_is_counted_but_no_problem(tmp_path: Path) -> None:
    problems = Problems()
    kb = build(
        tmp_path,
        [Concept("A:1", "one", ("eins",), xrefs=("B:1",))],
        [Concept("A:1", "uno", ("eins", "one"), xrefs=("B:1", "B:2"))],
        problems=problems,
    )
    concept = kb["A:1"]
    assert (concept.name, concept.synonyms) == ("one", ("eins", "uno"))
    assert (concept.xrefs, concept.source) == (("B:1", "B:2"), "s0")
    assert concept.further_sources == ("s1",)
    assert problems.count == 0
    counts = kb.manifest.counts
    assert (counts["ids_given_again"], counts["preferred_names_made_synonyms"]) == (1, 1)


def test_strict_builder_stops_where_an_id_is_given_twice() -> None:
    builder = KbBuilder("x", problems=Problems(strict=True))
    with pytest.raises(FormatError, match="given twice"):
        builder.add([Concept("A:1", "one"), Concept("A:1", "one")])


def test_first_definition_that_says_something_stays(tmp_path: Path) -> None:
    rows = [
        Concept("A:1", "one", definition=definition) for definition in (None, "", "first", "second")
    ]
    assert build(tmp_path, rows)["A:1"].definition == "first"


NAMES = st.sampled_from(["a", "b", "A", "Fieber", "b c", "ß", "🤧"])
IDS = st.sampled_from(["X:1", "X:2", "Y:1", "Y:10", "Z"])
LISTS = st.lists(IDS, max_size=3).map(tuple)
CONCEPTS = st.builds(
    Concept,
    concept_id=IDS,
    name=NAMES,
    synonyms=st.lists(NAMES, max_size=3).map(tuple),
    types=st.lists(st.sampled_from(["T", "U", "V"]), max_size=2, unique=True).map(tuple),
    definition=st.sampled_from([None, "d", "e"]),
    parents=LISTS,
    xrefs=LISTS,
    alt_ids=LISTS,
    source=st.sampled_from(["", "S", "R"]),
    further_sources=st.lists(st.sampled_from(["S", "R", "s"]), max_size=2).map(tuple),
)


def _sources_of(old: Concept | None, row: Concept) -> tuple[str, ...]:
    before = (old.source, *old.further_sources) if old else ()
    return (*before, row.source or "s", *row.further_sources)


def joined_slowly(rows: list[Concept]) -> dict[str, Concept]:
    """The oracle: one dict, one row at a time."""
    found: dict[str, Concept] = {}
    repeated = {
        row.concept_id for row in rows if [r.concept_id for r in rows].count(row.concept_id) > 1
    }

    def unique(concept_id: str, *values: tuple[str, ...]) -> tuple[str, ...]:
        flat = [value for part in values for value in part]
        return tuple(dict.fromkeys(flat)) if concept_id in repeated else tuple(flat)

    for row in rows:
        old = found.get(row.concept_id)
        names = (*((old.name, *old.synonyms) if old else ()), row.name, *row.synonyms)
        name, *synonyms = dict.fromkeys(names)
        i = row.concept_id
        found[i] = Concept(
            i, name, tuple(synonyms),
            unique(i, old.types if old else (), row.types),
            (old.definition if old else None) or row.definition,
            unique(i, old.parents if old else (), row.parents),
            unique(i, old.xrefs if old else (), row.xrefs),
            unique(i, old.alt_ids if old else (), row.alt_ids),
            old.source if old else row.source or "s",
            tuple(dict.fromkeys(s for s in _sources_of(old, row)))[1:],
        )  # fmt: skip
    ids = found.keys()
    for i, concept in found.items():
        parents = tuple(sorted(p for p in set(concept.parents) if p in ids and p != i))
        found[i] = Concept(
            i, concept.name, concept.synonyms, concept.types, concept.definition, parents,
            concept.xrefs, concept.alt_ids, concept.source, concept.further_sources,
        )  # fmt: skip
    return found


@given(st.lists(CONCEPTS, min_size=1, max_size=12))
@settings(max_examples=150)
def test_joining_equals_a_dict(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Concept]
) -> None:
    builder = KbBuilder("x")
    builder.add(rows, info("s"))
    kb = open_kb(builder.write(tmp_path_factory.mktemp("j") / "kb"))
    expected = joined_slowly(rows)
    assert [concept.concept_id for concept in kb] == sorted(expected)
    assert {concept.concept_id: concept for concept in kb} == expected
    for concept_id in ("X:1", "X:2", "Y:1", "Y:10", "Z"):
        kinds = (
            [i for i in sorted(expected) if i == concept_id],
            [i for i in sorted(expected) if concept_id in expected[i].alt_ids],
            [i for i in sorted(expected) if concept_id in expected[i].xrefs],
        )
        owners = next((ids for ids in kinds if ids), [])
        assert [kb.id_of(idx) for idx in kb.resolve(concept_id)] == owners


# Order


def test_order_of_rows_does_not_matter_where_one_file_has_several_sources(tmp_path: Path) -> None:
    rows = [
        Concept(f"A:{n}", f"name {n}", types=(f"T{n % 3}",), source=f"v{-n % 5}") for n in range(9)
    ]
    forth = build(tmp_path / "1", rows)
    back = build(tmp_path / "2", rows[::-1])
    assert forth.fingerprint == back.fingerprint
    for name in forth.manifest.files:
        assert (forth.path / name).read_bytes() == (back.path / name).read_bytes()
    assert [c.source for c in forth] == [f"v{-n % 5}" for n in range(9)]


# Twins

MONDO = [
    Concept("MONDO:1", "diabetes mellitus", ("DM",), ("Disease",), xrefs=("MESH:1", "DOID:9")),
    Concept("MONDO:2", "type 2 diabetes", (), ("Disease",), parents=("MONDO:1",)),
]
MESH = [
    Concept("MESH:1", "Diabetes Mellitus", ("Diabetes", "DM"), ("Disease", "Finding"),
            "High sugar.", parents=("MESH:3",), xrefs=("MONDO:1", "UMLS:7"), alt_ids=("MESH:0",)),
    Concept("MESH:2", "Gestational Diabetes", parents=("MESH:1",)),
    Concept("MESH:3", "Metabolic Diseases"),
]  # fmt: skip


@pytest.mark.parametrize("sources", [(MONDO, MESH), (MESH, MONDO)])
def test_merge_joins_twins_and_redirects_parents(
    tmp_path: Path, sources: tuple[list[Concept], ...]
) -> None:
    kb = build(tmp_path, *sources, merge=["MONDO", "MESH"])
    assert [c.concept_id for c in kb] == ["MESH:2", "MESH:3", "MONDO:1", "MONDO:2"]
    one = kb["MONDO:1"]
    assert (one.name, one.synonyms) == (
        "diabetes mellitus",
        ("DM", "Diabetes Mellitus", "Diabetes"),
    )
    assert (one.types, one.definition) == (("Disease", "Finding"), "High sugar.")
    assert one.parents == ("MESH:3",)
    assert one.xrefs == ("DOID:9", "UMLS:7")
    assert one.alt_ids == ("MESH:0", "MESH:1")
    assert kb["MESH:2"].parents == ("MONDO:1",)
    for asked in ("MESH:1", "MESH:0", "UMLS:7", "DOID:9"):
        assert kb[asked].concept_id == "MONDO:1"
    assert kb.manifest.counts["merged"] == 1


@pytest.mark.parametrize("alone", [False, True])
def test_merged_concept_belongs_to_all_its_sources(tmp_path: Path, alone: bool) -> None:
    twins = MESH[:1] if alone else MESH  # alone: nothing is left that has MeSH as its first source
    kb = build(tmp_path, MONDO, twins, merge=["MONDO", "MESH"])
    one = kb.index_of("MONDO:1")
    assert kb.sources_of(one) == ("s0", "s1")
    assert (kb["MONDO:1"].source, kb["MONDO:1"].further_sources) == ("s0", ("s1",))
    assert kb.manifest.source_names == ("s0", "s1")
    assert one in kb.subset(sources="s1")
    assert one in kb.subset(sources="s0")
    assert len(kb.subset(sources="s1")) == len(twins)
    assert kb.ids_of((~kb.subset(sources="s1")).indices) == ["MONDO:2"]
    if alone:
        assert "s1" not in report_kb(kb).flat_sources
    kb.check_tables()
    kb.verify()


def test_column_of_sources_is_there_only_where_a_concept_has_several(tmp_path: Path) -> None:
    kb = build(tmp_path, MONDO, MESH)
    assert kb.sources_of(0) == ("s1",)
    assert "sources" not in map_table(kb.path / "concepts.arrow").schema.names
    merged = build(tmp_path / "merged", MONDO, MESH, merge=["MONDO", "MESH"])
    assert map_table(merged.path / "concepts.arrow").schema.names[-1] == "sources"


def test_merge_refuses_prefixes_that_make_no_sense_before_anything_is_read() -> None:
    with pytest.raises(InputError, match="two different prefixes"):
        KbBuilder("x", merge=["MESH"])


@pytest.mark.parametrize(
    "named", [["mondo", "mesh"], ["MONDO:", " Mesh"], ["s0", "S1"], ["MONDO", "s1"]]
)
def test_merge_takes_prefixes_and_sources_in_any_case(tmp_path: Path, named: list[str]) -> None:
    kb = build(tmp_path, MONDO, MESH, merge=named)
    assert kb.manifest.counts["merged"] == 1
    assert kb["MESH:1"].concept_id == "MONDO:1"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (["MONDO", "MSH"], "cannot merge 'MSH': it is no prefix of an id here.* MESH, MONDO$"),
        (["MONDO", "both"], "cannot merge 'both': it stands for MESH, MONDO"),
        (["S0", "mesh", "mondo"], "different prefixes.*several mean MONDO"),
    ],
)
def test_merge_of_what_is_not_there_is_refused_before_anything_is_written(
    tmp_path: Path, named: list[str], message: str
) -> None:
    builder = KbBuilder("x", merge=named)
    builder.add(MONDO, info("s0"))
    builder.add(MESH, info("s1"))
    builder.add([Concept("MONDO:8", "8"), Concept("MESH:8", "8")], info("Both"))
    with pytest.raises(InputError, match=message):
        builder.write(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_merge_with_a_prefix_of_third_ids_alone_tells_that_it_joins_nothing(
    tmp_path: Path,
) -> None:
    builder = KbBuilder("x", merge=["MONDO", "umls"])
    builder.add([*MONDO, *MESH])
    builder.write(tmp_path / "one")
    builder.write(tmp_path / "two")
    (problem,) = builder.report.problems
    assert "MONDO and UMLS should be joined, but the concepts have only MESH, MONDO" in str(problem)


# Retired ids


def test_retired_ids_go_to_what_finally_replaces_them(tmp_path: Path) -> None:
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one", alt_ids=("A:10",)), Concept("B:1", "other")])
    for gone, replacement in (
        ("A:2", "A:3"), ("A:3", "A:1"),  # a chain
        ("A:4", "A:10"),  # to an alternative id
        ("A:5", "A:99"),  # to nowhere
        ("A:6", "A:7"), ("A:7", "A:6"),  # a circle
        ("A:8", "A:1"), ("A:8", "B:1"),  # split
        ("B:1", "A:1"),  # still in use
        ("A:2", "A:3"),  # told twice
    ):  # fmt: skip
        builder.add_retired(gone, replacement)
    kb = open_kb(builder.write(tmp_path / "kb"))
    assert kb["A:1"].alt_ids == ("A:10", "A:2", "A:3", "A:4")
    assert kb["A:2"].name == kb["A:4"].name == "one"
    assert kb["B:1"].name == "other"
    assert {name: n for name, n in kb.manifest.counts.items() if name.startswith("retired")} == {
        "retired": 3,
        "retired_still_in_use": 1,
        "retired_with_several_replacements": 1,
        "retired_in_a_circle": 2,
        "retired_without_replacement": 1,
    }


def test_retired_id_finds_the_concept_into_which_its_replacement_was_merged(tmp_path: Path) -> None:
    builder = KbBuilder("x", merge=["MONDO", "MESH"])
    for source in (MONDO, MESH):
        builder.add(source)
    builder.add_retired("MESH:77", "MESH:1")
    assert open_kb(builder.write(tmp_path / "kb"))["MESH:77"].concept_id == "MONDO:1"


def test_further_id_that_a_source_calls_retired_leads_where_that_source_says(
    tmp_path: Path,
) -> None:
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one", alt_ids=("A:10",)), Concept("B:1", "other")])
    builder.add_retired("A:2", "A:10")
    builder.add_retired("A:10", "B:1")
    assert open_kb(builder.write(tmp_path / "kb"))["A:2"].concept_id == "B:1"


def test_retired_ids_are_left_out_only_if_they_lead_nowhere_in_the_end(tmp_path: Path) -> None:
    obo = "[Term]\nid: A:{0}\nname: gone\nis_obsolete: true\nreplaced_by: {1}\n\n"
    stanzas = [obo.format(n, to) for n, to in enumerate(("B:1", "B:9", "B:2", "A:0"))]
    path = tmp_path / "a.obo"
    path.write_text("format-version: 1.2\n\n[Term]\nid: A:7\nname: here\n\n" + "".join(stanzas))
    builder = KbBuilder("x")
    options = ReaderOptions(left_out=builder.add_left_out, retired=builder.add_retired)
    builder.add(read_concepts(path, options=options), info("a"))
    builder.add_retired("C:1", "C:2")  # of no source
    builder.add([Concept("B:1", "one")], info("b"))
    kb = open_kb(builder.write(tmp_path / "kb"))
    assert kb["B:1"].alt_ids == ("A:0", "A:3")
    assert kb.manifest.counts["retired"] == 2
    assert kb.manifest.counts["retired_without_replacement"] == 3
    assert kb.manifest.counts["left_out"] == 2
    assert [dict(source.left_out) for source in kb.manifest.sources] == [{NOWHERE: 2}, {}]
    assert builder.report.left_out == {"a.tsv": {NOWHERE: 2}}
    builder.add([Concept("B:2", "two")], info("c"))
    kb = open_kb(builder.write(tmp_path / "again"))
    assert [dict(source.left_out) for source in kb.manifest.sources] == [{NOWHERE: 1}, {}, {}]
    assert builder.report.left_out == {"a.tsv": {NOWHERE: 1}}


def test_order_in_which_retired_ids_are_told_does_not_matter(tmp_path: Path) -> None:
    pairs = [("A:2", "A:3"), ("A:3", "A:1"), ("A:0", "A:1"), ("A:5", "B:1")]
    prints = set()
    for number, order in enumerate((pairs, pairs[::-1])):
        builder = KbBuilder("x")
        builder.add([Concept("A:1", "one"), Concept("B:1", "other")])
        for pair in order:
            builder.add_retired(*pair)
        prints.add(open_kb(builder.write(tmp_path / str(number))).fingerprint)
    assert len(prints) == 1


# What is reported


def test_what_readers_leave_out_is_kept_by_source_and_reason(tmp_path: Path) -> None:
    builder = KbBuilder("x")

    def rows(name: str) -> Iterable[Concept]:
        yield Concept(f"A:{name}", name)
        builder.add_left_out(tmp_path / name, "retired ids without a replacement", 3)
        builder.add_left_out(tmp_path / name, f"only in {name}", 1)

    builder.add(rows("one"), info("one"))
    builder.add(rows("two"), info("two"))
    kb = open_kb(builder.write(tmp_path / "kb"))
    assert [dict(source.left_out) for source in kb.manifest.sources] == [
        {"only in one": 1, "retired ids without a replacement": 3},
        {"only in two": 1, "retired ids without a replacement": 3},
    ]
    assert kb.manifest.counts["left_out"] == 8
    assert builder.report.left_out[str(tmp_path / "two")]["only in two"] == 1


def test_cycle_is_reported_once_with_an_example_and_the_kb_is_built(tmp_path: Path) -> None:
    problems = Problems()
    builder = KbBuilder("x", problems=problems)
    builder.add(
        [
            Concept("A:1", "one", parents=("A:3", "A:1")),
            Concept("A:2", "two", parents=("A:1",)),
            Concept("A:3", "three", parents=("A:2",)),
            Concept("A:4", "below", parents=("A:3",)),
        ]
    )
    kb = open_kb(builder.write(tmp_path / "kb"))
    builder.write(tmp_path / "again")
    assert problems.count == 1
    assert "A:1, A:2, A:3" in str(problems.kept[0])
    assert kb.manifest.counts["concepts_in_cycles"] == 3
    assert kb.manifest.counts["parents_of_themselves"] == 1
    assert len(kb.hierarchy.descendants(kb.index_of("A:1"))) == 3


def test_texts_that_cannot_be_stored_are_problems(tmp_path: Path) -> None:
    problems = Problems()
    kb = build(
        tmp_path,
        [
            Concept("A:1", "one", ("fine", "half \ud800", " ")),
            Concept("A:2", " "),
            Concept("", "no id"),
            Concept("A:3", "\udfff"),
            Concept("A:4", "four", types=("T\ud800",)),
            Concept("A:5", "five", definition="\ud800", xrefs=("B:1", "B:\ud800")),
        ],
        problems=problems,
    )
    assert [c.concept_id for c in kb] == ["A:1", "A:5"]
    assert kb["A:1"].synonyms == ("fine",)
    assert (kb["A:5"].definition, kb["A:5"].xrefs) == (None, ("B:1",))
    assert problems.count == 7
    assert sum("surrogate" in problem.message for problem in problems) == 4
    assert kb.manifest.sources[0].n_concepts == 6


def test_ids_that_no_trie_can_hold_are_problems(tmp_path: Path) -> None:
    problems = Problems()
    builder = KbBuilder("x", problems=problems)
    builder.add(
        [Concept("A:1", "o\0ne", xrefs=("\0", "B:1"), alt_ids=("A:\0",)), Concept("\0", "zero")]
    )
    builder.add_retired("\0", "A:1")
    builder.add_retired("\ud800", "A:1")
    kb = open_kb(builder.write(tmp_path / "kb"))
    assert [(c.concept_id, c.name, c.xrefs, c.alt_ids) for c in kb] == [
        ("A:1", "o\0ne", ("B:1",), ())
    ]
    assert problems.count == 4


def test_more_types_than_can_be_told_apart_is_an_error(tmp_path: Path) -> None:
    builder = KbBuilder("x")
    builder.add(Concept(f"A:{n}", "one", types=(f"T{n}",)) for n in range(33_000))
    with pytest.raises(InputError, match="33,000 different semantic types"):
        builder.write(tmp_path / "kb")
    assert list(tmp_path.iterdir()) == []


def test_chunks_of_a_large_source_make_one_kb(tmp_path: Path) -> None:
    n = 45_000
    ids = [f"A:{(number * 7919) % n:05d}" for number in range(n)]
    rows = [Concept(i, f"name {i}", (f"word {i[-2:]}",), parents=(ids[0],)) for i in ids]
    kb = build(tmp_path, rows[:30_000], rows[30_000:])
    assert kb.concept_ids == sorted(ids)
    assert kb["A:00042"] == Concept(
        "A:00042", "name A:00042", ("word 42",), parents=("A:00000",), source="s0"
    )
    assert len(kb.keys("plural").rows("word 42")) == n // 100
    assert len(kb.hierarchy.descendants(0)) == n - 1
