from __future__ import annotations

import pytest

from biotk.errors import UnknownNameError
from biotk.text.cleaning import clean_genbioel, clean_spaces, cleaner


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("Diabetes Mellitus, Type-2", "diabetes mellitus type 2"),
        ("(R)-3'-[5\"]{x}_a*b/c?d!e=f%g>h<i`j.k;l+m", "r 3 5 x a b c d e f g h i j k l m"),
        ("  Crohn's   disease ", "crohn s disease"),
        ("IL-2 | α:β", "il 2 | α:β"),
        ("(+)", ""),
    ],
)
def test_clean_genbioel_makes_punctuation_spaces(name, cleaned):
    assert clean_genbioel(name) == cleaned


def test_clean_spaces_keeps_case_and_punctuation():
    assert clean_spaces(" Type\t2,  (NIDDM) ") == "Type 2, (NIDDM)"


def test_unknown_way_of_cleaning_lists_the_known_ones():
    assert cleaner("genbioel") is clean_genbioel
    with pytest.raises(UnknownNameError, match="genbioel, spaces"):
        cleaner("genbiol")
