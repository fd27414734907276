"""What is not there is told before knowledge bases are built."""

from __future__ import annotations

import shutil

import pytest
from tiny_training import FINETUNE, INFILL, write_training
from typer.testing import CliRunner

from biotk.cli import app
from biotk.errors import InputError
from biotk.training.places import check_places
from biotk.training.recipe_file import read_recipe

SOURCES = 'sources = [{ path = "own.csv" }]'


@pytest.fixture
def path(tmp_path):
    path = write_training(tmp_path, INFILL, FINETUNE)
    path.write_text(path.read_text().replace('path = "tiny"', SOURCES))
    (tmp_path / "own.csv").write_text("id,name\nX:1,fever\n")
    return path


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("own.csv", "[[kb]] tiny"),
        ("train.jsonl", "[[corpus]] notes"),
        ("dev.jsonl", "[[held]] dev"),
    ],
)
def test_missing_file_is_told_with_its_table(path, tmp_path, name, table) -> None:
    out = tmp_path / "run"
    check_places(read_recipe(path), out)
    (tmp_path / name).rename(tmp_path / "away")
    with pytest.raises(InputError, match=r"is missing\. Paths begin in .*; --data takes") as caught:
        check_places(read_recipe(path), out)
    assert f"{path}: {table}: {tmp_path / name} is missing" in str(caught.value)
    done = CliRunner().invoke(app, ["train", "linker", str(path), "--out", str(out)])
    assert done.exit_code == 2 and not out.exists()


def test_missing_text_is_told_with_its_table(path, tmp_path) -> None:
    path.write_text(
        path.read_text().replace('name = "text"\npath = "train', 'name = "text"\npath = "x')
    )
    with pytest.raises(InputError, match=r"\[\[text\]\] text: .*x\.jsonl is missing"):
        check_places(read_recipe(path), tmp_path / "run")


def test_missing_encoder_is_told(path, tmp_path) -> None:
    (tmp_path / "encoder" / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"the folder has no model\.safetensors"):
        check_places(read_recipe(path), tmp_path / "run")


def test_sources_of_a_kb_that_was_built_are_not_needed(path, tmp_path) -> None:
    recipe, out = read_recipe(path), tmp_path / "run"
    shutil.copytree(tmp_path / "tiny", out / "kb" / "tiny")
    (tmp_path / "own.csv").unlink()
    check_places(recipe, out)
    (out / "kb" / "tiny" / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"own\.csv is missing"):
        check_places(recipe, out)
