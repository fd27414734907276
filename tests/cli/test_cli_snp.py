"""``biotk snp find`` and ``biotk evaluate variants``."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from biotk.cli import app

TEXT = "BRAF V600E (NM_004333.4:c.1799T>A), CYP2C19*2/*17."
NAMES = ["p.Val600Glu", "NM_004333.4:c.1799T>A", "CYP2C19*2", "CYP2C19*17"]


def run(*args: str, code: int = 0, given: str | None = None):
    done = CliRunner().invoke(app, list(args), input=given)
    assert done.exit_code == code, done.output
    return done


def rows(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_text_is_searched():
    found = rows(run("snp", "find", TEXT, "--json"))
    assert [row["normalised"] for row in found] == NAMES
    for row in found:
        assert TEXT[row["start"] : row["end"]] == row["text"]
    assert found[1]["reference"] == "NM_004333.4"
    assert found[3]["gene"] == "CYP2C19"
    assert found[0].keys() == {
        "document", "start", "end", "text", "kind", "normalised", "reference", "gene"
    }  # fmt: skip


def test_table_is_for_people():
    out = run("snp", "find", TEXT).stdout
    assert "document" not in out
    for name in NAMES:
        assert name in out


def test_files_and_stdin_are_read(tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.jsonl"
    one.write_text(TEXT, encoding="utf-8")
    lines = [json.dumps({"id": "a", "text": "rs7903146"}), json.dumps({"id": "b", "text": "None"})]
    two.write_text("\n".join(lines), encoding="utf-8")
    found = rows(run("snp", "find", str(one), str(two), "--json"))
    assert [row["normalised"] for row in found] == [*NAMES, "rs7903146"]
    assert [row["document"] for row in found] == ["one"] * 4 + ["a"]
    assert "document" in run("snp", "find", str(one), str(two)).stdout


def test_nothing_found_is_told_and_is_no_failure():
    done = run("snp", "find", "No fever.")
    assert done.stdout == ""
    assert "no variant was found" in done.stderr
    assert run("snp", "find", "No fever.", "--json").stdout == ""


def test_a_file_that_is_not_there_is_an_error():
    done = run("snp", "find", "notes/absent.txt", code=2)
    assert "there is no file 'notes/absent.txt'" in done.stderr
    assert len(rows(run("snp", "find", "--text", "rs7903146.txt", "--json"))) == 1
    run("snp", "find", code=2)
    run("snp", "find", "a", "--text", "b", code=2)


def test_what_is_wrong_with_a_file_is_told(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text('{"id": "a", "text": "rs7903146"}\n{"id": "b"\n', encoding="utf-8")
    done = run("snp", "find", str(path), "--json", code=1)
    assert [row["normalised"] for row in rows(done)] == ["rs7903146"]
    assert f"{path}:2" in done.stderr


def test_a_very_long_text_is_no_file_name():
    text = "V600E " * 5_000
    assert len(rows(run("snp", "find", text, "--json"))) == 5_000


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "gold.pubtator"
    text = "V600E and 1691G>A, rs334, D25N; CYP2C19*2, 300delT, the T allele."
    assert text.index("rs334") == 19
    path.write_text(
        f"1|t|{text}\n1|a|\n"
        "1\t0\t5\tV600E\tSequenceVariant\tp|SUB|V|600|E\n"
        "1\t10\t17\t1691G>A\tSequenceVariant\tc|SUB|G|1692|A\n"
        "1\t19\t24\trs334\tSequenceVariant\trs334\n"
        "1\t26\t30\tD25N\tSequenceVariant\trs587777433\n"
        "1\t43\t50\t300delT\tSequenceVariant\tc|DEL300|T\n"
        "1\t56\t64\tT allele\tSequenceVariant\tc|Allele|T|\n"
        "1\t32\t39\tCYP2C19\tGeneOrGeneProduct\t1557\n",
        encoding="utf-8",
    )
    return path


def test_figures_are_those_of_places_and_of_forms(corpus):
    report = json.loads(run("evaluate", "variants", "--corpus", str(corpus), "--json").stdout)
    assert (report["n_gold"], report["n_predicted"], report["n_star_left_out"]) == (6, 5, 1)
    assert report["exact"]["precision"] == 1
    assert report["exact"]["recall"] == pytest.approx(5 / 6)
    forms = report["normalised"]
    assert forms["rsid"] == {"n": 1, "n_found": 1, "n_right": 1, "accuracy": 1.0}
    assert forms["tmvar"] == {"n": 3, "n_found": 2, "n_right": 1, "accuracy": 0.5}
    assert (forms["n_of_dbsnp"], forms["n_other_ids"]) == (1, 1)
    assert "exact.f1" in run("evaluate", "variants", "--corpus", str(corpus)).stdout


def test_a_corpus_without_variants_is_refused(tmp_path):
    path = tmp_path / "gold.pubtator"
    path.write_text("1|t|Fever\n1|a|\n1\t0\t5\tFever\tDisease\tD005334\n", encoding="utf-8")
    done = run("evaluate", "variants", "--corpus", str(path), code=2)
    assert "no gold mention" in done.stderr


def test_unknown_tagger_is_refused(corpus):
    done = run("evaluate", "variants", "--corpus", str(corpus), "--tagger", "absent", code=2)
    assert "there is no tagger 'absent'" in done.stderr
