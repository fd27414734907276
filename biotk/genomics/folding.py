"""Signs that look alike made one, letter by letter, so that offsets hold."""

from __future__ import annotations

_FOLDED = {
    "-": "‐‑‒–—−﹣－",
    ">": "→➔➝⟶＞›▸⇒",
    "*": "∗＊⁎﹡",
    "Δ": "∆△",
    "/": "⁄∕／",
    "+": "＋﹢",
    "=": "＝",
    "'": "’‘′",
    " ": "\u00a0\u2007\u2009\u200a\u202f\u2002\u2003\u2005\u2006\t\n\r",
}
_TABLE = str.maketrans({sign: to for to, signs in _FOLDED.items() for sign in signs})


def folded(text: str) -> str:
    """:returns: the text with one sign for each dash, arrow, asterisk and blank; as long as it was.

    >>> folded("c.1799T→A, −174 G/C")
    'c.1799T>A, -174 G/C'
    """
    return text.translate(_TABLE)
