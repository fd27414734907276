"""Affine maps, with weights laid out as the processor wants them.

PyTorch sends products in fp32 to MKL, which leaves out the wide units of processors that are not
Intel's, and packs the weights anew in each call. oneDNN, which PyTorch has on board as well, uses
those units on all of them, and takes weights that are packed once: 2.2 to 3 times as fast on an AMD
EPYC, 1.0 to 1.3 times in bf16, where PyTorch goes to oneDNN by itself.
"""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor, nn


class Linear:
    """An affine map, for inference.

    What happens to the weights later need not show: they may have been copied.

    :param weight: *Shape*: (out, in).
    :param bias: *Shape*: (out,).
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        blocked = _blocked(weight)
        self._weight, self._is_blocked = (weight, False) if blocked is None else (blocked, True)
        self._bias = bias

    @property
    def weight(self) -> Tensor:
        """The weights, row by row. *Shape*: (out, in)."""
        return self._weight.to_dense() if self._is_blocked else self._weight

    def __call__(self, x: Tensor) -> Tensor:
        """:returns: the map of x. *Shape*: (…, in) → (…, out)."""
        if self._is_blocked:
            return cast(Tensor, _product(x, self._weight, self._bias, "none", [], ""))
        return F.linear(x, self._weight, self._bias)

    def __reduce__(self) -> tuple[Any, ...]:
        # A layout of one processor must not come to another; copies and other processes need it.
        return Linear, (self.weight, self._bias)


def with_packed_maps(module: nn.Module) -> nn.Module:
    """Make a twin of a module with :class:`Linear` in place of each ``nn.Linear``.

    :param module: is left as it is; the twin shares its other parameters.
    :returns: the twin, for inference.
    """
    shared: dict[int, Any] = {id(each): each for each in (*module.parameters(), *module.buffers())}
    twin = copy.deepcopy(module, shared)
    for parent in list(twin.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear:
                setattr(parent, name, _Packed(child))
    return twin


class _Packed(nn.Module):
    """Stands for an ``nn.Linear``."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        self._map = Linear(weight, None if linear.bias is None else linear.bias.detach())
        # T5 asks this for its dtype. It is empty, so that the unpacked weights need not be kept.
        self.weight = weight.new_empty(0)

    def forward(self, x: Tensor) -> Tensor:
        return self._map(x)


def _product(*arguments: Any) -> Any:
    return torch.ops.mkldnn._linear_pointwise.default(*arguments)


def _blocked(weight: Tensor) -> Tensor | None:
    """:returns: weights as oneDNN wants them; None where it is not to be had."""
    backend: Any = torch.backends.mkldnn
    if weight.device.type != "cpu" or not backend.is_available():
        return None
    try:
        with torch.no_grad():
            blocked: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
            _product(weight.new_zeros(1, weight.shape[1]), blocked, None, "none", [], "")
    except (AttributeError, NotImplementedError, RuntimeError):
        return None  # other builds and other processors; bf16 is not for all
    return blocked
