"""Which texts of ICD-10-CM's tabular list are names of a code.

The title, preferred; inclusion terms (scope EXACT); ``includes`` notes (NARROW: kinds and other
names of what a category covers). Excludes notes and instructions to coders are not, nor are notes
that are sentences, refer to codes (``Conditions in A50-A53``) or name but a site or a substance
(``Heel bone`` at its fracture). Measured by MONDO's
cross-references to ICD-10-CM (``tests/benchmarks/reader_names.py``): of the inclusion terms that
equal a MONDO name, 274 of 316 stand at the code that MONDO names or on its line; of the includes
notes 40 of 45; of the excludes notes 7 of 423.

ICD-10-CM puts words that "may be present or absent" in parentheses and other wording in square
brackets, and its NOS, "not otherwise specified", means what the name means without it. So each name
is one without these too: ``Essential (primary) hypertension`` is also ``Essential hypertension``,
and ``Chest pain, unspecified`` is ``Chest pain``. Not so where a code, perhaps this one, has just
that as a name.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from biotk.errors import Problems
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.xml_stream import iter_xml_records

#: The elements of chapters, sections and codes.
GROUPS = ("chapter", "section", "diag")
_RANGE = re.compile(r"\s*\(([A-Z][0-9A-Z]{2})\s*(?:-\s*([A-Z][0-9A-Z]{2}))?\)$")
_NOTES = (("inclusionTerm/note", "EXACT"), ("includes/note", "NARROW"))
_CATEGORY = r"[A-Z]\d[0-9A-Z]"
_REFERENCE = re.compile(
    rf"\b{_CATEGORY}\.[0-9A-Z-]|\b{_CATEGORY}-{_CATEGORY}\b|\b(?:in|to|under) {_CATEGORY}\b"
    r"|\bthe listed conditions\b|\bshould be\b"
)
_SENTENCE = re.compile(r"\.\s*$|[a-z)]{3}\.\s+[A-Z]")
_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_UNSPECIFIED = re.compile(
    r",?\s+NOS$|,\s+(?:unspecified|NOS)(?:\s+(?:organism|site))?$|^unspecified\s+(?=\w)",
    re.IGNORECASE,
)
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


def split_title(title: str) -> tuple[str, str]:
    """:returns: a title of a chapter or section without its range of codes, and that range.

    >>> split_title("Intestinal infectious diseases (A00-A09)"), split_title("Sepsis")
    (('Intestinal infectious diseases', 'A00-A09'), ('Sepsis', ''))
    """
    found = _RANGE.search(title)
    if found is None:
        return title, ""
    return title[: found.start()], join_range(found[1], found[2] or found[1])


def join_range(first: str, last: str) -> str:
    """:returns: a range of categories, a single one as itself."""
    return first if first == last else f"{first}-{last}"


def shorter_forms(name: str) -> list[str]:
    """:returns: a name without the words that may be absent, those in brackets last.

    >>> shorter_forms("diabetes (mellitus) NOS"), shorter_forms("Unspecified fall")
    (['diabetes (mellitus)', 'diabetes'], ['Fall'])
    """
    forms: dict[str, None] = {}
    for form in (name, _BRACKETS.sub("", name).strip()):
        short = _UNSPECIFIED.sub("", form)
        if short[:1].islower() and name[:1].isupper():
            short = short[:1].upper() + short[1:]
        if short != name and any(letter.isalpha() for letter in short):
            forms[short] = None
    return list(forms)


def written_names(path: Path) -> frozenset[str]:
    """:returns: the titles and notes of a tabular list, lower-cased."""
    names: set[str] = set()
    for record in iter_xml_records(path, GROUPS, problems=Problems(keep=0)):
        for element in record.element.iter():
            if element.tag in GROUPS:
                names.add(split_title(text_of(element, "desc"))[0].lower())
                for note_path, _ in _NOTES:
                    names.update(text_of(e, ".").lower() for e in element.iterfind(note_path))
    return frozenset(names)


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


def names_of(
    element: Element, title: str, make: ConceptMaker, *, written: Container[str]
) -> list[str]:
    """Find the names of a chapter, section or code besides its title.

    :param written: the names that stand in the list, lower-cased; no form of another is made equal
        to one of them.
    """
    notes = list(_notes(element, make))
    forms = (form for name in (title, *notes) for form in shorter_forms(name))
    return notes + [form for form in forms if form.lower() not in written]
