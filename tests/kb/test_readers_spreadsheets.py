"""Tables as spreadsheets write them: encodings, unknown headers, cells without a value."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.errors import InputError, Problems
from biotk.kb import open_kb
from biotk.kb.readers import ReaderOptions, read_concepts

TABLE = "Schlüssel;Titel\nK1;Torn cuff\nK2;Cold\n"
COLUMNS = ReaderOptions(columns={"concept_id": "Schlüssel", "name": "Titel"})


def build(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", "build", *map(str, arguments)])


@pytest.mark.parametrize("options", [COLUMNS, ReaderOptions()], ids=["columns", "sniffed"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(("encoding", "told"), [("cp1252", "cp1252"), ("utf-16", "utf-16")])
def test_table_whose_header_is_in_another_encoding_is_refused_with_the_remedy(
    tmp_path: Path, options: ReaderOptions, pack: type, encoding: str, told: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(pack(TABLE.encode(encoding)))
    with pytest.raises(InputError, match=f"iconv -f {told} -t utf-8"):
        list(read_concepts(path, options=options, problems=Problems()))


def test_table_with_a_wrong_byte_in_a_row_is_told_with_windows_encoding(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("id,name\nK1,cold\nK2,Crohn’s\n".encode("cp1252"))
    problems = Problems()
    assert [c.name for c in read_concepts(path, problems=problems)] == ["cold"]
    assert "iconv -f cp1252" in str(problems.kept[0])


def test_unknown_headers_are_named_with_what_to_say(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(TABLE.replace("Schlüssel", "Kennung"), encoding="utf-8")
    done = build(path, "-o", tmp_path / "kb")
    assert done.exit_code == 2
    for expected in ("'Kennung', 'Titel'", "--column id=Code", "columns={"):
        assert expected in done.stderr
    assert "scispacy-jsonl" not in done.stderr
    assert len(done.stderr) < 400 + len(str(path))


def test_columns_are_named_whatever_their_case(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Kenn Nummer,TITEL,titel2\nK1,cold,x\n", encoding="utf-8")
    options = ReaderOptions(columns={"concept_id": "kenn_nummer", "name": "Titel"})
    assert [c.concept_id for c in read_concepts(path, options=options)] == ["K1"]


@pytest.mark.parametrize("cell", ["#N/A", "NaN", "NULL", "None", "n/a"])
def test_cell_that_looks_empty_is_no_name(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        f"id,name,synonyms,types\nK1,cold,{cell},{cell}\nK2,{cell},x,\n{cell},y,,\n", "utf-8"
    )
    problems = Problems()
    told = {}
    options = ReaderOptions(left_out=lambda path, reason, count: told.update({reason: count}))
    [concept] = read_concepts(path, options=options, problems=problems)
    assert (concept.name, concept.synonyms, concept.types) == ("cold", (), ())
    assert [p.line for p in problems] == [3, 4]
    assert all(f"{cell!r} looks like an empty cell" in p.message for p in problems)
    assert list(told.values()) == [2]


def test_names_that_only_hold_such_a_word_are_names(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id,name\nK1,None of these\nK2,NANS\n", encoding="utf-8")
    assert [c.name for c in read_concepts(path)] == ["None of these", "NANS"]


def test_build_takes_delimiter_and_separator_of_lists(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("id^name^synonyms\nK:1^cold^a;b\n", encoding="utf-8")
    done = build(path, "-o", tmp_path / "kb", "--format", "table", "--delimiter", "^",
                 "--list-separator", ";")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert open_kb(tmp_path / "kb")["K:1"].synonyms == ("a", "b")
    path.write_text("id\tname\nK:1\tcold, running\n", encoding="utf-8")
    done = build(path, "-o", tmp_path / "kb2", "--delimiter", "tab")
    assert open_kb(tmp_path / "kb2")["K:1"].name == "cold, running"


def test_delimiter_of_several_characters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('id||name\nK1||"cold"\n', encoding="utf-8")
    done = build(path, "-o", tmp_path / "kb", "--delimiter", "||")
    assert (done.exit_code, "one character" in done.stderr) == (2, True)
