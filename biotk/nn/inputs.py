"""What an encoder–decoder is given for one mention."""

from __future__ import annotations

from typing import NamedTuple


class Seq2SeqInput(NamedTuple):
    """Token ids for both halves of a model.

    :param source: for the encoder.
    :param prefix: for the decoder, the start token first; the name follows on it.
    """

    source: tuple[int, ...]
    prefix: tuple[int, ...]
