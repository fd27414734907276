"""Build a KB: take concepts from any number of sources, write the artifact, move it in place."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from biotk.errors import InputError, KbExistsError, Problems
from biotk.kb.arrow import ragged_column, write_table
from biotk.kb.keys import write_keys
from biotk.kb.manifest import (
    MANIFEST,
    Manifest,
    SourceInfo,
    describe_files,
    fingerprint_of,
    read_manifest,
)
from biotk.text.normalize import bag_of, plural_key
from biotk.types import Concept

#: How an id leads to a concept: it is the concept's own, it was retired or is a further one, or it
#: is the id of the same concept in another vocabulary. The lowest kind that answers wins.
OWN_ID, ALT_ID, XREF = 0, 1, 2


@dataclass(frozen=True, slots=True)
class KbSource:
    """One source to be added.

    :param concepts: its concepts, in any order.
    :param info: where they come from; the counts are filled in by the builder.
    """

    concepts: Iterable[Concept]
    info: SourceInfo


@dataclass(slots=True)
class BuildReport:
    """What a build took in, and what it found wrong.

    :param counts: concepts, names, keys, problems, and what could not be used as it was.
    :param problems: the rows that were wrong.
    """

    counts: dict[str, int] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)


@dataclass(slots=True)
class _Entry:
    """A concept while it is being collected; lists, since sources may add to it."""

    concept_id: str
    names: list[str]
    types: list[str]
    definition: str | None
    parents: list[str]
    xrefs: list[str]
    alt_ids: list[str]
    source_idx: int


class KbBuilder:
    """Collects concepts and writes them as a memory-mapped artifact.

    A concept that comes again, from this source or another, adds its names, types, parents and
    cross-references to the first; within one source that is reported as a problem as well.

    :param name: the KB's name, for people.
    :param problems: where problems go; by default they are counted and the build goes on.
    :param sources: where the concepts come from, in place of what :meth:`add` is told: a KB that
        is taken from another one has that one's sources.
    :param extra: further facts for the manifest.

    >>> import tempfile
    >>> from biotk.kb.knowledge_base import open_kb
    >>> builder = KbBuilder("tiny")
    >>> builder.add([Concept("MESH:D005334", "Fever", ("Pyrexia",), ("Disease",))])
    1
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     kb = open_kb(builder.write(Path(folder) / "tiny"))
    ...     kb["D005334"].synonyms
    ('Pyrexia',)
    """

    def __init__(
        self,
        name: str,
        *,
        problems: Problems | None = None,
        sources: Sequence[SourceInfo] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self._given_sources = tuple(sources)
        self._extra = dict(extra or {})
        self.report = BuildReport(problems=problems if problems is not None else Problems())
        self._entries: dict[str, _Entry] = {}
        self._sources: list[SourceInfo] = []
        self._source_names: list[str] = []

    def add(
        self,
        concepts: Iterable[Concept],
        info: SourceInfo | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> int:
        """Take in the concepts of one source.

        :param concepts: the concepts, in any order.
        :param info: where they come from.
        :param progress: called with the number of concepts every now and then.
        :returns: how many concepts came.
        :raises FormatError: a row is wrong and the collector of problems is strict.
        """
        info = info or SourceInfo(name="memory", file="", format="memory", sha256="")
        before = self.report.problems.count
        seen: set[str] = set()
        n = 0
        for n, concept in enumerate(concepts, 1):
            if concept.concept_id in seen:
                self.report.problems.add(
                    info.file or info.name, 0, "id given twice, its names are joined",
                    concept.concept_id,
                )  # fmt: skip
            seen.add(concept.concept_id)
            self._take(concept, info)
            if progress is not None and n % 2000 == 0:
                progress(n)
        if progress is not None:
            progress(n)
        problems = self.report.problems.count - before
        self._sources.append(replace(info, n_concepts=n, n_problems=problems))
        return n

    def _take(self, concept: Concept, info: SourceInfo) -> None:
        names = list(dict.fromkeys((concept.name, *concept.synonyms)))
        entry = self._entries.get(concept.concept_id)
        if entry is None:
            self._entries[concept.concept_id] = _Entry(
                concept.concept_id, names, list(concept.types), concept.definition,
                list(concept.parents), list(concept.xrefs), list(concept.alt_ids),
                self._source_idx(concept.source or info.name),
            )  # fmt: skip
            return
        entry.definition = entry.definition or concept.definition
        for mine, theirs in (
            (entry.names, names),
            (entry.types, concept.types),
            (entry.parents, concept.parents),
            (entry.xrefs, concept.xrefs),
            (entry.alt_ids, concept.alt_ids),
        ):
            mine.extend(item for item in theirs if item not in mine)

    def _source_idx(self, name: str) -> int:
        if name not in self._source_names:
            self._source_names.append(name)
        return self._source_names.index(name)

    def write(self, out: Path | str, *, overwrite: bool = False) -> Path:
        """Write the artifact beside its place and rename it into it, so that it is whole or absent.

        :param out: the directory to make.
        :param overwrite: replace a KB that is there already.
        :returns: the directory. Where another process has put the same KB there meanwhile, that
            one stays.
        :raises InputError: there is no concept at all.
        :raises KbExistsError: something else is at ``out``.
        """
        out = Path(out)
        if not self._entries:
            problems = self.report.problems
            first = f"; the first: {problems.kept[0]}" if problems.kept else ""
            raise InputError(
                "no concepts to build a knowledge base from: "
                f"{problems.count} problems and no row that was right{first}"
            )
        if out.exists() and not (out / MANIFEST).is_file():
            raise KbExistsError(f"{out} exists and is no knowledge base: choose another place")
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = out.parent / f".{out.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"
        temporary.mkdir()
        try:
            fingerprint = self._write_files(temporary)
            _move_in_place(temporary, out, fingerprint=fingerprint, overwrite=overwrite)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return out

    def _write_files(self, folder: Path) -> str:
        # Concepts in order of their ids: the same sources give the same bytes in any order.
        entries = [self._entries[concept_id] for concept_id in sorted(self._entries)]
        types = sorted({t for entry in entries for t in entry.types})
        counts = _write_concepts(folder, entries, types, self.report.problems)
        counts |= _write_names(folder, entries)
        counts["problems"] = self.report.problems.count
        self.report.counts = counts
        files = describe_files(folder)
        prefixes = sorted({e.concept_id.partition(":")[0] for e in entries if ":" in e.concept_id})
        vocabularies = [types, self._source_names, prefixes]
        manifest = Manifest(
            name=self.name,
            fingerprint=fingerprint_of(files, vocabularies),
            counts=counts,
            types=tuple(types),
            source_names=tuple(self._source_names),
            prefixes=tuple(prefixes),
            sources=self._given_sources or tuple(self._sources),
            files=files,
            extra=self._extra
            | {"first_problems": [asdict(p) for p in self.report.problems.kept[:100]]},
        )
        manifest.write(folder)
        return manifest.fingerprint


def _move_in_place(temporary: Path, out: Path, *, fingerprint: str, overwrite: bool) -> None:
    old = temporary.with_suffix(".old")
    try:
        if overwrite and out.exists():
            out.rename(old)
        temporary.rename(out)
    except OSError as error:
        if not out.is_dir():
            raise
        there = read_manifest(out).fingerprint
        if there != fingerprint:
            raise KbExistsError(
                f"{out} holds another knowledge base ({there}, the new one is {fingerprint}): "
                "choose another place or overwrite it (--overwrite)"
            ) from error
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _write_concepts(
    folder: Path, entries: list[_Entry], types: list[str], problems: Problems
) -> dict[str, int]:
    index = {entry.concept_id: idx for idx, entry in enumerate(entries)}
    type_idx = {name: idx for idx, name in enumerate(types)}
    parents: list[list[int]] = []
    children: list[list[int]] = [[] for _ in entries]
    dangling = 0
    for child, entry in enumerate(entries):
        known = sorted({index[p] for p in entry.parents if p in index} - {child})
        dangling += sum(p not in index for p in entry.parents)
        parents.append(known)
        for parent in known:
            children[parent].append(child)
    first_name = np.zeros(len(entries) + 1, np.int64)
    np.cumsum([len(entry.names) for entry in entries], out=first_name[1:])
    write_table(
        folder / "concepts.arrow",
        {
            "id": pa.array([e.concept_id for e in entries], pa.large_string()),
            "definition": pa.array([e.definition for e in entries], pa.large_string()),
            "source": pa.array([e.source_idx for e in entries], pa.int16()),
            "types": ragged_column([[type_idx[t] for t in e.types] for e in entries], np.int16),
            "parents": ragged_column(parents, np.int32),
            "children": ragged_column(children, np.int32),
            "xrefs": pa.array([e.xrefs for e in entries], pa.large_list(pa.large_string())),
            "alt_ids": pa.array([e.alt_ids for e in entries], pa.large_list(pa.large_string())),
            "first_name": pa.array(first_name[:-1]),
        },
    )
    _write_ids(folder, entries, index, problems)
    return {
        "concepts": len(entries),
        "parents": sum(map(len, parents)),
        "parents_not_in_kb": dangling,
    }


def _write_ids(
    folder: Path, entries: list[_Entry], index: dict[str, int], problems: Problems
) -> None:
    """All ids by which a concept can be asked for, and of which kind each is."""
    ids: list[str] = []
    concept_idx: list[int] = []
    kinds: list[int] = []
    for idx, entry in enumerate(entries):
        for kind, given in ((OWN_ID, [entry.concept_id]), (ALT_ID, entry.alt_ids),
                            (XREF, entry.xrefs)):  # fmt: skip
            ids.extend(given)
            concept_idx.extend([idx] * len(given))
            kinds.extend([kind] * len(given))
    write_keys(folder, "ids", ids)
    write_table(
        folder / "id_targets.arrow",
        {"concept": pa.array(concept_idx, pa.int32()), "kind": pa.array(kinds, pa.int8())},
    )


def _write_names(folder: Path, entries: list[_Entry]) -> dict[str, int]:
    names = [name for entry in entries for name in entry.names]
    concept_idx = np.repeat(
        np.arange(len(entries), dtype=np.int32), [len(entry.names) for entry in entries]
    )
    write_table(
        folder / "names.arrow",
        {"name": pa.array(names, pa.large_string()), "concept": pa.array(concept_idx)},
    )
    plural = [plural_key(name) for name in names]
    n_plural = write_keys(folder, "plural", plural)
    n_bag = write_keys(folder, "bag", [bag_of(key.split()) for key in plural])
    return {
        "names": len(names),
        "plural_keys": n_plural,
        "bag_keys": n_bag,
        "names_without_a_word": sum(not key for key in plural),
    }
