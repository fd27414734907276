"""Evaluates a space on an association table, beside baselines that know what the space knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError, Problems
from biotk.genomics.associations import Association, iter_associations
from biotk.genomics.baselines import GeneOverlap, Popularity, Vectors, random_vectors
from biotk.genomics.loci import Weighted, blocks_of
from biotk.genomics.pairs import AssociationPairs, Trait, degrees, kinds_of, pairs_of
from biotk.genomics.reading import AssociationReader
from biotk.genomics.scoring import Questions, Scorer, questions_of, score_pairs
from biotk.genomics.space import Space
from biotk.io.files import open_bytes
from biotk.kb import KnowledgeBase
from biotk.nn.factorisation import factorised
from biotk.nn.node2vec import has_node2vec, node_vectors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_PARQUET = b"PAR1"
#: The dimensions of baselines that have any.
_DIM = 64
#: A gene that counts less for a SNP is no neighbour of it.
_LEAST_GENE = 0.05


class SpaceTraits:
    """Links traits in words to the concepts of a space, by their names.

    :param space: whose names they are.
    """

    def __init__(self, space: Space) -> None:
        self._space = space

    def __call__(self, traits: Sequence[str], /) -> list[str | None]:
        """:returns: the id of the concept that has the name; None where none or several have."""
        return [self._linked(each) for each in traits]

    def _linked(self, trait: str) -> str | None:
        row = self._space.rows.concept(trait)
        ids = () if row is None else self._space.tables.concepts[row].concept_ids
        return ids[0] if len(ids) == 1 else None


def read_pairs(
    path: Path, space: Space, *, kbs: Sequence[KnowledgeBase] = (), problems: Problems | None = None
) -> AssociationPairs:
    """Read an association table of any layout.

    :param path: Parquet, or a table that :class:`AssociationReader` reads, ``.gz`` too.
    :param space: whose names of traits are known.
    :param kbs: in which traits are looked up first.
    :param problems: takes rows that are broken; None raises at the first.
    :raises InputError: it cannot be read, or has no row that can be used.
    """
    pairs = pairs_of(_rows(path, space, kbs, problems))
    if not len(pairs):
        raise InputError(f"{path}: no row has an rsID, a trait and a p-value")
    return pairs


def _rows(
    path: Path, space: Space, kbs: Sequence[KnowledgeBase], problems: Problems | None
) -> Iterator[Association]:
    try:
        with open_bytes(path) as stream:
            is_parquet = stream.read(len(_PARQUET)) == _PARQUET
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if is_parquet:
        return iter_associations(path)
    reader = AssociationReader(kbs=kbs, link=SpaceTraits(space), problems=problems)
    return reader.read(path)


class SpaceQuestions:
    """A table's pairs as questions to a space, and what else answers them.

    :param space: the space.
    :param pairs: of the table.
    :param seed: fixes the negatives, and what baselines draw.
    """

    def __init__(self, space: Space, pairs: AssociationPairs, *, seed: int = 0) -> None:
        self.space, self.pairs, self._seed = space, pairs, seed
        self._traits = space.tables.concepts[: space.tables.n_traits]
        known = [self._row_of(each) for each in pairs.traits]
        self.new_traits = [each for each, row in zip(pairs.traits, known) if row is None]
        fresh = iter(range(len(self._traits), len(self._traits) + len(self.new_traits)))
        columns = np.array([next(fresh) if row is None else row for row in known], np.int64)
        positives = np.stack([pairs.pairs[:, 0], columns[pairs.pairs[:, 1]]], 1)
        # Traits that a table tells apart may be one in the space.
        positives, first = np.unique(positives, axis=0, return_index=True)
        rows = [space.rows.snp(each.rsid) for each in pairs.snps]
        self.snp_rows = np.array(rows, np.int64)
        links = space.tables.links
        trained = np.isin(links[:, 0], self.snp_rows[self.snp_rows >= 0])
        at = np.full(space.rows.n_snps, -1, np.int64)
        at[self.snp_rows[self.snp_rows >= 0]] = np.flatnonzero(self.snp_rows >= 0)
        linked = np.stack([at[links[trained, 0]], links[trained, 1]], 1)
        self.n_traits = len(self._traits) + len(self.new_traits)
        shape = len(pairs.snps), self.n_traits
        self.trait_degrees = np.bincount(links[:, 1], minlength=self.n_traits).astype(np.int64)
        self.known_degrees = degrees(linked, shape)[0]
        self.n_trained = len(_both(positives, linked))
        together = np.unique(np.concatenate([positives, linked]), axis=0)
        self.questions: Questions = questions_of(
            positives,
            pairs.log_odds[first],
            linked=linked,
            snp_groups=blocks_of(pairs.snps),
            trait_degrees=self.trait_degrees,
            trait_kinds=kinds_of([*self._traits, *self.new_traits]),
            snp_degrees=degrees(together, shape)[0],
            seed=seed,
        )

    def _row_of(self, trait: Trait) -> int | None:
        """:returns: the trait of the space that is meant, by its ids or its name."""
        for key in (trait.key, trait.name):
            row = self.space.rows.concept(key)
            if row is not None and row < len(self._traits):
                return row
        return None

    def scorers(self) -> dict[str, Scorer]:
        """:returns: the space and, after it, the baselines, which know its links and no others.

        node2vec is among them if its package is there.
        """
        space, tables = self.space, self.space.tables
        links, n_traits = tables.links, self.n_traits
        concepts = space.weights.concepts[: len(self._traits)]
        texts = [each.name for each in [*self._traits, *self.new_traits]]
        words = space.text_vectors(texts)
        new = space.concept_vectors([each.name for each in self.new_traits])
        genes = space.gene_weights(self.pairs.snps)
        known = space.gene_weights(space.rows.known_snps())
        node2vec = {"node2vec": self._node2vec(genes, known)} if has_node2vec() else {}
        left, right = factorised(links, (space.rows.n_snps, n_traits), dim=_DIM, seed=self._seed)
        return {
            "space": Vectors(space.snp_vectors(self.pairs.snps), np.concatenate([concepts, new])),
            "popularity": Popularity(self.known_degrees, self.trait_degrees),
            "gene_overlap": GeneOverlap(genes, known, links, (space.rows.n_genes, n_traits)),
            "minilm": Vectors(self._gene_words(genes.rows, genes.weights), words),
            "random": random_vectors(len(self.pairs.snps), n_traits, dim=_DIM, seed=self._seed),
            "matrix_factorisation": Vectors(self._of_known(left), right),
            **node2vec,
        }

    def _node2vec(self, genes: Weighted, known: Weighted) -> Vectors:
        """Walk from SNPs to their traits and genes; a new SNP lies where its genes do.

        :param genes: of the SNPs that are asked about.
        :param known: of those that are known.
        """
        rows = self.space.rows
        traits_at, genes_at = rows.n_snps, rows.n_snps + self.n_traits
        links = self.space.tables.links + np.array([0, traits_at])
        snps, columns = np.nonzero(known.weights > _LEAST_GENE)
        near = np.stack([snps, known.rows[snps, columns] + genes_at], 1)
        weights = np.concatenate([np.ones(len(links)), known.weights[snps, columns]])
        vectors = node_vectors(
            np.concatenate([links, near]), weights, genes_at + max(rows.n_genes, 1),
            dim=_DIM, seed=self._seed,
        )  # fmt: skip
        around = np.einsum("sg,sgd->sd", genes.weights, vectors[genes.rows + genes_at])
        around /= np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-9)
        own = vectors[np.maximum(self.snp_rows, 0)]
        return Vectors(
            np.where(self.snp_rows[:, None] >= 0, own, around), vectors[traits_at:genes_at]
        )

    def _of_known(self, vectors: Floats) -> Floats:
        """:returns: vectors of the SNPs that are asked about; nothing for one that is new."""
        found: Floats = np.where(
            self.snp_rows[:, None] >= 0, vectors[np.maximum(self.snp_rows, 0)], 0.0
        ).astype(np.float32)
        return found

    def _gene_words(self, rows: Ints, weights: Floats) -> Floats:
        """:returns: the frozen encoder's vectors of the genes of each SNP, by their weights."""
        texts = self.space.tables.gene_texts
        some = np.unique(rows[weights > 0])
        width = self.space.text_vectors([""]).shape[1]
        vectors = np.zeros((len(texts) or 1, width), np.float32)
        if len(some):
            vectors[some] = self.space.text_vectors([texts[row] for row in some.tolist()])
        found: Floats = np.einsum("sg,sgd->sd", weights, vectors[rows])
        return found

    def report(self, *, resamples: int = 1000) -> dict[str, Any]:
        """:returns: all figures; see :func:`biotk.genomics.scoring.score_pairs`."""
        scorers = self.scorers()
        return {
            "n": len(self.questions.positives),
            "n_negatives": len(self.questions.negatives),
            "n_snps": len(self.pairs.snps),
            "n_unknown_snps": int((self.snp_rows < 0).sum()),
            "n_unplaced_snps": self._unplaced(),
            "n_traits": len(self.pairs.traits),
            "n_unknown_traits": len(self.new_traits),
            "n_trained_on": self.n_trained,
            "seed": self._seed,
            "left_out_baselines": [] if has_node2vec() else ["node2vec"],
            **score_pairs(scorers, self.questions, resamples=resamples),
        }

    def _unplaced(self) -> int:
        """:returns: how many unknown SNPs have neither a place nor a gene to go by."""
        weights = self.space.gene_weights(self.pairs.snps).weights
        placed = [bool(each.chromosome) for each in self.pairs.snps]
        return int(((self.snp_rows < 0) & ~np.array(placed) & (weights.sum(1) == 0)).sum())


def _both(one: Ints, other: Ints) -> set[tuple[int, int]]:
    return set(map(tuple, one.tolist())) & set(map(tuple, other.tolist()))
