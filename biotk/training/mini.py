"""``biotk-mini`` in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from biotk.errors import InputError
from biotk.nn.encoder_files import SHA256
from biotk.nn.mini_encoder import Encoder, base_encoder
from biotk.nn.mini_files import new_network, read_mini, save_mini
from biotk.nn.mini_format import MiniFormat
from biotk.nn.mini_network import MiniConfig, MiniNetwork
from biotk.nn.model_files import copy_encoder
from biotk.training.batches import Batch
from biotk.training.decisions import DecisionMaker
from biotk.training.objective import Objective, RootKeys, trie_objective
from biotk.training.recipe import MiniRecipe
from biotk.training.text_samples import Gaps, mini_gaps
from biotk.training.trainee import where_it_is
from biotk.training.vocabulary import vocabulary_objective


class MiniTrainee:
    """A network, and the tries that it is trained on.

    :param network: what is trained.
    :param form: makes its inputs.
    :param encoder: what the network builds on; only what is to be saved needs to know it.
    """

    #: How names are cleaned before they become pieces.
    cleaning = "spaces"

    def __init__(
        self, network: MiniNetwork, form: MiniFormat, encoder: Encoder | None = None
    ) -> None:
        self.network, self.form, self._encoder = network, form, encoder
        self._makers: dict[str, DecisionMaker] = {}
        self._roots: dict[str, RootKeys] = {}
        self._dropout = 0.0
        network.freeze_below()

    @classmethod
    def begin(cls, recipe: MiniRecipe, *, place: str | Path | None, seed: int) -> MiniTrainee:
        """Make a new model: the encoder as it is, the decoder at random.

        :param place: the encoder's folder, or its name on a hub; by default all-MiniLM-L6-v2.
        :param seed: of the random weights.
        :raises InputError: there is no such encoder, or it is none that we can use.
        """
        encoder = base_encoder(place)
        torch.manual_seed(seed)
        network = new_network(encoder, MiniConfig(**recipe.shape))
        form = MiniFormat.load(encoder.folder, window=recipe.window, max_mention=recipe.max_mention)
        room = int(encoder.config.max_position_embeddings)
        if form.longest > room:
            raise InputError(
                f"a window of {form.window} and mentions of {form.max_mention} make {form.longest} "
                f"pieces; the encoder {encoder.folder} has room for {room}"
            )
        return cls(network, form, encoder)

    @classmethod
    def go_on(cls, base: str | Path) -> MiniTrainee:
        """Load a model to train it on.

        :param base: its folder.
        :raises InputError: a file is missing, damaged or of another model, or its encoder is not
            there.
        """
        return cls(*read_mini(base))

    def add_trie(self, kb: str, maker: DecisionMaker) -> None:
        """Make the trie of a KB known, before its samples come."""
        self._makers[kb] = maker
        with where_it_is(self.network):
            self._roots[kb] = RootKeys(self.network, maker, nil_id=self.form.nil_id)

    def gaps(self) -> Gaps:
        """:returns: what makes samples of raw text."""
        return mini_gaps(self.form)

    def train(self, *, dropout: float) -> None:
        """Go into training mode; the encoder's dropout is for training it from the beginning."""
        self.network.train()
        encoder: Any = self.network.encoder
        encoder.eval()
        self._dropout = dropout

    def cost(self, batch: Batch, *, smoothing: float = 0.0) -> Objective:
        """:returns: what a batch costs."""
        dropout = self._dropout if self.network.training else 0.0
        with where_it_is(self.network):
            if batch.loss == "vocabulary":
                return vocabulary_objective(
                    self.network, batch.samples, end_id=self.form.end_id, nil_id=self.form.nil_id,
                    smoothing=smoothing, dropout=dropout,
                )  # fmt: skip
            return trie_objective(
                self.network, self._makers[batch.kb], self._roots[batch.kb], batch.samples,
                smoothing=smoothing, dropout=dropout, overlap=batch.loss != "trie-plain",
            )  # fmt: skip

    def is_encoder(self, name: str) -> bool:
        """:returns: whether a parameter is one of the pretrained encoder."""
        return name.startswith("encoder.")

    def state(self) -> dict[str, Tensor]:
        """:returns: the weights that are ours, by name."""
        return self.network.own_state()

    def save(self, folder: Path) -> None:
        """Write the model's folder, and into it an encoder that is not all-MiniLM-L6-v2."""
        encoder = self._encoder
        sha256 = SHA256 if encoder is None else encoder.sha256
        save_mini(self.network, folder, form=self.form, encoder_sha256=sha256)
        if encoder is not None:
            copy_encoder(encoder, folder)
