"""The network of GENEREL: SNPs, genes and concepts in one space, by cosine.

After Yuan et al., 2024, "GENEREL" (arXiv 2410.10144): the text of a concept through a sentence
encoder, a SNP through a table and a light network. Two things are ours. The encoder stays frozen
and an adapter is trained over its vectors, which are made once: so a CPU trains it in minutes. And
a SNP has, beside a row of its own, the regions of the chromosome that it lies in and the genes
around it, so that one that was never seen has a vector too.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerelConfig:
    """The shape of the network.

    :param n_snps: SNPs that have a row of their own.
    :param n_regions: regions of chromosomes that have one.
    :param n_genes: genes that have one.
    :param n_concepts: concepts that have one, beside their text: those that SNPs or relations are
        linked to.
    :param dim: the length of vectors.
    :param hidden: the width inside the adapters.
    :param text_dim: the length of the sentence encoder's vectors.
    :param gene_features: how many numbers are known of a gene beside its text.
    """

    n_snps: int
    n_regions: int
    n_genes: int
    n_concepts: int
    dim: int = 64
    hidden: int = 256
    text_dim: int = 384
    gene_features: int = 0

    def as_json(self) -> dict[str, Any]:
        """:returns: plain values for a config file."""
        return asdict(self)


class SnpInputs(NamedTuple):
    """What the network reads of SNPs.

    :param rows: of the table of SNPs; -1 for one that has none. *Shape*: (SNPs,).
    :param regions: rows of the table of regions. *Shape*: (SNPs, regions of each).
    :param region_weights: how much each counts. *Shape*: (SNPs, regions of each).
    :param genes: rows of the table of genes. *Shape*: (SNPs, genes of each).
    :param gene_weights: how much each counts. *Shape*: (SNPs, genes of each).
    """

    rows: Tensor
    regions: Tensor
    region_weights: Tensor
    genes: Tensor
    gene_weights: Tensor

    def at(self, rows: Tensor) -> SnpInputs:
        """:returns: those of some SNPs."""
        return SnpInputs(*(each[rows] for each in self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What is hidden in training, so that the rest learns to do without it.

    :param snp: share of SNPs whose own row is.
    :param region: share of regions of a SNP that are.
    :param place: share of SNPs whose row and regions all are, so that only genes are left.
    :param gene: share of genes whose own row is, so that only their text is left.
    :param concept: share of concepts of which it is.
    :param text: share of the numbers inside the adapters that are.
    """

    snp: float = 0.7
    region: float = 0.3
    place: float = 0.3
    gene: float = 0.5
    concept: float = 0.3
    text: float = 0.1


NOTHING_HIDDEN = Hidden(snp=0.0, region=0.0, place=0.0, gene=0.0, concept=0.0, text=0.0)


class Adapter(nn.Module):
    """A matrix and, beside it, a network of one hidden layer."""

    def __init__(self, width: int, hidden: int, dim: int) -> None:
        super().__init__()
        self.straight = nn.Linear(width, dim, bias=False)
        self.into = nn.Linear(width, hidden)
        self.out = nn.Linear(hidden, dim)

    def forward(self, vectors: Tensor, dropout: float) -> Tensor:
        """:returns: *Shape*: (texts, dim)."""
        inside = F.dropout(F.gelu(self.into(vectors)), dropout, training=dropout > 0)
        made: Tensor = self.straight(vectors) + self.out(inside)
        return made


class GenerelNetwork(nn.Module):
    """See the head of this module.

    :param config: its shape.
    """

    def __init__(self, config: GenerelConfig) -> None:
        super().__init__()
        self.config = config
        width, hidden, dim = config.text_dim, config.hidden, config.dim
        self.concept_adapter = Adapter(width, hidden, dim)
        self.gene_adapter = Adapter(width + config.gene_features, hidden, dim)
        # Gradients only for rows of the batch: nearly all of the weights are these.
        self.snp_table = nn.Embedding(config.n_snps, dim, sparse=True)
        self.region_table = nn.Embedding(config.n_regions, dim, sparse=True)
        self.gene_table = nn.Embedding(config.n_genes, dim, sparse=True)
        self.concept_table = nn.Embedding(config.n_concepts, dim, sparse=True)
        self.snp_mean = nn.Parameter(torch.randn(dim) * 0.02)
        # From nothing, so that what is never trained adds nothing.
        for table in self.tables():
            nn.init.zeros_(table.weight)

    def tables(self) -> tuple[nn.Embedding, ...]:
        """:returns: what has a row for each SNP, region, gene and concept."""
        return self.snp_table, self.region_table, self.gene_table, self.concept_table

    def concepts(self, texts: Tensor, rows: Tensor, *, hidden: Hidden = NOTHING_HIDDEN) -> Tensor:
        """Make vectors of concepts.

        :param texts: the sentence encoder's vectors of their names. *Shape*: (concepts, text_dim).
        :param rows: of the table of concepts; -1 for one that has none. *Shape*: (concepts,).
        :returns: of unit length. *Shape*: (concepts, dim).
        """
        own = self.concept_table(rows.clamp(min=0)) * _kept(rows >= 0, hidden.concept)
        return F.normalize(self.concept_adapter(texts, hidden.text) + own, dim=-1)

    def genes(self, inputs: Tensor, rows: Tensor, *, hidden: Hidden = NOTHING_HIDDEN) -> Tensor:
        """Make vectors of genes.

        :param inputs: the sentence encoder's vectors of symbols and names, and the features of
            genes behind them. *Shape*: (genes, text_dim + gene_features).
        :param rows: of the table of genes; -1 for one that has none. *Shape*: (genes,).
        :returns: of unit length. *Shape*: (genes, dim).
        """
        return F.normalize(self.gene_sums(inputs, rows, hidden), dim=-1)

    def snps(
        self, inputs: SnpInputs, gene_inputs: Tensor, *, hidden: Hidden = NOTHING_HIDDEN
    ) -> Tensor:
        """Make vectors of SNPs.

        :param inputs: *Shape*: as told there.
        :param gene_inputs: those of all genes of the table, as in :meth:`genes`.
            *Shape*: (n_genes, text_dim + gene_features).
        :returns: of unit length. *Shape*: (SNPs, dim).
        """
        own = self.snp_table(inputs.rows.clamp(min=0)) * _kept(inputs.rows >= 0, hidden.snp)
        near = inputs.region_weights * _kept(inputs.region_weights > 0, hidden.region)[..., 0]
        regions = (self.region_table(inputs.regions) * near[..., None]).sum(1)
        place = (own + regions) * _kept(
            torch.ones_like(inputs.rows, dtype=torch.bool), hidden.place
        )
        # Each gene once, however many SNPs lie near it.
        rows, at = torch.unique(inputs.genes, return_inverse=True)
        genes = self.gene_sums(gene_inputs[rows], rows, hidden)
        around = (genes[at] * inputs.gene_weights[..., None]).sum(1)
        return F.normalize(self.snp_mean + place + around, dim=-1)

    def gene_sums(self, inputs: Tensor, rows: Tensor, hidden: Hidden = NOTHING_HIDDEN) -> Tensor:
        """:returns: what genes add to SNPs; at unit length their vectors. *Shape*: (genes, dim)."""
        own = self.gene_table(rows.clamp(min=0)) * _kept(rows >= 0, hidden.gene)
        made: Tensor = self.gene_adapter(inputs, hidden.text) + own
        return made


def _kept(there: Tensor, share_hidden: float) -> Tensor:
    """:returns: 1.0 for what is there and not hidden, else 0.0; one axis more at the end."""
    if share_hidden:
        there = there & (torch.rand(there.shape, device=there.device) >= share_hidden)
    return there.to(torch.float32)[..., None]
