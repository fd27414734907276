"""Weights go back into the model that they came from, and into no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_mini import tiny_form, tiny_network

from biotk.errors import InputError
from biotk.training.mini import MiniTrainee
from biotk.training.trainee import load_weights

PLACE = Path("run/best.safetensors")


def test_weights_are_taken_over(tmp_path) -> None:
    first, second = (MiniTrainee(tiny_network(tmp_path, seed=seed), tiny_form()) for seed in (1, 2))
    kept = {name: weight.clone() for name, weight in first.state().items()}
    assert not all(torch.equal(kept[name], weight) for name, weight in second.state().items())
    load_weights(second, kept, place=PLACE)
    assert all(torch.equal(kept[name], weight) for name, weight in second.state().items())


def test_weights_of_another_model_are_refused_and_nothing_changes(tmp_path) -> None:
    trainee = MiniTrainee(tiny_network(tmp_path), tiny_form())
    before = {name: weight.clone() for name, weight in trainee.state().items()}
    other = {name: weight + 1 for name, weight in before.items()}
    first, *_ = sorted(before)
    del other[first]
    other |= {"wing": torch.ones(2), "beak": torch.ones(2)}
    with pytest.raises(InputError, match=r"best\.safetensors: .*: 1 missing.*; 2 .*, as beak") as e:
        load_weights(trainee, other, place=PLACE)
    assert f"1 missing, as {first}; 2 without a place" in str(e.value)
    assert all(torch.equal(before[name], weight) for name, weight in trainee.state().items())
