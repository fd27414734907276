"""Corpora of notes with sections: a user's own, MTSamples and MTS-Dialog, told by their content."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from biotk.document import Document, Section
from biotk.errors import InputError, Problems, UnknownNameError, strict
from biotk.evaluation.section_counts import ACCEPTED, CATEGORIES_ONLY
from biotk.io.documents import sniff_format
from biotk.io.files import head, open_bytes
from biotk.io.jsonl import read_jsonl
from biotk.io.mtsamples import read_mtsamples, restore
from biotk.sections.standoff import read_standoff, section_document
from biotk.sections.strict import strict_headings
from biotk.sections.tiling import tile_with_parents

#: The corpora that can be read, by the names that commands take.
CORPORA = ("jsonl", "mtsamples", "mts-dialog")

#: What the headers of MTS-Dialog are about. Where there are several any of them is right.
MTS_DIALOG_HEADERS: dict[str, tuple[str | None, ...]] = {
    "ALLERGY": ("allergies",),
    "ASSESSMENT": ("assessment",),
    "CC": ("chief_complaint",),
    "DIAGNOSIS": ("diagnosis",),
    "DISPOSITION": ("disposition",),
    "EDCOURSE": ("hospital_course",),
    "EXAM": ("physical_exam",),
    # One header for both; its texts are about either, or about both.
    "FAM/SOCHX": ("family_history", "social_history"),
    "GENHX": ("history_of_present_illness",),
    "GYNHX": ("obstetric_history",),
    "IMAGING": ("imaging",),
    "IMMUNIZATIONS": ("immunizations",),
    "LABS": ("labs",),
    "MEDICATIONS": ("medications",),
    # What fitted no other header: no category of ours either.
    "OTHER_HISTORY": (None,),
    "PASTMEDICALHX": ("past_medical_history",),
    "PASTSURGICAL": ("past_surgical_history",),
    "PLAN": ("plan",),
    "PROCEDURES": ("procedure",),
    "ROS": ("review_of_systems",),
}

_COLUMNS = {"mtsamples": {"transcription"}, "mts-dialog": {"section_header", "section_text"}}


def sniff_corpus(path: str | Path) -> str:
    """:returns: which of :data:`CORPORA` a file is, gzipped or not, by its content.

    :raises InputError: it is none of them.
    """
    first = head(path).decode("utf-8", "replace").lstrip()
    columns = set(next(csv.reader(io.StringIO(first)), []))
    for name, needed in _COLUMNS.items():
        if needed <= columns:
            return name
    if sniff_format(path) == "jsonl":
        return "jsonl"
    raise InputError(
        f"{path}: no corpus of sections: neither JSON Lines, nor a CSV file with the column"
        " transcription (MTSamples) or the columns section_header and section_text (MTS-Dialog);"
        " `biotk convert sections` makes JSON Lines of Markdown"
    )


def read_section_corpus(
    path: str | Path,
    *,
    gold: str | Path | None = None,
    format: str | None = None,
    problems: Problems | None = None,
) -> Iterator[Document]:
    """Read notes with their sections, one by one.

    JSON Lines are read as they stand. MTSamples' reports get their lines back and the sections
    that :mod:`biotk.sections.strict` finds, or those of ``gold``. A row of MTS-Dialog is one
    section without a heading, which says only what it is about.

    :param path: a file as in ``docs/formats/sections.md``, gzipped or not.
    :param gold: annotations of MTSamples' reports; only these reports are read then.
    :param format: one of :data:`CORPORA`; found out from the content if absent.
    :param problems: where what is wrong is reported; raises at the first if absent.
    :raises InputError: the file as a whole cannot be read, or ``gold`` is not about it.
    :raises UnknownNameError: for a format that there is not.
    """
    problems = strict() if problems is None else problems
    if format is not None and format not in CORPORA:
        raise UnknownNameError("corpus", format, CORPORA)
    kind = sniff_corpus(path) if format is None else format
    if gold is not None:
        if kind != "mtsamples":
            raise InputError(f"{path}: annotations kept apart are of MTSamples, this is {kind}")
        return _annotated_reports(path, gold, problems)
    if kind == "mtsamples":
        return _ruled_reports(path)
    return (_own_notes if kind == "jsonl" else _dialog_rows)(path, problems)


def _own_notes(path: str | Path, problems: Problems) -> Iterator[Document]:
    for document in read_jsonl(path, problems=problems):
        if document.text.strip() and not document.sections:
            problems.add(
                path,
                0,
                f"document {json.dumps(document.id)} left out: it has no sections; a note without"
                " headings has one over all of it",
            )
        else:
            yield document


def _ruled_reports(path: str | Path) -> Iterator[Document]:
    for report in read_mtsamples(path):
        text = restore(report.flat).text
        sections = tile_with_parents(text, strict_headings(text))
        meta = {"specialty": report.specialty} if report.specialty else {}
        yield Document(report.id, text, sections=sections, meta=meta)


def _annotated_reports(
    path: str | Path, gold: str | Path, problems: Problems
) -> Iterator[Document]:
    annotated = read_standoff(gold, problems=problems)
    if not annotated:
        raise InputError(f"{gold}: it annotates no report")
    for report in read_mtsamples(path):
        if report.id in annotated:
            yield section_document(annotated.pop(report.id), report)
    if annotated:
        some = ", ".join(list(annotated)[:5]) + (", …" if len(annotated) > 5 else "")
        raise InputError(f"{path}: it lacks {len(annotated)} reports that {gold} annotates: {some}")


def _dialog_rows(path: str | Path, problems: Problems) -> Iterator[Document]:
    with open_bytes(path) as stream:
        rows = csv.DictReader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))
        try:
            for number, row in enumerate(rows):
                header, text = row["section_header"], row["section_text"]
                accepted = MTS_DIALOG_HEADERS.get((header or "").strip())
                if accepted is None or not (text or "").strip():
                    known = ", ".join(MTS_DIALOG_HEADERS)
                    what = "no text" if accepted else f"a header that is none of {known}"
                    problems.add(path, rows.line_num, f"left out: {what}")
                    continue
                meta: dict[str, object] = {CATEGORIES_ONLY: True, "header": header.strip()}
                if len(accepted) > 1:
                    meta[ACCEPTED] = list(accepted)
                section = Section(0, len(text), 0, 0, accepted[0])
                yield Document(row.get("ID") or str(number), text, sections=(section,), meta=meta)
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"{path}: line {rows.line_num}: not CSV in UTF-8: {error}") from error
