"""Training a section model, small, on invented notes."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from biotk.cli import app
from biotk.document import Document
from biotk.errors import InputError, UnknownNameError
from biotk.sections.formats import Block
from biotk.sections.model import WEIGHTS, SectionModel
from biotk.sections.strict import strict_headings
from biotk.sections.tiling import tile_with_parents
from biotk.training.section_mess import led_by_number
from biotk.training.section_notes import NoteMaker, share, unlike
from biotk.training.section_recipe import SectionRecipe, read_section_recipe, without_formats
from biotk.training.section_titles import read_document_titles, read_titles
from biotk.training.sections import batch_of

WORDS = "The patient was seen today and has felt rather well since the last time we met".split()
TITLES = ("CHIEF COMPLAINT", "ALLERGIES", "PHYSICAL EXAMINATION", "LUNGS", "PLAN", "IMPRESSION")


def note(seed: int) -> Document:
    rng = Random(seed)
    lines = []
    for title in rng.sample(TITLES, 4):
        lines.append(f"{title}: " + " ".join(rng.sample(WORDS, 7)) + ".")
        lines.extend(" ".join(rng.sample(WORDS, 9)) + "." for _ in range(2))
    text = "\n".join(lines) + "\n"
    return Document(f"n{seed}", text, sections=tile_with_parents(text, strict_headings(text)))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    from biotk.io.convert import document_to_dict

    rows = [json.dumps(document_to_dict(note(seed))) for seed in range(40)]
    (tmp_path / "notes.jsonl").write_text("\n".join(rows) + "\n")
    (tmp_path / "bodies.csv").write_text(
        "ID,section_header,section_text,dialogue\n"
        + "".join(f"{n},ALLERGY,No drugs he cannot take {n}.,x\n" for n in range(20))
    )
    (tmp_path / "titles.txt").write_text(
        "# c\nchief problem\t5.1\tcc\nat_home\t1\tx\nworries\t9\tz\n"
    )
    (tmp_path / "r.toml").write_text(
        'name = "tiny"\nnotes = "notes.jsonl"\ncategories = "bodies.csv"\ntitles = "titles.txt"\n'
        "steps = 60\nbatch = 8\nseed = 4\n"
    )
    return tmp_path / "r.toml"


def test_train_sections_learns_and_is_the_same_each_time(recipe: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    for run in ("a", "b"):
        result = runner.invoke(app, ["train", "sections", str(recipe), "-o", str(tmp_path / run)])
        assert result.exit_code == 0, result.output
    first, second = ((tmp_path / run / "model" / WEIGHTS).read_bytes() for run in ("a", "b"))
    assert first == second
    model = SectionModel.load(tmp_path / "a" / "model")
    text = note(99).text
    assert [h[:3] for h in model.headings([text])[0]] == [h[:3] for h in strict_headings(text)]
    facts = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert facts["recipe"]["steps"] == 60
    titles = (tmp_path / "a" / "titles.txt").read_text().splitlines()
    assert titles == sorted(title.lower() for title in TITLES)


def test_train_sections_leaves_formats_out(recipe: Path) -> None:
    read = read_section_recipe(recipe)
    assert "markdown" not in without_formats(read, ["markdown"]).formats
    with pytest.raises(UnknownNameError, match="format of headings"):
        without_formats(read, ["markdwon"])
    with pytest.raises(InputError, match="no format"):
        without_formats(read, read.formats)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("steps = 0", "steps is 0"),
        ("mess = 1.5", "mess is 1.5"),
        ("learning_rate = 0.0", "learning_rate"),
        ('formats = ["markdwon"]', "format of headings"),
        ("formats = []", "formats is empty"),
        ("colour = 1", "colour"),
        ('steps = "many"', "expected a whole number"),
    ],
)
def test_read_section_recipe_refuses_what_makes_no_sense(
    recipe: Path, line: str, told: str
) -> None:
    key = line.split()[0]
    kept = [row for row in recipe.read_text().splitlines() if not row.startswith(key)]
    recipe.write_text("\n".join([line, *kept]))
    with pytest.raises((InputError, UnknownNameError), match=told):
        read_section_recipe(recipe)


def test_batch_of_finds_the_titles_among_the_candidates() -> None:
    bare = Document("n", "He is well.", sections=())
    found = batch_of([note(1), bare, note(2)])
    assert found.missed == 0
    assert int(found.right.sum()) == 8
    assert found.sections.n_sections == [4, 4]
    assert len(found.category) == len(found.is_part) == 8
    assert batch_of([bare]).category == []


def test_drawn_notes_keep_their_sections_and_titles_are_candidates() -> None:
    maker = NoteMaker(
        SectionRecipe("x", "y", headless=0.0, retitled=0.5, mess=0.9), {"worries": None}
    )
    rng = Random(2)
    for seed in range(60):
        drawn = maker.draw(note(seed), rng)
        assert len(drawn.sections) == 4
        assert batch_of([drawn]).missed == 0
    headless = NoteMaker(SectionRecipe("x", "y", headless=1.0))
    assert all(s.title_end == s.title_start for s in headless.draw(note(3), rng).sections)


def test_drawn_notes_get_texts_led_by_numbers_and_titles_of_documents() -> None:
    recipe = SectionRecipe(
        "x", "y", headless=0.0, retitled=0.0, mess=0.0, as_is=1.0, parts_apart=0.0, numbers=1.0,
        documents=1.0,
    )  # fmt: skip
    drawn = NoteMaker(recipe, documents=["progress note"]).draw(note(3), Random(2))
    first, *others = drawn.sections
    assert drawn.text.startswith("PROGRESS NOTE:\n")
    assert (first.title_end, first.category) == (13, "administrative")
    assert [s.category for s in others] == [s.category for s in note(3).sections]
    bodies = [drawn.text[s.title_end + 2 : s.end] for s in others]
    assert all(body[0].isdigit() and "The" not in body[:3] for body in bodies), bodies
    assert batch_of([drawn]).missed == 0


def test_led_by_number_leaves_values_and_what_has_no_title() -> None:
    values = Block("VITAL SIGNS", ("BP 120/80.",), "vital_signs")
    assert led_by_number(values, Random(1)) == values
    assert led_by_number(Block("", ("Well.",)), Random(1)).body == ("Well.",)
    assert led_by_number(Block("SKIN", ("Dry.",)), Random(1)).body[0].endswith(" Dry.")


def test_unlike_leaves_out_what_is_nearly_the_same() -> None:
    notes = [note(seed) for seed in range(6)]
    nearly = Document("x", notes[2].text.replace("PLAN", "PLANS") + "One more line.\n")
    assert [d.id for d in unlike(notes, [nearly])] == ["n0", "n1", "n3", "n4", "n5"]
    assert unlike(notes, []) == notes


def test_share_is_even_and_the_same_each_time() -> None:
    shares = [share(str(n), 13) for n in range(2000)]
    assert shares == [share(str(n), 13) for n in range(2000)]
    assert 0.4 < sum(shares) / 2000 < 0.6
    assert share("1", 13) != share("1", 14)


def test_read_titles_takes_headings_and_what_their_branch_is_about(tmp_path: Path) -> None:
    rows = [
        "# c", "chief problem\t5.26.1\tcc", "at_home\t1\tx", "abdomen\t6.40.139\tx",
        "abdomen\t5.39.1\tx", "father\t5.34.79.1\tx", "pulse\t6.40.136.2\tx", "robots\t99\tx",
    ]  # fmt: skip
    (tmp_path / "t").write_text("\n".join(rows))
    assert read_titles(tmp_path / "t") == {
        "chief problem": "chief_complaint",
        "abdomen": None,
        "father": "family_history",
        "robots": None,
    }


def test_read_document_titles_takes_titles_of_notes_that_name_no_section(tmp_path: Path) -> None:
    rows = [
        "discharge summary\t2.4\tx", "discharge_summary\t2.4\tx", "clinic note\t2.5\tx",
        "history and physical\t2.3\tx", "operative note\t2.9\tx", "diet\t22.1\tx",
    ]  # fmt: skip
    (tmp_path / "t").write_text("\n".join(rows))
    assert read_document_titles(tmp_path / "t") == ["discharge summary", "clinic note"]
    titles = read_titles(tmp_path / "t")
    assert titles["clinic note"] == "administrative"
    assert titles["history and physical"] is None
