"""Weights that are stored small come back close, and whole where they must."""

from __future__ import annotations

import pytest
import torch

from biotk.errors import InputError, UnknownNameError
from biotk.nn.storage import SCALES, STORAGES, packed, unpacked

#: The largest error of a number, as a share of the largest of its row.
ERRORS = {"float32": 0.0, "float16": 2**-11, "bfloat16": 2**-8, "int8": 0.5 / 127}


def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    matrix = torch.randn(6, 40) * torch.tensor([1e-4, 1.0, 30.0, 1.0, 0.0, 5.0])[:, None]
    return {"matrix": matrix, "bias": torch.randn(40), "scale": torch.tensor(1.2345678)}


@pytest.mark.parametrize("storage", STORAGES)
def test_stored_weights_come_back_close(storage) -> None:
    before = weights()
    found = unpacked(packed(before, storage))
    assert found.keys() == before.keys()
    for name in ("bias", "scale"):
        assert torch.equal(found[name], before[name])
    rows = before["matrix"].abs().amax(1, keepdim=True)
    assert found["matrix"].dtype == torch.float32
    errors = (found["matrix"] - before["matrix"]).abs()
    assert (errors <= rows * ERRORS[storage] * 1.001 + 1e-7).all()
    assert (storage == "float32") == torch.equal(found["matrix"], before["matrix"])


def test_bytes_are_what_they_should_be() -> None:
    stored = packed({"m": torch.tensor([[1.0, -0.5, 0.0], [0.0, 0.0, 0.0]])}, "int8")
    assert stored["m"].tolist() == [[127, -64, 0], [0, 0, 0]]
    assert torch.allclose(stored["m" + SCALES], torch.tensor([1 / 127, 0.0]))


def test_what_cannot_be_stored_or_read_is_told() -> None:
    with pytest.raises(UnknownNameError, match="storage"):
        packed({}, "int4")
    with pytest.raises(InputError, match="m does not fit into float16"):
        packed({"m": torch.full((1, 1), 1e6)}, "float16")
    stored = packed(weights(), "int8")
    scales = stored.pop("matrix" + SCALES)
    with pytest.raises(InputError, match="scales of matrix are missing"):
        unpacked(stored)
    with pytest.raises(InputError, match="not one a row"):
        unpacked(stored | {"matrix" + SCALES: scales[1:]})
    for wrong in ("bias", "nothing"):
        with pytest.raises(InputError, match=f"{wrong}{SCALES} are scales of nothing"):
            unpacked(packed(weights(), "int8") | {wrong + SCALES: scales})
