"""A part of a KB taken out of it: as a KB of its own, as JSON Lines, or as a table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.kb.build import KbBuilder
from biotk.kb.knowledge_base import KnowledgeBase
from biotk.kb.manifest import SourceInfo
from biotk.kb.subset import KbSubset
from biotk.kb.writing import atomic_text
from biotk.types import Concept

#: Called with the number of concepts every now and then.
Progress = Callable[[int], None]

_SEPARATOR = "|"
_LISTS = ("types", "parents", "xrefs", "alt_ids", "further_sources")
_FURTHER = ("parents", "xrefs", "alt_ids", "source", "further_sources")
_COLUMNS = ("concept_id", "name", "synonyms", "types", "definition", *_FURTHER)


@dataclass(slots=True)
class ExportReport:
    """What an export wrote.

    :param concepts: how many concepts.
    :param names: how many names they have together.
    :param parents_outside: how often a parent was outside the part.
    :param reattached: how many concepts were put below an ancestor that is inside instead.
    """

    concepts: int = 0
    names: int = 0
    parents_outside: int = 0
    reattached: int = 0


def export_kb(
    kb: KnowledgeBase,
    subset: KbSubset,
    out: Path | str,
    *,
    name: str | None = None,
    made_by: str = "",
    reattach: bool = False,
    overwrite: bool = False,
    progress: Progress = lambda n: None,
) -> ExportReport:
    """Write a part of a KB as a KB of its own, which needs the other no more.

    Its manifest names the sources, releases and licences of the KB that it is taken from, with
    their counts there, and in ``extra`` what part of what it is.

    :param kb: the KB.
    :param subset: the part.
    :param out: the directory to make.
    :param name: the new KB's name; without it, that of the directory.
    :param made_by: how the subset was made, for people.
    :param reattach: put a concept whose parent is outside below its nearest ancestors inside.
    :param overwrite: replace a KB that is at ``out``.
    :param progress: called with the number of concepts every now and then.
    :raises InputError: the part is empty.
    :raises KbMismatchError: the subset belongs to another KB.
    :raises KbExistsError: something is at ``out``.
    """
    subset.check(kb.fingerprint)
    origin = {
        "name": kb.manifest.name,
        "kb": kb.fingerprint,
        "subset": subset.fingerprint,
        "concepts": len(kb),
        "made_by": made_by,
    }
    builder = KbBuilder(
        name or Path(out).resolve().name,
        sources=kb.manifest.sources,
        extra={"exported_from": origin},
    )
    report = ExportReport()
    concepts = iter_part(kb, subset, report=report, reattach=reattach)
    info = SourceInfo(name=kb.manifest.name, file="", format="biotk-kb", sha256="")
    builder.add(concepts, info, progress=progress)
    builder.write(out, overwrite=overwrite)
    return report


def write_jsonl(
    concepts: Iterable[Concept], out: Path | str, *, only_scispacy: bool = False
) -> None:
    """Write concepts in scispaCy's form, one JSON object a line; its reader reads them back.

    :param concepts: the concepts, as :func:`iter_part` gives them.
    :param out: the file; gzipped where its name ends with ``.gz``.
    :param only_scispacy: leave parents, cross-references, other ids and the source out: scispaCy
        itself refuses a key that it does not know.
    :raises InputError: the file cannot be written.
    """
    with atomic_text(Path(out)) as file:
        for concept in concepts:
            entry: dict[str, Any] = {
                "concept_id": concept.concept_id,
                "canonical_name": concept.name,
                "aliases": concept.synonyms,
                "types": concept.types,
            }
            further = {"definition": concept.definition}
            if not only_scispacy:
                further |= {key: getattr(concept, key) for key in _FURTHER}
            entry |= {key: value for key, value in further.items() if value}
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def write_table(concepts: Iterable[Concept], out: Path | str) -> None:
    """Write concepts as a tab-separated table that ``biotk kb build`` reads back.

    A concept is a row, with ``|`` between the values of a field. A synonym that has a ``|`` itself
    is a row of its own behind it, with the same id.

    :param concepts: the concepts, as :func:`iter_part` gives them.
    :param out: the file; gzipped where its name ends with ``.gz``.
    :raises InputError: the file cannot be written, or a type or an id has a ``|``.
    """
    with atomic_text(Path(out)) as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(_COLUMNS)
        for concept in concepts:
            _write_rows(writer, concept)


def _write_rows(writer: Any, concept: Concept) -> None:
    cells = {
        "concept_id": concept.concept_id,
        "name": _one_line(concept.name),
        "definition": _one_line(concept.definition or ""),
        "source": concept.source,
    }
    for field in _LISTS:
        values = getattr(concept, field)
        if bad := [value for value in values if _SEPARATOR in value]:
            raise InputError(
                f"{concept.concept_id}: {field} has {bad[0]!r}, and {_SEPARATOR} stands between "
                "the values of a table. Write it as JSON Lines (--format jsonl)"
            )
        cells[field] = _SEPARATOR.join(values)
    synonyms = list(map(_one_line, concept.synonyms))
    cells["synonyms"] = _SEPARATOR.join(s for s in synonyms if _SEPARATOR not in s)
    writer.writerow([cells[column] for column in _COLUMNS])
    for synonym in synonyms:
        if _SEPARATOR in synonym:
            row = {"concept_id": concept.concept_id, "name": synonym}
            writer.writerow([row.get(column, "") for column in _COLUMNS])


def _one_line(text: str) -> str:
    """Rows end at line ends, and readers bring white space to single spaces anyway."""
    return " ".join(text.split())


def iter_part(
    kb: KnowledgeBase,
    subset: KbSubset,
    *,
    report: ExportReport | None = None,
    reattach: bool = False,
) -> Iterator[Concept]:
    """Take the concepts of a part out of a KB, in order of their ids.

    :param kb: the KB.
    :param subset: the part.
    :param report: counts what is taken.
    :param reattach: put a concept whose parent is outside below its nearest ancestors inside.
    :raises KbMismatchError: the subset belongs to another KB.
    """
    subset.check(kb.fingerprint)
    counted = ExportReport() if report is None else report
    for concept_idx in subset.indices.tolist():
        concept = kb.concept(concept_idx)
        parents = kb.hierarchy.parents(concept_idx)
        outside = sum(parent not in subset for parent in parents)
        counted.concepts += 1
        counted.names += 1 + len(concept.synonyms)
        counted.parents_outside += outside
        if outside and reattach:
            near = sorted(_nearest_inside(kb, subset, concept_idx))
            concept = replace(concept, parents=tuple(map(kb.id_of, near)))
            counted.reattached += bool(near)
        yield concept


def _nearest_inside(kb: KnowledgeBase, subset: KbSubset, concept_idx: int) -> set[int]:
    """Walk up, no further than to a concept that is inside."""
    found: set[int] = set()
    seen = {concept_idx}
    waiting = kb.hierarchy.parents(concept_idx)
    while waiting:
        parent = waiting.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if parent in subset:
            found.add(parent)
        else:
            waiting.extend(kb.hierarchy.parents(parent))
    return found
