"""What a space is trained by: tasks, each of which makes a batch of pairs and says what it costs.

Every task is a symmetric InfoNCE (van den Oord et al., 2018) over the pairs of a batch: a pair's
own partner is to be nearer than those of the others, seen from both sides. What is linked in any
source is no negative. The draws of a step depend on the seed and the number of the step alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor

from biotk.nn.generel_network import GenerelNetwork, Hidden, SnpInputs
from biotk.training.generel_material import GenerelMaterial, RelationPairs
from biotk.training.generel_recipe import GenerelRecipe, GenerelSchedule
from biotk.training.linked_pairs import LinkedPairs

Ints = npt.NDArray[np.int64]

# Far below any cosine divided by any temperature.
_NEVER = -1e4


class Batch(NamedTuple):
    """Vectors of pairs, side by side.

    :param left: of unit length. *Shape*: (pairs, dim).
    :param right: likewise.
    :param linked: which are no negatives. *Shape*: (pairs, pairs).
    :param weights: of the pairs. *Shape*: (pairs,).
    """

    left: Tensor
    right: Tensor
    linked: npt.NDArray[np.bool_]
    weights: Tensor


class Task(Protocol):
    """Pairs that belong together."""

    @property
    def name(self) -> str:
        """Of the kind of pairs."""

    @property
    def weight(self) -> float:
        """What its cost is multiplied by."""

    def __len__(self) -> int:
        """How many pairs there are."""

    def cost(self, network: GenerelNetwork, rng: np.random.Generator) -> Tensor:
        """:returns: what a batch that is drawn costs."""


class Shared(NamedTuple):
    """What all tasks read.

    :param texts: the sentence encoder's vectors. *Shape*: (texts, width).
    :param snps: what the network reads of each SNP.
    :param gene_inputs: the vectors and features of the table of genes.
        *Shape*: (genes, width + features).
    :param gene_rows: of each text, the gene that it is; -1 for none. *Shape*: (texts,).
    :param concept_rows: of each text, the concept that it is; -1 for none. *Shape*: (texts,).
    :param hidden: what is hidden in training.
    """

    texts: Tensor
    snps: SnpInputs
    gene_inputs: Tensor
    gene_rows: Tensor
    concept_rows: Tensor
    hidden: Hidden

    @classmethod
    def of(
        cls,
        material: GenerelMaterial,
        vectors: npt.NDArray[np.float16],
        hidden: Hidden,
        *,
        device: str = "cpu",
    ) -> Shared:
        """:returns: the material as tensors.

        :param vectors: of all texts.
        :param device: where the tensors are, as torch names it.
        """
        trained = np.zeros(len(material.pairs.snps), bool)
        trained[material.pairs.pairs[material.splits.train, 0]] = True
        rows = np.where(trained, np.arange(len(trained)), -1)
        regions, genes = material.regions, material.genes
        snps = (rows, regions.rows, regions.weights, genes.rows, genes.weights)
        texts = torch.from_numpy(vectors.astype(np.float32)).to(device)
        genes_at = torch.from_numpy(material.gene_texts).to(device)
        features = torch.from_numpy(material.gene_features).to(device)
        return cls(
            texts=texts,
            snps=SnpInputs(*(torch.from_numpy(each).to(device) for each in snps)),
            # One of nothing where there are none, so that there is something to look up.
            gene_inputs=F.pad(
                torch.cat([texts[genes_at], features], 1), (0, 0, 0, int(not len(genes_at)))
            ),
            gene_rows=torch.from_numpy(material.gene_rows).to(device),
            concept_rows=torch.from_numpy(material.concept_rows).to(device),
            hidden=hidden,
        )

    def rows(self, rows: Ints) -> Tensor:
        """:returns: rows where the tensors are. *Shape*: (rows,)."""
        return torch.from_numpy(rows).to(self.texts.device)

    def things(self, network: GenerelNetwork, rows: Ints, *, genes: bool) -> Tensor:
        """:returns: vectors of texts, which are genes or concepts. *Shape*: (rows, dim)."""
        at = self.rows(rows)
        if genes:
            known = self.gene_rows[at]
            return network.genes(self._gene_inputs(at, known), known, hidden=self.hidden)
        return network.concepts(self.texts[at], self.concept_rows[at], hidden=self.hidden)

    def _gene_inputs(self, at: Tensor, known: Tensor) -> Tensor:
        """:returns: those of texts; of a gene that the table has not, the text alone."""
        width = self.texts.shape[1]
        features = self.gene_inputs[known.clamp(min=0), width:] * (known >= 0)[:, None]
        return torch.cat([self.texts[at], features], 1)

    def some_snps(self, network: GenerelNetwork, rows: Ints) -> Tensor:
        """:returns: vectors of SNPs. *Shape*: (rows, dim)."""
        inputs = self.snps.at(self.rows(rows))
        return network.snps(inputs, self.gene_inputs, hidden=self.hidden)


def info_nce(batch: Batch, temperature: float) -> Tensor:
    """Work out the symmetric InfoNCE of a batch.

    :param temperature: what cosines are divided by.
    :returns: the weighted mean over pairs.
    """
    logits = batch.left @ batch.right.T / temperature
    no_negative = torch.from_numpy(batch.linked).to(logits.device)
    no_negative.fill_diagonal_(False)
    logits = logits.masked_fill(no_negative, _NEVER)
    right = torch.arange(len(logits), device=logits.device)
    costs = F.cross_entropy(logits, right, reduction="none")
    costs = (costs + F.cross_entropy(logits.T, right, reduction="none")) / 2
    weights = batch.weights.to(costs.device)
    return (costs * weights).sum() / weights.sum()


class SnpTraits:
    """SNPs and the traits that they go with, weighted by how surely and how strongly."""

    name = "snp_trait"

    def __init__(self, material: GenerelMaterial, shared: Shared, recipe: GenerelRecipe) -> None:
        self._shared, self._schedule = shared, recipe.training
        self.weight, self._effect = recipe.weights.snp_trait, recipe.weights.effect
        train = material.splits.train
        self._pairs = material.pairs.pairs[train]
        shape = len(material.pairs.snps), len(material.pairs.traits)
        self._linked = LinkedPairs(self._pairs, shape)
        self._trait_texts = material.trait_texts
        log_odds = material.pairs.log_odds[train]
        self._weights = pair_weights(material.pairs.neg_log10_p[train], log_odds, self._schedule)
        self._graded = graded_pairs(self._pairs, log_odds)
        self._log_odds = log_odds

    def __len__(self) -> int:
        return len(self._pairs)

    def cost(self, network: GenerelNetwork, rng: np.random.Generator) -> Tensor:
        """:returns: the InfoNCE, and that larger odds ratios of a trait are nearer to it."""
        rows = rng.integers(len(self._pairs), size=self._schedule.batch)
        snps, traits = self._pairs[rows].T
        batch = Batch(
            self._shared.some_snps(network, snps),
            self._shared.things(network, self._trait_texts[traits], genes=False),
            self._linked.mask(snps, traits),
            torch.from_numpy(self._weights[rows]),
        )
        cost = info_nce(batch, self._schedule.temperature)
        if self._effect and self._graded:
            cost = cost + self._effect * self._order_cost(network, rng)
        return cost

    def _order_cost(self, network: GenerelNetwork, rng: np.random.Generator) -> Tensor:
        """Compare pairs of SNPs of one trait, as RankNet does (Burges et al., 2005)."""
        n = max(self._schedule.batch // 8, 2)
        groups = [self._graded[at] for at in rng.integers(len(self._graded), size=n)]
        rows = np.stack([rng.choice(group, size=2, replace=False) for group in groups])
        snps, traits = self._pairs[rows.ravel()].T
        left = self._shared.some_snps(network, snps)
        right = self._shared.things(network, self._trait_texts[traits], genes=False)
        cosines = (left * right).sum(1).view(-1, 2) / self._schedule.temperature
        larger = torch.from_numpy(np.sign(self._log_odds[rows[:, 0]] - self._log_odds[rows[:, 1]]))
        larger = larger.to(cosines.device)
        return F.softplus(-larger * (cosines[:, 0] - cosines[:, 1])).mean()


def pair_weights(
    neg_log10_p: npt.NDArray[np.float32],
    log_odds: npt.NDArray[np.float32],
    schedule: GenerelSchedule,
) -> npt.NDArray[np.float32]:
    """:returns: how much each pair counts, one on average. *Shape*: (pairs,).

    A pair without a p-value counts as one at 10⁻⁵, which tables of associations begin with.
    """
    told = np.where(neg_log10_p > 0, neg_log10_p, 5.0)
    weights = np.minimum(told, schedule.p_cap) ** schedule.p_power
    weights = weights * (1 + schedule.effect_weight * np.minimum(np.nan_to_num(log_odds), 1.0))
    found: npt.NDArray[np.float32] = (weights / weights.mean()).astype(np.float32)
    return found


def graded_pairs(pairs: Ints, log_odds: npt.NDArray[np.float32]) -> list[Ints]:
    """:returns: for each trait with two different odds ratios or more, the rows that have one.

    Every trait is named as often as it has rows, so that a row is drawn as often as any other.
    """
    told = np.flatnonzero(~np.isnan(log_odds))
    found: list[Ints] = []
    for trait in np.unique(pairs[told, 1]):
        rows = told[pairs[told, 1] == trait]
        if len(np.unique(log_odds[rows])) > 1:
            found += [rows] * len(rows)
    return found


class SnpGenes:
    """SNPs and the genes that they are mapped to."""

    name = "snp_gene"

    def __init__(self, material: GenerelMaterial, shared: Shared, recipe: GenerelRecipe) -> None:
        self._shared, self._schedule = shared, recipe.training
        self.weight = recipe.weights.snp_gene
        rows = material.gene_names
        trained = np.unique(material.pairs.pairs[material.splits.train, 0]).tolist()
        snps = material.pairs.snps
        pairs = ((snp, rows[each]) for snp in trained for each in snps[snp].genes)
        self._pairs = np.array(list(dict.fromkeys(pairs)), np.int64).reshape(-1, 2)
        self._texts = material.gene_texts
        shape = len(snps), len(material.symbols)
        self._linked = LinkedPairs(self._pairs, shape)

    def __len__(self) -> int:
        return len(self._pairs)

    def cost(self, network: GenerelNetwork, rng: np.random.Generator) -> Tensor:
        """:returns: the InfoNCE."""
        snps, genes = self._pairs[rng.integers(len(self), size=self._schedule.batch)].T
        batch = Batch(
            self._shared.some_snps(network, snps),
            self._shared.things(network, self._texts[genes], genes=True),
            self._linked.mask(snps, genes),
            torch.ones(len(snps)),
        )
        return info_nce(batch, self._schedule.temperature)


class TextPairs:
    """Relations of a kind, or synonyms: both sides are texts."""

    def __init__(
        self,
        relation: RelationPairs,
        linked: LinkedPairs,
        shared: Shared,
        schedule: GenerelSchedule,
        weight: float,
        temperature: float | None = None,
    ) -> None:
        self.name, self._pairs, self._genes = relation
        self._temperature = temperature or schedule.temperature
        self.weight, self._linked = weight, linked
        self._shared, self._schedule = shared, schedule

    def __len__(self) -> int:
        return len(self._pairs)

    def cost(self, network: GenerelNetwork, rng: np.random.Generator) -> Tensor:
        """:returns: the InfoNCE."""
        size = min(self._schedule.batch, max(len(self) // 2, 2))
        heads, tails = self._pairs[rng.integers(len(self), size=size)].T
        batch = Batch(
            self._shared.things(network, heads, genes=self._genes[0]),
            self._shared.things(network, tails, genes=self._genes[1]),
            self._linked.mask(heads, tails),
            torch.ones(size),
        )
        return info_nce(batch, self._temperature)


def tasks_of(material: GenerelMaterial, shared: Shared, recipe: GenerelRecipe) -> list[Task]:
    """:returns: the tasks that have pairs and weigh something, that of SNPs and traits first."""
    n_texts = len(material.texts.texts)
    # What any relation links is no negative of any other, nor is what means the same.
    known = [each.pairs for each in material.relations] + [material.synonyms]
    both = np.concatenate([part for pairs in known for part in (pairs, pairs[:, ::-1])])
    same = np.stack([np.arange(n_texts)] * 2, 1)
    linked = LinkedPairs(np.concatenate([both, same]), (n_texts, n_texts))
    tasks: list[Task] = [
        SnpTraits(material, shared, recipe),
        SnpGenes(material, shared, recipe),
        *(
            TextPairs(each, linked, shared, recipe.training, recipe.weights.relations)
            for each in material.relations
        ),
        TextPairs(
            RelationPairs("synonyms", material.synonyms, (False, False)),
            linked, shared, recipe.training, recipe.weights.synonyms,
            recipe.training.synonym_temperature,
        ),
    ]  # fmt: skip
    return [each for each in tasks if len(each) > 1 and each.weight > 0]


def task_shares(tasks: Sequence[Task], schedule: GenerelSchedule) -> npt.NDArray[np.float64]:
    """:returns: how often each task is drawn; sums to one."""
    shares = np.array([float(len(each)) ** schedule.tempering for each in tasks])
    if len(tasks) > 1 and tasks[0].name == SnpTraits.name:
        rest = shares[1:] / shares[1:].sum() * (1 - schedule.snp_trait_share)
        return np.concatenate([[schedule.snp_trait_share], rest])
    found: npt.NDArray[np.float64] = shares / shares.sum()
    return found
