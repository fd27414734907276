"""``biotk kb``, run as people run it: outputs, exit codes, messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk import __version__, resources
from biotk.cli import app
from biotk.cli.kb_build import parse_columns
from biotk.errors import FormatError, InputError
from biotk.kb import open_kb
from biotk.linking import LexicalLinker

DESCRIPTORS = """\
D000001\tHeart Diseases\tCardiac Diseases\tC14.280
D000002\tHeart Failure\tCardiac Failure|Heart Decompensation\tC14.280.434
D000003\tFurosemide\t\tD02.886
D000004\tCold Temperature\tCold\tG16
D000005\tCommon Cold\tCold\tC01.1
"""
SUPPLEMENTARY = "C000001\tyeti syndrome\tbig foot disease\tD000001\n"


def biotk(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "desc.txt").write_text(DESCRIPTORS, encoding="utf-8")
    (folder / "supp.txt").write_text(SUPPLEMENTARY, encoding="utf-8")
    (folder / "codes.csv").write_text("Code,Title\nA1,Fever\nA2,Cough\n", encoding="utf-8")
    good = DESCRIPTORS + "".join(f"D0002{n}\tname {n}\t\tC10\n" for n in range(10, 30))
    bad = good + "".join(f"D00001{n}\tno columns {n}\n" for n in range(10)) * 3
    (folder / "bad.txt").write_text(bad, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def kb(sources: Path) -> Path:
    out = sources / "kb"
    # The supplementary records first: the descriptors must be found wherever they stand.
    done = biotk("kb", "build", sources / "supp.txt", sources / "desc.txt", "-o", out,
                 "--release", "2024", "--licence", "NLM")  # fmt: skip
    assert done.exit_code == 0, done.output
    return out


# build


def test_build_sniffs_formats_and_types_supplementary_rows_by_their_descriptors(kb: Path) -> None:
    opened = open_kb(kb)
    assert opened["C000001"].types == ("Disease",)
    assert opened["C000001"].parents == ("MESH:D000001",)
    assert opened.manifest.name == "kb"
    info = {source.file: source for source in opened.manifest.sources}
    assert (info["desc.txt"].format, info["desc.txt"].n_concepts) == ("mesh-tsv", 5)
    assert (info["supp.txt"].release, info["supp.txt"].licence) == ("2024", "NLM")
    assert len(info["supp.txt"].sha256) == 64


def test_build_makes_the_ngram_index(kb: Path) -> None:
    assert any((kb / "derived").glob("ngram-*/*"))


def test_build_reports_counts_on_stdout_and_problems_on_stderr(
    sources: Path, tmp_path: Path
) -> None:
    done = biotk("kb", "build", sources / "bad.txt", "-o", tmp_path / "kb")
    assert done.exit_code == 0
    assert "30  problems" in done.stdout
    assert "25  concepts" in done.stdout
    assert "no columns" not in done.stdout
    assert f"{sources / 'bad.txt'}:26: 2 columns, expected 4" in done.stderr
    assert "no columns 0" in done.stderr
    assert done.stderr.count("2 columns") == 20
    assert "and 10 more problems" in done.stderr


def test_build_strict_stops_at_the_first_bad_row(sources: Path, tmp_path: Path) -> None:
    done = biotk("kb", "build", sources / "bad.txt", "-o", tmp_path / "kb", "--strict")
    assert done.exit_code == 1
    assert "bad.txt:26: 2 columns" in done.stderr
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_build_takes_columns_prefix_types_and_names(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "kb"
    done = biotk("kb", "build", sources / "codes.csv", "-o", out, "--column", "id=Code",
                 "--column", "name=Title", "--prefix", "MINE", "--types", "Disease,Finding",
                 "--name", "my codes", "--vocabulary", "Mine")  # fmt: skip
    assert done.exit_code == 0, done.output
    opened = open_kb(out)
    assert opened["MINE:A2"].name == "Cough"
    assert opened["MINE:A2"].types == ("Disease", "Finding")
    assert (opened.manifest.name, opened.manifest.source_names) == ("my codes", ("Mine",))


def test_build_refuses_a_place_that_is_taken_unless_told_to(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "kb"
    assert biotk("kb", "build", sources / "desc.txt", "-o", out).exit_code == 0
    again = biotk("kb", "build", sources / "supp.txt", "-o", out)
    assert (again.exit_code, "--overwrite" in again.stderr) == (1, True)
    assert len(open_kb(out)) == 5
    assert biotk("kb", "build", sources / "supp.txt", "-o", out, "--overwrite").exit_code == 0
    assert len(open_kb(out)) == 1


def test_build_of_an_unknown_format_exits_with_2_and_lists_the_known(
    sources: Path, tmp_path: Path
) -> None:
    done = biotk("kb", "build", sources / "desc.txt", "-o", tmp_path / "kb", "--format", "mesh")
    assert done.exit_code == 2
    assert "mesh-tsv" in done.stderr
    assert "scispacy-jsonl" in done.stderr


def test_build_of_a_source_that_no_format_fits_says_so(tmp_path: Path) -> None:
    (tmp_path / "prose.txt").write_text("It was a dark and stormy night.\n", encoding="utf-8")
    done = biotk("kb", "build", tmp_path / "prose.txt", "-o", tmp_path / "kb")
    assert done.exit_code == 2
    assert "none of the known formats" in done.stderr


def test_build_of_a_missing_source_exits_with_2(tmp_path: Path) -> None:
    done = biotk("kb", "build", tmp_path / "none.obo", "-o", tmp_path / "kb")
    assert (done.exit_code, "no such file" in done.stderr) == (2, True)


def test_parse_columns_takes_headers_numbers_and_short_forms() -> None:
    assert parse_columns(["id=Code", "synonyms=3"]) == {"concept_id": "Code", "synonyms": 3}


@pytest.mark.parametrize("value", ["Code", "=Code", "id="])
def test_parse_columns_refuses(value: str) -> None:
    with pytest.raises(InputError, match="FIELD=COLUMN"):
        parse_columns([value])


# info, search, show


def test_info_says_what_a_kb_holds(kb: Path) -> None:
    done = biotk("kb", "info", kb)
    assert done.exit_code == 0
    assert "6  concepts" in done.stdout
    assert "types: Chemical, Disease, Process" in done.stdout
    assert "desc (desc.txt, mesh-tsv): 5 concepts; 2024; NLM; 0 problems" in done.stdout


def test_info_json_is_the_manifest(kb: Path) -> None:
    done = biotk("kb", "info", kb, "--json")
    assert json.loads(done.stdout)["fingerprint"] == open_kb(kb).fingerprint


def test_search_ranks_concepts(kb: Path) -> None:
    done = biotk("kb", "search", kb, "cardiac decompensation")
    assert done.exit_code == 0
    first = done.stdout.splitlines()[1].split()
    assert first[0] == "MESH:D000002"
    assert "Heart Decompensation" in done.stdout


def test_search_json_tells_ties_and_takes_k(kb: Path, tmp_path: Path) -> None:
    (tmp_path / "agues.txt").write_text(
        "D000004\tAlpha Ague\tAgue\tC10\nD000005\tGamma Ague\tAgue\tC10\n", encoding="utf-8"
    )
    agues = tmp_path / "agues"
    assert biotk("kb", "build", tmp_path / "agues.txt", "-o", agues).exit_code == 0
    rows = json.loads(biotk("kb", "search", agues, "Ague", "-k", "2", "--json").stdout)
    assert [row["concept_id"] for row in rows] == ["MESH:D000004", "MESH:D000005"]
    assert all(row["tied"] for row in rows)
    # Of two that the name leaves equal the one whose preferred name is most like it.
    rows = json.loads(biotk("kb", "search", kb, "Cold", "-k", "2", "--json").stdout)
    assert [row["concept_id"] for row in rows] == ["MESH:D000005", "MESH:D000004"]
    assert not any(row["tied"] for row in rows)
    assert set(rows[0]) == {
        "concept_id", "name", "matched", "score", "route", "tied", "refused", "types",
    }  # fmt: skip
    assert rows[0]["refused"] is None
    rows = json.loads(biotk("kb", "search", kb, "Cold", "-k", "1", "--json").stdout)
    assert len(rows) == 1


def test_search_marks_what_a_linker_would_refuse(kb: Path) -> None:
    text = "sick heart failing"
    link = LexicalLinker(open_kb(kb)).link(text)
    assert link.is_nil
    rows = json.loads(biotk("kb", "search", kb, text, "--json").stdout)
    assert rows[0]["refused"] == link.reasons["nil"]
    done = biotk("kb", "search", kb, text)
    assert done.stdout.count(" refused") == len(rows)
    assert f"a linker would answer NIL: {link.reasons['nil']}" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--types", "Disease", ["MESH:D000005"]),
        ("--source", "MeSH", ["MESH:D000005", "MESH:D000004"]),
        ("--branch", "D000001", []),
    ],
)
def test_search_in_a_part_of_the_kb(kb: Path, option: str, value: str, expected: list[str]) -> None:
    rows = json.loads(biotk("kb", "search", kb, "cold", option, value, "--json").stdout)
    assert [row["concept_id"] for row in rows] == expected


def test_search_for_nothing_known_says_so_on_stderr(kb: Path) -> None:
    done = biotk("kb", "search", kb, "zzqx")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "nothing like 'zzqx'" in done.stderr


def test_search_with_an_unknown_type_exits_with_2_and_lists_the_known(kb: Path) -> None:
    done = biotk("kb", "search", kb, "cold", "--types", "Diseases")
    assert done.exit_code == 2
    assert "Did you mean 'Disease'?" in done.stderr


def test_show_gives_parents_and_children_by_name(kb: Path) -> None:
    done = biotk("kb", "show", kb, "D000001")
    assert done.exit_code == 0
    assert "MESH:D000001  Heart Diseases  (Disease)" in done.stdout
    assert "narrower: MESH:D000002 Heart Failure" in done.stdout
    entry = json.loads(biotk("kb", "show", kb, "MESH:D000002", "--json").stdout)
    assert entry["parents"] == [["MESH:D000001", "Heart Diseases"]]
    assert entry["synonyms"] == ["Cardiac Failure", "Heart Decompensation"]


def test_show_of_an_unknown_id_offers_near_ones(kb: Path) -> None:
    done = biotk("kb", "show", kb, "MESH:D000009")
    assert done.exit_code == 1
    assert "Did you mean MESH:D00000" in done.stderr
    assert done.stdout == ""


def test_a_kb_that_is_not_there_lists_the_embedded(tmp_path: Path) -> None:
    done = biotk("kb", "info", tmp_path / "nowhere")
    assert done.exit_code == 2
    assert "open" in done.stderr
    assert "biotk kb build" in done.stderr


# compile and fetch


def test_compile_of_an_unknown_recipe_lists_the_known(tmp_path: Path) -> None:
    done = biotk("kb", "compile", "opne", "--packages", tmp_path, "-o", tmp_path / "t.gz")
    assert done.exit_code == 2
    assert "'open'" in done.stderr


def test_compile_without_the_package_says_how_to_fetch_it(tmp_path: Path) -> None:
    done = biotk("kb", "compile", "open", "--packages", tmp_path, "-o", tmp_path / "t.gz")
    assert done.exit_code == 2
    assert "biotk kb fetch open --to" in done.stderr


def test_compile_fails_where_the_table_is_not_the_recipes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "kb"))
    import fake_recipe

    monkeypatch.setattr(resources, "__file__", str(tmp_path / "biotk" / "resources.py"))
    recipe = fake_recipe.make_embedded(tmp_path)
    arguments = ("kb", "compile", "tiny", "--packages", tmp_path / "packages", "-o",
                 tmp_path / "again.jsonl.gz")  # fmt: skip
    done = biotk(*arguments)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "again.jsonl.gz").read_bytes() == (
        recipe.parent / "concepts.jsonl.gz"
    ).read_bytes()
    assert "concepts = 13" in done.stdout
    recipe.with_name("shorthand.tsv").write_text(
        "concept_id\tname\tsynonyms\nMESH:D000002\tHeart Failure\tother\n", encoding="utf-8"
    )
    changed = biotk(*arguments)
    assert changed.exit_code == 1
    assert "not the table" in changed.stderr


# the command line as a whole


def test_version_is_shown() -> None:
    assert biotk("--version").stdout == f"biotk {__version__}\n"


@pytest.mark.parametrize(
    "command",
    ["", "kb", *(f"kb {c}" for c in "build info search show subset export fetch compile".split())],
)
def test_help_has_a_short_option_and_examples(command: str) -> None:
    done = biotk(*command.split(), "-h")
    assert done.exit_code == 0
    if " " in command:
        assert f"biotk {command} " in done.stdout.split("example", 1)[1]


def test_debug_shows_the_traceback(sources: Path, tmp_path: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("BIOTK_DEBUG", "1")
    done = biotk("kb", "build", sources / "bad.txt", "-o", tmp_path / "kb", "--strict")
    assert isinstance(done.exception, FormatError)


def test_importing_the_command_line_is_light() -> None:
    code = "import sys, biotk.cli; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "spacy", "pyarrow", "numpy", "networkx", "faiss", "transformers"}
    assert not heavy & set(done.stdout.split())


def test_main_prints_one_line_for_an_error(tmp_path: Path) -> None:
    code = "from biotk.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "kb", "info", str(tmp_path)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("Error: no knowledge base at")
    assert done.stderr.count("\n") == 1
