"""Names as people write them: in the plural, turned round, misspelt.

A KB has "Vestibular schwannoma" and "Failure, Kidney", a note "vestibular schwannomas" and "failure
of the kidney". Where no corpus teaches that, names are altered, and the name itself stays right.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

_WORD = re.compile(r"[a-z]{4,}", re.IGNORECASE)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def altered(name: str, rng: np.random.Generator) -> str:
    """Alter a name in one way that fits it.

    :param name: as the KB writes it.
    :param rng: decides how.
    :returns: another text; the name as it is where nothing fits.
    """
    order: list[int] = rng.permutation(len(_WAYS)).tolist()
    for at in order:
        found = _WAYS[at](name, rng)
        if found is not None and found != name:
            return found
    return name


def _other_number(name: str, rng: np.random.Generator) -> str | None:
    """The last word of a name, or of what stands before "of", in the other number."""
    head, of, rest = name.partition(" of ")
    before, space, word = head.rpartition(" ")
    if not word.isalpha() or len(word) < 4 or word.isupper():
        return None
    return f"{before}{space}{_other(word)}{of}{rest}"


def _other(word: str) -> str:
    for ending, other in _ENDINGS:
        if word.endswith(ending):
            return word[: len(word) - len(ending)] + other
    return word + "s"


#: The first that fits is taken.
_ENDINGS = (
    ("ies", "y"), ("oses", "osis"), ("osis", "oses"), ("itis", "itides"), ("ss", "sses"),
    ("sses", "ss"), ("us", "uses"), ("is", "es"), ("xes", "x"), ("x", "xes"), ("ches", "ch"),
    ("ch", "ches"), ("s", ""), ("ay", "ays"), ("ey", "eys"), ("oy", "oys"), ("y", "ies"),
)  # fmt: skip


def _turned_round(name: str, rng: np.random.Generator) -> str | None:
    """``Failure, Kidney`` → ``Kidney Failure`` → ``Failure of the kidney`` → ``kidney Failure``."""
    parts = name.split(", ")
    if len(parts) == 2 and all(parts):
        return f"{parts[1]} {parts[0]}"
    head, of, rest = name.partition(" of ")
    if of:
        return f"{rest.removeprefix('the ')} {head}"
    words = name.split(" ")
    if not 2 <= len(words) <= 4 or not all(word.isalpha() for word in words):
        return None
    the = "the " if rng.random() < 0.5 else ""
    return f"{words[-1]} of {the}{' '.join(words[:-1])}"


def _misspelt(name: str, rng: np.random.Generator) -> str | None:
    """A letter inside a word left out, doubled, swapped with the next, or another."""
    words = list(_WORD.finditer(name))
    if not words:
        return None
    word = words[int(rng.integers(len(words)))]
    at = int(rng.integers(word.start() + 1, word.end() - 1))
    here, after = name[at], name[at + 1]
    put = (here + here + after, after, after + here, _any_letter(rng) + after)
    return name[:at] + put[int(rng.integers(len(put)))] + name[at + 2 :]


def _any_letter(rng: np.random.Generator) -> str:
    return _LETTERS[int(rng.integers(len(_LETTERS)))]


def _other_hyphen(name: str, rng: np.random.Generator) -> str | None:
    """A hyphen as a space, or a space as a hyphen."""
    marks = [at for at, sign in enumerate(name) if sign in "- " and 0 < at < len(name) - 1]
    if not marks:
        return None
    at = marks[int(rng.integers(len(marks)))]
    return name[:at] + ("-" if name[at] == " " else " ") + name[at + 1 :]


def _word_less(name: str, rng: np.random.Generator) -> str | None:
    """A word left out of four or more."""
    words = name.split(" ")
    if len(words) < 4:
        return None
    at = int(rng.integers(len(words)))
    return " ".join(words[:at] + words[at + 1 :])


#: Number and order are what differs most in texts: they are tried as often as the others together.
_WAYS: tuple[Callable[[str, np.random.Generator], str | None], ...] = (
    _other_number, _other_number, _turned_round, _turned_round, _misspelt, _other_hyphen,
    _word_less,
)  # fmt: skip
