"""ICD-10-CM's tabular list in XML, as CMS and NCHS publish it.

Concepts are the codes, and above them sections (``ICD10CM:E08-E13``) and chapters
(``ICD10CM:E00-E89``), named by the range of codes that they cover, as in UMLS. A section of one
category (``C50``) is that category. A code without its dot (``E119``) leads to its concept as well.

What the names of a code are, :mod:`~biotk.kb.readers.icd10cm_names` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from biotk.errors import InputError, Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.files import read_head
from biotk.kb.readers.icd10cm_names import (
    GROUPS,
    join_range,
    names_of,
    split_title,
    text_of,
    written_names,
)
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.seventh import SEVENTH
from biotk.kb.readers.xml_stream import XmlRecord, iter_xml_records, root_tag
from biotk.types import Concept

_ROOT = "ICD10CM.tabular"
#: Number of a chapter → types of its codes, where they are not diseases alone.
CHAPTER_TYPES = {
    "18": ("Phenotype", "Disease"),  # symptoms and signs, which MeSH has among the diseases
    "20": ("ExternalCause",),
    "21": ("HealthCare",),  # reasons for encounters, and status
}
_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(\.[0-9A-Z]{1,4})?")
_LENGTH = 7  # of a code with its seventh character, without the dot
_ONE_CATEGORY = "sections of one category, which is told as that category"


def sniff_icd10cm(probe: Probe) -> bool:
    """:returns: whether the root is that of the tabular list."""
    return root_tag(probe.head) == _ROOT


def covers(wider: str, codes: str) -> bool:
    """:returns: whether a range of codes lies within a wider one."""
    first, _, last = wider.partition("-")
    start, _, end = codes.partition("-")
    return wider != codes and first <= start and (end or start) <= (last or first)


def _last(elements: Sequence[Element], tag: str) -> Element | None:
    return next((e for e in reversed(elements) if e.tag == tag), None)


class _Tabular:
    """Makes the concepts of a tabular list; remembers the chapter that it is in."""

    def __init__(self, make: ConceptMaker) -> None:
        self._make = make
        self._written = written_names(make.path)
        self._element: Element | None = None
        self._chapter = ""
        self._types: tuple[str, ...] = ("Disease",)
        self._sections: list[str] = []
        self._categories: set[str] = set()

    def concepts(self, record: XmlRecord) -> Iterator[Concept]:
        """Yield the concepts of a chapter or section that has ended, or of a category."""
        self._enter(_last((*record.ancestors, record.element), "chapter"))
        if record.element.tag == "diag":
            yield from self._codes(record)
        else:
            yield from self._group(record)

    def _enter(self, chapter: Element | None) -> None:
        if chapter is None or chapter is self._element:
            return
        self._element = chapter
        self._chapter = split_title(text_of(chapter, "desc"))[1]
        self._types = CHAPTER_TYPES.get(text_of(chapter, "name"), ("Disease",))
        self._sections, self._categories = [], set()

    def _above(self, codes: str) -> list[str]:
        """:returns: the narrowest section around a range of codes, or the chapter."""
        wider = [section for section in self._sections if covers(section, codes)]
        if wider:
            return [next(w for w in wider if not any(covers(w, other) for other in wider))]
        return [self._chapter] if self._chapter else []

    def _section_id(self, section: Element) -> str:
        first, _, last = section.get("id", "").strip().partition("-")
        return join_range(first, last or first) or split_title(text_of(section, "desc"))[1]

    def _group(self, record: XmlRecord) -> Iterator[Concept]:
        element = record.element
        title, codes = split_title(text_of(element, "desc"))
        parents: list[str] = []
        if element.tag == "section":
            codes = self._section_id(element)
            if codes in self._categories:
                self._make.left_out[_ONE_CATEGORY] += 1
                return
            parents = self._above(codes)
            self._sections.append(codes)
        row = f"<{element.tag}> {codes} {title}"
        if not self._make.again(record.line, codes, row):
            yield from self._make_one(record.line, row, codes, title, element, parents)

    def _codes(self, record: XmlRecord) -> Iterator[Concept]:
        section = _last(record.ancestors, "section")
        category = text_of(record.element, "name")
        self._categories.add(category)
        parents, further = self._above(category), []
        if section is not None:
            codes = self._section_id(section)
            if codes == category:
                further = [split_title(text_of(section, "desc"))[0]]
            elif codes:
                parents = [codes]
                if codes not in self._sections:
                    self._sections.append(codes)
        inherited: dict[str, str] = {}
        waiting = [(record.element, parents, further, inherited)]
        for line in record.lines:
            if not waiting:
                self._make.bad(
                    record.line,
                    "a <diag> in it stands within something else than a <diag>; it is left out",
                    f"<diag> {category}",
                )
                continue
            element, above, names, extensions = waiting.pop()
            extensions = _extensions(element) or extensions
            code, title = text_of(element, "name"), text_of(element, "desc")
            narrower = element.findall("diag")
            waiting += [(e, [code], [], extensions) for e in reversed(narrower)]
            row = f"<diag> {code} {title}"
            if not _CODE.fullmatch(code):
                self._make.bad(line, f"{code!r} is no code of ICD-10-CM", row)
            elif not self._make.again(line, code, row):
                yield from self._make_one(line, row, code, title, element, above, names)
                if not narrower:
                    yield from self._extended(line, code, title, extensions)

    def _extended(
        self, line: int, code: str, title: str, extensions: dict[str, str]
    ) -> Iterator[Concept]:
        """Yield the codes that a code of up to six characters and each seventh one make."""
        stem = code.replace(".", "")
        if len(stem) >= _LENGTH:
            return
        if not self._make.options.seventh_characters:
            if extensions:
                self._make.left_out[SEVENTH] += len(extensions)
            return
        for character, meaning in extensions.items():
            full = stem.ljust(_LENGTH - 1, "X") + character
            dotted = f"{full[:3]}.{full[3:]}"
            row = f"<extension> {dotted} {meaning}"
            if not self._make.again(line, dotted, row):
                yield from self._make_one(line, row, dotted, f"{title}, {meaning}", None, [code])

    def _make_one(
        self,
        line: int,
        row: str,
        codes: str,
        title: str,
        element: Element | None,
        parents: list[str],
        further: Sequence[str] = (),
    ) -> Iterator[Concept]:
        names: list[str] = []
        if element is not None:
            names = names_of(element, title, self._make, written=self._written)
        concept = self._make.make(
            line,
            row,
            concept_id=codes,
            name=title,
            synonyms=[*further, *names],
            types=self._types,
            parents=parents,
            alt_ids=[codes.replace(".", "")] if "." in codes else [],
        )
        if concept is not None:
            yield concept


def _extensions(element: Element) -> dict[str, str]:
    """:returns: seventh character → its meaning, for the codes in an element."""
    return {
        e.get("char", "").strip(): text_of(e, ".")
        for e in element.iterfind("sevenChrDef/extension")
        if e.get("char", "").strip()
    }


def iter_icd10cm(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read codes, sections and chapters of the tabular list; a group comes after its codes.

    :raises InputError: if the file is another one.
    :raises FormatError: if the file declares entities.
    """
    root = root_tag(read_head(path))
    if root and root != _ROOT:
        raise InputError(f"{path}: not ICD-10-CM's tabular list, its root is <{root}>")
    make = ConceptMaker(
        path, problems=problems, options=options, prefix="ICD10CM", source="ICD10CM"
    )
    tabular = _Tabular(make)
    for record in iter_xml_records(path, GROUPS, problems=problems):
        yield from tabular.concepts(record)
    make.finish()
