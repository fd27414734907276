"""GenBioEL's input format, to run its checkpoints and those trained as it was (arXiv 2204.05164).

Encoder: lower-cased ``left START mention END right`` in a window of words, between ``<s>`` and
``</s>``. Decoder: ``</s>``, then "mention is", on which a name of the trie follows. Every piece of
text has one blank before it, as byte-level BPE tells words by.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biotk.errors import InputError
from biotk.nn.inputs import Seq2SeqInput
from biotk.text.surrogates import without_surrogates

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: Words of context, both sides together.
WINDOW = 384

_OF_CONFIG = ("bos_token_id", "eos_token_id", "decoder_start_token_id", "max_position_embeddings")


class GenbioelFormat:
    """Makes inputs of mentions, and tokens of names.

    It is a ``NameEncoder`` for :func:`biotk.index.kb_trie.open_kb_trie`; its names are cleaned
    with ``cleaning="genbioel"``.

    :param tokenizer: BART's byte-level BPE, or one like it.
    :param begin_id: begins a source.
    :param end_id: ends it, and ends a name.
    :param start_id: what the decoder starts with.
    :param max_tokens: how long a source may be.

    >>> form = GenbioelFormat.load("models/biobart")                # doctest: +SKIP
    >>> form.encode("No fever today.", start=3, end=8)              # doctest: +SKIP
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        begin_id: int = 0,
        end_id: int = 2,
        start_id: int = 2,
        max_tokens: int = 1024,
    ) -> None:
        # A copy, since a tokenizer may have been told to cut or to pad, which we do not want.
        self._tokenizer = type(tokenizer).from_str(tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._begin_id, self._end_id, self._start_id = begin_id, end_id, start_id
        self._max_tokens = max_tokens

    @classmethod
    def load(cls, name: str | Path, *, local_files_only: bool = False) -> GenbioelFormat:
        """Take tokenizer and ids from a checkpoint.

        :param name: a folder, or the name of a hub model, as for ``Seq2Seq.load``.
        :raises InputError: it has no tokenizer that we can read, or none that fits the model.
        :raises UnknownNameError: it is of an architecture that we do not run.
        """
        from biotk.nn.architecture import read_config
        from biotk.nn.checkpoint_files import CONFIG, locate
        from biotk.nn.tokenizer_files import PIECES, SETTINGS, load_tokenizer

        needed = (CONFIG, *PIECES, *SETTINGS)
        folder = locate(name, needed, local_files_only=local_files_only)
        config: Any = read_config(name, folder)
        numbers: dict[str, int] = {}
        for key in _OF_CONFIG:
            value = getattr(config, key, None)
            if not isinstance(value, int):
                raise InputError(
                    f"model {name}: GenBioEL's format is for BART, and needs a number for {key} in "
                    f"its config.json, not {value!r}"
                )
            numbers[key] = value
        tokenizer = load_tokenizer(name, folder, vocabulary_size=config.vocab_size)
        begin, end, start, room = numbers.values()
        return cls(tokenizer, begin_id=begin, end_id=end, start_id=start, max_tokens=room)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when the tokens of any name do."""
        return hashlib.sha256(self._tokenizer.to_str().encode()).hexdigest()[:16]

    @property
    def unknown_id(self) -> int | None:
        """The token of pieces that the tokenizer does not know; None if it knows all."""
        piece = getattr(self._tokenizer.model, "unk_token", None)
        return None if piece is None else self._tokenizer.token_to_id(str(piece))

    @property
    def mask_id(self) -> int | None:
        """The token that stands for what is missing, as in BART's own training."""
        return self._tokenizer.token_to_id("<mask>")

    def encode_batch(self, texts: list[str], /) -> Sequence[Sequence[int]]:
        """:returns: the tokens of each name, blank before it and END not among them."""
        blanked = [f" {without_surrogates(text)}" for text in texts]
        found = self._tokenizer.encode_batch(blanked, add_special_tokens=False)
        return [encoding.ids for encoding in found]

    def encode(
        self, text: str, *, start: int, end: int, expansion: str | None = None
    ) -> Seq2SeqInput:
        """Make the input for a mention.

        Context that the model has no room for is left out, the outermost words first.

        :param text: the passage.
        :param start: where the mention begins in it.
        :param end: where it ends.
        :param expansion: what to put in place of the mention: the long form of an abbreviation.
        :raises InputError: there is no mention, or the model has no room even for it alone.
        """
        if not 0 <= start < end <= len(text):
            raise InputError(
                f"start {start} and end {end} name no mention in a text of {len(text)} characters"
            )
        mention = _words(text[start:end] if expansion is None else expansion)
        if not mention:
            raise InputError(f"the mention from {start} to {end} is blank")
        left, right = _words(text[:start]), _words(text[end:])
        source = self._source(left, mention, right, WINDOW)
        if len(source) > self._max_tokens:
            source = self._shorter(left, mention, right)
        prefix = self._ids(f"{' '.join(mention)} is")
        return Seq2SeqInput(tuple(source), (self._start_id, *prefix))

    def _shorter(self, left: list[str], mention: list[str], right: list[str]) -> list[int]:
        """:returns: the source with the widest window that the model has room for."""
        fits, wide = 0, min(WINDOW, len(left) + len(right))
        best = self._source(left, mention, right, fits)
        if len(best) > self._max_tokens:
            raise InputError(
                f"a mention of {len(mention)} words has {len(best)} tokens; the model has room for "
                f"{self._max_tokens}"
            )
        while wide - fits > 1:
            middle = (fits + wide) // 2
            source = self._source(left, mention, right, middle)
            if len(source) > self._max_tokens:
                wide = middle
            else:
                fits, best = middle, source
        return best

    def _source(
        self, left: list[str], mention: list[str], right: list[str], window: int
    ) -> list[int]:
        n_left, n_right = split_window(len(left), len(right), window)
        words = [*left[len(left) - n_left :], "START", *mention, "END", *right[:n_right]]
        return [self._begin_id, *self._ids(" ".join(words)), self._end_id]

    def _ids(self, text: str) -> list[int]:
        whole = without_surrogates(f" {text}")
        ids: list[int] = self._tokenizer.encode(whole, add_special_tokens=False).ids
        return ids


def split_window(n_left: int, n_right: int, window: int = WINDOW) -> tuple[int, int]:
    """Share a window of words between the sides: what one does not need goes to the other.

    :param n_left: how many words there are.
    :param n_right: the same.
    :returns: how many to keep on each side, those next to the mention.

    >>> split_window(500, 500), split_window(10, 500), split_window(500, 10), split_window(3, 4)
    ((192, 192), (10, 374), (374, 10), (3, 4))
    """
    half = window // 2
    if n_left <= half:
        return n_left, min(n_right, window - n_left)
    if n_right <= half:
        return min(n_left, window - n_right), n_right
    return half, half


def _words(text: str) -> list[str]:
    return html.unescape(text).lower().split()
