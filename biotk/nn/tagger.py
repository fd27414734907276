"""``biotk-tagger`` for inference: texts in, log-probabilities of labels out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from biotk.nn.linear import with_packed_maps
from biotk.nn.tagger_format import N_SHAPES, TaggerFormat, Units, Window, windows_of
from biotk.nn.tagger_network import TaggerInput, TaggerNetwork

Floats = NDArray[np.float32]

#: Pieces that are read at once: windows of like length side by side.
_AT_ONCE = 8192


class Labelled(NamedTuple):
    """A text in units, and what the labels of each are.

    :param units: of the text.
    :param log_probs: of the labels :data:`~biotk.nn.tagger_network.OUTSIDE`, ``BEGIN`` and
        ``INSIDE`` for each type. *Shape*: (units, types, 3).
    """

    units: Units
    log_probs: Floats


class Piece(NamedTuple):
    """One window of one text."""

    text: int
    units: Units
    window: Window

    @property
    def length(self) -> int:
        """How many word pieces it has."""
        offsets = self.units.offsets
        return int(offsets[self.window.end] - offsets[self.window.start])


class TaggerModel:
    """A trained network, for inference.

    :param network: the network; it is left as it is.
    :param form: makes its inputs.
    :param window: the most pieces that are read at once.
    :param overlap: pieces that neighbouring windows have in common.
    :param dtype: ``torch.float32`` or ``torch.bfloat16``.
    """

    def __init__(
        self,
        network: TaggerNetwork,
        form: TaggerFormat,
        *,
        window: int,
        overlap: int,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if network.inner.weight.dtype != dtype:
            network = copy.deepcopy(network).to(dtype)
        self.types = network.config.types
        self.form, self.window, self.overlap = form, window, overlap
        self.device = network.inner.weight.device
        packed: Any = with_packed_maps(network)
        self._network: TaggerNetwork = packed.eval()

    def label(self, texts: Sequence[str]) -> list[Labelled]:
        """Label all units of texts; long ones in windows, and nothing is left out.

        :returns: for each text, its units and their labels.
        """
        units = [self.form.units_of(text) for text in texts]
        found: list[Floats] = [
            np.zeros((len(each), len(self.types), 3), np.float32) for each in units
        ]
        for batch in self._batches(units):
            given = tagger_input(batch, self.form)
            with torch.inference_mode():
                log_probs = self._network(TaggerInput(*(t.to(self.device) for t in given)))
            rows = log_probs.cpu().numpy()
            at = 0
            for text, _, window in batch:
                low, high = window.keep_start - window.start, window.keep_end - window.start
                found[text][window.keep_start : window.keep_end] = rows[at + low : at + high]
                at += window.end - window.start
        return [Labelled(*pair) for pair in zip(units, found, strict=True)]

    def _batches(self, units: Sequence[Units]) -> Iterator[list[Piece]]:
        pieces = [
            Piece(number, each, window)
            for number, each in enumerate(units)
            for window in windows_of(each.offsets, window=self.window, overlap=self.overlap)
        ]
        pieces.sort(key=lambda piece: -piece.length)
        at = 0
        while at < len(pieces):
            size = max(_AT_ONCE // (pieces[at].length + 2), 1)
            yield pieces[at : at + size]
            at += size


def tagger_input(batch: Sequence[Piece], form: TaggerFormat) -> TaggerInput:
    """Put windows side by side.

    :param batch: at least one.
    :param form: has the ids of ``[CLS]`` and ``[SEP]``, between which each window stands.
    """
    longest = max(piece.length for piece in batch) + 2
    ids = np.zeros((len(batch), longest), np.int64)
    shapes = np.full((len(batch), longest), N_SHAPES, np.int64)
    padding = np.ones((len(batch), longest), bool)
    firsts = []
    for row, (_, units, window) in enumerate(batch):
        low, high = units.offsets[window.start], units.offsets[window.end]
        n = int(high - low)
        ids[row, 0], ids[row, n + 1] = form.begin_id, form.end_id
        ids[row, 1 : n + 1] = units.ids[low:high]
        own = slice(window.start, window.end)
        lengths = np.diff(units.offsets[window.start : window.end + 1])
        shapes[row, 1 : n + 1] = np.repeat(units.shapes[own], lengths)
        padding[row, : n + 2] = False
        firsts.append(row * longest + 1 + units.offsets[own] - low)
    arrays = ids, shapes, padding, np.concatenate(firsts)
    return TaggerInput(*map(torch.from_numpy, arrays))
