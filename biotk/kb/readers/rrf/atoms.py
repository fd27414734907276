"""The names of a concept: which rows count, which name comes first, which codes it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from biotk.errors import UnknownNameError
from biotk.kb.readers.base import ReaderOptions
from biotk.kb.readers.maker import MAX_NAME
from biotk.kb.readers.rrf.codes import code_curie
from biotk.kb.readers.rrf.rows import Row, RrfTable, RrfTables

#: RxNorm's term types of concepts, the preferred first; what is not here (SY, TMSY, PSN) is one of
#: their synonyms. As types of concepts they tell ingredients from brands and products.
RXNORM_TERM_TYPES = (
    "IN", "PIN", "MIN", "BN", "SCDC", "SBDC", "SCDF", "SBDF", "SCDFP", "SBDFP", "SCDG", "SBDG",
    "SCDGP", "SCD", "SBD", "GPCK", "BPCK", "DF", "DFG",
)  # fmt: skip

#: Rank of (vocabulary, term type); the highest is preferred.
Ranks = dict[tuple[str, str], int]
RXNORM_RANKS: Ranks = {("RXNORM", tty): 100 - n for n, tty in enumerate(RXNORM_TERM_TYPES)}
SUPPRESSED = ("O", "E", "Y")

NO_XREF = "codes of vocabularies that are no cross-references"


@dataclass(slots=True)
class Atom:
    """A row of MRCONSO that counts.

    :param order: what it is sorted by; the preferred name is first.
    """

    order: tuple[object, ...]
    line: int
    text: str
    name: str
    sab: str
    tty: str
    aui: str
    xref: str | None


class RowFilter:
    """Which rows of names, definitions and relationships count.

    :param options: languages, vocabularies, and whether suppressed rows count.
    """

    def __init__(self, options: ReaderOptions) -> None:
        self.languages = tuple(language.upper() for language in options.languages)
        self.sabs = frozenset(sab.upper() for sab in options.sabs)
        self.keep_suppressed = options.keep_suppressed

    def reason(self, language: str | None, sab: str, suppress: str) -> str | None:
        """:returns: why a row does not count, None if it does."""
        if language is not None and self.languages and language not in self.languages:
            return "rows in other languages"
        if self.sabs and sab.upper() not in self.sabs:  # some are NCI_CareLex and NCI_BioC
            return "rows of other vocabularies"
        if not self.keep_suppressed and suppress in SUPPRESSED:
            return "suppressed rows"
        return None

    def check(self, tables: RrfTables, name: str) -> None:
        """Refuse a vocabulary that the release does not have, as far as its list is there.

        :param name: the file with the list of vocabularies.
        :raises UnknownNameError: if there is none of that name.
        """
        if not self.sabs or (table := tables.get(name)) is None:
            return
        at = table.at("RSAB")
        known = {fields[at] for _, fields, _ in table.rows()}
        for sab in sorted(self.sabs):
            if known and sab not in {name.upper() for name in known}:
                raise UnknownNameError(f"vocabulary of {table.path}", sab, known)


class AtomReader:
    """Reads MRCONSO or RXNCONSO concept by concept.

    :param table: the file.
    :param ranks: which vocabularies and term types have the preferred names.
    :param keep: which rows count.
    :param left_out: counts those that do not.
    """

    def __init__(
        self,
        table: RrfTable,
        *,
        ranks: Ranks,
        keep: RowFilter,
        left_out: Counter[str],
    ) -> None:
        self._table, self._ranks, self._keep, self._left_out = table, ranks, keep, left_out
        self._at = itemgetter(
            *map(
                table.at,
                ("LAT", "TS", "STT", "ISPREF", "AUI", "SAB", "TTY", "CODE", "STR", "SUPPRESS"),
            )
        )
        #: What there is, kept or not.
        self.languages: set[str] = set()
        self.sabs: set[str] = set()

    def concepts(self) -> Iterator[tuple[int, list[Atom]]]:
        """:returns: the number of each concept, and those of its rows that count, in order."""
        rows = groupby(self._table.in_order("CUI"), key=itemgetter(0))
        for number, group in rows:
            atoms = [atom for _, row in group if (atom := self._atom(row)) is not None]
            atoms.sort(key=lambda atom: atom.order)
            yield number, atoms

    def _atom(self, row: Row) -> Atom | None:
        line, fields, text = row
        language, ts, stt, ispref, aui, sab, tty, code, name, suppress = self._at(fields)
        self.languages.add(language)
        self.sabs.add(sab)
        reason = self._keep.reason(language, sab, suppress)
        if reason is not None:
            self._left_out[reason] += 1
            return None
        if not name.strip():
            self._table.bad(line, "the name is empty", text)
            return None
        if len(name) > MAX_NAME:
            message = f"the name has {len(name)} characters, more than {MAX_NAME}"
            self._table.bad(line, message, text)
            return None
        languages = self._keep.languages or ("ENG",)
        place = languages.index(language) if language in languages else len(languages)
        rank = self._ranks.get((sab, tty), 0)
        order = (suppress in SUPPRESSED, place, -rank, ts != "P", stt != "PF", ispref != "Y", line)
        xref = code_curie(sab, code)
        if xref is None:
            self._left_out[NO_XREF] += 1
        return Atom(order, line, text, name, sab, tty, aui, xref)


def read_ranks(tables: RrfTables) -> Ranks:
    """:returns: NLM's own ranks; empty without MRRANK, and then TS, STT and ISPREF decide."""
    table = tables.get("MRRANK")
    if table is None:
        return {}
    rank, sab, tty = map(table.at, ("RANK", "SAB", "TTY"))
    ranks = {}
    for line, fields, text in table.rows():
        if fields[rank].isdecimal():
            ranks[fields[sab], fields[tty]] = int(fields[rank])
        else:
            table.bad(line, f"{fields[rank]!r} is no rank", text)
    return ranks
