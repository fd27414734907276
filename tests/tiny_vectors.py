"""An encoder that needs no model: counts of letters and of pairs of letters, and a few synonyms."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

DIM = 26
#: What it takes for the same, as if it had been trained on it.
SAME = {"pyrexia": "fever", "renal": "kidney", "cardiac": "heart", "attack": "failure"}


class LetterEncoder:
    """Makes vectors of strings, those of like words being near.

    :param fingerprint: tells one such encoder from another.
    :param may_encode: refuse to, for tests of what needs no encoding.
    """

    dim = DIM

    def __init__(self, *, fingerprint: str = "letters", may_encode: bool = True) -> None:
        self.fingerprint, self._may_encode = fingerprint, may_encode
        self.n_encoded = 0

    def encode(self, texts: Sequence[str], *, fast: bool = False) -> np.ndarray:
        """:returns: vectors of unit length. *Shape*: (texts, DIM)."""
        if not self._may_encode:
            raise AssertionError("nothing was to be encoded")
        self.n_encoded += len(texts)
        found = np.zeros((len(texts), DIM), np.float32)
        for row, text in zip(found, texts):
            for word in text.lower().split():
                word = SAME.get(word, word)
                for begin in range(max(len(word) - 1, 1)):
                    row[crc32(word[begin : begin + 2].encode()) % DIM] += 1
            row[0] += 1e-3
            row /= np.linalg.norm(row)
        return found
