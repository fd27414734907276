"""A synonym encoder: strings in, vectors of unit length out; near ones are names of like things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from biotk.nn.mini_format import MiniFormat
from biotk.nn.synonym_network import SynonymNetwork

Vectors = NDArray[np.float32]

#: Pieces of a string that are read; names of chemicals are cut behind these.
MAX_PIECES = 48
#: So many pieces are worked on at once, padding among them.
_PIECES_AT_ONCE = 4096


class SynonymEncoder:
    """Makes vectors of names and mentions.

    :param network: the weights.
    :param form: the tokenizer of the encoder below.
    :param fingerprint: letters and digits that change when any vector does.
    :param max_pieces: of a longer string, the first are taken.

    >>> encoder = load_synonym_encoder("models/biotk-encoder")          # doctest: +SKIP
    >>> a, b = encoder.encode(["heart attack", "myocardial infarction"])     # doctest: +SKIP
    >>> float(a @ b) > 0.8                                              # doctest: +SKIP
    True
    """

    def __init__(
        self,
        network: SynonymNetwork,
        form: MiniFormat,
        *,
        fingerprint: str,
        max_pieces: int = MAX_PIECES,
    ) -> None:
        self.network = network.eval()
        self.form, self.fingerprint, self.max_pieces = form, fingerprint, max_pieces

    @property
    def dim(self) -> int:
        """The length of vectors."""
        return self.network.dim

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.network.parameters()).device

    def encode(self, texts: Sequence[str], *, fast: bool = False) -> Vectors:
        """Make vectors of strings.

        :param texts: any strings; one of which nothing is left, such as a blank one, has the
            vector of no pieces, and is near nothing in particular.
        :param fast: work products out in bfloat16 where the processor has it. For vectors that are
            made once and kept: which strings are encoded together then shows in the third decimal.
        :returns: of unit length. *Shape*: (texts, dim).
        """
        found = np.empty((len(texts), self.dim), np.float32)
        pieces = [self._framed(each) for each in self.form.encode_batch(list(texts))]
        bf16 = fast and has_bf16(self.device)
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            for rows in batches_by_length([len(each) for each in pieces]):
                ids, mask = padded_pieces([pieces[row] for row in rows])
                vectors = self.network(ids.to(self.device), mask.to(self.device))
                found[rows] = vectors.float().cpu().numpy()
        return found

    def _framed(self, pieces: Sequence[int]) -> tuple[int, ...]:
        return framed(self.form, pieces, max_pieces=self.max_pieces)


def framed(form: MiniFormat, pieces: Sequence[int], *, max_pieces: int) -> tuple[int, ...]:
    """:returns: what the network reads of a string: its first pieces, between two marks."""
    return (form.begin_id, *pieces[:max_pieces], form.end_id)


def batches_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Sort rows into batches of about one length, so that little is padded.

    :param lengths: of each row, in pieces.
    :returns: rows; each once.
    """
    order = np.argsort(np.asarray(lengths, np.int64), kind="stable")
    batch: list[int] = []
    for row in order.tolist():
        # The next row is the longest so far, and all are padded to it.
        if batch and (len(batch) + 1) * lengths[row] > _PIECES_AT_ONCE:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def padded_pieces(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """:returns: the pieces of some strings side by side, and 1 where one stands.

    *Shape*: (strings, longest) each.
    """
    longest = max(map(len, rows))
    ids = np.zeros((len(rows), longest), np.int64)
    mask = np.zeros((len(rows), longest), np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
        mask[at, : len(row)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def has_bf16(device: torch.device) -> bool:
    """:returns: whether products in bfloat16 are quicker there than in float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    untyped: Any = torch.cpu
    tells = getattr(untyped, "get_capabilities", None)
    told = tells() if callable(tells) else {}
    return device.type == "cpu" and bool(told.get("avx512_bf16") or told.get("amx_bf16"))
