"""Parts of a KB on the command line: the options, files of subsets, exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import build_tiny
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.cli.subset_options import PartOptions, split_names
from biotk.errors import InputError
from biotk.kb import KbBuilder, open_kb, read_subset
from biotk.types import Concept

NOTE = "Kidney cancer and heart failure; took aspirin. Fever, and IL-2 was high."
CORPUS = """\
1|t|Kidney cancer and fever.
1|a|Aspirin for heart failure.
1\t0\t13\tKidney cancer\tDisease\tD007680
1\t18\t23\tfever\tDisease\tD005334
1\t25\t32\tAspirin\tChemical\tD001241
1\t37\t50\theart failure\tDisease\tD006333

"""


def biotk(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def parsed(*arguments: object) -> dict[str, object]:
    done = biotk(*arguments)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture
def hearts(kb: Path, tmp_path: Path) -> Path:
    out = tmp_path / "hearts.subset"
    done = biotk("kb", "subset", kb, "--branch", "D006331", "-o", out)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{out}: 2 of 15 concepts, ")
    return out


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.txt"
    path.write_text(NOTE)
    return path


# The options


@pytest.mark.parametrize(
    ("values", "known", "expected"),
    [
        (None, (), None),
        (["A, B", "C"], (), ["A", "B", "C"]),
        (["A,,B,"], (), ["A", "B"]),
        (["Acid, Peptide, or Protein"], ("Acid, Peptide, or Protein", "Acid"),
         ["Acid, Peptide, or Protein"]),
        (["Fungus,Acid, Peptide,Virus"], ("Acid, Peptide",), ["Fungus", "Acid, Peptide", "Virus"]),
    ],
)  # fmt: skip
def test_names_are_split_but_for_commas_of_their_own(values, known, expected) -> None:
    assert split_names(values, known) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"types": ["Gene"]}, ["HGNC:1516", "HGNC:6001"]),
        ({"types": ["Chemical", "Gene"], "source": ["HGNC"]}, ["HGNC:1516", "HGNC:6001"]),
        ({"branch": ["D006331,D007674"], "types": ["Disease"]},
         ["MESH:D006331", "MESH:D006333", "MESH:D007674", "MESH:D007680"]),
        ({"ids": ["OMIM:999001,D999999", "HGNC:1516"]},
         ["HGNC:1516", "MESH:D003924", "MESH:D006333"]),
        ({"ids": ["D005334", "{ids}"]}, ["MESH:D001241", "MESH:D005334", "MESH:D006333"]),
        ({"ids": ["{ids}"], "types": ["Chemical"]}, ["MESH:D001241"]),
        ({"ids": ["{ids}"], "subset": ["{hearts}"]}, ["MESH:D006333"]),
        ({"subset": ["{hearts}"], "types": ["Disease"]}, ["MESH:D006331", "MESH:D006333"]),
        ({"ids": ["{ids},{more}"]}, ["MESH:D001241", "MESH:D005334", "MESH:D006333"]),
        ({"ids": ["{more},D006333"]}, ["MESH:D005334", "MESH:D006333"]),
        ({"ids": ["{comma}"]}, ["MESH:D005334"]),
    ],
)  # fmt: skip
def test_all_that_is_asked_for_holds(kb, hearts, tmp_path, options, expected) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("MESH:D001241\nD006333\n")
    more, comma = tmp_path / "more.txt", tmp_path / "more,and.txt"
    for path in (more, comma):
        path.write_text("D005334\n")
    opened = open_kb(kb)
    if "subset" in options:
        options = {**options, "subset": [hearts]}
    if "ids" in options:
        named = {"ids": ids, "more": more, "comma": comma}
        options = {**options, "ids": [value.format(**named) for value in options["ids"]]}
    part = PartOptions(**options)
    subset = part.of(opened)
    assert bool(part) == (expected is not None)
    assert (subset and opened.ids_of(subset.indices)) == expected


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--types", "Diseases"), 2, "Did you mean 'Disease'?"),
        (("--source", "UMLS"), 2, "Known: HGNC, MeSH"),
        (("--branch", "D00633X"), 2, "D00633X is not in the KB 'tiny'"),
        (("--ids", "D00633X"), 2, "D00633X is not in the KB 'tiny'"),
        (("--ids", "lists/none.txt"), 2, "neither a file nor an id"),
        (("--ids", ","), 2, "--ids names nothing"),
        (("--types", ""), 2, "--types names nothing"),
        (("--subset", "none.subset"), 2, "none.subset: cannot be read"),
        (("--types", "Gene", "--branch", "D006331"), 2,
         "no concept of the KB 'tiny' meets --types Gene --branch D006331"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "command", [("search", "{kb}", "cold"), ("info", "{kb}"), ("show", "{kb}", "D005334"),
                ("subset", "{kb}"), ("export", "{kb}", "-o", "{out}")]
)  # fmt: skip
def test_wrong_option_is_told_by_every_command(
    kb, tmp_path, command, arguments, code, message
) -> None:
    given = [part.format(kb=kb, out=tmp_path / "out") for part in command]
    done = biotk("kb", *given, *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_unknown_ids_of_a_file_are_counted_and_told(kb, tmp_path) -> None:
    (tmp_path / "ids.txt").write_text("D005334\nD777777\nX:1\n")
    done = biotk("kb", "info", kb, "--ids", tmp_path / "ids.txt", "--json")
    assert json.loads(done.stdout)["part"]["concepts"] == 1
    assert "2 of 3 ids are not in the KB 'tiny', among them D777777, X:1" in done.stderr


def test_several_subset_files_are_cut_with_one_another(kb, hearts, tmp_path) -> None:
    failure, kidneys = tmp_path / "failure.subset", tmp_path / "kidneys.subset"
    biotk("kb", "subset", kb, "--ids", "D006333,D005334", "-o", failure)
    biotk("kb", "subset", kb, "--branch", "D007674", "-o", kidneys)
    both = ("--subset", hearts, "--subset", failure)
    assert parsed("kb", "info", kb, *both, "--json")["part"]["concepts"] == 1
    assert biotk("kb", "subset", kb, *both).stdout.splitlines()[1:] == ["MESH:D006333"]
    done = biotk("kb", "info", kb, "--subset", hearts, "--subset", kidneys)
    assert done.exit_code == 2
    assert f"meets --subset {hearts} --subset {kidneys}" in done.stderr


def test_list_of_many_ids_in_the_command_is_taken_apart_quickly() -> None:
    ids = [f"MESH:D{n:06}" for n in range(20_000)]
    assert split_names([",".join(ids)]) == ids


# Look-ups


def test_search_in_a_subset(kb, hearts) -> None:
    assert biotk("kb", "search", kb, "fever", "--subset", hearts, "--json").stdout == "[]\n"
    rows = json.loads(
        biotk("kb", "search", kb, "heart failures", "--subset", hearts, "--json").stdout
    )
    assert [row["concept_id"] for row in rows] == ["MESH:D006333", "MESH:D006331"]


def test_info_counts_a_part(kb, hearts) -> None:
    part = parsed("kb", "info", kb, "--subset", hearts, "--json")["part"]
    opened = open_kb(kb)
    assert part == {
        "fingerprint": read_subset(opened, hearts).fingerprint,
        "concepts": 2,
        "names": 6,
        "types": {"Disease": 2},
        "sources": {"MeSH": 2},
    }
    told = biotk("kb", "info", kb, "--subset", hearts).stdout
    assert "2  of 15 concepts" in told
    assert "types: Disease 2\n" in told


def test_show_says_whether_a_concept_is_in(kb, hearts) -> None:
    assert parsed("kb", "show", kb, "D006333", "--subset", hearts, "--json")["in_part"] is True
    assert parsed("kb", "show", kb, "D005334", "--types", "Gene", "--json")["in_part"] is False
    assert "in_part" not in parsed("kb", "show", kb, "D005334", "--json")
    shown = biotk("kb", "show", kb, "D005334", "--types", "Gene,Chemical").stdout
    assert shown.endswith("not in --types Gene,Chemical\n")
    assert biotk("kb", "show", kb, "D005334", "--types", "Disease").stdout.endswith(
        "\nin --types Disease\n"
    )


# Files of subsets


def test_subset_goes_to_stdout_as_a_list_that_says_what_it_is(kb) -> None:
    done = biotk("kb", "subset", kb, "--types", "Gene")
    header, *ids = done.stdout.splitlines()
    assert header.startswith(f"# biotk-subset 1 kb={open_kb(kb).fingerprint} ")
    assert header.endswith("concepts=2 made-by=tiny --types Gene")
    assert ids == ["HGNC:1516", "HGNC:6001"]


def test_files_are_combined_in_the_order_that_the_help_tells(kb, tmp_path) -> None:
    opened = open_kb(kb)
    asked = {
        "disease": ("--types", "Disease"),
        "heart": ("--branch", "D006331"),
        "gene": ("--types", "Gene"),
    }
    paths, sets = {}, {}
    for name, conditions in asked.items():
        paths[name] = tmp_path / name
        assert biotk("kb", "subset", kb, *conditions, "-o", paths[name]).exit_code == 0
        sets[name] = read_subset(opened, paths[name])
    out = tmp_path / "out"
    done = biotk("kb", "subset", kb, "--minus", paths["heart"], "--or", paths["gene"],
                 "--and", paths["disease"], "-o", out)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert read_subset(opened, out) == (sets["disease"] | sets["gene"]) - sets["heart"]
    assert f"made-by=tiny --and {paths['disease']} --or" in out.read_text()
    nothing = biotk("kb", "subset", kb, "--subset", out, "--minus", paths["disease"],
                    "--minus", paths["gene"], "-o", tmp_path / "none")  # fmt: skip
    assert (nothing.exit_code, "is left: nothing written" in nothing.stderr) == (2, True)
    assert not (tmp_path / "none").exists()


def test_subset_of_another_kb_is_refused_and_its_ids_are_taken_on_request(hearts, tmp_path) -> None:
    builder = KbBuilder("other")
    builder.add([Concept("MESH:D006333", "Heart Failure")])
    other = builder.write(tmp_path / "other")
    refused = biotk("kb", "search", other, "x", "--subset", hearts)
    assert (refused.exit_code, "--ids FILE" in refused.stderr) == (1, True)
    done = biotk("kb", "search", other, "heart failure", "--ids", hearts, "--json")
    assert json.loads(done.stdout)[0]["concept_id"] == "MESH:D006333"
    assert "1 of 2 ids are not in the KB 'other', among them MESH:D006331" in done.stderr


# Annotating


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--types", "Gene"), ["IL-2"]),
        (("--types", "Disease", "--types", "Chemical", "--source", "MeSH"),
         ["Kidney cancer", "heart failure", "aspirin", "Fever"]),
        (("--branch", "D006331,D007674"), ["Kidney cancer", "heart failure"]),
        (("--ids", "D005334,D001241"), ["aspirin", "Fever"]),
        (("--ids", "{ids}"), ["aspirin"]),
        (("--subset", "{hearts}"), ["heart failure"]),
        (("--subset", "{hearts}", "--workers", "2"), ["heart failure"]),
    ],
)  # fmt: skip
def test_annotate_seeks_the_part_alone(kb, hearts, note, tmp_path, arguments, expected) -> None:
    (tmp_path / "ids.list").write_text("D001241\nX:1\n")
    given = [a.format(ids=tmp_path / "ids.list", hearts=hearts) for a in arguments]
    out = tmp_path / "out.jsonl"
    done = biotk("annotate", note, "-o", out, "--kb", kb, *given)
    assert done.exit_code == 0, done.output
    assert [m["text"] for m in json.loads(out.read_text())["mentions"]] == expected
    assert ("1 of 2 ids are not in the KB" in done.stderr) == ("{ids}" in arguments)


def test_annotate_resumes_with_the_same_subset_alone(kb, hearts, note, tmp_path) -> None:
    out = tmp_path / "out.jsonl"
    run = ("annotate", note, "-o", out, "--kb", kb, "--subset", hearts)
    assert biotk(*run).exit_code == 0
    assert biotk(*run, "--resume").exit_code == 0
    assert biotk("kb", "subset", kb, "--types", "Gene", "-o", hearts).exit_code == 0
    changed = biotk(*run, "--resume")
    assert (changed.exit_code, "another run began this output" in changed.stderr) == (2, True)


def test_record_of_a_run_does_not_hold_a_thousand_ids(kb, note, tmp_path) -> None:
    out = tmp_path / "out.jsonl"
    ids = ",".join(["D005334", "D001241"] * 500)
    run = ("annotate", note, "-o", out, "--kb", kb, "--ids")
    assert biotk(*run, ids).exit_code == 0
    assert "1000 values, " in (tmp_path / "out.jsonl.run.json").read_text()
    assert biotk(*run, ids, "--resume").exit_code == 0
    other = biotk(*run, ids.replace("D005334", "D003371"), "--resume")
    assert (other.exit_code, len(other.stderr) < 1000) == (2, True)


# Evaluating


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    return path


def test_linking_in_a_part_counts_the_rest_as_outside(kb, corpus, hearts) -> None:
    got = parsed("evaluate", "linking", "--corpus", corpus, "--kb", kb, "--subset", hearts,
                 "--json")  # fmt: skip
    assert (got["n"], got["n_out_of_kb"]) == (4, 3)
    assert got["in_kb"]["recall_at_1_lenient"] == 1.0
    assert got["all"]["recall_at_1_lenient"] == 0.25
    assert got["part"]["concepts"] == 2


def test_mentions_in_a_part_leave_other_gold_out(kb, corpus) -> None:
    run = ("evaluate", "mentions", "--corpus", corpus, "--kb", kb, "--json")
    done = biotk(*run, "--branch", "D006331", "--branch", "D007674")
    assert "2 of 4 gold mentions are in the part" in done.stderr
    assert json.loads(done.stdout)["exact"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    typed = parsed(*run, "--types", "Disease")
    assert typed["exact"]["recall"] == 0.75
    assert "part" not in typed
    assert parsed(*run, "--types", "Disease,Chemical")["exact"]["recall"] == 1.0
    assert parsed(*run, "--types", "Disease", "--types", "Chemical")["exact"]["recall"] == 1.0


@pytest.mark.parametrize("option", ["--ids", "--subset-ids", "--subset"])
def test_end_to_end_in_a_part_cuts_gold_down_to_it(kb, corpus, hearts, option) -> None:
    run = ("evaluate", "end-to-end", "--corpus", corpus, "--kb", kb, "--json")
    got = parsed(*run, option, hearts)
    assert (got["n_gold"], got["n_predicted"], got["f1"]) == (1, 1, 1.0)
    assert got["part"]["concepts"] == 2
    assert parsed(*run, "--types", "Chemical")["recall"] == 0.25


# Exports


def test_export_is_a_kb_that_searches_and_tells_where_it_is_from(kb, tmp_path) -> None:
    out = tmp_path / "diseases"
    done = biotk("kb", "export", kb, "--types", "Disease", "-o", out)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}: 9 concepts, 19 names\n"
    assert any((out / "derived").iterdir())
    rows = json.loads(biotk("kb", "search", out, "Cold", "--json").stdout)
    assert [row["concept_id"] for row in rows] == ["MESH:D000001"]
    told = biotk("kb", "info", out).stdout
    assert f"exported from tiny {open_kb(kb).fingerprint}, 15 concepts (--types Disease)" in told
    again = biotk("kb", "export", kb, "--types", "Gene", "-o", out)
    assert (again.exit_code, "--overwrite" in again.stderr) == (1, True)
    replaced = biotk("kb", "export", kb, "-o", out, "--overwrite", "--name", "all")
    assert replaced.exit_code == 0, replaced.output
    assert (open_kb(out).manifest.name, len(open_kb(out))) == ("all", 15)


@pytest.mark.parametrize("form", ["jsonl", "scispacy", "tsv"])
def test_export_as_a_file_builds_again(kb, tmp_path, form) -> None:
    out = tmp_path / f"part.{form}"
    done = biotk("kb", "export", kb, "--branch", "D006331", "--format", form, "-o", out)
    assert done.stdout == f"{out}: 2 concepts, 6 names\n"
    assert biotk("kb", "build", out, "-o", tmp_path / "again").exit_code == 0
    again, opened = open_kb(tmp_path / "again"), open_kb(kb)
    assert again.concept_ids == ["MESH:D006331", "MESH:D006333"]
    assert again["D006333"].synonyms == opened["D006333"].synonyms
    if form != "scispacy":
        assert again["OMIM:999001"] == opened["D006333"]


@pytest.mark.parametrize("name", ["x", "x.jsonl", "x.tsv"])
def test_export_keeps_all_sources_of_a_merged_concept(tmp_path, name) -> None:
    builder = KbBuilder("two", merge=["A", "B"])
    builder.add([Concept("A:1", "one", (), ("T",), xrefs=("B:1",), source="Aye")])
    builder.add(
        [Concept("B:1", "one", source="Bee"), Concept("B:2", "two", (), ("T",), source="Bee")]
    )
    kb = builder.write(tmp_path / "two")
    assert "sources: Aye, Bee\n" in biotk("kb", "show", kb, "B:1").stdout
    assert "source: Bee\n" in biotk("kb", "show", kb, "B:2").stdout
    assert biotk("kb", "show", kb, "A:1", "--source", "Bee").stdout.endswith("\nin --source Bee\n")
    assert "\nsources: Aye, Bee\n" in biotk("kb", "info", kb).stdout
    assert "\nsources: Aye 1, Bee 2\n" in biotk("kb", "info", kb, "--types", "T").stdout
    out = tmp_path / name
    assert biotk("kb", "export", kb, "-o", out).exit_code == 0
    if out.is_file():
        assert biotk("kb", "build", out, "-o", tmp_path / "again").exit_code == 0
        out = tmp_path / "again"
    assert list(open_kb(out)) == list(open_kb(kb))


@pytest.mark.parametrize(
    ("name", "start"),
    [("x.jsonl", b'{"concept_id"'), ("x.TSV", b"concept_id\t"), ("x.jsonl.gz", b"\x1f\x8b")],
)
def test_export_goes_by_the_end_of_the_name(kb, tmp_path, name, start) -> None:
    out = tmp_path / name
    assert biotk("kb", "export", kb, "--branch", "D006331", "-o", out).exit_code == 0
    assert out.read_bytes().startswith(start)
    done = biotk("kb", "export", kb, "--format", "kb", "--overwrite", "-o", tmp_path / "y.jsonl")
    assert done.exit_code == 0, done.output
    assert open_kb(tmp_path / "y.jsonl").manifest.name == "y.jsonl"


def test_export_counts_parents_left_out_and_reattaches(tmp_path) -> None:
    builder = KbBuilder("chain")
    builder.add([
        Concept("T:1", "top", types=("In",)),
        Concept("T:2", "middle", types=("Out",), parents=("T:1",)),
        Concept("T:3", "low", types=("In",), parents=("T:2",)),
    ])  # fmt: skip
    kb = builder.write(tmp_path / "chain")
    run = ("kb", "export", kb, "--types", "In", "-o", tmp_path / "part", "--overwrite")
    assert "1 parents are not in it\n" in biotk(*run).stderr
    assert open_kb(tmp_path / "part")["T:3"].parents == ()
    assert "1 concepts have an ancestor instead" in biotk(*run, "--reattach").stderr
    assert open_kb(tmp_path / "part")["T:3"].parents == ("T:1",)


def test_ids_that_name_nothing_are_refused_in_python_too(kb) -> None:
    with pytest.raises(InputError, match="--source names nothing"):
        PartOptions(source=[" "]).overrides(open_kb(kb))
