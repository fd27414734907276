"""Packed maps give what PyTorch's own do, whatever the build and the processor have."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from tiny_models import SHAPES, tiny_model
from torch import nn

from biotk.nn.linear import Linear, with_packed_maps

TOLERANCES = {torch.float32: 1e-5, torch.bfloat16: 2e-2}


@pytest.fixture(params=["packed", "plain"], autouse=True)
def with_and_without(request, monkeypatch):
    """Run everything where oneDNN is to be had, and where it is not."""
    if request.param == "plain":
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear_equals_pytorch_on_any_number_of_rows(dtype, with_bias) -> None:
    torch.manual_seed(0)
    for n_in, n_out in ((1, 1), (7, 3), (64, 130)):
        weight = torch.randn(n_out, n_in).to(dtype)
        bias = torch.randn(n_out).to(dtype) if with_bias else None
        linear, tolerance = Linear(weight, bias), TOLERANCES[dtype]
        for shape in ((0, n_in), (1, n_in), (33, n_in), (4, 5, n_in)):
            x = torch.randn(shape).to(dtype)
            with torch.inference_mode():
                torch.testing.assert_close(
                    linear(x), F.linear(x, weight, bias), atol=tolerance, rtol=tolerance
                )


def test_linear_takes_a_part_of_a_matrix_and_can_be_copied() -> None:
    torch.manual_seed(0)
    whole, x = torch.randn(50, 16), torch.randn(3, 16)
    linear = Linear(whole[20:47].t().contiguous().t())
    for each in (linear, copy.deepcopy(linear)):
        torch.testing.assert_close(each(x), x @ whole[20:47].t())
        assert torch.equal(each.weight, whole[20:47])


@pytest.mark.parametrize("shape", SHAPES)
def test_module_with_packed_maps_is_a_twin(shape) -> None:
    encoder = tiny_model(shape).get_encoder()
    n_maps = sum(type(part) is nn.Linear for part in encoder.modules())
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    twin = with_packed_maps(encoder)
    assert n_maps and not any(type(part) is nn.Linear for part in twin.modules())
    assert sum(type(part) is nn.Linear for part in encoder.modules()) == n_maps
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, before[name])
    shared = {each.data_ptr() for each in encoder.parameters()}
    assert all(each.data_ptr() in shared for each in twin.parameters())
    ids = torch.tensor([[5, 6, 7, 8, 2]])
    with torch.inference_mode():
        want, got = (part(input_ids=ids).last_hidden_state for part in (encoder, twin))
    torch.testing.assert_close(got, want, atol=1e-5, rtol=1e-5)
