"""Which matches of a dictionary are words rather than names: a rule to be read and changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_WORDS_FILE = Path(__file__).with_name("common_words.txt")

_MEASUREMENT = re.compile(
    r"[\d.,/-]+\s*-?(?:[mkcdnpµμ]?[gl]|[mckn]?m|m?mol|mEq|IU|units?|h|hrs?|min|s|d|yr?s?|x|%)", re.I
)
_SHORT = 4
_HEADINGS = frozenset(
    (
        "addictions", "alcohol", "allergies", "allergy", "anesthesia", "anesthetic", "anesthetics",
        "complications", "dressings", "drains", "drug allergies", "drug allergy", "drugs", "fluids",
        "food allergies", "habits", "illnesses", "injuries", "medication allergies", "narcotics",
        "pain", "vitamins",
    )
)  # fmt: skip
# Labels of fields at the head of a record, some of which are names too: DOB is a drug.
_FIELDS = frozenset(("acct", "csn", "dob", "dod", "dos", "mrn", "ssn"))
#: What a field holds: a colon, the sign of a number, a date, or a long number.
_VALUE = re.compile(r"\s*(?:[:#]|\d{1,4}[/.-]\d{1,2}[/.-]\d|\d{5})")
_LOOSE_WORDS = frozenset("a an and as at by for from in is of on or than the to was with".split())


@cache
def common_words() -> frozenset[str]:
    """:returns: the words of ``common_words.txt``, which says how it was made."""
    lines = _WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@dataclass(frozen=True, slots=True)
class NameGuard:
    """Decides whether a stretch of text that equals a name is meant as that name.

    The rules, in order:

    1. A match shorter than ``min_chars``, without a letter, or of a number and a unit ("9 mg") is
       none.
    2. A match that begins or ends with an article or a preposition ("to cut") must be written as
       the name is; "A 10" in front of a unit or at the start of a sentence is never one.
    3. A single word in ``words`` is one only if the text writes it as the name does, with a
       capital behind its first letter: ``CAT`` is a gene, ``cat`` and ``Cat`` are not.
    4. A name that is an acronym (one word without small letters, up to ``acronym_chars`` long)
       must be written as the name is, a plural s allowed, and not in a line all of capitals, where
       nothing can be told from case. No name of up to four letters is found by the plural of
       another ("pre" is not the drug Pres), nor one in small letters by capitals ("PSA" is not
       Psa).

    5. A word of ``headings`` before a colon is the heading of a section ("ALLERGIES:").

    :param min_chars: the least length of a match.
    :param acronym_chars: up to how many characters a name without small letters is an acronym.
    :param words: common words, lower-case.
    :param headings: names that are headings before a colon, lower-case.

    >>> guard = NameGuard()
    >>> guard.accepts("cat", "CAT"), guard.accepts("CAT", "CAT"), guard.accepts("Was", "WAS")
    (False, True, False)
    """

    min_chars: int = 2
    acronym_chars: int = 6
    words: frozenset[str] = field(default_factory=common_words)

    headings: frozenset[str] = _HEADINGS

    def accepts(
        self, surface: str, name: str, *, shouting: bool = False, before_colon: bool = False
    ) -> bool:
        """Decide about one match.

        :param surface: the match, as the text writes it.
        :param name: the name, as the KB writes it.
        :param shouting: whether the line around it is all in capitals.
        :param before_colon: whether a colon follows.
        """
        if len(surface) < self.min_chars or not any(char.isalpha() for char in surface):
            return False
        if _MEASUREMENT.fullmatch(surface):
            return False
        if before_colon and surface.lower() in self.headings:
            return False
        words = surface.lower().split()
        if len(words) > 1:
            if words[0] == "a" and words[1].isdigit() and len(words[1]) < 4:
                return False
            return surface == name or not {words[0], words[-1]} & _LOOSE_WORDS
        if surface.lower() in self.words:
            inner_capital = any(char.isupper() for char in surface[1:])
            return surface == name and inner_capital and not shouting
        if is_acronym(name, self.acronym_chars):
            return surface in (name, f"{name}s") and not (shouting and surface.isalpha())
        if len(surface) <= _SHORT and surface.isupper() and not (name.isupper() or shouting):
            return False
        return len(name) > _SHORT or surface.lower() in (name.lower(), f"{name.lower()}s")


def is_field(text: str, start: int, end: int) -> bool:
    """Whether a stretch of a text is the label of a record's field, with its value behind it.

    >>> is_field("DOB: 3/4/1950", 0, 3), is_field("DOB 3/4/1950", 0, 3), is_field("DOB 2 mg", 0, 3)
    (True, True, False)
    """
    return text[start:end].lower() in _FIELDS and _VALUE.match(text, end) is not None


def is_acronym(name: str, max_chars: int) -> bool:
    """:returns: whether a name is one short word with a capital and no small letter.

    >>> is_acronym("BRCA1", 6), is_acronym("Fever", 6), is_acronym("HYPERTENSION", 6)
    (True, False, False)
    """
    return (
        len(name) <= max_chars
        and " " not in name
        and not any(char.islower() for char in name)
        and any(char.isupper() for char in name)
    )
