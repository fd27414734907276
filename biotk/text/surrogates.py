"""Halves of surrogate pairs: Python's strings may hold one, and nothing that is UTF-8 can."""

from __future__ import annotations

import re

_HALVES = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    r"""Put the sign for what cannot be read in place of each half, so that offsets stay.

    >>> without_surrogates("a\ud800 b") == "a\ufffd b"
    True
    """
    return text if text.isascii() else _HALVES.sub("\ufffd", text)
