"""Genes to HGNC: by symbol, former symbol or alias, by Ensembl's or NCBI's id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from biotk.genomics.values import is_empty
from biotk.kb import KnowledgeBase

_HGNC = "HGNC:"

# How a gene was found, as the report counts it.
BY_SYMBOL = "by its symbol"
BY_ALIAS = "by a former symbol or alias"
BY_ID = "by its id"
NEAREST = "the nearer of two"
FIRST = "the first known of several"
NO_GENE = "none is named"
BETWEEN = "between two genes, none known to be nearer"
AMBIGUOUS = "an alias of several genes"
UNKNOWN = "unknown to HGNC"

#: What stands for a gene and is none, lower case.
_NO_GENES = frozenset("nr intergenic intergernic genic pseudogene none na unknown".split())
_BETWEEN = " - "
_PARTS = re.compile(r"\s*[,;/|]\s*|\s+x\s+")
_DASHES = str.maketrans("‐‑‒–—", "-----", "@")  # TRA@ is TRA
_ENSEMBL = re.compile(r"(ENSG\d+)(?:\.\d+)?")


class FoundGene(NamedTuple):
    """A gene that a cell means.

    :param gene_id: its CURIE in HGNC; None where there is none.
    :param how: one of the constants above.
    """

    gene_id: str | None
    how: str


class GeneFinder:
    """Looks genes up in the KBs that have HGNC.

    An approved symbol goes before a former symbol or an alias of another gene; an alias of several
    genes is none. An alias counts without case.

    :param kbs: the KBs; of those without ids of HGNC nothing is asked.
    """

    def __init__(self, kbs: Sequence[KnowledgeBase]) -> None:
        self._kbs = [kb for kb in kbs if "HGNC" in kb.manifest.prefixes]
        self._cells: dict[tuple[str, tuple[str, ...], int | None], FoundGene] = {}

    @cached_property
    def _names(self) -> tuple[dict[str, str], dict[str, set[str]]]:
        """Approved symbols → ids, and all other names → ids; both in capitals."""
        symbols: dict[str, str] = {}
        aliases: dict[str, set[str]] = {}
        for kb in self._kbs:
            for idx, concept_id in enumerate(kb.concept_ids):
                if not concept_id.startswith(_HGNC):
                    continue
                symbol, *others = kb.names_of(idx)
                symbols.setdefault(symbol.upper(), concept_id)
                for other in others:
                    aliases.setdefault(other.upper(), set()).add(concept_id)
        return symbols, aliases

    def find(self, cell: str, ids: Sequence[str] = (), *, nearer: int | None = None) -> FoundGene:
        """Find the gene of a cell.

        :param cell: a symbol; several parted by commas, semicolons or slashes; or two with a dash
            between blanks, for a place between them.
        :param ids: ids of Ensembl (``ENSG…``) or NCBI Gene, asked where no symbol answers.
        :param nearer: which of two genes is nearer, 0 or 1; None where nobody says.
        """
        key = (cell, tuple(ids), nearer)
        if key not in self._cells:
            self._cells[key] = self._find(*key)
        return self._cells[key]

    def _find(self, cell: str, ids: tuple[str, ...], nearer: int | None) -> FoundGene:
        text = " ".join(cell.translate(_DASHES).split())
        by_text = self._by_text(text, nearer)
        if by_text.gene_id is None:
            for each in ids:
                if gene_id := self.by_id(each):
                    return FoundGene(gene_id, BY_ID)
        return by_text

    def _by_text(self, text: str, nearer: int | None) -> FoundGene:
        if is_empty(text) or text.lower() in _NO_GENES:
            return FoundGene(None, NO_GENE)
        if _BETWEEN in text:
            if nearer is None:
                return FoundGene(None, BETWEEN)
            sides = text.split(_BETWEEN)
            found = self._by_text(sides[0] if nearer == 0 else sides[-1], None)
            return FoundGene(found.gene_id, NEAREST) if found.gene_id else found
        whole = self.by_symbol(text)
        if whole.gene_id or whole.how == AMBIGUOUS:
            return whole
        parts = _PARTS.split(text)
        if len(parts) > 1:
            for part in parts:
                if gene_id := self.by_symbol(part).gene_id:
                    return FoundGene(gene_id, FIRST)
        return whole

    def by_symbol(self, symbol: str) -> FoundGene:
        """:returns: the gene of one symbol or of its id of Ensembl."""
        symbols, aliases = self._names
        if gene_id := symbols.get(symbol.upper()):
            return FoundGene(gene_id, BY_SYMBOL)
        several = aliases.get(symbol.upper(), set())
        if len(several) == 1:
            return FoundGene(next(iter(several)), BY_ALIAS)
        if several:
            return FoundGene(None, AMBIGUOUS)
        if _ENSEMBL.fullmatch(symbol) and (gene_id := self.by_id(symbol)):
            return FoundGene(gene_id, BY_ID)
        return FoundGene(None, UNKNOWN)

    def by_id(self, raw: str) -> str | None:
        """:returns: the gene of an id of HGNC, Ensembl or NCBI Gene."""
        ensembl = _ENSEMBL.fullmatch(raw.strip())
        curie = f"Ensembl:{ensembl[1]}" if ensembl else raw.strip()
        curie = f"NCBIGene:{curie}" if curie.isdecimal() else curie
        for kb in self._kbs if ":" in curie else ():
            genes = [kb.id_of(idx) for idx in kb.resolve(curie)]
            genes = [gene for gene in genes if gene.startswith(_HGNC)]
            if len(genes) == 1:
                return genes[0]
        return None
