"""How well it goes: figures on what is held from training, and whether inputs matter at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

from biotk.training.batches import Batch
from biotk.training.kb_samples import Sample
from biotk.training.objective import Objective
from biotk.training.trainee import Trainee

_BATCH = 128
#: So many samples are looked at with permuted inputs.
_PERMUTED = 512
#: A model whose nll rises less than this when inputs are permuted does not read them.
_RISE = 1.05


class Held(NamedTuple):
    """Samples that tell how well it goes."""

    kb: str
    samples: Sequence[Sample]
    loss: str = "trie"


@torch.no_grad()
def evaluate(trainee: Trainee, sets: Mapping[str, Held], *, bf16: bool) -> dict[str, float]:
    """Look at sets of samples.

    :param bf16: whether products are worked out in bfloat16.
    :returns: for each set that has samples: ``nll``, share ``right``, ``permuted nll``, and
        ``permuted by``: how many times the nll with the right inputs that is.
    """
    trainee.network.eval()
    found: dict[str, float] = {}
    for name, held in sets.items():
        nll = right = permuted = same = 0.0
        n_permuted = 0
        for at in range(0, len(held.samples), _BATCH):
            part = held.samples[at : at + _BATCH]
            cost = _cost(trainee, held, part, bf16=bf16)
            nll += float(cost.nll.sum())
            right += cost.right * len(part)
            if at < _PERMUTED and len(part) > 1:
                # Each gets the input of the one before it.
                moved = [Sample(part[n - 1].input, each.target) for n, each in enumerate(part)]
                permuted += float(_cost(trainee, held, moved, bf16=bf16).nll.sum())
                same += float(cost.nll.sum())
                n_permuted += len(part)
        n = len(held.samples)
        if n:
            found |= {f"{name} nll": nll / n, f"{name} right": right / n}
        if n_permuted:
            found |= {
                f"{name} permuted nll": permuted / n_permuted,
                f"{name} permuted by": permuted / max(same, 1e-9),
            }
    return found


def _cost(trainee: Trainee, held: Held, samples: Sequence[Sample], *, bf16: bool) -> Objective:
    device = next(trainee.network.parameters()).device.type
    with torch.autocast(device, torch.bfloat16, enabled=bf16):
        return trainee.cost(Batch(held.kb, samples, held.loss))


def told_line(figures: Mapping[str, float]) -> str:
    """:returns: in words, what :func:`evaluate` found; empty if it found nothing."""
    told = []
    for key, nll in figures.items():
        name, _, kind = key.rpartition(" ")
        if kind != "nll" or not name or name.endswith(" permuted"):
            continue
        line = f"{name}: right {figures[f'{name} right']:.3f}, nll {nll:.2f}"
        permuted = figures.get(f"{name} permuted nll")
        told.append(line if permuted is None else f"{line}, {permuted:.2f} with inputs permuted")
    return "; ".join(told)


def ignored_inputs(figures: Mapping[str, float]) -> list[str]:
    """:returns: the sets on which other inputs hurt hardly: the model ignores its encoder there."""
    ending = " permuted by"
    return [
        key.removesuffix(ending)
        for key, value in figures.items()
        if key.endswith(ending) and value < _RISE
    ]
