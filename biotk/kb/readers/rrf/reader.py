"""UMLS and RxNorm as NLM publishes them, concept by concept.

A directory with ``MRCONSO.RRF`` (``RXNCONSO.RRF``) and what lies beside it: semantic types,
definitions, relationships, retired ids. In UMLS all but the retired ids is read in one pass through
the sorted files side by side, so that memory does not grow with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from biotk.errors import InputError, Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, ReaderOptions
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.rrf.atoms import (
    RXNORM_RANKS,
    RXNORM_TERM_TYPES,
    Atom,
    AtomReader,
    RowFilter,
    read_ranks,
)
from biotk.kb.readers.rrf.beside import Beside, rxnorm_beside, umls_beside
from biotk.kb.readers.rrf.files import RXNORM, UMLS, Release, locate
from biotk.kb.readers.rrf.rows import RrfTables
from biotk.kb.readers.rrf.semantic_types import common_types, find_tuis
from biotk.types import Concept

NO_ROW = "concepts of which no row is left"
OTHER_TYPE = "concepts of other semantic types"
NO_TYPE = "types of concepts that no file tells"


class RrfReader:
    """Reads one release.

    :param path: its directory, or its file of names.
    :param release: which kind it is.
    :param problems: takes the rows that are wrong.
    :param options: languages, vocabularies, semantic types, whether suppressed rows count.
    :raises InputError: if the file of names is missing, or one that the options need.
    :raises UnknownNameError: for a semantic type or vocabulary that there is not.
    """

    def __init__(
        self, path: Path, *, release: Release, problems: Problems, options: ReaderOptions
    ) -> None:
        self._release, self._options = release, options
        self._wanted = find_tuis(options.semantic_types)
        self._tables = RrfTables(locate(path, release), release=release, problems=problems)
        self._keep = RowFilter(options)
        self._keep.check(self._tables, release.file("SAB"))
        self._conso = self._tables[release.conso]
        self._make = ConceptMaker(
            self._conso.path, problems=problems, options=options, source=release.source
        )
        if self._wanted and self._tables.get(release.file("STY")) is None:
            raise InputError(
                f"{self._conso.path.parent}: no {release.file('STY')}.RRF, which tells the "
                "semantic types that are asked for"
            )

    def concepts(self) -> Iterator[Concept]:
        """:returns: the concepts, in order of their numbers."""
        read_beside = umls_beside if self._release is UMLS else rxnorm_beside
        beside = read_beside(self._tables, self._keep)
        atoms = AtomReader(
            self._conso,
            ranks=read_ranks(self._tables) if self._release is UMLS else RXNORM_RANKS,
            keep=self._keep,
            left_out=self._make.left_out,
        )
        for number, rows in atoms.concepts():
            if not rows:
                self._make.left_out[NO_ROW] += 1
                continue
            tuis = beside.tuis.take(number)
            if self._wanted and self._wanted.isdisjoint(tuis):
                self._make.left_out[OTHER_TYPE] += 1
                continue
            concept = self._concept(number, rows, tuis, beside)
            if concept is not None:
                yield concept
        self._finish(beside, atoms)

    def _concept(
        self, number: int, rows: list[Atom], tuis: Sequence[str], beside: Beside
    ) -> Concept | None:
        curie = self._release.curie
        types = [*common_types(tuis), *tuis]
        if self._release is RXNORM:
            # All that RxNorm has is a drug or a form of one; its subset for prescribing
            # comes without the file of semantic types.
            types = types or ["Chemical"]
            types += [a.tty for a in rows if a.sab == "RXNORM" and a.tty in RXNORM_TERM_TYPES]
        if not types:
            self._make.left_out[NO_TYPE] += 1
        return self._make.make(
            rows[0].line,
            rows[0].text,
            concept_id=curie(number),
            name=rows[0].name,
            synonyms=[atom.name for atom in rows[1:]],
            types=types,
            definition=beside.definition(number, {atom.aui for atom in rows}),
            parents=[curie(parent) for parent in dict.fromkeys(beside.parents.take(number))],
            xrefs=[atom.xref for atom in rows if atom.xref is not None],
            alt_ids=[curie(old) for old in beside.retired.take(number)],
        )

    def _finish(self, beside: Beside, atoms: AtomReader) -> None:
        """Read the other files to their ends, and tell what was left out, file by file."""
        beside.finish()
        for wanted, there in (
            (self._options.languages, atoms.languages),
            (self._options.sabs, atoms.sabs),
        ):
            for name in wanted:
                if name.upper() not in {known.upper() for known in there}:
                    known = ", ".join(sorted(there)) or "none"
                    self._conso.bad(0, f"no row of {name}; there are rows of {known}", "")
        self._make.finish()
        for path, counts in beside.left_out.items():
            for reason, count in sorted(counts.items()):
                if count:
                    self._options.left_out(path, reason, count)


def iter_umls_rrf(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read UMLS.

    :param path: the directory ``META``, the one above it, or ``MRCONSO.RRF`` in it.
    :raises InputError: if MRCONSO.RRF is missing, or a file is in parts.
    :raises FormatError: if a file is not sorted by concept.
    :raises UnknownNameError: for a semantic type or vocabulary that there is not.
    """
    yield from RrfReader(path, release=UMLS, problems=problems, options=options).concepts()


def iter_rxnorm_rrf(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read RxNorm.

    :param path: the directory ``rrf``, the one above it, or ``RXNCONSO.RRF`` in it.
    :raises InputError: if RXNCONSO.RRF is missing.
    :raises FormatError: if RXNCONSO.RRF is not sorted by concept.
    :raises UnknownNameError: for a semantic type or vocabulary that there is not.
    """
    yield from RrfReader(path, release=RXNORM, problems=problems, options=options).concepts()
