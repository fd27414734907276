"""Trains a space of SNPs and concepts from its recipe: tasks, figures, checkpoints.

The folder of a run::

    RUN/kb/<name>/                 the KBs that the recipe builds
    RUN/texts/                     vectors of all texts by the frozen sentence encoder
    RUN/space/log.jsonl            figures, one line each
    RUN/space/curves.svg           the same as a picture
    RUN/space/checkpoint.safetensors
    RUN/model/                     what `--space` takes
    RUN/metrics.json               recipe, seed, data and figures
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from biotk.errors import BioTKError, InputError
from biotk.genomics.associations import write_associations
from biotk.genomics.pairs import rows_of
from biotk.nn.generel_network import GenerelConfig, GenerelNetwork
from biotk.nn.synonym_files import untuned_encoder
from biotk.training.checkpoints import Progress, resume, save_checkpoint
from biotk.training.curves import curves_of, write_curves
from biotk.training.generel_figures import held_pairs, relation_aucs
from biotk.training.generel_material import Encodes, gather
from biotk.training.generel_model import save_space
from biotk.training.generel_recipe import GenerelRecipe
from biotk.training.generel_tasks import Shared, task_shares, tasks_of
from biotk.training.held_relations import HeldRelation, hold_relations
from biotk.training.lazy_adam import LazyAdam
from biotk.training.log import Log, Say, ShowProgress, read_log
from biotk.training.metrics import versions, write_model

STAGE, TEXTS, HELD = "space", "texts", "held"


class GenerelTraining:
    """A training, from its recipe to a model's folder.

    :param recipe: what to do.
    :param out: the folder of the run; its KBs are built.
    :param threads: of torch.
    :param device: ``cpu``, or a GPU as torch names it.
    :param encoder: makes vectors of texts; by default all-MiniLM-L6-v2 as it comes.
    :param say: told what somebody should know.
    :param show: told how far it is.
    :raises InputError: something that the recipe names is not there, or does not fit.
    """

    def __init__(
        self,
        recipe: GenerelRecipe,
        out: Path,
        *,
        threads: int = 1,
        device: str = "cpu",
        encoder: Encodes | None = None,
        say: Say = lambda line: None,
        show: ShowProgress = lambda step, done, total: None,
    ) -> None:
        self._recipe, self._out, self._say, self._show = recipe, out, say, show
        torch.set_num_threads(threads)
        torch.manual_seed(recipe.seed)
        encoder = untuned_encoder() if encoder is None else encoder
        self.material = gather(recipe, out, say=say)
        self.encoder_fingerprint = encoder.fingerprint
        self.vectors = self.material.texts.vectors(encoder, out / TEXTS, say=say)
        self._relations: dict[str, dict[str, HeldRelation]] = {}
        if recipe.shares is not None:
            self.material.relations, self._relations = hold_relations(
                self.material.relations, self.material.texts.texts,
                share=recipe.shares.concepts, seed=recipe.seed,
            )  # fmt: skip
        self._shared = Shared.of(self.material, self.vectors, recipe.hidden, device=device)
        self.network = GenerelNetwork(
            GenerelConfig(
                n_snps=len(self.material.pairs.snps),
                n_regions=len(self.material.region_codes),
                n_genes=max(len(self.material.symbols), 1),
                n_concepts=int(self.material.concept_rows.max(initial=-1)) + 1,
                dim=recipe.shape.dim,
                hidden=recipe.shape.hidden,
                text_dim=encoder.dim,
                gene_features=self.material.gene_features.shape[1],
            )
        ).to(device)
        self.tasks = tasks_of(self.material, self._shared, recipe)
        if not self.tasks:
            raise InputError(f"{recipe.path}: there is nothing to train on")
        self._shares = task_shares(self.tasks, recipe.training)
        self._held = held_pairs(self.material, self._shared)
        self._write_held()
        self._progress = Progress(recipe=recipe.sha256)
        tables = {each.weight for each in self.network.tables()}
        dense = [each for each in self.network.parameters() if each not in tables]
        training = recipe.training
        self._optimizer = LazyAdam(
            [
                {"params": dense, "lr": training.lr, "weight_decay": 0.01},
                {"params": list(tables), "lr": training.table_lr},
            ]
        )
        self._rates = [training.lr, training.table_lr]

    def _write_held(self) -> None:
        """Write the held pairs as tables, so that anybody can ask about them."""
        for name, part in self.material.splits.held.items():
            for which, rows in (("tuning", part.tuning), ("reported", part.reported)):
                folder = self._out / HELD
                folder.mkdir(parents=True, exist_ok=True)
                write_associations(
                    folder / f"{name}-{which}.parquet", rows_of(self.material.pairs, rows)
                )

    def state(self) -> dict[str, Tensor]:
        """:returns: all weights, by name."""
        return dict(self.network.state_dict())

    def save(self, folder: Path) -> None:
        """Write the model's folder."""
        save_space(
            folder, self.network, self.material, self._recipe, self.vectors,
            encoder=self.encoder_fingerprint,
        )  # fmt: skip

    def run(self, *, until: float | None = None) -> bool:
        """Train to the end, from where a checkpoint left off if there is one.

        :param until: the ``time.monotonic()`` at which it stops with a checkpoint.
        :returns: whether it is finished, and the model is written.
        :raises InputError: the checkpoint is damaged, or of another recipe.
        :raises BioTKError: the loss is no number any more.
        """
        folder, training = self._out / STAGE, self._recipe.training
        self._resume(folder)
        log = Log(folder, step=self._progress.step)
        start, before = time.monotonic(), self._progress.seconds
        costs: list[float] = []
        while self._progress.step < training.steps:
            costs.append(self._step())
            step = self._progress.step
            self._progress.seconds = before + time.monotonic() - start
            over = step >= training.steps
            if over or step % training.evaluate_every == 0:
                figures = self._evaluate()
                log.add({"step": step, "nll": float(np.mean(costs)), **figures})
                costs = []
            late = until is not None and time.monotonic() >= until
            if over or late or step % training.checkpoint_every == 0:
                save_checkpoint(folder, self, self._optimizer, self._progress)
                write_curves(folder / "curves.svg", curves_of(read_log(folder)), title=STAGE)
            self._show("training", step, training.steps)
            if late and not over:
                return False
        self._finish()
        return True

    def _resume(self, folder: Path) -> None:
        found = resume(folder, self, self._optimizer, recipe=self._recipe.sha256)
        if found is not None:
            self._progress = found
            self._say(f"going on from step {found.step:,}")

    def _step(self) -> float:
        """:returns: what the step's batch costs."""
        step, seed = self._progress.step, self._recipe.seed
        # All that is drawn follows from both, so that a run that was killed goes on alike.
        rng = np.random.default_rng((seed, step))
        torch.manual_seed(int(rng.integers(2**31)))
        task = self.tasks[int(rng.choice(len(self.tasks), p=self._shares))]
        cost = task.cost(self.network, rng)
        if not bool(torch.isfinite(cost)):
            raise BioTKError(f"step {step}: the loss of {task.name} is not finite: lower lr")
        factor = self._factor(step)
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        self._optimizer.zero_grad()
        (cost * task.weight).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._progress.step += 1
        return float(cost.detach())

    def _factor(self, step: int) -> float:
        """:returns: the share of the highest rate: up in a line, down along a cosine."""
        training = self._recipe.training
        if step < training.warmup:
            return (step + 1) / training.warmup
        done = (step - training.warmup) / max(training.steps - training.warmup, 1)
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))

    def _evaluate(self) -> dict[str, float]:
        figures = {f"{name} auc": value for name, value in self._held.aucs(self.network).items()}
        figures |= relation_aucs(self._shared, self.network, self._relations.get("tuning", {}))
        if figures:
            told = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
            self._say(f"step {self._progress.step:,}: {told}")
        return figures

    def _finish(self) -> None:
        log = read_log(self._out / STAGE)
        progress = self._progress
        metrics = {
            "name": self._recipe.name,
            "recipe_sha256": self._recipe.sha256,
            "seed": self._recipe.seed,
            "steps": progress.step,
            "seconds": round(progress.seconds, 1),
            "pairs_per_second": round(
                progress.step * self._recipe.training.batch / max(progress.seconds, 1e-9)
            ),
            "tuning": {k: v for k, v in log[-1].items() if k not in {"step", "nll"}} if log else {},
            "reported_relations": relation_aucs(
                self._shared, self.network, self._relations.get("reported", {})
            ),
            "data": self.material.facts,
            "versions": versions(),
        }
        write_model(self, self._out, metrics, recipe=self._recipe.path)
