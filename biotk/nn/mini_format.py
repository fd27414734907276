"""The input format of ``biotk-mini``, version 1: word pieces, mentions told by marks.

Encoder: ``[CLS] left mention right [SEP]`` in word pieces, so many of context on each side; the
pieces of the mention are *marked*, which is written as the id of the piece plus the size of the
vocabulary. Decoder: ``[CLS] mention [SEP]``, on which a name of the trie follows. Punctuation is
kept: the names of chemicals are made of it. An abbreviation stands written out in the mention's
place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from biotk.errors import InputError
from biotk.nn.checkpoint_files import told
from biotk.nn.inputs import Seq2SeqInput
from biotk.text.surrogates import without_surrogates

Ints = NDArray[np.int64]

VERSION = 1

#: What tokenizers of like pieces may still do differently: accents, cases, marks, scripts.
_PROBE = "Naïve TNF-α (β₂) 5′-NT; Graves' Ⅷ\u00a0中文 ﬁ İ x\u200by\ufffd 1,25-(OH)2D3 [MASK]"


class MiniFormat:
    """Makes inputs of mentions, and pieces of names.

    :param tokenizer: BERT's word pieces, lower-cased.
    :param window: pieces of context on each side.
    :param max_mention: pieces of a mention; of a longer one, the first are taken.
    """

    def __init__(self, tokenizer: Tokenizer, *, window: int = 24, max_mention: int = 48) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # A note that says [SEP] or [MASK] must not say END or NIL.
        self._tokenizer.encode_special_tokens = True
        self.window, self.max_mention = window, max_mention
        self.begin_id, self.end_id = self._id("[CLS]"), self._id("[SEP]")
        self.unknown_id, self.nil_id = self._id("[UNK]"), self._id("[MASK]")
        self.n_pieces = int(self._tokenizer.get_vocab_size())

    @classmethod
    def load(cls, folder: str | Path, *, window: int = 24, max_mention: int = 48) -> MiniFormat:
        """Take the tokenizer from a folder with ``tokenizer.json``.

        :raises InputError: there is none, or it is none that we can use.
        """
        path = Path(folder) / "tokenizer.json"
        if not path.is_file():
            raise InputError(f"no tokenizer.json in {folder}")
        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises nothing more special
            raise InputError(f"{path} cannot be read: {told(error)}") from None
        return cls(tokenizer, window=window, max_mention=max_mention)

    def _id(self, piece: str) -> int:
        number = self._tokenizer.token_to_id(piece)
        if number is None:
            raise InputError(f"the tokenizer has no {piece}: it is none of BERT's")
        return int(number)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when the pieces of any name do."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()[:16]

    @property
    def vocabulary_fingerprint(self) -> str:
        """16 hex digits of all pieces, and of what becomes of a text that is hard to part.

        Unlike :attr:`fingerprint` the same for any version of the library that writes tokenizers.
        """
        pieces = sorted(self._tokenizer.get_vocab().items(), key=lambda item: item[1])
        (probe,) = self.encode_batch([_PROBE])
        told_ = "\n".join([*(piece for piece, _ in pieces), repr(list(probe))])
        return hashlib.sha256(told_.encode()).hexdigest()[:16]

    @property
    def longest(self) -> int:
        """The most pieces that a source can have."""
        return 2 * self.window + self.max_mention + 2

    def encode_batch(self, texts: list[str], /) -> Sequence[Sequence[int]]:
        """:returns: the pieces of each text, without ``[CLS]`` and ``[SEP]``."""
        whole = list(map(without_surrogates, texts))
        found = self._tokenizer.encode_batch(whole, add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def pieces_of(self, text: str) -> tuple[Ints, Ints, Ints]:
        """:returns: the pieces of a text, and where in it each begins and ends."""
        found = self._tokenizer.encode(without_surrogates(text), add_special_tokens=False)
        starts, ends = np.array(found.offsets, np.int64).reshape(-1, 2).T
        return np.array(found.ids, np.int64), starts, ends

    def from_pieces(
        self, mention: Sequence[int], left: Sequence[int] = (), right: Sequence[int] = ()
    ) -> Seq2SeqInput:
        """Make the input of pieces.

        :param mention: at least one.
        :param left: what stands before it; the pieces next to the mention are taken.
        :param right: what stands behind it.
        """
        mention = tuple(mention[: self.max_mention])
        left = tuple(left[max(len(left) - self.window, 0) :])
        right = tuple(right[: self.window])
        marked = (piece + self.n_pieces for piece in mention)
        source = (self.begin_id, *left, *marked, *right, self.end_id)
        return Seq2SeqInput(source, (self.begin_id, *mention, self.end_id))

    def encode(
        self, text: str, *, start: int, end: int, expansion: str | None = None
    ) -> Seq2SeqInput:
        """Make the input for a mention.

        :param text: the passage.
        :param start: where the mention begins in it.
        :param end: where it ends.
        :param expansion: what to put in place of the mention: the long form of an abbreviation.
        :raises InputError: there is no mention, or nothing in it that has a piece.
        """
        if not 0 <= start < end <= len(text):
            raise InputError(
                f"start {start} and end {end} name no mention in a text of {len(text)} characters"
            )
        mention = text[start:end] if expansion is None else expansion
        # A piece has at least one character, and words may be cut at the far end.
        reach = 16 * self.window
        parts = [text[max(start - reach, 0) : start], mention, text[end : end + reach]]
        left, pieces, right = self.encode_batch(parts)
        if not pieces:
            raise InputError(f"the mention from {start} to {end} is blank")
        return self.from_pieces(pieces, left, right)


def mention_of(prefix: Sequence[int]) -> Sequence[int]:
    """:returns: the pieces of the mention that a prefix is made of."""
    return prefix[1:-1]


class Padded(NamedTuple):
    """Sources as arrays. *Shape*: (sources, longest) each.

    :param ids: pieces.
    :param marks: 1 where one is marked.
    :param padding: true behind the end of a source.
    """

    ids: Ints
    marks: Ints
    padding: NDArray[np.bool_]


def padded(sources: Sequence[Sequence[int]], *, n_pieces: int) -> Padded:
    """Put some sources side by side.

    :param sources: at least one piece each.
    :param n_pieces: the size of the vocabulary, by which marked pieces are told.
    """
    lengths = np.array([len(source) for source in sources])
    ids = np.zeros((len(sources), int(lengths.max())), np.int64)
    for row, source in zip(ids, sources):
        row[: len(source)] = source
    marks = ids >= n_pieces
    padding = np.arange(ids.shape[1]) >= lengths[:, None]
    return Padded(np.where(marks, ids - n_pieces, ids), marks.astype(np.int64), padding)
