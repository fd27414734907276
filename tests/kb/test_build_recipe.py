"""A user's own recipe: what can be said, what is refused, what ends up in the KB."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.errors import InputError, UnknownNameError
from biotk.kb import open_kb
from biotk.kb.build_recipe import option_hints, read_build_recipe
from biotk.kb.manifest import sha256_file
from biotk.kb.readers import ReaderOptions

RECIPE = """
name = "clinic"

[[sources]]
path = "data/terms.csv"
prefix = "CLINIC"
vocabulary = "Clinic"
release = "2026-03"
licence = "ours alone"
list_separator = "/"

[sources.columns]
id = "Code"
name = "Title"
synonyms = 2

[[sources]]
path = "x.obo"
format = "obo"
types = ["Disease"]
synonym_scopes = "EXACT"
"""
OBO = """format-version: 1.2

[Term]
id: MONDO:1
name: frozen shoulder
synonym: "stiff shoulder" EXACT []
synonym: "sore shoulder" RELATED []
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "terms.csv").write_bytes(
        "\ufeffCode;Title;Also\r\nK1;Torn cuff;Cuff tear/RC tear\r\n".encode()
    )
    (tmp_path / "x.obo").write_text(OBO, encoding="utf-8")
    path = tmp_path / "my.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def build(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", "build", *map(str, arguments)])


def edit(recipe: Path, old: str, new: str) -> Path:
    text = recipe.read_text(encoding="utf-8")
    assert old in text
    recipe.write_text(text.replace(old, new, 1), encoding="utf-8")
    return recipe


def test_recipe_becomes_a_kb_and_its_facts_stay(recipe: Path, tmp_path: Path) -> None:
    done = build(recipe, "-o", tmp_path / "kb")
    assert done.exit_code == 0, done.output
    kb = open_kb(tmp_path / "kb")
    assert kb.manifest.name == "clinic"
    assert kb["CLINIC:K1"].synonyms == ("Cuff tear", "RC tear")
    assert kb["CLINIC:K1"].source == "Clinic"
    assert kb["MONDO:1"].synonyms == ("stiff shoulder",)
    assert kb["MONDO:1"].types == ("Disease",)
    first, second = kb.manifest.sources
    assert (first.name, first.file, first.format) == ("Clinic", "terms.csv", "table")
    assert (first.release, first.licence) == ("2026-03", "ours alone")
    assert first.sha256 == sha256_file(tmp_path / "data" / "terms.csv")
    assert (second.name, second.release) == ("x", "")


def test_recipe_gives_the_same_kb_as_the_command_line(recipe: Path, tmp_path: Path) -> None:
    text = RECIPE.partition('[[sources]]\npath = "x.obo"')[0].replace('list_separator = "/"', "")
    recipe.write_text(text, encoding="utf-8")
    assert build(recipe, "-o", tmp_path / "a").exit_code == 0
    said = build(
        tmp_path / "data" / "terms.csv", "-o", tmp_path / "b", "--name", "clinic", "--prefix",
        "CLINIC", "--vocabulary", "Clinic", "--release", "2026-03", "--licence", "ours alone",
        "--column", "id=Code", "--column", "name=Title", "--column", "synonyms=2",
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    first, second = (tmp_path / name / "manifest.json" for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_name_on_the_command_line_wins(recipe: Path, tmp_path: Path) -> None:
    assert build(recipe, "-o", tmp_path / "kb", "--name", "other").exit_code == 0
    assert open_kb(tmp_path / "kb").manifest.name == "other"


def test_checksum_is_enforced(recipe: Path, tmp_path: Path) -> None:
    digest = sha256_file(tmp_path / "x.obo")
    edit(recipe, 'format = "obo"', f'format = "obo"\nsha256 = "{digest.upper()}"')
    assert build(recipe, "-o", tmp_path / "kb").exit_code == 0
    (tmp_path / "x.obo").write_text(OBO + "\n", encoding="utf-8")
    done = build(recipe, "-o", tmp_path / "kb2")
    assert done.exit_code == 2
    assert digest in done.stderr
    assert not (tmp_path / "kb2").exists()


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("prefix =", "prefx =", UnknownNameError, "source 1.*'prefix'"),
        ('name = "clinic"', 'nmae = "clinic"', UnknownNameError, "recipe.*'name'"),
        ('id = "Code"', 'idd = "Code"', UnknownNameError, "field of a column.*concept_id"),
        ('format = "obo"', 'format = "oboo"', UnknownNameError, "'obo'"),
        ('types = ["Disease"]', "types = 3", InputError, "source 2: types is 3, expected a list"),
        ('types = ["Disease"]', "types = [3]", InputError, "expected a list, each a string"),
        ("synonyms = 2", "synonyms = true", InputError, "expected a table"),
        ('prefix = "CLINIC"', "prefix = 7", InputError, "prefix is 7, expected a string"),
        ('path = "x.obo"\n', "", InputError, "source 2: 'path' is missing"),
        ('name = "clinic"', "name = clinic", InputError, "not TOML"),
        ('name = "clinic"', 'merge = "MESH"\nsha = 1', UnknownNameError, "sha"),
        ('name = "clinic"', "merge = [1]", InputError, "merge is"),
        ('format = "obo"', 'sha256 = "12"', InputError, "64 hex digits"),
        ('format = "obo"', "retired = 1", UnknownNameError, "retired"),
    ],
)
def test_wrong_recipe_is_refused(
    recipe: Path, old: str, new: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_build_recipe(edit(recipe, old, new))


@pytest.mark.parametrize("text", ["", 'name = "x"', "sources = 3", "sources = [1]", "sources = []"])
def test_recipe_without_sources_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(InputError, match="at least one"):
        read_build_recipe(tmp_path / "r.toml")


def test_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = build(tmp_path / "none.toml", "-o", tmp_path / "kb")
    assert (done.exit_code, "none.toml: cannot be read" in done.stderr) == (2, True)


def test_recipe_stands_alone(recipe: Path, tmp_path: Path) -> None:
    for more in ([tmp_path / "x.obo"], ["--prefix", "A"], ["--column", "id=0"]):
        done = build(recipe, *more, "-o", tmp_path / "kb")
        assert done.exit_code == 2
        assert "is a recipe" in done.stderr


def test_every_option_of_a_reader_but_callbacks_can_be_said() -> None:
    told = {field for field, _ in option_hints().values()}
    assert {entry.name for entry in fields(ReaderOptions)} - told == {"left_out", "retired"}


def test_every_key_is_documented() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "kb" / "spreadsheet.md"
    text = page.read_text(encoding="utf-8")
    assert [key for key in option_hints() if f"`{key}`" not in text] == []


def test_options_are_read_whatever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text(
        '[[sources]]\npath = "META"\ncompanion = "desc.tsv"\nlanguages = ["ENG", "GER"]\n'
        'semantic_types = ["T047"]\nkeep_suppressed = true\n',
        encoding="utf-8",
    )
    options = read_build_recipe(path).sources[0].options
    assert options.companion == tmp_path / "desc.tsv"
    assert options.languages == ("ENG", "GER")
    assert options.semantic_types == ("T047",)
    assert options.keep_suppressed is True


def test_merge_is_a_list_of_prefixes(recipe: Path) -> None:
    assert read_build_recipe(recipe).merge == ()
    edit(recipe, 'name = "clinic"', 'merge = ["MESH", "MONDO"]')
    assert read_build_recipe(recipe).merge == ("MESH", "MONDO")


def test_merge_of_a_recipe_brings_twins_together(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "data" / "terms.csv").write_text(
        "Code,Title,Xref\nMESH:D1,Adhesive capsulitis,MONDO:1\n", encoding="utf-8"
    )
    text = recipe.read_text(encoding="utf-8").replace("synonyms = 2", 'xrefs = "Xref"')
    recipe.write_text(text.replace('name = "clinic"', 'merge = ["MESH", "MONDO"]'), "utf-8")
    done = build(recipe, "-o", tmp_path / "kb")
    assert done.exit_code == 0, done.output
    kb = open_kb(tmp_path / "kb")
    assert len(kb) == 1
    assert kb["MONDO:1"].name == "Adhesive capsulitis"
    assert "frozen shoulder" in kb["MESH:D1"].synonyms


def test_name_of_a_kb_without_one_is_that_of_its_directory(recipe: Path, tmp_path: Path) -> None:
    edit(recipe, 'name = "clinic"', "")
    assert build(recipe, "-o", tmp_path / "shoulders").exit_code == 0
    assert open_kb(tmp_path / "shoulders").manifest.name == "shoulders"
