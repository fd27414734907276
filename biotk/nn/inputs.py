"""What an encoder–decoder is given for one mention, and what makes it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

from biotk.index.kb_trie import NameEncoder


class Seq2SeqInput(NamedTuple):
    """Token ids for both halves of a model.

    :param source: for the encoder.
    :param prefix: for the decoder, the start token first; the name follows on it.
    """

    source: tuple[int, ...]
    prefix: tuple[int, ...]


@runtime_checkable
class InputFormat(NameEncoder, Protocol):
    """Makes inputs of mentions, and tokens of names; one is made for the models trained with it."""

    def encode(self, text: str, *, start: int, end: int, expansion: str | None = None) -> Any:
        """Make the input for a mention, cutting the passage where the model has no room for it.

        :param text: the passage.
        :param start: where the mention begins in it.
        :param end: where it ends.
        :param expansion: what to put in place of the mention: the long form of an abbreviation.
        :returns: what the search of this format's models takes, as :class:`Seq2SeqInput`.
        :raises InputError: there is no mention, or the model has no room even for it alone. The
            message holds no text of the passage.
        """
