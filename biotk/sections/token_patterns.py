"""Patterns over words, as spaCy's Matcher has them: a list of one dictionary a word.

They are read here without spaCy. A word is a run of letters and digits, or one sign; that is how
spaCy splits titles too, but for what has a rule of its own there ("H&P", "w/o"). What asks a model
(``LEMMA``, ``POS``) is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from biotk.errors import InputError

#: A word or a sign, with the blanks before it.
WORD = re.compile(r"\s*+(['’]s(?![^\W_])|[^\W_]++|\S)")

_Test = Callable[[str], bool]

_SHAPES: dict[str, _Test] = {
    "IS_ALPHA": str.isalpha,
    "IS_ASCII": str.isascii,
    "IS_DIGIT": str.isdigit,
    "IS_LOWER": str.islower,
    "IS_PUNCT": lambda word: all(unicodedata.category(c).startswith("P") for c in word),
    "IS_SPACE": str.isspace,
    "IS_TITLE": str.istitle,
    "IS_UPPER": str.isupper,
}
_TEXTS: dict[str, Callable[[str], str]] = {"LOWER": str.lower, "ORTH": str, "TEXT": str}
_LENGTHS: dict[str, Callable[[int, int], bool]] = {
    "==": int.__eq__,
    "!=": int.__ne__,
    ">=": int.__ge__,
    "<=": int.__le__,
    ">": int.__gt__,
    "<": int.__lt__,
}
_KNOWN = ", ".join(sorted([*_TEXTS, *_SHAPES, "LENGTH", "OP"]))
_TIMES = {"!": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}
_RANGE = re.compile(r"\{(?:(\d+)|(\d*),(\d*))\}")
_MOST = 64  # words of a title, and more


def words_of(text: str) -> list[str]:
    """:returns: the words and signs of a text.

    >>> words_of("Past Hx/PSH:")
    ['Past', 'Hx', '/', 'PSH', ':']
    """
    return WORD.findall(text)


class TokenPattern:
    """A pattern over words, run as an automaton: linear in the words, whatever the pattern.

    :param pattern: one dictionary a word, of ``TEXT``, ``LOWER``, ``IS_PUNCT``, … and ``OP``.
    :raises InputError: it cannot be read without a model, or matches nothing at all.

    >>> pattern = TokenPattern([{"LOWER": {"IN": ["past", "prior"]}, "OP": "?"}, {"LOWER": "hx"}])
    >>> pattern.ends(["Past", "Hx", ":"]), pattern.ends(["hx"]), pattern.ends(["past"])
    ([2], [1], [])
    """

    def __init__(self, pattern: Sequence[Mapping[str, Any]]) -> None:
        self._steps: list[
            tuple[_Test, bool, bool]
        ] = []  # the test, may it be left out, does it go on
        for number, item in enumerate(pattern, 1):
            try:
                self._add(item)
            except InputError as error:
                raise InputError(f"item {number}: {error}") from None
        if len(self._steps) in self._open({0}):
            raise InputError("it matches where nothing stands; let one item at least be needed")

    def _add(self, item: Mapping[str, Any]) -> None:
        if not isinstance(item, Mapping):
            raise InputError(
                f'it is {_kind(item)}, must be a dictionary, as in {{"LOWER": "plan"}}'
            )
        least, most = _times(item["OP"]) if "OP" in item else (1, 1)
        tests = [_test(key, value) for key, value in item.items() if key != "OP"]
        wanted = item.get("OP") != "!"

        def test(word: str) -> bool:
            return all(each(word) for each in tests) is wanted

        self._steps += [(test, False, False)] * least
        if most is None:
            self._steps.append((test, True, True))
        else:
            self._steps += [(test, True, False)] * (most - least)

    def _open(self, states: set[int]) -> set[int]:
        """:returns: the states with all that leaving out steps leads to."""
        for state in sorted(states):
            while state < len(self._steps) and self._steps[state][1]:
                state += 1
                states.add(state)
        return states

    def ends(self, words: Sequence[str]) -> list[int]:
        """:returns: how many of the first words it can match, each way, fewest first."""
        found, states = [], self._open({0})
        for count, word in enumerate(words, 1):
            after = set()
            for state in states:
                if state < len(self._steps) and self._steps[state][0](word):
                    after.add(state if self._steps[state][2] else state + 1)
            states = self._open(after)
            if not states:
                break
            if len(self._steps) in states:
                found.append(count)
        return found


def _times(op: object) -> tuple[int, int | None]:
    if isinstance(op, str):
        if op in _TIMES:
            return _TIMES[op]
        found = _RANGE.fullmatch(op)
        if found:
            exact, low, high = found.groups()
            least = int(exact or low or 0)
            most = int(exact) if exact else int(high) if high else None
            if max(least, most or 0) <= _MOST and (most is None or least <= most):
                return least, most
    known = ", ".join(map(repr, _TIMES))
    raise InputError(f"'OP' is {op!r}; known: {known}, '{{n}}', '{{n,m}}' with up to {_MOST} words")


def _test(key: str, value: object) -> _Test:
    """:returns: what an attribute asks of a word."""
    name = key.upper()
    if name in _TEXTS:
        return _text_test(name, value)
    if name in _SHAPES and isinstance(value, bool):
        shape = _SHAPES[name]
        return lambda word: shape(word) is value
    if name == "LENGTH":
        return _length_test(value)
    if name in _SHAPES:
        raise InputError(f"{key!r} is {_kind(value)}, must be true or false")
    raise InputError(
        f"{key!r} cannot be told without spaCy's model of the text; known: {_KNOWN}. Give the "
        f"pattern as a string, a regular expression, instead"
    )


def _text_test(name: str, value: object) -> _Test:
    view = _TEXTS[name]
    if isinstance(value, str):
        single = _one_word(name, value)
        return lambda word: view(word) == single
    if not isinstance(value, Mapping) or not value:
        raise InputError(f"{name!r} is {_kind(value)}, must be a string or IN, NOT_IN, REGEX")
    tests = [_choice(name, key, wanted) for key, wanted in value.items()]
    return lambda word: all(test(view(word)) for test in tests)


def _choice(name: str, key: str, wanted: object) -> _Test:
    if key == "REGEX" and isinstance(wanted, str):
        try:
            search = re.compile(wanted).search
        except re.error as error:
            raise InputError(f"the REGEX of {name!r} is none: {error}") from None
        return lambda word: search(word) is not None
    listed = isinstance(wanted, list | tuple) and all(isinstance(each, str) for each in wanted)
    if key in {"IN", "NOT_IN"} and isinstance(wanted, list | tuple) and listed:
        words = {_one_word(name, each) for each in wanted}
        return lambda word: (word in words) is (key == "IN")
    raise InputError(
        f"{name!r} with {key!r} of {_kind(wanted)} is not known; known: IN and NOT_IN with a list "
        f"of strings, REGEX with a string"
    )


def _one_word(name: str, value: str) -> str:
    """:returns: the value as a word of a text; such as are no single word could never match."""
    if value and not value.strip():
        return value.replace("\r\n", "\n")
    words = words_of(value)
    if words != [value]:
        raise InputError(
            f"{name!r} is {value!r}, which is no single word of a text; give each of {words} a "
            f"dictionary of its own, or give the pattern as a regular expression"
        )
    return _TEXTS[name](value)


def _length_test(value: object) -> _Test:
    wanted: Mapping[Any, Any] = value if isinstance(value, Mapping) else {"==": value}
    if not all(key in _LENGTHS and type(count) is int for key, count in wanted.items()):
        raise InputError(
            f"'LENGTH' must be a number, or one of {', '.join(_LENGTHS)} with a number"
        )
    tests = [(_LENGTHS[key], count) for key, count in wanted.items()]
    return lambda word: all(compare(len(word), count) for compare, count in tests)


def _kind(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"
