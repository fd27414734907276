"""Adam that leaves rows alone which had no gradient.

A table of a hundred thousand rows has gradients for a thousand of them in a step. Adam as it is
would go over all. Here moments and weights of the others stay as they are, as in
``torch.optim.SparseAdam``; what has dense gradients is trained as ``torch.optim.AdamW`` does. One
optimizer for both, so that a checkpoint is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class LazyAdam(torch.optim.Optimizer):
    """Adam with decoupled weight decay for what is dense (Loshchilov and Hutter, 2019).

    :param groups: parameters, or groups of them with ``lr`` and ``weight_decay`` of their own.
    :param lr: the rate.
    :param weight_decay: of parameters with dense gradients.
    :param betas: of the two moments.
    :param eps: added below the line.
    """

    def __init__(
        self,
        groups: Iterable[Any],
        *,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        defaults = {"lr": lr, "weight_decay": weight_decay, "betas": betas, "eps": eps}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Go one step along the gradients.

        :param closure: is not called.
        """
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, weight.grad, group)

    def _update(self, weight: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"] = torch.zeros_like(weight)
            state["square"] = torch.zeros_like(weight)
        state["step"] += 1
        step = float(state["step"])
        first, second = group["betas"]
        rate = group["lr"] * (1 - second**step) ** 0.5 / (1 - first**step)
        # torch puts eps below the corrected root in Adam, below the uncorrected one in SparseAdam.
        if not grad.is_sparse:
            weight.mul_(1 - group["lr"] * group["weight_decay"])
            state["mean"].lerp_(grad, 1 - first)
            state["square"].mul_(second).addcmul_(grad, grad, value=1 - second)
            below = state["square"].sqrt().add_(group["eps"] * (1 - second**step) ** 0.5)
            weight.addcdiv_(state["mean"], below, value=-rate)
            return
        grad = grad.coalesce()
        rows, values = grad.indices()[0], grad.values()
        mean = state["mean"][rows].lerp_(values, 1 - first)
        square = state["square"][rows].mul_(second).addcmul_(values, values, value=1 - second)
        state["mean"][rows], state["square"][rows] = mean, square
        weight.index_add_(0, rows, mean / (square.sqrt() + group["eps"]), alpha=-rate)
