"""With which letters a match can begin."""

from __future__ import annotations

import re
from itertools import product

import pytest

from biotk.text.expressions import ANY, initials

EXPRESSIONS = [
    "ab",
    "a?b",
    "(a|b)c",
    "(a |c)?[bc]d",
    "^a*c",
    "(?:a(b|c)?|c)+ d",
    "a|(b|cd)?a",
    "[ab]",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_initials_are_those_of_all_strings_that_match(expression: str) -> None:
    strings = ("".join(some) for n in range(1, 6) for some in product("abcd ", repeat=n))
    assert initials(expression) == {text[0] for text in strings if re.match(expression, text)}


def test_initials_of_any_word_are_any() -> None:
    assert initials(r"(\w+ )?labs") == {ANY, "l"}


@pytest.mark.parametrize("expression", ["", "a?", "a|", r"\d+", "(a", ".x", "(b|c?)a"])
def test_initials_of_what_cannot_be_told_are_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"beginning can be told|does not end"):
        initials(expression)
