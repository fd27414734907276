"""How names are cleaned before they are tokenised, each way by a name that artifacts record."""

from __future__ import annotations

from collections.abc import Callable

from biotk.errors import UnknownNameError

#: Makes one line of text of a name.
Cleaner = Callable[[str], str]

_TO_SPACES = str.maketrans(dict.fromkeys(",.;{}[]()+-_*/?!'\"=%><`", " "))


def clean_spaces(name: str) -> str:
    """:returns: the name with single spaces, and none at its ends."""
    return " ".join(name.split())


def clean_genbioel(name: str) -> str:
    """Clean a name as GenBioEL does (arXiv 2204.05164): lower case, punctuation to spaces.

    >>> clean_genbioel("Diabetes Mellitus, Type-2 (NIDDM)")
    'diabetes mellitus type 2 niddm'
    """
    return clean_spaces(name.lower().translate(_TO_SPACES))


#: What a name is made of before it is tokenised. A way never changes: a changed one is a new name.
CLEANERS: dict[str, Cleaner] = {"spaces": clean_spaces, "genbioel": clean_genbioel}


def cleaner(name: str) -> Cleaner:
    """:returns: the way of cleaning with that name.

    :raises UnknownNameError: there is none.
    """
    if name not in CLEANERS:
        raise UnknownNameError("way of cleaning names", name, CLEANERS)
    return CLEANERS[name]
