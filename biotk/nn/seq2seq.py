"""An encoder–decoder as a constrained decoder needs it: encode once, feed tokens, few logits.

The encoder is Hugging Face's own, the decoder is ours with its weights; a test holds the two to
the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from biotk.errors import InputError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_answers import Runs
from biotk.nn.checkpoint import load_model
from biotk.nn.decoder import Decoder, Ints, Memory
from biotk.nn.decoder_weights import decoder_weights
from biotk.nn.linear import Linear, with_packed_maps
from biotk.nn.overlap import Overlap

Scores = NDArray[np.float64]

#: Columns of the output layer that are worked on at once: what they give stays in the cache.
_COLUMNS = 2048
#: One number of a matrix product costs this share of fetching one row of the output layer.
_CHEAP = 0.1


class OutputRows(NamedTuple):
    """The part of the output layer that belongs to certain tokens.

    :param weight: *Shape*: (tokens, width).
    :param bias: *Shape*: (tokens,).
    """

    weight: Tensor
    bias: Tensor | None


class Seq2Seq:
    """A Hugging Face encoder–decoder (BART, mBART, T5) for inference.

    :param model: in evaluation mode; see :meth:`load`.

    >>> model = Seq2Seq.load("models/biobart")                      # doctest: +SKIP
    >>> memory = model.encode([[0, 713, 16, 10, 1296, 2]])          # doctest: +SKIP
    """

    def __init__(self, model: PreTrainedModel) -> None:
        config: Any = model.config
        untyped: Any = model
        self._encoder = with_packed_maps(model.get_encoder())
        self._decoder = Decoder(decoder_weights(model))
        output = untyped.get_output_embeddings()
        bias = getattr(model, "final_logits_bias", None)
        # All zeros in every BART that was only trained, and then not worth adding.
        self._bias = bias.detach()[0] if bias is not None and bool(bias.any()) else None
        self._output: Tensor = output.weight.detach()
        self._columns = tuple(
            Linear(
                self._output[first : first + _COLUMNS],
                None if self._bias is None else self._bias[first : first + _COLUMNS],
            )
            for first in range(0, len(self._output), _COLUMNS)
        )
        t5 = str(config.model_type) in {"t5", "mt5"}
        scaled = t5 and getattr(config, "scale_decoder_outputs", config.tie_word_embeddings)
        self._output_scale = float(config.d_model) ** -0.5 if scaled else 1.0
        self.pad_id = int(config.pad_token_id or 0)
        start = config.decoder_start_token_id
        self.start_id = self.pad_id if start is None else int(start)
        eos = config.eos_token_id
        self.end_id = int(eos[0] if isinstance(eos, list) else eos)
        # T5 has no table of positions that could end.
        self.max_length = None if t5 else int(config.max_position_embeddings)

    @classmethod
    def load(
        cls,
        name: str | Path,
        *,
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
        revision: str | None = None,
        local_files_only: bool = False,
    ) -> Seq2Seq:
        """Load a checkpoint; see :func:`biotk.nn.checkpoint.load_model`.

        :param name: a folder, or the name of a hub model, ``owner/name``.
        :param dtype: ``torch.float32`` or ``torch.bfloat16``.
        :raises InputError: there is none, it is no safetensors, or it is damaged.
        :raises UnknownNameError: it is of an architecture that we do not run.
        """
        model: Any = load_model(
            name, dtype=dtype, revision=revision, local_files_only=local_files_only
        )
        return cls(model.to(device))

    @property
    def vocabulary_size(self) -> int:
        """How many tokens the output layer knows."""
        return len(self._output)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._output.device

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> Memory:
        """Run the encoder.

        :param sources: token ids, at least one each.
        :returns: what :meth:`feed` needs to know of them.
        :raises InputError: a source is empty, or too long for the model.
        """
        lengths = [len(source) for source in sources]
        for number, length in enumerate(lengths):
            if not length or (self.max_length is not None and length > self.max_length):
                raise InputError(
                    f"source {number} has {length} tokens; allowed are 1 to "
                    f"{self.max_length or 'any number'}"
                )
        ids = np.full((len(sources), max(lengths)), self.pad_id, np.int64)
        for row, source in zip(ids, sources):
            row[: len(source)] = source
        padding = np.arange(ids.shape[1]) >= np.array(lengths)[:, None]
        hidden = torch.from_numpy(padding).to(self.device)
        encoder: Any = self._encoder
        states = encoder(
            input_ids=torch.from_numpy(ids).to(self.device), attention_mask=(~hidden).long()
        ).last_hidden_state
        return self._decoder.remember(states, hidden)

    @torch.inference_mode()
    def feed(
        self,
        memory: Memory,
        tokens: Ints,
        paths: Ints,
        lengths: Ints,
        sources: Ints,
        *,
        wanted: Ints | None = None,
    ) -> Tensor:
        """Run tokens through the decoder; see :meth:`biotk.nn.decoder.Decoder.feed`.

        :returns: hidden states of those wanted, scaled as the output layer wants them.
            *Shape*: (wanted tokens, width).
        """
        hidden = self._decoder.feed(memory, tokens, paths, lengths, sources, wanted=wanted)
        return hidden if self._output_scale == 1.0 else hidden * self._output_scale

    def output_rows(self, tokens: Ints, runs: Runs | None = None) -> OutputRows:
        """:returns: the part of the output layer for some tokens, to be used again and again.

        :param runs: what is forced behind each; these models do not look so far.
        """
        index = torch.from_numpy(tokens).to(self.device)
        return OutputRows(self._output[index], None if self._bias is None else self._bias[index])

    @torch.inference_mode()
    def logits(self, hidden: Tensor, rows: OutputRows | None = None) -> Tensor:
        """Scores of the same tokens for all hidden states.

        :param hidden: *Shape*: (states, width).
        :param rows: the tokens; by default the whole vocabulary.
        :returns: logits in fp32. *Shape*: (states, tokens).
        """
        weight, bias = (self._output, self._bias) if rows is None else rows
        return F.linear(hidden, weight, bias).float()

    @torch.inference_mode()
    def logits_of(
        self, hidden: Tensor, states: Ints, tokens: Ints, runs: Runs | None = None
    ) -> Scores:
        """Scores of single tokens, each for a hidden state.

        :param hidden: *Shape*: (states, width).
        :param states: the row of ``hidden`` for each token. *Shape*: (tokens,).
        :param tokens: *Shape*: (tokens,).
        :param runs: what is forced behind each; these models do not look so far.
        :returns: logits. *Shape*: (tokens,).
        """
        row = torch.from_numpy(states).to(self.device)
        token = torch.from_numpy(tokens).to(self.device)
        if len(tokens) > len(hidden) * self.vocabulary_size * _CHEAP:
            found = self.logits(hidden)[row, token]
        else:
            product = F.embedding(token, self._output) * F.embedding(row, hidden)
            found = product.sum(-1, dtype=torch.float32)
            if self._bias is not None:
                found = found + self._bias[token]
        return found.double().cpu().numpy()

    def overlap(self, prefixes: Sequence[Sequence[int]], trie: TokenTrie) -> Overlap | None:
        """:returns: None: these models do not look at what names share with mentions."""
        return None

    @torch.inference_mode()
    def normaliser(self, hidden: Tensor) -> Scores:
        """What turns logits into natural log-probabilities over the whole vocabulary.

        :param hidden: *Shape*: (states, width).
        :returns: the logarithm of the sum of the exponentials of all logits. *Shape*: (states,).
        """
        parts = []
        for columns in self._columns:
            logits = columns(hidden).float()
            # The kernel of log_softmax takes half as long as that of logsumexp.
            parts.append(logits.amax(-1) - logits.log_softmax(-1).amax(-1))
        total = torch.stack(parts).logsumexp(0)
        return total.double().cpu().numpy()
