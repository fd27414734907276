"""Encoder–decoders of Hugging Face in training, in GenBioEL's format (arXiv 2204.05164).

The loss counts what follows on the prefix, "mention is"; what stands in the prefix is given, and
teaches nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from biotk.errors import InputError
from biotk.nn.checkpoint import load_model
from biotk.nn.checkpoint_files import locate
from biotk.nn.genbioel_format import GenbioelFormat
from biotk.nn.tokenizer_files import PIECES, SETTINGS
from biotk.training.batches import Batch
from biotk.training.decisions import DecisionMaker
from biotk.training.kb_samples import Sample
from biotk.training.objective import Objective
from biotk.training.text_samples import Gaps, seq2seq_gaps
from biotk.training.trainee import where_it_is
from biotk.training.vocabulary import Ints, cost_of, written


class Seq2SeqTrainee:
    """A model and the format of its inputs.

    :param model: from :func:`biotk.nn.checkpoint.load_model`.
    :param form: makes its inputs.
    :param base: where its tokenizer is copied from when it is saved.
    """

    #: How names are cleaned before they become tokens.
    cleaning = "genbioel"

    def __init__(self, model: Any, form: GenbioelFormat, *, base: str | Path) -> None:
        self.network, self.form, self._base = model, form, base
        config = model.config
        self._end_id = int(config.eos_token_id)
        self._pad_id = int(config.pad_token_id or 0)
        self._ids = {
            "begin_id": int(config.bos_token_id),
            "end_id": self._end_id,
            "start_id": int(config.decoder_start_token_id),
        }

    @classmethod
    def begin(cls, base: str | Path) -> Seq2SeqTrainee:
        """Load the checkpoint to begin with.

        :param base: a folder, or the name of a hub model.
        :raises InputError: there is none, it is no safetensors, or it is damaged.
        :raises UnknownNameError: it is of an architecture that we do not run.
        """
        return cls(load_model(base), GenbioelFormat.load(base), base=base)

    def add_trie(self, kb: str, maker: DecisionMaker) -> None:
        """Nothing: the loss is over the vocabulary, whatever names there are."""

    def gaps(self) -> Gaps:
        """:returns: what makes samples of raw text.

        :raises InputError: the tokenizer has no mask.
        """
        mask = self.form.mask_id
        if mask is None:
            raise InputError(f"model {self._base}: its tokenizer has no <mask> to put into gaps")
        return seq2seq_gaps(**self._ids, mask_id=mask)

    def train(self, *, dropout: float) -> None:
        """Go into training mode."""
        self.network.train()
        for module in self.network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout
            elif isinstance(getattr(module, "dropout", None), float):
                module.dropout = dropout  # BART's layers call the function

    def cost(self, batch: Batch, *, smoothing: float = 0.0) -> Objective:
        """:returns: what a batch costs."""
        samples = batch.samples
        sources = [each.input.source for each in samples]
        ids = np.full((len(sources), max(map(len, sources))), self._pad_id, np.int64)
        mask = np.zeros(ids.shape, np.int64)
        for row, length, source in zip(ids, mask, sources):
            row[: len(source)] = source
            length[: len(source)] = 1
        with where_it_is(self.network):
            return self._cost_of(ids, mask, samples, smoothing=smoothing)

    def _cost_of(
        self, ids: Ints, mask: Ints, samples: Sequence[Sample], *, smoothing: float
    ) -> Objective:
        asked = written(samples, end_id=self._end_id, nil_id=None, pad_id=self._pad_id)
        output = self.network(
            input_ids=torch.as_tensor(ids),
            attention_mask=torch.as_tensor(mask),
            decoder_input_ids=torch.as_tensor(asked.tokens),
            use_cache=False,
        )
        logits = output.logits[torch.as_tensor(asked.rows), torch.as_tensor(asked.places)]
        return cost_of(logits.float(), asked, n=len(samples), smoothing=smoothing)

    def is_encoder(self, name: str) -> bool:
        """:returns: whether a parameter is one of the encoder's layers."""
        return name.startswith(("encoder.", "model.encoder."))

    def state(self) -> dict[str, Tensor]:
        """:returns: all weights; those that are tied come once."""
        return {name: weight.detach() for name, weight in self.network.named_parameters()}

    def save(self, folder: Path) -> None:
        """Write a checkpoint as transformers does, its tokenizer beside it."""
        self.network.save_pretrained(folder)
        base = locate(self._base, (*PIECES, *SETTINGS))
        for name in (*PIECES, *SETTINGS):
            if (base / name).is_file():
                shutil.copyfile(base / name, folder / name)
