"""How fast a stage learns, and how long."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How a stage is trained.

    :param steps: how many.
    :param batch: samples a step and process.
    :param lr: of what is new.
    :param encoder_lr: of the encoder's layers.
    :param warmup: steps until the full rate is reached.
    :param smoothing: label smoothing over the legal ways on.
    :param dropout: in the decoder.
    :param weight_decay: of matrices.
    :param clip: the largest norm of a gradient.
    :param bf16: whether products are worked out in bfloat16.
    :param seed: of everything that is drawn.
    """

    steps: int
    batch: int = 64
    lr: float = 1e-3
    encoder_lr: float = 1e-4
    warmup: int = 100
    smoothing: float = 0.0
    dropout: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0
    bf16: bool = True
    seed: int = 13

    def rate(self, step: int) -> float:
        """:returns: the share of the full rate: up in a line, then down along a cosine."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = (step - self.warmup) / max(self.steps - self.warmup, 1)
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
