"""``biotk-tagger`` in training: the network, its average over steps, and what a batch costs."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor, nn

from biotk.nn.mini_encoder import Encoder, base_encoder
from biotk.nn.model_files import copy_encoder
from biotk.nn.tagger import TaggerModel, tagger_input
from biotk.nn.tagger_files import check_window, new_tagger, save_tagger
from biotk.nn.tagger_format import TaggerFormat
from biotk.nn.tagger_network import OUTSIDE, TaggerConfig, TaggerInput, TaggerNetwork
from biotk.training.objective import Objective
from biotk.training.tagger_samples import UNKNOWN, TaggerSample
from biotk.training.trainee import where_it_is


class Averaged(nn.Module):
    """A network, and the mean of its weights over the last steps, which generalises better.

    :param network: what is trained.
    """

    n_steps: Tensor

    def __init__(self, network: TaggerNetwork) -> None:
        super().__init__()
        self.network = network
        self.average = copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("n_steps", torch.zeros(()))

    @torch.no_grad()
    def take_in(self, decay: float) -> None:
        """Bring the mean up to date.

        :param decay: what is kept of it at each step, once there have been many.
        """
        kept = min(decay, (1 + float(self.n_steps)) / (10 + float(self.n_steps)))
        means = dict(self.average.named_parameters())
        own: list[Tensor] = []
        mean: list[Tensor] = []
        for name, weight in self.network.named_parameters():
            if weight.requires_grad:
                own.append(weight)
                mean.append(means[name])
        torch._foreach_lerp_(mean, own, 1 - kept)
        self.n_steps += 1


class TaggerTrainee:
    """A network in training; :class:`biotk.training.trainee.Trainee` says what each method is.

    :param network: what is trained.
    :param form: makes its inputs.
    :param encoder: what it builds on.
    :param window: the most pieces that it reads at once.
    :param overlap: pieces that neighbouring windows have in common.
    :param average: what is kept of the mean of the weights at each step.
    """

    def __init__(
        self,
        network: TaggerNetwork,
        form: TaggerFormat,
        encoder: Encoder,
        *,
        window: int,
        overlap: int,
        average: float,
    ) -> None:
        network.freeze_below()
        self.network = Averaged(network)
        self.form, self._encoder = form, encoder
        self.window, self.overlap, self._decay = window, overlap, average

    @classmethod
    def begin(
        cls,
        config: TaggerConfig,
        *,
        place: str | Path | None,
        seed: int,
        window: int,
        overlap: int,
        average: float,
        told: str = "[model]",
    ) -> TaggerTrainee:
        """Make a new model: the encoder as it is, the rest at random.

        :param place: the encoder's folder, or its name on a hub; by default all-MiniLM-L6-v2.
        :param seed: of the random weights.
        :param told: where all this stands, for messages.
        :raises InputError: there is no such encoder, or it is none that we can use.
        """
        encoder = base_encoder(place)
        check_window(window, overlap, encoder, place=told)
        torch.manual_seed(seed)
        network = new_tagger(encoder, config)
        form = TaggerFormat.load(encoder.folder)
        return cls(network, form, encoder, window=window, overlap=overlap, average=average)

    def train(self, *, dropout: float) -> None:
        """Go into training mode; called once a step, which the mean takes in."""
        self.network.take_in(self._decay)
        self.network.average.eval()
        self.network.network.drop(dropout)

    def cost(self, batch: Sequence[TaggerSample], *, smoothing: float = 0.0) -> Objective:
        """:returns: what windows cost: the mean over units of the sum over types."""
        given = tagger_input([sample.piece for sample in batch], self.form)
        network = self.network.network
        with where_it_is(network):
            given = TaggerInput(*map(torch.as_tensor, given))
            labels = torch.as_tensor(np.concatenate([sample.labels for sample in batch])).long()
        log_probs = network(given)
        known = labels != UNKNOWN
        flat, target = log_probs[known], labels[known]
        nll = F.nll_loss(flat, target, reduction="none")
        smooth = (1 - smoothing) * nll - smoothing * flat.mean(-1)
        is_mention = target != OUTSIDE
        hits = flat.detach().argmax(-1) == target
        right = float(hits[is_mention].float().mean()) if bool(is_mention.any()) else 1.0
        n_units = max(len(labels), 1)
        return Objective(smooth.sum() / n_units, nll.detach().sum()[None] / n_units, right)

    def is_encoder(self, name: str) -> bool:
        """:returns: whether a parameter is one of the pretrained encoder."""
        return ".encoder." in name

    def state(self) -> dict[str, Tensor]:
        """:returns: the weights that are ours, and their mean, by name."""
        found: dict[str, Tensor] = {"n_steps": self.network.n_steps}
        for part in ("network", "average"):
            own = getattr(self.network, part).own_state()
            found |= {f"{part}.{name}": weight for name, weight in own.items()}
        return found

    def model(self, dtype: torch.dtype = torch.float32) -> TaggerModel:
        """:returns: the mean as a model for inference."""
        return TaggerModel(
            self.network.average, self.form, window=self.window, overlap=self.overlap, dtype=dtype
        )

    def save(self, folder: Path) -> None:
        """Write the mean as a model's folder, with an encoder that is not all-MiniLM-L6-v2."""
        encoder = self._encoder
        save_tagger(
            self.network.average, folder, form=self.form, window=self.window,
            overlap=self.overlap, encoder_sha256=encoder.sha256,
        )  # fmt: skip
        copy_encoder(encoder, folder)
