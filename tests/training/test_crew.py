"""Several processes: gradients are averaged, and all have the same weights."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from pathlib import Path

import pytest
import torch
from tiny_training import PRETRAIN, write_training

from biotk.errors import BioTKError, InputError
from biotk.nn.tensor_files import read_tensors, write_tensors
from biotk.training.crew import Crew, end_with_parent, lead, meet, wait_for
from biotk.training.recipe_file import read_recipe
from biotk.training.run import RunOptions, train

INPUTS = torch.arange(24, dtype=torch.float32).reshape(8, 3) / 7


def gradient(rows: torch.Tensor) -> torch.nn.Linear:
    """:returns: a map with the gradient of a mean over some rows; its bias has none."""
    torch.manual_seed(0)
    linear = torch.nn.Linear(3, 2)
    (rows @ linear.weight.T).pow(2).mean().backward()
    return linear


def helper(crew: Crew, port: int, path: Path) -> None:
    with meet(crew, port=port):
        linear = gradient(INPUTS[4:])
        crew.average(list(linear.parameters()))
        write_tensors(
            path, {"weight": linear.weight.grad, "agreed": torch.tensor(crew.agree(False))}
        )


def test_two_processes_average_to_one_with_twice_the_batch(tmp_path) -> None:
    crew, port, store = lead(2)
    other = multiprocessing.get_context("spawn").Process(
        target=helper, args=(Crew(1, 2), port, tmp_path / "other")
    )
    other.start()
    with meet(crew, port=port, store=store):
        linear = gradient(INPUTS[:4])
        crew.average(list(linear.parameters()))
        crew.agree(True)
    other.join(60)
    assert other.exitcode == 0
    found = read_tensors(tmp_path / "other").tensors
    assert torch.equal(found["weight"], linear.weight.grad)
    assert bool(found["agreed"])  # what the first process says counts
    assert torch.allclose(linear.weight.grad, gradient(INPUTS).weight.grad, atol=1e-6)
    assert not linear.bias.grad.any()


def end_at_once(code: int) -> None:
    sys.exit(code)


def test_process_that_ends_before_it_is_there_is_told() -> None:
    _, _, store = lead(2)
    other = multiprocessing.get_context("spawn").Process(target=end_at_once, args=(3,))
    other.start()
    with pytest.raises(BioTKError, match="process 1 of the training ended with exit code 3 before"):
        wait_for([other], store)


def die_in_the_middle(crew: Crew, port: int) -> None:
    with meet(crew, port=port):
        os._exit(3)


def test_process_that_dies_in_the_middle_is_told() -> None:
    crew, port, store = lead(2)
    other = multiprocessing.get_context("spawn").Process(
        target=die_in_the_middle, args=(Crew(1, 2), port)
    )
    other.start()
    wait_for([other], store)
    with (
        pytest.raises(BioTKError, match="another process of the training has died"),
        meet(crew, port=port, store=store),
    ):
        other.join(60)
        crew.average(list(gradient(INPUTS).parameters()))


def wait_for_ever(path: Path) -> None:
    end_with_parent()
    path.write_text(str(os.getpid()))
    while True:
        time.sleep(60)


def start_another_and_die(path: Path) -> None:
    multiprocessing.get_context("spawn").Process(target=wait_for_ever, args=(path,)).start()
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)
    os._exit(9)


def test_process_ends_with_the_one_that_started_it(tmp_path) -> None:
    first = multiprocessing.get_context("spawn").Process(
        target=start_another_and_die, args=(tmp_path / "pid",)
    )
    first.start()
    first.join(120)
    assert first.exitcode == 9
    other = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 60
    while Path(f"/proc/{other}").exists() and "Z" not in state_of(other):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def state_of(pid: int) -> str:
    """:returns: what Linux says of a process; Z for one that is dead and that nobody has asked."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_training_in_two_processes(tmp_path) -> None:
    recipe = read_recipe(write_training(tmp_path, PRETRAIN, steps=32))
    out = tmp_path / "run"
    assert not train(recipe, out, RunOptions(processes=2, minutes=0))
    with pytest.raises(InputError, match=r"begun with 2 processes.*Give --processes 2"):
        train(recipe, out, RunOptions())
    assert train(recipe, out, RunOptions(processes=2))
    lines = [json.loads(line) for line in (out / "pretrain" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "nll" in line] == [16, 32]
    assert lines[0]["nll"] > lines[2]["nll"]
