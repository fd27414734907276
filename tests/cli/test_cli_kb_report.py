"""``biotk kb report``, ``diff``, ``tree`` and ``lca``, run as people run them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.kb import KbBuilder
from biotk.kb.manifest import SourceInfo
from biotk.types import Concept

LONG = "a name as long as a sentence, " * 8
CONCEPTS = [
    Concept("X:1", "top"),
    Concept("X:2", "left", ("cold",), ("Disease",), parents=("X:1",)),
    Concept("X:3", "right", ("Colds",), ("Disease",), parents=("X:1",)),
    Concept("X:4", "below both", ("+",), parents=("X:2", "X:3", "X:99")),
    Concept("X:5", "alone", (LONG,), alt_ids=("X:50",)),
    Concept("X:6", "wheel", parents=("X:7",), alt_ids=("X:50",)),
    Concept("X:7", "round", parents=("X:6",)),
]
GENES = [Concept(f"G:{n}", name, types=("Gene",)) for n, name in enumerate(["COLD", "RUN", "RUN"])]


def biotk(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", *(str(argument) for argument in arguments)])


def build(folder: Path, name: str, concepts: list[Concept]) -> Path:
    builder = KbBuilder(name)
    builder.report.problems.add("x.tsv", 7, "2 columns, expected 4", "a\tb")
    builder.add(concepts, SourceInfo(name="X", file="", format="memory", sha256=""))
    builder.add(GENES, SourceInfo(name="G", file="", format="memory", sha256=""))
    return builder.write(folder / name)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("kb"), "mine", CONCEPTS)


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    concepts = [
        CONCEPTS[0],
        Concept("X:2", "left side", ("cold",), ("Finding",), parents=("X:1",), alt_ids=("X:3",)),
        Concept("X:4", "below both", ("+", "under"), parents=("X:1",)),
        *CONCEPTS[5:],
        Concept("X:8", "new"),
    ]
    return build(tmp_path_factory.mktemp("kb"), "newer", concepts)


# report


def test_report_tells_what_is_odd(kb: Path) -> None:
    done = biotk("report", kb)
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for expected in (
        "10 concepts, 14 names",
        "x.tsv:7: 2 columns, expected 4: 'a\\tb'",
        "1 roots",
        "X:1 top",
        "1 concepts with neither parents nor children",
        "X:5 alone",
        "not counted, for they have no hierarchy: G",
        "1 parents that are not in the KB",
        "X:99 of 1 concept",
        "1 cycle",
        "X:6 wheel ⇄ X:7 round",
        "1 without a letter or digit: no look-up finds them",
        "X:4 +",
        "1 of more than 200 characters",
        "1 further ids of several concepts",
        "X:50 → X:5, X:6",
        "2 names of several concepts",
        "2 of them ambiguous even when the type is known",
        "1 Disease + Disease + Gene",
        "COLD G:0, X:2, X:3",
        "1 Gene + Gene",
    ):
        assert expected in lines
    assert not any("--merge" in line for line in lines)
    assert LONG not in done.stdout
    assert LONG[:50] in done.stdout


def test_report_json_holds_all_of_it(kb: Path) -> None:
    told = json.loads(biotk("report", kb, "--json").stdout)
    assert told["orphans"] == {"count": 1, "examples": [["X:5", "alone"]]}
    assert told["cycles"] == [{"count": 2, "examples": [["X:6", "wheel"], ["X:7", "round"]]}]
    assert told["counts"]["parents_not_in_kb"] == 1
    first = told["homonyms"]["groups"][0]
    assert first["types"] == ["Disease", "Disease", "Gene"]
    assert first["within_a_type"] is True
    assert told["first_problems"][0]["line"] == 7


def test_report_shows_as_many_as_asked_for(kb: Path) -> None:
    done = biotk("report", kb, "--limit", "0")
    assert done.exit_code == 0
    assert "X:1" not in done.stdout
    assert "1  roots" in done.stdout
    assert "2  of 2 other combinations of types" in done.stdout


def test_report_of_two_sources_for_one_thing_offers_to_merge_them(tmp_path: Path) -> None:
    other = Concept("G:9", "left", types=("Disease",))
    builder = KbBuilder("two")
    for source, concepts in (("X", CONCEPTS), ("G", [other])):
        builder.add(concepts, SourceInfo(name=source, file="", format="memory", sha256=""))
    done = biotk("report", builder.write(tmp_path / "two"))
    assert "1  of these between sources only: --merge" in done.stdout


def test_build_says_how_much_was_merged_even_if_it_is_nothing(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text(f"id,name\n{name.upper()}:1,{name}\n")
    run = ("build", tmp_path / "a.csv", tmp_path / "b.csv", "-o", tmp_path / "kb")
    done = biotk(*run, "--merge", "a,B")
    assert (done.exit_code, "\n           0  merged\n" in done.stdout) == (0, True)
    done = biotk(*run, "--merge", "a,C", "--overwrite")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "cannot merge 'C'" in done.stderr
    assert done.stderr.endswith("The ids have A, B\n")
    recipe = tmp_path / "r.toml"
    recipe.write_text('merge = ["A", "C"]\n[[sources]]\npath = "a.csv"\n')
    done = biotk("build", recipe, "-o", tmp_path / "kb2")
    assert (done.exit_code, "The ids have A\n" in done.stderr) == (2, True)


def test_report_of_a_merged_kb_shows_what_was_not_merged(tmp_path: Path) -> None:
    builder = KbBuilder("merged", merge=["A", "B"])
    xrefs = {"one": ("B:1",), "two": ("B:2",), "three": ("B:3", "B:4"), "two, too": ()}
    builder.add(Concept(f"A:{n}", name, xrefs=to) for n, (name, to) in enumerate(xrefs.items(), 1))
    names = ["one", "two, too", "three", "four"]
    builder.add(Concept(f"B:{n}", name) for n, name in enumerate(names, 1))
    path = builder.write(tmp_path / "merged")
    lines = [" ".join(line.split()) for line in biotk("report", path).stdout.splitlines()]
    for expected in (
        "1 concepts merged into a twin",
        "A:3, B:3, B:4",
        "B:2, A:2, A:4",
        "2 names of several concepts",
    ):
        assert expected in lines
    assert not any("--merge" in line for line in lines)
    told = json.loads(biotk("report", path, "--json").stdout)
    assert told["twins"] == {
        "ambiguous": [["A:3", "B:3", "B:4"]],
        "doubtful": [["B:2", "A:2", "A:4"]],
    }


# diff


def test_diff_counts_and_shows_changes_with_names(kb: Path, newer: Path) -> None:
    done = biotk("diff", kb, newer)
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for expected in (
        "1 added",
        "X:8 new",
        "X:3 right → X:2 left side",
        "X:5 alone",
        "X:2 left → left side",
        "X:2 left side: Disease → Finding",
        "X:4 below both: X:2 left → X:1 top",
        "X:4 below both: under",
        "2 with new names (2 names)",
    ):
        assert expected in lines


def test_diff_json_holds_all_unless_limited(kb: Path, newer: Path) -> None:
    told = json.loads(biotk("diff", kb, newer, "--json").stdout)
    assert told["changes"]["retired"] == [
        {"concept_id": "X:3", "name": "right", "old": [], "new": ["X:2"]}
    ]
    assert told["old"] != told["new"]
    cut = json.loads(biotk("diff", kb, newer, "--json", "--limit", "0").stdout)
    assert cut["counts"] == told["counts"]
    assert cut["changes"]["retired"] == []


def test_diff_shows_as_many_as_asked_for(kb: Path, newer: Path) -> None:
    done = biotk("diff", kb, newer, "--limit", "1")
    assert "… and 1 more" in done.stdout


def test_diff_of_equal_kbs_says_so(kb: Path) -> None:
    done = biotk("diff", kb, kb)
    assert done.exit_code == 0
    assert "do not differ" in done.stderr


def test_diff_with_what_is_no_kb_fails(kb: Path, tmp_path: Path) -> None:
    done = biotk("diff", kb, tmp_path)
    assert done.exit_code == 2
    assert "no knowledge base" in done.stderr


# tree and lca


def test_tree_draws_the_way_up_and_what_is_below(kb: Path) -> None:
    done = biotk("tree", kb, "X:2")
    assert done.stdout.splitlines() == [
        "X:1  top",
        "  X:2  left",
        "    X:4  below both",
    ]
    done = biotk("tree", kb, "X:4")
    assert done.stdout.splitlines()[-1] == "    X:4  below both  (also below X:3 right)"


def test_tree_from_the_roots_takes_depth_and_limit(kb: Path) -> None:
    assert biotk("tree", kb, "--depth", "0").stdout.splitlines() == ["X:1  top  +2"]
    done = biotk("tree", kb, "--depth", "1", "--limit", "1")
    assert done.stdout.splitlines() == ["X:1  top", "  X:2  left  +1", "  … and 1 more"]


def test_tree_in_a_cycle_ends(kb: Path) -> None:
    done = biotk("tree", kb, "X:6", "--depth", "9")
    assert done.stdout.splitlines() == ["X:6  wheel  (also below X:7 round)", "  X:7  round"]


def test_tree_json_nests_and_counts(kb: Path) -> None:
    told = json.loads(biotk("tree", kb, "X:2", "--json").stdout)
    assert [entry["concept_id"] for entry in told["broader"]] == ["X:1", "X:2"]
    assert (told["n_broader"], told["n_narrower"]) == (1, 1)
    assert told["narrower"][0]["concept_id"] == "X:4"


def test_tree_of_a_kb_without_a_hierarchy_says_so(tmp_path: Path) -> None:
    builder = KbBuilder("flat")
    builder.add(GENES)
    done = biotk("tree", builder.write(tmp_path / "flat"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "flat has no hierarchy" in done.stderr


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (("X:2", "X:3"), ["X:1"]),
        (("X:4", "X:2"), ["X:2"]),
        (("X:4",), ["X:4"]),
        (("X:4", "X:5"), []),
    ],
)
def test_lca_finds_the_lowest(kb: Path, ids: tuple[str, ...], expected: list[str]) -> None:
    done = biotk("lca", kb, *ids, "--json")
    assert [row["concept_id"] for row in json.loads(done.stdout)] == expected
    plain = biotk("lca", kb, *ids)
    assert [line.split()[0] for line in plain.stdout.splitlines()] == expected
    assert ("no common ancestor" in plain.stderr) == (not expected)


@pytest.mark.parametrize("command", [("tree",), ("lca", "X:1")])
def test_unknown_id_is_one_clear_error(kb: Path, command: tuple[str, ...]) -> None:
    done = biotk(command[0], kb, *command[1:], "X:77")
    assert done.exit_code == 1
    assert "X:77 is not in the KB" in done.stderr


@pytest.mark.parametrize("command", ["report", "diff", "tree", "lca"])
def test_help_has_examples(command: str) -> None:
    done = biotk(command, "-h")
    assert done.exit_code == 0
    assert f"biotk kb {command} " in done.stdout.split("example", 1)[1]


def test_report_says_how_many_problems_it_does_not_show(tmp_path: Path) -> None:
    builder = KbBuilder("many")
    for line in range(1, 8):
        builder.report.problems.add("x.tsv", line, "wrong")
    builder.add(GENES)
    done = biotk("report", builder.write(tmp_path / "many"))
    assert "x.tsv:5: wrong" in done.stdout
    assert "x.tsv:6: wrong" not in done.stdout
    assert "… and 2 more" in done.stdout
    whole = biotk("report", tmp_path / "many", "--limit", "7")
    assert ("x.tsv:7: wrong" in whole.stdout, "and 2 more" in whole.stdout) == (True, False)


def test_report_names_the_parents_outside_the_kb_that_most_concepts_have(tmp_path: Path) -> None:
    builder = KbBuilder("cut")
    builder.add([Concept(f"X:{n}", f"name {n}", parents=("Y:1", f"Z:{n}")) for n in range(3)])
    report = json.loads(biotk("report", builder.write(tmp_path / "kb"), "--json").stdout)
    assert report["parents_outside"] == [["Y:1", 3], ["Z:0", 1], ["Z:1", 1], ["Z:2", 1]]
