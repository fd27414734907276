"""Training goes on from a model that is there: weights, shape and input format are its own."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_training import FINETUNE, PRETRAIN, RECIPE, write_training

from biotk.errors import InputError
from biotk.nn.mini_files import read_mini
from biotk.training.mini import MiniTrainee
from biotk.training.places import check_places
from biotk.training.recipe_file import read_recipe
from biotk.training.run import RunOptions, train

MODEL = RECIPE[RECIPE.index("[model]") : RECIPE.index("[[kb]]")]
GO_ON = '[model]\nkind = "biotk-mini"\nbase = "first/model"\n\n'


@pytest.fixture
def path(tmp_path):
    """:returns: a recipe that goes on from a model beside it, which a first one has made."""
    first = write_training(tmp_path, PRETRAIN, steps=16)
    train(read_recipe(first), tmp_path / "first", RunOptions())
    second = tmp_path / "second.toml"
    second.write_text(RECIPE.replace(MODEL, GO_ON) + FINETUNE.format(steps=16))
    return second


def test_training_goes_on_from_a_model(path, tmp_path) -> None:
    network, form, encoder = read_mini(tmp_path / "first" / "model")
    begun = MiniTrainee.go_on(tmp_path / "first" / "model")
    assert all(torch.equal(begun.state()[name], w) for name, w in network.own_state().items())
    train(read_recipe(path), tmp_path / "run", RunOptions())
    trained, form_after, encoder_after = read_mini(tmp_path / "run" / "model")
    assert (form_after.window, form_after.max_mention) == (form.window, form.max_mention) == (3, 24)
    assert trained.config == network.config and encoder_after.sha256 == encoder.sha256
    log = (tmp_path / "run" / "finetune" / "log.jsonl").read_text().splitlines()
    anew = tmp_path / "anew.toml"
    anew.write_text(path.read_text().replace(GO_ON, MODEL))
    train(read_recipe(anew), tmp_path / "other", RunOptions())
    other = (tmp_path / "other" / "finetune" / "log.jsonl").read_text().splitlines()
    # The same samples cost less from the first step on.
    assert json.loads(log[0])["nll"] < json.loads(other[0])["nll"]


def test_model_to_go_on_from_is_looked_for_before_anything_is_done(path, tmp_path) -> None:
    (tmp_path / "first" / "model" / "config.json").unlink()
    with pytest.raises(InputError, match=r"config\.json cannot be read"):
        check_places(read_recipe(path), tmp_path / "run")
    path.write_text(path.read_text().replace("first/model", "nobody"))
    with pytest.raises(InputError, match="no model 'nobody': it is no folder"):
        check_places(read_recipe(path), tmp_path / "run")


def test_damaged_model_is_not_trained_on(path, tmp_path) -> None:
    place = tmp_path / "first" / "model" / "weights.safetensors"
    weights = load_file(place)
    save_file({name: torch.zeros_like(w) for name, w in weights.items()}, place)
    with pytest.raises(InputError, match=r"not the file that config\.json describes"):
        train(read_recipe(path), tmp_path / "run", RunOptions())


def test_what_the_model_settles_is_not_said_again(path) -> None:
    path.write_text(path.read_text().replace(GO_ON, GO_ON.rstrip() + "\nwindow = 9\n"))
    with pytest.raises(InputError, match=r"'window' is settled by the model to go on from"):
        read_recipe(path)
