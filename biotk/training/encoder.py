"""Trains a synonym encoder from its recipe: pairs, batches of near ones, figures, checkpoints.

The folder of a run::

    RUN/kb/<name>/                 the KBs that the recipe builds
    RUN/pairs/log.jsonl            figures, one line each
    RUN/pairs/curves.svg           the same as a picture
    RUN/pairs/checkpoint.safetensors
    RUN/model/                     what `--encoder` takes
    RUN/metrics.json               recipe, seed, data and figures
"""

from __future__ import annotations

import json
import time
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from biotk.errors import BioTKError, InputError
from biotk.nn.mini_encoder import base_encoder
from biotk.nn.mini_format import MiniFormat
from biotk.nn.model_files import copy_encoder
from biotk.nn.synonym_encoder import SynonymEncoder
from biotk.nn.synonym_files import load_synonym_encoder, save_synonym_encoder
from biotk.nn.synonym_network import SynonymNetwork, new_synonym_network
from biotk.training.checkpoints import (
    Progress,
    read_progress,
    resume,
    save_checkpoint,
)
from biotk.training.curves import curves_of, write_curves
from biotk.training.encoder_figures import answer
from biotk.training.encoder_recipe import EncoderRecipe
from biotk.training.log import Log, Say, ShowProgress, read_log
from biotk.training.metrics import METRICS, MODEL, write_model
from biotk.training.pair_batches import arrange, of_one_size
from biotk.training.pair_material import PairMaterial
from biotk.training.places import model_place
from biotk.training.synonym_pairs import Pair, draw_pairs

STAGE = "pairs"
#: What the log tells of a pool.
_OF_A_POOL = {"nll", "pairs", "left_over", "seconds"}


class EncoderTraining:
    """A training, from its recipe to a model's folder.

    :param recipe: what to do.
    :param out: the folder of the run; its KBs are built.
    :param device: ``cpu``, or a GPU as torch names it.
    :param threads: of torch, in this process.
    :param say: told what somebody should know.
    :param show: told how far it is.
    :raises InputError: something that the recipe names is not there, or does not fit.
    """

    def __init__(
        self,
        recipe: EncoderRecipe,
        out: Path,
        *,
        device: str = "cpu",
        threads: int = 1,
        say: Say = lambda line: None,
        show: ShowProgress = lambda step, done, total: None,
    ) -> None:
        self._recipe, self._out, self._say, self._show = recipe, out, say, show
        place = None if recipe.encoder is None else model_place(recipe, recipe.encoder)
        self._base = base_encoder(place)
        if recipe.max_pieces + 2 > int(self._base.config.max_position_embeddings):
            raise InputError(f"{recipe.path}: max_pieces is more than the encoder has room for")
        self._form = MiniFormat.load(self._base.folder)
        torch.set_num_threads(threads)
        torch.manual_seed(recipe.seed)
        self._network = new_synonym_network(self._base, recipe.shape).to(device)
        self._network.freeze_below()
        self._progress = Progress(recipe=recipe.sha256)
        self._optimizer = torch.optim.AdamW(
            [each for each in self._network.parameters() if each.requires_grad],
            lr=recipe.training.lr,
            weight_decay=0.01,
        )
        self._material = PairMaterial(recipe, out, say=say)
        self._told_small = False

    @property
    def network(self) -> SynonymNetwork:
        """What is trained."""
        return self._network

    def state(self) -> dict[str, Tensor]:
        """:returns: all weights that training changes, by name."""
        return self._network.own_state()

    def save(self, folder: Path) -> None:
        """Write the model's folder, and into it an encoder that is not all-MiniLM-L6-v2."""
        save_synonym_encoder(
            self._network,
            folder,
            form=self._form,
            max_pieces=self._recipe.max_pieces,
            encoder_sha256=self._base.sha256,
        )
        copy_encoder(self._base, folder)

    def run(self, *, until: float | None = None) -> bool:
        """Train to the end, from where a checkpoint left off if there is one.

        :param until: the ``time.monotonic()`` at which it stops with a checkpoint.
        :returns: whether it is finished, and the model is written.
        :raises InputError: the checkpoint is damaged, or of another recipe.
        :raises BioTKError: the loss is no number any more.
        """
        folder, training = self._out / STAGE, self._recipe.training
        if self._is_finished():
            self._say(f"{self._out / MODEL} is finished; --fresh begins anew")
            return True
        trainer = self._trainer()
        self._resume(folder)
        log = Log(folder, step=self._progress.step)
        if not self._progress.step:
            log.add({"step": 0, **self._evaluate()})
        start, before = time.monotonic(), self._progress.seconds
        while self._progress.step < training.steps:
            first = self._progress.step
            trained = self._pool(trainer)
            step = self._progress.step
            self._progress.seconds = before + time.monotonic() - start
            figures = {"step": step, **trained, "seconds": self._progress.seconds}
            over, every = step >= training.steps, training.evaluate_every
            if over or step // every > first // every:
                figures |= self._evaluate()
            log.add(figures)
            self._show("training", step, training.steps)
            late = until is not None and time.monotonic() >= until
            every = training.checkpoint_every
            if over or late or step // every > first // every:
                save_checkpoint(folder, self, self._optimizer, self._progress)
                write_curves(folder / "curves.svg", curves_of(read_log(folder)), title="pairs")
            if late and not over:
                return False
        self._finish()
        return True

    def _trainer(self) -> Any:
        if missing := [name for name in ("accelerate", "datasets") if find_spec(name) is None]:
            raise InputError(
                f"training an encoder needs {' and '.join(missing)}: pip install 'biotk[train]'"
            )
        # Imported here: it takes seconds.
        from biotk.training.pair_trainer import PairTrainer

        training = self._recipe.training

        def rate(step: int) -> float:
            if step < training.warmup:
                return (step + 1) / training.warmup
            return max(1 - (step - training.warmup) / max(training.steps - training.warmup, 1), 0.0)

        return PairTrainer(
            self._network,
            self._form,
            max_pieces=self._recipe.max_pieces,
            scale=training.scale,
            bf16=training.bf16,
            optimizer=self._optimizer,
            rate=rate,
        )

    def _resume(self, folder: Path) -> None:
        found = resume(folder, self, self._optimizer, recipe=self._recipe.sha256)
        if found is not None:
            self._progress = found
            self._say(f"going on from step {found.step:,}")

    def _pool(self, trainer: Any) -> dict[str, float]:
        """Train on one pool of batches.

        :returns: the mean loss, how many pairs were trained on, and how many were drawn for it and
            left over.
        """
        training, first = self._recipe.training, self._progress.step
        n = min(training.pool, training.steps - first)
        # Pools begin at any step; the seed and the step say all that is drawn.
        seed = (self._recipe.seed, first)
        rng = np.random.default_rng(seed)
        n_pairs = n_drawn = 0
        losses = 0.0
        # Where few meanings are drawn, batches come out smaller or fewer than they should be.
        while self._progress.step < first + n:
            step = self._progress.step
            batches, drawn = self._batches(first + n - step, rng)
            self._network.train()
            loss = float(trainer.train(batches, step=step, seed=hash((seed[0], step)) % 2**31))
            self._network.eval()
            if not np.isfinite(loss):
                raise BioTKError(f"step {step}: the loss is not finite: lower lr")
            self._progress.step += len(batches)
            losses += loss * len(batches)
            n_pairs, n_drawn = n_pairs + len(batches) * len(batches[0]), n_drawn + drawn
        return {"nll": losses / n, "pairs": n_pairs, "left_over": n_drawn - n_pairs}

    def _batches(self, n: int, rng: np.random.Generator) -> tuple[list[list[Pair]], int]:
        """Draw batches.

        :returns: at most ``n`` of one size, and how many pairs were drawn for them.
        :raises InputError: all pairs mean the same.
        """
        training = self._recipe.training
        sources, weights = self._material.sources()
        # Some more: what means the same does not go together.
        pairs = draw_pairs(sources, weights, (n + 1) * training.batch - 1, rng)
        vectors = None
        if training.near > 1:
            vectors = self._encoder().encode([pair.anchor for pair in pairs], fast=True)
        places = arrange(pairs, vectors, batch=training.batch, near=training.near, rng=rng)
        batches = [[pairs[at] for at in place] for place in of_one_size(places)]
        if not batches:
            raise InputError(
                f"{self._recipe.path}: of {len(pairs):,} pairs no two mean different things, which "
                "a batch needs: name more KBs, or a greater [training] batch"
            )
        if len(batches[0]) < training.batch and not self._told_small:
            self._told_small = True
            self._say(
                f"step {self._progress.step:,}: {len(batches)} batches of {len(batches[0])} pairs "
                f"instead of {n} of {training.batch}: too many pairs mean the same"
            )
        return batches, len(pairs)

    def _encoder(self) -> SynonymEncoder:
        return SynonymEncoder(
            self._network, self._form, fingerprint="", max_pieces=self._recipe.max_pieces
        )

    def _stored_figures(self) -> dict[str, float]:
        """:returns: figures of the model as it is stored, which rounds its weights."""
        self._network.to("cpu")
        with TemporaryDirectory(dir=self._out, prefix=".stored-") as folder:
            self.save(Path(folder))
            return self._figures(load_synonym_encoder(folder))

    def _figures(self, encoder: SynonymEncoder) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, questions in self._material.questions().items():
            found = answer(encoder, questions)
            figures |= {f"{name} {key}": value for key, value in found.items()}
        return figures

    def _evaluate(self) -> dict[str, float]:
        figures = self._figures(self._encoder())
        told = ", ".join(f"{key} {value:.3f}" for key, value in figures.items())
        if told:
            self._say(f"step {self._progress.step:,}: {told}")
        return figures

    def _is_finished(self) -> bool:
        """:returns: whether the model is written, of which nothing is to be written again."""
        done = read_progress(self._out / STAGE)
        if done is None or done.step < self._recipe.training.steps:
            return False
        try:
            found = json.loads((self._out / METRICS).read_text(encoding="utf-8"))
            there = (self._out / MODEL).is_dir()
            return there and bool(found["recipe_sha256"] == self._recipe.sha256)
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _finish(self) -> None:
        self._material.sources()  # told in the metrics, even if all training was done before
        log = read_log(self._out / STAGE)
        figures = [
            {key: value for key, value in each.items() if key not in _OF_A_POOL}
            for each in log
            if each.keys() - _OF_A_POOL - {"step"}
        ]
        metrics = {
            "name": self._recipe.name,
            "recipe_sha256": self._recipe.sha256,
            "seed": self._recipe.seed,
            "steps": self._progress.step,
            "seconds": round(self._progress.seconds, 1),
            "pairs": sum(each.get("pairs", 0) for each in log),
            "left_over": sum(each.get("left_over", 0) for each in log),
            "figures": figures,
            "stored": {key: round(value, 5) for key, value in self._stored_figures().items()},
            "data": self._material.facts,
        }
        write_model(self, self._out, metrics, recipe=self._recipe.path)
