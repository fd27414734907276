from __future__ import annotations

import random

import pytest

from biotk.errors import InputError
from biotk.sections.token_patterns import TokenPattern, words_of

WORDS = ["Plan", "plan", "PLAN", "hx", "Past", "12", ":", "/", "x1", "\n"]
ITEMS = [
    {},
    {"LOWER": "plan"},
    {"ORTH": "Plan"},
    {"TEXT": {"REGEX": "^[Pp]"}},
    {"LOWER": {"IN": ["hx", "past"]}},
    {"LOWER": {"NOT_IN": ["hx", "past"]}},
    {"LOWER": {"REGEX": "la", "NOT_IN": ["hx"]}},
    {"IS_PUNCT": True},
    {"IS_PUNCT": False},
    {"IS_UPPER": True},
    {"IS_TITLE": True, "LOWER": "past"},
    {"IS_ALPHA": True},
    {"IS_DIGIT": True},
    {"IS_SPACE": True},
    {"TEXT": "\n"},
    {"LENGTH": 2},
    {"LENGTH": {">=": 2, "<": 4}},
]
OPS = [{}, {}, {}, *({"OP": op} for op in ["?", "*", "+", "!", "{2}", "{1,2}", "{,2}", "{1,}"])]


def random_pattern(rng):
    items = [{**rng.choice(ITEMS), **rng.choice(OPS)} for _ in range(rng.randint(1, 4))]
    if all(item.get("OP") in {"?", "*", "{,2}"} for item in items):
        del items[0]["OP"]
    return items


def test_token_pattern_matches_what_spacy_matches():
    """The oracle: spaCy's Matcher on the same words, its matches that start at the first."""
    spacy = pytest.importorskip("spacy")
    from spacy.matcher import Matcher
    from spacy.tokens import Doc

    vocab = spacy.blank("en").vocab
    rng = random.Random(5)
    found = 0
    for _ in range(800):
        pattern = random_pattern(rng)
        words = [rng.choice(WORDS) for _ in range(rng.randint(1, 6))]
        matcher = Matcher(vocab)
        matcher.add("x", [pattern])
        ends = {end for _, start, end in matcher(Doc(vocab, words=words)) if start == 0 < end}
        assert TokenPattern(pattern).ends(words) == sorted(ends), (pattern, words)
        found += bool(ends)
    assert 100 < found < 700  # neither side is trivially empty


def test_words_are_those_of_titles():
    assert words_of("A/P  Patient's follow-up_2:") == [
        "A", "/", "P", "Patient", "'s", "follow", "-", "up", "_", "2", ":",
    ]  # fmt: skip
    assert words_of(" \n") == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ([{"LEMMA": "plan"}], "item 1: 'LEMMA' cannot be told without spaCy's model"),
        ([{"LOWER": "plan"}, {"_": {"x": 1}}], "item 2: '_' cannot be told"),
        (
            [{"LOWER": "past history"}],
            r"no single word of a text; give each of \['past', 'history'",
        ),
        ([{"LOWER": {"IN": ["hx", "h/o"]}}], "'h/o', which is no single word"),
        ([{"LOWER": {"FUZZY": "plan"}}], "'FUZZY' of a str is not known; known: IN and NOT_IN"),
        ([{"LOWER": {"IN": "plan"}}], "'IN' of a str is not known"),
        ([{"LOWER": {"IN": [1]}}], "'IN' of a list is not known"),
        ([{"LOWER": {}}], "'LOWER' is a dict, must be a string"),
        ([{"LOWER": 3}], "'LOWER' is a int, must be a string"),
        ([{"TEXT": {"REGEX": "("}}], "the REGEX of 'TEXT' is none"),
        ([{"IS_PUNCT": "yes"}], "'IS_PUNCT' is a str, must be true or false"),
        ([{"LENGTH": "2"}], "'LENGTH' must be a number"),
        ([{"LENGTH": {"~": 2}}], "'LENGTH' must be a number"),
        ([{"LOWER": "plan", "OP": "**"}], r"'OP' is '\*\*'; known: '!', '\?'"),
        ([{"LOWER": "plan", "OP": "{3,2}"}], "'OP' is"),
        ([{"LOWER": "plan", "OP": "{1,999}"}], "up to 64 words"),
        ([{"LOWER": "plan", "OP": 1}], "'OP' is 1"),
        ([{"LOWER": "plan", "OP": "?"}, {"OP": "*"}], "matches where nothing stands"),
        (["plan"], "item 1: it is a str, must be a dictionary"),
    ],
)
def test_token_pattern_refuses_what_it_cannot_read(pattern, said):
    with pytest.raises(InputError, match=said):
        TokenPattern(pattern)


def test_token_pattern_stops_where_no_match_can_go_on():
    read = []

    class Words(list):
        def __iter__(self):
            for word in super().__iter__():
                read.append(word)
                yield word

    words = Words(["plan", "was", *["made"] * 50])
    assert TokenPattern([{"LOWER": "plan"}, {"LOWER": "of"}, {"LOWER": "care"}]).ends(words) == []
    assert read == ["plan", "was"]
