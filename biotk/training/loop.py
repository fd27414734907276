"""The loop of a stage: batches, steps, checkpoints, and figures on the tuning half.

A loop of our own, because what it optimises needs a trie beside each batch, and because on a CPU
two processes of one thread, which average their gradients, are faster than two threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from biotk.errors import BioTKError, InputError
from biotk.training.batches import POOL, Feed, pool_of
from biotk.training.checkpoints import (
    Progress,
    load_best,
    load_checkpoint,
    save_best,
    save_checkpoint,
)
from biotk.training.crew import Crew
from biotk.training.held import Held, evaluate
from biotk.training.schedule import Schedule
from biotk.training.trainee import Trainee

#: Told figures as they come: what is told has a ``step``.
Told = Callable[[dict[str, Any]], None]


class Stage:
    """One stage of a training run.

    :param trainee: what is trained.
    :param feeds: where samples come from.
    :param held: samples of the tuning half, by name.
    :param schedule: how to train.
    :param folder: for checkpoints.
    :param number: of the stage, for the seed.
    :param watch: the figure whose best weights are kept: ``right`` or ``nll``.
    :param patience: evaluations without a better one after which it stops; 0 for never.
    :param crew: the processes that train together.
    :param recipe: the checksum of the recipe, which checkpoints carry.
    """

    def __init__(
        self,
        trainee: Trainee,
        *,
        feeds: Sequence[Feed],
        held: Mapping[str, Held],
        schedule: Schedule,
        folder: Path,
        number: int = 0,
        watch: str = "right",
        patience: int = 0,
        crew: Crew | None = None,
        recipe: str = "",
    ) -> None:
        self.trainee, self._feeds, self._held = trainee, feeds, held
        self._schedule, self._folder, self._number = schedule, folder, number
        self._watch, self._patience = watch, patience
        self._crew = crew or Crew()
        self._parameters = [p for p in trainee.network.parameters() if p.requires_grad]
        self._optimizer = _optimizer(trainee, schedule)
        self._device = next(trainee.network.parameters()).device.type
        self.progress = Progress(processes=self._crew.size, recipe=recipe)

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self.progress.step

    def run(self, *, save_every: int = 320, told: Told, until: float | None = None) -> bool:
        """Train to the end, from where a checkpoint left off if there is one.

        Evaluations and checkpoints come between pools of batches only, so that whoever goes on
        from one draws the very samples that would have come next.

        :param save_every: steps between evaluations, which come with a checkpoint each.
        :param told: gets figures as they come, in the first process.
        :param until: the ``time.monotonic()`` at which it stops with a checkpoint.
        :returns: whether the stage is over; the weights are then the best ones.
        :raises InputError: the checkpoint is damaged, or of another recipe or model.
        :raises BioTKError: the loss is no number any more, or another process has died.
        """
        self._resume()
        progress, crew = self.progress, self._crew
        start, before = time.monotonic(), progress.seconds
        begun = progress.step
        while not progress.finished:
            first = progress.step
            figures = self._pool()
            progress.seconds = before + time.monotonic() - start
            if crew.leads:
                done = (progress.step - begun) * self._schedule.batch * crew.size
                told({
                    "step": progress.step, **figures,
                    "samples_per_s": done / (time.monotonic() - start),
                    "seconds": progress.seconds,
                })  # fmt: skip
            over = progress.step >= self._schedule.steps
            due = over or progress.step // save_every > first // save_every
            late = crew.agree(until is not None and time.monotonic() >= until)
            if due and crew.leads:
                told({"step": progress.step, **self.evaluate()})
            if due:
                bored = 0 < self._patience <= progress.worse
                progress.finished = crew.agree(over or bored)
            if (due or late) and crew.leads:
                save_checkpoint(self._folder, self.trainee, self._optimizer, progress)
            if late and not progress.finished:
                return False
        crew.agree(True)  # the first process has written what all read now
        load_best(self._folder, self.trainee)
        return True

    def _pool(self) -> dict[str, float]:
        """Train on a pool of batches.

        :returns: the mean nll, and the share that was right.
        """
        schedule = self._schedule
        seed = (schedule.seed, self._number, self.step // POOL, self._crew.rank)
        torch.manual_seed(hash(seed) & 0x7FFFFFFF)
        pool = self._drawn(seed)[: schedule.steps - self.step]
        nll = right = 0.0
        for batch in pool:
            found = self._one(batch)
            nll, right = nll + found[0], right + found[1]
            self.progress.step += 1
        return {"nll": nll / len(pool), "right": right / len(pool)}

    def _drawn(self, seed: Sequence[int]) -> Sequence[Any]:
        """:returns: a pool of batches, as the trainee takes them."""
        return pool_of(self._feeds, size=self._schedule.batch, seed=seed)

    def _looked(self) -> dict[str, float]:
        """:returns: figures of what is held."""
        return evaluate(self.trainee, self._held, bf16=self._schedule.bf16)

    def _one(self, batch: Any) -> tuple[float, float]:
        schedule = self._schedule
        self.trainee.train(dropout=schedule.dropout)
        with torch.autocast(self._device, torch.bfloat16, enabled=schedule.bf16):
            cost = self.trainee.cost(batch, smoothing=schedule.smoothing)
        self._optimizer.zero_grad(set_to_none=False)
        loss: Any = cost.loss
        loss.backward()
        self._crew.average(self._parameters)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, schedule.clip)
        if not torch.isfinite(norm):
            raise BioTKError(
                f"step {self.step}: the gradient is not finite. Take a lower lr, or bf16 = false; "
                "the last checkpoint is from before it"
            )
        for group in self._optimizer.param_groups:
            group["lr"] = group["full_lr"] * schedule.rate(self.step)
        self._optimizer.step()
        return float(cost.nll.mean()), cost.right

    def evaluate(self) -> dict[str, float]:
        """Look at what is held, and keep the weights if they are the best so far.

        :returns: for each set: nll, share right, and nll with the inputs permuted.
        """
        found = self._looked()
        progress = self.progress
        watched = [found[name] for name in self._watched() if name in found]
        sign = -1 if self._watch == "nll" else 1
        score = sign * sum(watched) / max(len(watched), 1)
        if progress.best is None or not watched or score > progress.best:
            progress.best, progress.best_step, progress.worse = score, progress.step, 0
            save_best(self._folder, self.trainee)
        else:
            progress.worse += 1
        return found

    def _watched(self) -> list[str]:
        """:returns: the figures whose mean is compared."""
        return [f"{name} {self._watch}" for name in self._held]

    def _resume(self) -> None:
        found = load_checkpoint(self._folder, self.trainee, self._optimizer)
        if found is None:
            return
        if found.recipe and self.progress.recipe not in ("", found.recipe):
            raise InputError(
                f"{self._folder}: the recipe has changed since it was begun. Begin anew with "
                "--fresh, or give another --out"
            )
        if found.processes != self._crew.size and not found.finished:
            raise InputError(
                f"{self._folder}: it was begun with {found.processes} processes, and other samples "
                f"would come with {self._crew.size}. Give --processes {found.processes}, or begin "
                "anew with --fresh"
            )
        self.progress = found


def _optimizer(trainee: Trainee, schedule: Schedule) -> torch.optim.AdamW:
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in trainee.network.named_parameters():
        if not parameter.requires_grad:
            continue
        lr = schedule.encoder_lr if trainee.is_encoder(name) else schedule.lr
        decay = schedule.weight_decay if parameter.dim() > 1 else 0.0
        groups.setdefault((lr, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": params, "lr": lr, "full_lr": lr, "weight_decay": decay}
            for (lr, decay), params in groups.items()
        ],
        betas=(0.9, 0.98),
        fused=True,
    )
