"""Words with their offsets: the one tokenisation that names and texts share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# A word is a run of letters and digits with its combining marks; "patient's" is one word, since
# the possessive has to go with it. Everything else only separates.
_WORD = re.compile(
    r"[^\W_][^\W_\u0300-\u036f]*(?:[\u0300-\u036f]+[^\W_]*)*(?:['’`][sS](?![^\W_]))?"
)


class Token(NamedTuple):
    """A word and where it stands: ``text[start:end] == word``."""

    start: int
    end: int
    word: str


def iter_tokens(text: str) -> Iterator[Token]:
    """:returns: the words of a text, with offsets in code points.

    >>> [t.word for t in iter_tokens("Alzheimer's disease, IL-2")]
    ["Alzheimer's", 'disease', 'IL', '2']
    """
    for match in _WORD.finditer(text):
        yield Token(match.start(), match.end(), match.group())


# In ASCII without apostrophes a word is a run of letters and digits, and no regex is needed.
_SEPARATE = {code: " " for code in range(128) if not chr(code).isalnum()}


def words(text: str) -> list[str]:
    """:returns: the words of a text, without their offsets."""
    if text.isascii() and "'" not in text and "`" not in text:
        return text.translate(_SEPARATE).split()
    return _WORD.findall(text)
