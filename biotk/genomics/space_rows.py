"""What the rows of a space are: SNPs, then genes, then concepts, and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError, UnknownNameError
from biotk.genomics.associations import CHROMOSOMES
from biotk.genomics.neighbour import KINDS, Evidence, Neighbour
from biotk.genomics.pairs import Snp, Trait
from biotk.genomics.space_files import SpaceTables

Ints = npt.NDArray[np.int64]

_RSID = re.compile(r"rs(\d+)", re.IGNORECASE)


def rsid_number(text: str) -> int | None:
    """:returns: the number of an rsID; None if the text is none."""
    found = _RSID.fullmatch(text.strip())
    return int(found[1]) if found else None


class SpaceRows:
    """Finds the row of a thing, and says what a row is.

    :param tables: what the vectors of a space are of.
    """

    def __init__(self, tables: SpaceTables) -> None:
        self._tables = tables
        self.n_snps, self.n_genes = len(tables.rsids), len(tables.symbols)
        self.concepts_at = self.n_snps + self.n_genes
        symbols = {symbol: row for row, symbol in enumerate(tables.symbols)}
        self.gene_rows = tables.gene_aliases | symbols
        self._snp_rows = {number: row for row, number in enumerate(tables.rsids.tolist())}
        self._names = _names_of(tables.concepts)
        self._by_snp = _ordered(tables.links[:, 0], self.n_snps)
        self._by_trait = _ordered(tables.links[:, 1], len(tables.concepts))
        self._kinds = self._numbered_kinds()
        strongest = np.zeros(len(self), np.float32)
        np.maximum.at(strongest, tables.links[:, 0], tables.neg_log10_p)
        np.maximum.at(strongest, self.concepts_at + tables.links[:, 1], tables.neg_log10_p)
        self._strongest = strongest

    def __len__(self) -> int:
        return self.concepts_at + len(self._tables.concepts)

    def snp(self, rsid: str) -> int:
        """:returns: the row of a SNP; -1 if the space was not trained on it."""
        number = rsid_number(rsid)
        return -1 if number is None else self._snp_rows.get(number, -1)

    def concept(self, text: str) -> int | None:
        """Find a concept by an id, several ids, or its name.

        :returns: its row among concepts; None if it is unknown.
        """
        return self._names.get(text.strip(), self._names.get(text.strip().casefold()))

    def find(self, text: str) -> int | None:
        """:returns: the row of a concept or a gene; None if it is neither."""
        concept = self.concept(text)
        if concept is not None:
            return self.concepts_at + concept
        gene = self.gene_rows.get(text, self.gene_rows.get(text.upper()))
        return None if gene is None else self.n_snps + gene

    def near_rsids(self, number: int, n: int = 3) -> list[str]:
        """:returns: known SNPs whose numbers differ in the fewest digits, then in value."""
        text = str(number)

        def distance(other: int) -> tuple[int, int]:
            told = str(other)
            differ = sum(a != b for a, b in zip(told, text)) + abs(len(told) - len(text))
            return differ, abs(other - number)

        return [f"rs{each}" for each in sorted(self._tables.rsids.tolist(), key=distance)[:n]]

    def known_snps(self) -> list[Snp]:
        """:returns: the SNPs of the space, without genes, in the order of its rows."""
        tables = self._tables
        return [
            Snp(f"rs{number}", _chromosome(chromosome), position)
            for number, chromosome, position in zip(
                tables.rsids.tolist(), tables.chromosomes.tolist(), tables.positions.tolist()
            )
        ]

    def allowed(
        self, kind: str | None, chromosome: str | None, max_p: float | None
    ) -> npt.NDArray[np.bool_] | None:
        """Find the rows that may be answered; see :meth:`biotk.genomics.space.Space.nearest`.

        :returns: a flag a row; None for all.
        """
        if kind is None and chromosome is None and max_p is None:
            return None
        allowed = np.ones(len(self), bool)
        if kind == "trait":
            allowed[: self.concepts_at] = False
            allowed[self.concepts_at + self._tables.n_traits :] = False
        elif kind is not None:
            if kind not in KINDS:
                raise UnknownNameError("kind", kind, (*KINDS, "trait"))
            allowed &= self._kinds == KINDS.index(kind)
        if chromosome is not None:
            name = chromosome.removeprefix("chr").upper()
            if name not in CHROMOSOMES:
                raise UnknownNameError("chromosome", chromosome, CHROMOSOMES)
            allowed[self.n_snps :] = False
            allowed[: self.n_snps] &= self._tables.chromosomes == CHROMOSOMES.index(name) + 1
        if max_p is not None:
            if not 0 < max_p <= 1:
                raise InputError(f"max_p is {max_p}, expected more than 0 and at most 1")
            # A float32 of −log10 p is a little off.
            allowed &= self._strongest >= -np.log10(max_p) - 1e-4
        return allowed

    def describe(self, row: int, score: float = 1.0, *, query: int = -1) -> Neighbour:
        """Say what a row is.

        :param score: how near it lies to what was asked.
        :param query: the row of that; -1 for what is new.
        """
        evidence = self.evidence(query, row)
        status: Literal["known", "predicted"] = "known" if evidence else "predicted"
        if row < self.n_snps:
            rsid = f"rs{self._tables.rsids[row]}"
            place = int(self._tables.positions[row])
            chromosome = _chromosome(int(self._tables.chromosomes[row]))
            return Neighbour(rsid, rsid, "snp", score, status, evidence, chromosome, place or None)
        if row < self.concepts_at:
            symbol = self._tables.symbols[row - self.n_snps]
            name = self._tables.gene_texts[row - self.n_snps]
            return Neighbour(symbol, name, "gene", score, status, evidence)
        concept = self._tables.concepts[row - self.concepts_at]
        return Neighbour(concept.key, concept.name, concept.kind, score, status, evidence)

    def evidence(self, one: int, other: int) -> tuple[Evidence, ...]:
        """Tell what is known of two rows together.

        :param one: a row, or -1 for what is new.
        :param other: a row.
        :returns: their links, if one is a SNP and the other a trait.
        """
        snp, concept = min(one, other), max(one, other) - self.concepts_at
        # A query that is new is row -1.
        if not (0 <= snp < self.n_snps and concept >= 0):
            return ()
        order, begins = self._by_snp
        rows = order[begins[snp] : begins[snp + 1]]
        return tuple(
            self._link(row) for row in rows.tolist() if self._tables.links[row, 1] == concept
        )

    def links_of(self, query: str) -> list[Evidence]:
        """:returns: what is known of a SNP or a trait, the strongest first.

        :raises InputError: it is neither.
        """
        is_snp = rsid_number(query) is not None
        row = self.snp(query) if is_snp else self.concept(query)
        if row is None or row < 0:
            raise InputError(f"the space knows no SNP or concept {query!r}")
        order, begins = self._by_snp if is_snp else self._by_trait
        rows = order[begins[row] : begins[row + 1]]
        strongest = np.argsort(-self._tables.neg_log10_p[rows], kind="stable")
        return [self._link(each) for each in rows[strongest].tolist()]

    def _link(self, row: int) -> Evidence:
        tables = self._tables
        snp, concept = tables.links[row].tolist()
        strength, odds = float(tables.neg_log10_p[row]), float(tables.log_odds[row])
        return Evidence(
            rsid=f"rs{tables.rsids[snp]}",
            trait=tables.concepts[concept].name,
            neg_log10_p=strength if strength > 0 else None,
            log_odds=None if np.isnan(odds) else odds,
            pmid=int(tables.pmids[row]) or None,
        )

    def _numbered_kinds(self) -> npt.NDArray[np.int8]:
        numbers = {kind: number for number, kind in enumerate(KINDS)}
        concepts = [numbers[each.kind] for each in self._tables.concepts]
        heads = [np.full(self.n_snps, 0), np.full(self.n_genes, 1)]
        return np.concatenate([*heads, np.array(concepts, np.int64)]).astype(np.int8)


def _ordered(keys: Ints, n: int) -> tuple[Ints, Ints]:
    """:returns: rows in the order of their keys, and where each key begins among them."""
    order = np.argsort(keys, kind="stable")
    return order, np.searchsorted(keys[order], np.arange(n + 1))


def _names_of(concepts: Sequence[Trait]) -> dict[str, int]:
    """:returns: concepts by their keys, then names, then by their one id and by further names."""
    found: dict[str, int] = {}
    for row, concept in enumerate(concepts):
        found.setdefault(concept.key, row)
    for row, concept in enumerate(concepts):
        found.setdefault(concept.name.casefold(), row)
    for row, concept in enumerate(concepts):
        if len(concept.concept_ids) == 1:
            found.setdefault(concept.concept_ids[0], row)
        for alias in concept.aliases:
            found.setdefault(alias.casefold(), row)
    return found


def _chromosome(number: int) -> str:
    return CHROMOSOMES[number - 1] if number else ""
