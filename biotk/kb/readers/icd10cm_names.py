"""Which texts of ICD-10-CM's tabular list are names of a code.

The title, preferred; inclusion terms (scope EXACT); ``includes`` notes (NARROW: kinds and other
names of what a category covers). Excludes notes and instructions to coders are not, nor are notes
that are sentences, refer to codes (``Conditions in A50-A53``) or name but a site or a substance
(``Heel bone`` at its fracture). Measured by MONDO's
cross-references to ICD-10-CM: of the inclusion terms that equal a MONDO name, 274 of 316 stand at
the code that MONDO names or on its line; of the includes notes 40 of 45; of the excludes notes 4
of 397.

ICD-10-CM puts words that "may be present or absent" in parentheses and other wording in square
brackets. Each name that has some is a name without them too: ``Essential (primary) hypertension``
is also ``Essential hypertension``, and ``hypertension (arterial) (benign)`` is ``hypertension``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from biotk.kb.readers.maker import ConceptMaker

_NOTES = (("inclusionTerm/note", "EXACT"), ("includes/note", "NARROW"))
_CATEGORY = r"[A-Z]\d[0-9A-Z]"
_REFERENCE = re.compile(
    rf"\b{_CATEGORY}\.[0-9A-Z-]|\b{_CATEGORY}-{_CATEGORY}\b|\b(?:in|to|under) {_CATEGORY}\b"
    r"|\bthe listed conditions\b|\bshould be\b"
)
_SENTENCE = re.compile(r"\.\s*$|[a-z)]{3}\.\s+[A-Z]")
_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_NOT_NAMES = "notes that are sentences, refer to codes, or name but a site or a substance"
#: Notes that name a site or a substance instead of what is wrong with it, lower-cased: found by
#: looking through the notes that equal a name in UBERON, or one in MeSH outside of the diseases.
SITES_AND_SUBSTANCES = frozenset(
    {
        "aerosol propellants",
        "anal canal",
        "aortic arch",
        "astragalus",
        "atlas",
        "axis",
        "caffeine",
        "cocaine (topical)",
        "connective tissue of breast",
        "ecstasy",
        "heel bone",
        "knee cap",
        "marijuana",
        "os calcis",
        "pcp",
        "phencyclidine",
        "volatile solvents",
    }
)


def text_of(element: Element, path: str) -> str:
    """:returns: the text at a path, white space in it made single spaces."""
    return " ".join((element.findtext(path) or "").split())


def without_brackets(name: str) -> str:
    """:returns: a name without the words that may be absent; empty if nothing would be left.

    >>> without_brackets("Suicide (attempted)"), without_brackets("Sprain of finger(s)")
    ('Suicide', 'Sprain of finger')
    """
    shorter = _BRACKETS.sub("", name).strip()
    return shorter if any(letter.isalpha() for letter in shorter) else ""


def _is_name(text: str) -> bool:
    return not (
        _REFERENCE.search(text) or _SENTENCE.search(text) or text.lower() in SITES_AND_SUBSTANCES
    )


def _notes(element: Element, make: ConceptMaker) -> Iterator[str]:
    for path, scope in _NOTES:
        for note in element.iterfind(path):
            text = text_of(note, ".")
            if not _is_name(text):
                make.left_out[_NOT_NAMES] += 1
            elif scope in make.options.synonym_scopes:
                yield text
            else:
                make.left_out[f"{scope} synonyms"] += 1


def names_of(element: Element, title: str, make: ConceptMaker) -> list[str]:
    """:returns: the names of a chapter, section or code besides its title."""
    notes = list(_notes(element, make))
    return notes + [short for name in (title, *notes) if (short := without_brackets(name))]
