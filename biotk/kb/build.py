"""Build a KB: take concepts from any number of sources, write the artifact, move it in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from biotk.errors import InputError, Problems
from biotk.kb.arrow import Ragged
from biotk.kb.graph import cycles
from biotk.kb.joining import count_demoted, join_same_ids, join_twins, repeated_ids
from biotk.kb.manifest import Manifest, SourceInfo, describe_files, fingerprint_of
from biotk.kb.merge import Twins, find_twins
from biotk.kb.merge_parents import drop_contradictions
from biotk.kb.merge_prefixes import find_prefixes
from biotk.kb.place import check_place, draft_folder, move_in_place
from biotk.kb.readers.base import log_left_out
from biotk.kb.readers.retired import NOWHERE
from biotk.kb.retired import add_retired_ids
from biotk.kb.rows import ConceptRows, ConceptTable, is_id
from biotk.kb.tables import (
    ALT_ID,
    OWN_ID,
    XREF,
    ShowNames,
    Vocabulary,
    write_concepts,
    write_ids,
    write_names,
)
from biotk.types import Concept

__all__ = ["ALT_ID", "OWN_ID", "XREF", "BuildReport", "KbBuilder", "KbSource"]

#: What is written, for each byte of the concepts themselves: the tables of keys are the rest.
_WRITTEN_PER_BYTE = 1.6
_PARENTS_KEPT = 100
_SHOWN = 8  # ids of a cycle in a message


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
    :param left_out: by file and reason, how much its reader left out on purpose.
    :param twins: what was merged, and what was not for doubt, if merging was asked for.
    """

    counts: dict[str, int] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    left_out: dict[str, Counter[str]] = field(default_factory=dict)
    twins: Twins | None = None


class KbBuilder:
    """Collects concepts and writes them as a memory-mapped artifact.

    A concept that comes again, from this source or another, adds its names, types, parents and
    cross-references to the first, whose preferred name stays; within one source that is reported
    as a problem as well. Concepts are held in columns: a million of them with four million names
    take some 400 MB.

    :param name: the KB's name, for people.
    :param problems: where problems go; by default they are counted and the build goes on.
    :param merge: prefixes or names of vocabularies, case aside, whose concepts are joined if their
        cross-references say that they are the same; the concept of the first prefix stays, the ids
        of the others become alternative ids of it. See :func:`~biotk.kb.merge.find_twins`.
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
        merge: Sequence[str] = (),
        sources: Sequence[SourceInfo] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self._given_sources = tuple(sources)
        self._extra = dict(extra or {})
        self.report = BuildReport(problems=problems if problems is not None else Problems())
        self._merge = tuple(merge)
        if self._merge:
            find_twins((), self._merge)  # refuses prefixes that make no sense before all is read
        self._rows = ConceptRows(self.report.problems)
        self._sources: list[SourceInfo] = []
        self._left_out: Counter[str] = Counter()
        self._retired: dict[str, tuple[str, ...]] = {}
        self._told_by: dict[str, int] = {}  # retired id → number of the source that told it first
        self._adding = False
        self._told: set[str] = set()

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
        place = info.file or info.name
        before, start = self.report.problems.count, len(self._rows)
        self._left_out = Counter()
        self._adding = True
        n = 0
        for n, concept in enumerate(concepts, 1):
            self._rows.add(concept, source=info.name, place=place)
            if progress is not None and n % 2000 == 0:
                progress(n)
        self._adding = False
        self._rows.close_chunk()
        if progress is not None:
            progress(n)
        self._report_repeated(start, place)
        problems = self.report.problems.count - before
        left_out = dict(sorted(self._left_out.items()))
        self._sources.append(replace(info, n_concepts=n, n_problems=problems, left_out=left_out))
        return n

    def add_left_out(self, path: Path, reason: str, count: int) -> None:
        """Count what the reader of the source that is being added leaves out on purpose.

        To be given to it as :attr:`ReaderOptions.left_out`.
        """
        log_left_out(path, reason, count)
        self._left_out[reason] += count
        self.report.left_out.setdefault(str(path), Counter())[reason] += count

    def add_retired(self, retired_id: str, replacement_id: str) -> None:
        """Take in a retired id; what finally replaces it gets it as an alternative id.

        To be given to readers as :attr:`ReaderOptions.retired`.

        :param retired_id: an id that is no longer in use.
        :param replacement_id: the id in its place; may be retired itself, in any source.
        """
        if not is_id(retired_id) or not is_id(replacement_id):
            self.report.problems.add(
                "retired ids", 0, "is no id; it is left out", f"{retired_id!a} → {replacement_id!a}"
            )
            return
        known = self._retired.get(retired_id, ())
        if replacement_id not in known:
            self._retired[retired_id] = (*known, replacement_id)
        if self._adding:
            self._told_by.setdefault(retired_id, len(self._sources))

    def _report_repeated(self, start: int, place: str) -> None:
        table = self._rows.table(start)
        rows, firsts = repeated_ids(table)
        if not len(rows):
            return
        preferred = table.preferred()
        columns = (
            table.ids.take(pa.array(rows)),
            preferred.take(pa.array(firsts)),
            preferred.take(pa.array(rows)),
        )
        for concept_id, first, name in zip(*(c.to_pylist() for c in columns), strict=True):
            message = "id given twice, its names are joined"
            if first != name:
                message += f"; of its two preferred names {first!r} stays, {name!r} is a synonym"
            self.report.problems.add(place, 0, message, concept_id)

    def write(
        self, out: Path | str, *, overwrite: bool = False, progress: ShowNames | None = None
    ) -> Path:
        """Write the artifact beside its place and rename it into it, so that it is whole or absent.

        :param out: the directory to make.
        :param overwrite: replace a KB that is there already.
        :param progress: called with the number of names that are written, and that of all.
        :returns: the directory. Where another process has put the same KB there meanwhile, that
            one stays.
        :raises InputError: there is no concept at all, a source could not be read to its end, or
            what should be merged is not there.
        :raises KbExistsError: something else is at ``out``.
        :raises KbWriteError: it cannot be written: the disk is full, or the place may not be
            written to.
        """
        out = Path(out)
        if not len(self._rows):
            problems = self.report.problems
            first = f"; the first: {problems.kept[0]}" if problems.kept else ""
            # What is said of a whole source, such as a choice that fits no row, is the reason.
            if of_all := [str(problem) for problem in problems if problem.of_source]:
                first = f"; {'; '.join(of_all[:3])}"
            raise InputError(
                "no concepts to build a knowledge base from: "
                f"{problems.count} problems and no row that was right{first}"
            )
        if unread := self.report.problems.unread:
            raise InputError(
                f"{unread[0]}. No knowledge base was written, since it would lack the rest of "
                "that source"
            )
        check_place(out)
        table, counts = self._joined()
        with draft_folder(out, needed=int(_WRITTEN_PER_BYTE * table.nbytes)) as draft:
            fingerprint = self._write_files(draft, table, counts, progress)
            move_in_place(draft, out, fingerprint=fingerprint, overwrite=overwrite)
        return out

    def _joined(self) -> tuple[ConceptTable, dict[str, int]]:
        """All concepts in order of their ids, one row each, so that the same sources give the same
        bytes whatever the order of their rows.

        :returns: the concepts, and what was joined.
        """
        rows = self._rows.table()
        table = join_same_ids(rows)
        counts = {"ids_given_again": len(rows) - len(table)}
        if len(rows) > len(table):
            counts["preferred_names_made_synonyms"] = count_demoted(rows, table)
        if self._merge:
            twins = self._find_twins(table)
            counts |= {"merged": len(twins.mapping), "twins_ambiguous": twins.ambiguous,
                       "twins_doubtful": len(twins.doubtful)}  # fmt: skip
            if twins.mapping:
                joined = join_twins(table, twins.mapping)
                table, counts["parents_contradicted"] = drop_contradictions(
                    table, joined, twins.mapping
                )
        if self._retired:
            table, retired, lost = add_retired_ids(table, self._retired)
            counts |= retired
            self._leave_out_retired(lost)
        return table, counts

    def _leave_out_retired(self, lost: Iterable[str]) -> None:
        """Count retired ids that lead nowhere with the source that told them.

        Only now: the concept may have come from any source. What an earlier writing counted, which
        knew fewer sources, no longer holds.
        """
        by_source = Counter(self._told_by.get(gone, -1) for gone in lost)
        for reasons in self.report.left_out.values():
            reasons.pop(NOWHERE, None)
        for number, info in enumerate(self._sources):
            left_out = {why: n for why, n in info.left_out.items() if why != NOWHERE}
            if count := by_source[number]:
                left_out[NOWHERE] = count
                place = info.file or info.name
                self.report.left_out.setdefault(place, Counter())[NOWHERE] += count
            self._sources[number] = replace(info, left_out=dict(sorted(left_out.items())))

    def _find_twins(self, table: ConceptTable) -> Twins:
        prefixes = find_prefixes(self._merge, table, self._rows.sources)
        there = table.prefixes()
        if len(set(prefixes).intersection(there)) < 2:
            message = (
                f"nothing was merged: {' and '.join(prefixes)} should be joined, but the "
                f"concepts have only {', '.join(there) or 'ids without a prefix'}"
            )
            if message not in self._told:
                self._told.add(message)
                self.report.problems.add(self.name, 0, message)
        twins = find_twins(
            table.iter_with(table.xrefs),
            prefixes,
            names=lambda: table.iter_with(table.names),
        )
        self.report.twins = twins
        return twins

    def _describe_twins(self) -> dict[str, Any]:
        """:returns: examples, for the manifest, of twins that were not merged."""
        twins = self.report.twins
        if twins is None:
            return {}
        return {"twins": {"ambiguous": twins.examples, "doubtful": twins.doubtful[:20]}}

    def _write_files(
        self,
        folder: Path,
        table: ConceptTable,
        joined: dict[str, int],
        progress: ShowNames | None,
    ) -> str:
        codes = table.types.values.to_numpy()
        types = Vocabulary.of("semantic types", self._rows.types, codes)
        sources = Vocabulary.of("sources", self._rows.sources, table.sources.values.to_numpy())
        counts, parents, children = write_concepts(folder, table, types, sources)
        counts["concepts_in_cycles"] = self._report_cycles(table, parents, children)
        write_ids(folder, table)
        counts |= write_names(folder, table.names, progress=progress or _show_nothing)
        counts |= joined
        counts["left_out"] = sum(reasons.total() for reasons in self.report.left_out.values())
        counts["problems"] = self.report.problems.count
        self.report.counts = counts
        files = describe_files(folder)
        prefixes = table.prefixes()
        manifest = Manifest(
            name=self.name,
            fingerprint=fingerprint_of(files, [types.names, sources.names, prefixes]),
            counts=counts,
            types=types.names,
            source_names=sources.names,
            prefixes=tuple(prefixes),
            sources=self._given_sources or tuple(self._sources),
            files=files,
            extra=self._extra
            | {"first_problems": [asdict(p) for p in self.report.problems.kept[:100]]}
            | _parents_outside(table, counts)
            | self._describe_twins(),
        )
        manifest.write(folder)
        return manifest.fingerprint

    def _report_cycles(self, table: ConceptTable, parents: Ragged, children: Ragged) -> int:
        """Tell one cycle of the hierarchy as an example.

        :returns: how many concepts are in one.
        """
        groups = cycles(parents, children)
        count = sum(map(len, groups))
        if groups:
            shown = min(groups, key=lambda group: (len(group), group))[:_SHOWN]
            ids = ", ".join(table.ids.take(pa.array(shown)).to_pylist())
            message = (
                f"the hierarchy has cycles, {count} concepts are in one. Each of these is broader "
                "than the others; correct their parents in the source"
            )
            if ids not in self._told:  # not again if it is written to a second place
                self._told.add(ids)
                self.report.problems.add(self.name, 0, message, ids)
        return count


def _parents_outside(table: ConceptTable, counts: Mapping[str, int]) -> dict[str, Any]:
    """:returns: for the manifest the parents that are not in the KB, those of most concepts first,
    each with how many concepts they are parents of.
    """
    if not counts["parents_not_in_kb"]:
        return {}
    named = table.parents.values
    outside = named.filter(pc.invert(pc.is_in(named, value_set=table.ids)))
    times = [(entry["counts"], entry["values"]) for entry in outside.value_counts().to_pylist()]
    most = sorted(times, key=lambda entry: (-entry[0], entry[1]))[:_PARENTS_KEPT]
    return {"parents_not_in_kb": [[parent, count] for count, parent in most]}


def _show_nothing(done: int, total: int) -> None:
    """What is shown where nobody looks."""
