"""``biotk evaluate sections`` and ``biotk convert sections``, run as people run them."""

from __future__ import annotations

import gzip
import json

import pytest
from typer.testing import CliRunner

from biotk.cli import app
from biotk.sections.standoff import StandoffHeading, StandoffReport, text_hash, write_standoff

FLAT = "PLAN: , Rest.,EXAM: , ,SKIN: , Dry."
MTSAMPLES = f'note_id,transcription\n5,"{FLAT}"\n6,"ALLERGIES: , None."\n'
MTS_DIALOG = "ID,section_header,section_text\n0,CC,Pain.\n1,FAM/SOCHX,Mother: asthma.\n"


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def report(*arguments, segmenter="rules"):
    result = run("evaluate", "sections", *arguments, "--segmenter", segmenter, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def mtsamples(tmp_path):
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(MTSAMPLES.encode()))
    return path


@pytest.fixture
def gold(tmp_path):
    path = tmp_path / "gold.jsonl"
    exam = StandoffHeading(14, 18, "heading", category="labs")
    annotated = StandoffReport("5", text_hash(FLAT), (0, 14, 23), (exam,))
    write_standoff([annotated], path, texts={"5": FLAT})
    return path


def note(name, text, *titles, **meta):
    starts = [text.index(title) for title, _ in titles]
    sections = [
        {
            "start": start, "end": end, "category": category,
            "title_start": start, "title_end": start + len(title),
        }
        for start, end, (title, category) in zip(starts, [*starts[1:], len(text)], titles)
    ]  # fmt: skip
    return json.dumps({"id": name, "text": text, "sections": sections, "meta": meta}) + "\n"


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_text(
        note("1", "PLAN:\nRest.\nZORBAX: Yes.\n", ("PLAN", "plan"), ("ZORBAX", None), format="a")
        + note(
            "2", "PLAN:\nRest.\n_Zorbax_\nYes.\n", ("PLAN", "plan"), ("_Zorbax_", None), format="b"
        )
    )
    return path


def test_evaluate_prints_the_contract_s_figures(notes):
    got = report("--corpus", notes)
    assert got["boundary"] == {
        "precision": 1.0, "recall": 0.75, "f1": pytest.approx(6 / 7),
    }  # fmt: skip
    assert got["line_accuracy"] == pytest.approx(6 / 7)
    assert got["category"] == {"accuracy": 1.0, "macro_f1": 1.0}
    # 3 lines and 4, 2 segments each: windows of 1; of 2 + 3 one disagrees.
    assert got["window_diff"] == pytest.approx(1 / 5)
    assert got["by_format"]["a"]["f1"] == 1.0
    assert got["by_format"]["b"] == {
        "n": 2, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3),
    }  # fmt: skip
    assert (got["corpus"], got["gold"], got["unseen"]) == ("jsonl", "corpus", None)


def test_known_titles_give_unseen(notes, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("Past history\n plan:\n")
    got = report("--corpus", notes, "--known", known)["unseen"]
    assert got == {"n": 2, "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    known.write_text("\n:\n")
    result = run("evaluate", "sections", "--corpus", notes, "--segmenter", "rules",
                 "--known", known)  # fmt: skip
    assert (result.exit_code, "no titles" in result.stderr) == (2, True)


def test_rules_of_one_s_own_come_on_top(notes, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text('{"section_rules": [{"literal": "_Zorbax_", "category": "plan"}]}')
    got = report("--corpus", notes, "--rules", rules)
    assert got["boundary"]["recall"] == 1.0
    assert got["rules"] == str(rules)


def test_mtsamples_against_the_rules_says_so(mtsamples):
    result = run("evaluate", "sections", "--corpus", mtsamples, "--segmenter", "rules", "--json")
    got = json.loads(result.stdout)
    assert (got["boundary"]["f1"], got["gold"], got["corpus"]) == (1.0, "rules", "mtsamples")
    assert "gold was made by rules" in result.stderr


def test_mtsamples_against_hand_made_sections(mtsamples, gold):
    got = report("--corpus", mtsamples, "--gold", gold)
    assert (got["n_documents"], got["gold"]) == (1, str(gold))
    assert got["boundary"] == {"precision": pytest.approx(1 / 3), "recall": 1.0, "f1": 0.5}
    assert got["category"]["accuracy"] == 0.0


def test_mts_dialog_has_categories_alone(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(MTS_DIALOG)
    got = report("--corpus", path)
    assert got["category"] == {"accuracy": 0.0, "macro_f1": 0.0}
    assert (got["line_accuracy"], got["boundary"], got["window_diff"]) == (None, None, None)
    assert "no boundaries" in got["note"]
    table = run("evaluate", "sections", "--corpus", path, "--segmenter", "rules").stdout
    assert "category.accuracy" in table
    assert "line_accuracy" not in table


def test_a_finder_that_names_bodies_is_asked(tmp_path, monkeypatch):
    class Finder:
        def headings(self, texts):
            return [[] for _ in texts]

        def categorise(self, texts):
            return ["social_history" if "Mother" in text else "plan" for text in texts]

    from biotk.sections import loading
    from biotk.sections.segmenter import SectionSegmenter

    monkeypatch.setattr(
        loading, "load_segmenter", lambda name, *, rules: SectionSegmenter(Finder(), rules=rules)
    )
    path = tmp_path / "d.csv"
    path.write_text(MTS_DIALOG)
    got = report("--corpus", path, segmenter="mine")
    assert got["category"] == {"accuracy": 0.5, "macro_f1": 0.5}
    assert got["segmenter"] == "mine"


def test_table_shows_formats_where_they_are_asked_for(notes, mtsamples):
    table = run("evaluate", "sections", "--corpus", notes, "--segmenter", "rules")
    assert "boundary.f1" in table.stdout
    assert "by_" not in table.stdout
    shown = run("evaluate", "sections", "--corpus", notes, "--segmenter", "rules", "--by-format")
    assert "by_format.b.recall" in shown.stdout
    none = run("evaluate", "sections", "--corpus", mtsamples, "--segmenter", "rules", "--by-format")
    assert "no document tells its format" in none.stderr


def test_categories_that_nobody_answers_are_told(tmp_path):
    path = tmp_path / "n.jsonl"
    path.write_text(note("1", "PLAN: Rest.", ("PLAN", "pla")))
    result = run("evaluate", "sections", "--corpus", path, "--segmenter", "rules", "--json")
    assert "1 category of gold can never be right: pla" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--corpus", "nix"), "nix cannot be read"),
        (("--corpus", "m", "--segmenter", "nonesuch"), "unknown section model 'nonesuch'"),
        (("--corpus", "m", "--rules", "nix"), "nix cannot be read"),
        (("--corpus", "m", "--known", "nix"), "nix cannot be read"),
        (("--corpus", "m", "--gold", "nix"), "nix cannot be read"),
        (("--corpus", "empty"), "empty has no documents"),
    ],
)
def test_wrong_arguments_exit_with_2(mtsamples, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    mtsamples.rename(tmp_path / "m")
    (tmp_path / "empty").write_text("transcription\n")
    named = arguments if "--segmenter" in arguments else (*arguments, "--segmenter", "rules")
    result = run("evaluate", "sections", *named)
    assert result.exit_code == 2, result.output
    assert message in result.stderr


def test_lines_that_are_wrong_are_counted_and_the_rest_is_scored(notes):
    notes.write_text(notes.read_text() + "{\n")
    result = run("evaluate", "sections", "--corpus", notes, "--segmenter", "rules", "--json")
    assert json.loads(result.stdout)["n_documents"] == 2
    assert "1 problems in all" in result.stderr


def test_convert_makes_what_evaluate_reads(mtsamples, gold, tmp_path):
    out = tmp_path / "notes.jsonl.gz"
    done = run("convert", "sections", mtsamples, "--out", out)
    assert (done.exit_code, done.stdout) == (0, f"{out}: 2 documents, 4 sections\n")
    assert report("--corpus", out)["boundary"]["f1"] == 1.0
    done = run("convert", "sections", mtsamples, "--gold", gold, "--out", out)
    assert done.stdout == f"{out}: 1 document, 2 sections\n"
    assert report("--corpus", out)["boundary"]["f1"] == 0.5


def test_converted_rows_of_mts_dialog_still_have_categories_alone(tmp_path):
    path, out = tmp_path / "d.csv", tmp_path / "d.jsonl"
    path.write_text(MTS_DIALOG)
    assert run("convert", "sections", path, "--out", out).exit_code == 0
    assert report("--corpus", out)["boundary"] is None


def test_convert_reads_a_folder_of_markdown(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "notes.jsonl"
    (folder / "ward").mkdir(parents=True)
    (folder / "b.md").write_text("# Plan\nRest.\n## Zorbax\nDaily.\n")
    (folder / "ward" / "a.txt").write_text("Rest.\n")
    (folder / "scan.pdf").write_text("x")
    done = run("convert", "sections", folder, "--out", out)
    assert (done.exit_code, done.stdout) == (0, f"{out}: 2 documents, 3 sections\n")
    assert "scan.pdf: left out" in done.stderr
    assert "a.txt: no line of it begins with #" in done.stderr
    first, second = map(json.loads, out.read_text().splitlines())
    assert (first["id"], first["text"]) == ("b", "Plan\nRest.\nZorbax\nDaily.\n")
    assert [s.get("parent") for s in first["sections"]] == [None, 0]
    assert second["id"] == "ward/a"


def test_convert_asks_what_it_cannot_tell(notes, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("# Plan\nRest.\n")
    out = tmp_path / "out.jsonl"
    for arguments, message in [
        ((note, "--out", out), "Give --from, one of mtsamples, mts-dialog, markdown"),
        ((notes, "--out", out), "it is JSON Lines already"),
        ((note, "--out", tmp_path / "out.csv"), "has to end with .jsonl"),
        ((note, "--from", "markdown", "--gold", notes, "--out", out), "--gold is of MTSamples"),
        ((tmp_path / "nix", "--out", out), "nix: No such file"),
    ]:
        result = run("convert", "sections", *arguments)
        assert (result.exit_code, message in result.stderr) == (2, True), result.output
        assert not out.exists()
    (tmp_path / "bare").mkdir()
    result = run("convert", "sections", tmp_path / "bare", "--out", out)
    assert (result.exit_code, "has no text" in result.stderr) == (2, True)
    done = run("convert", "sections", note, "--from", "markdown", "--out", out)
    assert done.exit_code == 0, done.output
    assert json.loads(out.read_text())["id"] == "note"
