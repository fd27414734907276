"""Sections annotated by hand, kept beside a corpus that is not ours to copy.

One JSON object a report; its places are those of the flattened transcription, whose hash it
carries: ``docs/formats/sections.md``.
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from biotk.document import Document
from biotk.errors import FormatError, InputError, Problems, strict
from biotk.io.files import decode, iter_lines, text_output
from biotk.io.mtsamples import Report, Restored, restore
from biotk.sections.tiling import Heading, tile_with_parents
from biotk.sections.titles import CATEGORIES
from biotk.text.lines import split_lines

#: What a heading may be: alone on its line, before its text, or run into the middle of a line.
KINDS = ("heading", "inline", "run_in")

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StandoffHeading:
    """A heading in a flattened report.

    :param start: where its title starts, marks such as ``1.`` left out.
    :param end: where it ends, its colon not included.
    :param kind: one of :data:`KINDS`. Those run in open no section.
    :param part: whether it heads a part of the section it stands in.
    :param category: one of the categories of sections; None where none fits.
    """

    start: int
    end: int
    kind: str
    part: bool = False
    category: str | None = None


@dataclass(frozen=True, slots=True)
class StandoffReport:
    """What was annotated in a report.

    :param id: the report's id in its corpus.
    :param sha256: of the flattened transcription in UTF-8, hexadecimal.
    :param starts: where its lines begin, the first at 0.
    :param headings: in order of their start.
    """

    id: str
    sha256: str
    starts: tuple[int, ...]
    headings: tuple[StandoffHeading, ...]


def text_hash(flat: str) -> str:
    """:returns: the SHA-256 of a transcription, by which its annotation knows it."""
    return hashlib.sha256(flat.encode("utf-8")).hexdigest()


def check_text(annotated: StandoffReport, flat: str) -> None:
    """:raises InputError: the text is not the one that was annotated, or places lie outside it."""
    if text_hash(flat) != annotated.sha256:
        raise InputError(
            f"report {annotated.id}: its text is not the one that was annotated (its SHA-256"
            " differs): take the corpus that the annotation was made on, its column"
            " transcription unchanged"
        )
    last = max([*annotated.starts, *(h.end for h in annotated.headings)])
    if last > len(flat):
        raise InputError(f"report {annotated.id}: {last} lies outside its {len(flat)} characters")


def section_document(annotated: StandoffReport, report: Report) -> Document:
    """Make a report with its lines back, and with the sections that were annotated.

    :returns: a document whose sections tile its text; parts name what they are parts of.
    :raises InputError: the text is not the one that was annotated.
    """
    check_text(annotated, report.flat)
    restored = restore(report.flat, annotated.starts)
    sections = tile_with_parents(restored.text, _headings(annotated, restored))
    meta = {"specialty": report.specialty} if report.specialty else {}
    return Document(report.id, restored.text, sections=sections, meta=meta)


def _headings(annotated: StandoffReport, restored: Restored) -> list[Heading]:
    """:returns: the headings that open sections, in the restored text."""
    outer = [line.outer for line in split_lines(restored.text)]
    found = []
    for each in annotated.headings:
        if each.kind != "run_in":
            start, end = restored.place(each.start), restored.place(each.end - 1) + 1
            line = outer[bisect_right(outer, start) - 1]
            found.append(Heading(line, start, end, each.category, each.part))
    return found


def read_standoff(
    path: str | Path, *, problems: Problems | None = None
) -> dict[str, StandoffReport]:
    """Read what was annotated, by the ids of the reports.

    :param path: JSON Lines, gzipped or not.
    :param problems: where lines that are wrong are reported; raises at the first if absent.
    """
    problems = strict() if problems is None else problems
    reports: dict[str, StandoffReport] = {}
    for number, raw in iter_lines(path):
        line = decode(raw, path=path, line=number, problems=problems)
        if line is None or not line.strip():
            continue
        try:
            report = _report(json.loads(line))
            if report.id in reports:
                raise InputError(f"report {report.id} is annotated twice")
        except FormatError:
            raise
        except json.JSONDecodeError as error:
            problems.add(path, number, f"not JSON: {error.msg} at character {error.pos}")
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            told = str(error) if type(error) is InputError else f"({type(error).__name__})"
            problems.add(path, number, f"not an annotated report: {told}")
        else:
            reports[report.id] = report
    return reports


def write_standoff(
    reports: Iterable[StandoffReport], path: str | Path, *, texts: Mapping[str, str]
) -> int:
    """Write what was annotated, one report a line, all or nothing.

    :param texts: the flattened transcription of each report; every annotation is checked with it.
    :returns: how many were written.
    :raises InputError: an annotation that is not sound, or not that of its text.
    """
    count = 0
    with text_output(path) as stream:
        for report in reports:
            _check(report)
            if report.id not in texts:
                raise InputError(f"report {report.id}: there is no text to check it with")
            check_text(report, texts[report.id])
            stream.write(json.dumps(asdict(report), separators=(",", ":")) + "\n")
            count += 1
    return count


def _report(data: Mapping[str, Any]) -> StandoffReport:
    headings = tuple(
        StandoffHeading(h["start"], h["end"], h["kind"], h["part"], h["category"])
        for h in data["headings"]
    )
    report = StandoffReport(data["id"], data["sha256"], tuple(data["starts"]), headings)
    _check(report)
    return report


def _check(report: StandoffReport) -> None:
    """:raises InputError: values that cannot be, or places that are not in order."""
    if not isinstance(report.id, str):
        raise InputError("its id is not a string")
    if not _SHA256.fullmatch(report.sha256):
        raise InputError(f"report {report.id}: sha256 is not 64 hexadecimal digits")
    starts = report.starts
    if starts[:1] != (0,) or not _ascending(starts):
        raise InputError(f"report {report.id}: starts are not ascending from 0")
    if not _ascending([place for h in report.headings for place in (h.start, h.end)]):
        raise InputError(f"report {report.id}: headings overlap or are not in order")
    opened = -1
    for heading in report.headings:
        where = f"report {report.id}: the heading at {heading.start}"
        if heading.kind not in KINDS:
            raise InputError(f"{where} is none of {', '.join(KINDS)}")
        if type(heading.part) is not bool:
            raise InputError(f"{where}: part is neither true nor false")
        if heading.category is not None and heading.category not in CATEGORIES:
            raise InputError(f"{where} has a category that there is not")
        line = bisect_right(starts, heading.start)
        if line != bisect_right(starts, heading.end - 1):
            raise InputError(f"{where} goes on over the end of its line")
        if heading.kind != "run_in":
            if line == opened:
                raise InputError(f"{where} is the second that opens a section on its line")
            opened = line


def _ascending(places: Sequence[int]) -> bool:
    """:returns: whether places are numbers from 0 on, each above the one before."""
    if any(type(place) is not int or place < 0 for place in places):
        return False
    return all(first < second for first, second in pairwise(places))
