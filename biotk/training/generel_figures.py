"""Figures on held pairs while a space is trained: AUCs on the part that one chooses by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from biotk.evaluation.matched_negatives import Side, matched_negatives
from biotk.evaluation.ranking import areas, within_group_spearman
from biotk.genomics.pairs import degrees, kinds_of
from biotk.nn.generel_network import NOTHING_HIDDEN, GenerelNetwork
from biotk.training.generel_material import GenerelMaterial
from biotk.training.generel_tasks import Shared
from biotk.training.held_relations import HeldRelation

Ints = npt.NDArray[np.int64]

_AT_ONCE = 8192


@dataclass(slots=True)
class HeldPairs:
    """Held pairs with their negatives.

    :param shared: what the network reads.
    :param material: what they are pairs of.
    :param snp_traits: split → pairs, positives first, and how many are positives.
    """

    shared: Shared
    material: GenerelMaterial
    snp_traits: dict[str, tuple[Ints, int]] = field(default_factory=dict)

    def aucs(self, network: GenerelNetwork) -> dict[str, float]:
        """:returns: the AUC of each split, and how cosines rise with odds ratios on all of them."""
        found: dict[str, float] = {}
        for name, (pairs, n_right) in self.snp_traits.items():
            right = np.arange(len(pairs)) < n_right
            found[name] = float(areas(self.cosines(network, pairs), right)[0, 0])
        return found

    def spearman(self, network: GenerelNetwork, rows: Ints) -> float:
        """:returns: within traits, of cosines with log odds ratios; 0 where there are too few."""
        odds = self.material.pairs.log_odds[rows]
        rows, odds = rows[~np.isnan(odds)], odds[~np.isnan(odds)]
        pairs = self.material.pairs.pairs[rows]
        figure = within_group_spearman(self.cosines(network, pairs), odds, pairs[:, 1])
        return 0.0 if figure is None else figure.value

    def cosines(self, network: GenerelNetwork, pairs: Ints) -> npt.NDArray[np.float32]:
        """:returns: of SNPs and traits. *Shape*: (pairs,)."""
        snps, at_snp = np.unique(pairs[:, 0], return_inverse=True)
        traits, at_trait = np.unique(pairs[:, 1], return_inverse=True)
        left, right = self._snps(network, snps), self._traits(network, traits)
        found: npt.NDArray[np.float32] = (left[at_snp] * right[at_trait]).sum(1)
        return found

    @torch.inference_mode()
    def _snps(self, network: GenerelNetwork, rows: Ints) -> npt.NDArray[np.float32]:
        parts = [
            network.snps(
                self.shared.snps.at(self.shared.rows(rows[at : at + _AT_ONCE])),
                self.shared.gene_inputs,
            )
            .cpu()
            .numpy()
            for at in range(0, len(rows), _AT_ONCE)
        ]
        return np.concatenate(parts)

    @torch.inference_mode()
    def _traits(self, network: GenerelNetwork, rows: Ints) -> npt.NDArray[np.float32]:
        texts = self.shared.rows(self.material.trait_texts[rows])
        made = network.concepts(self.shared.texts[texts], self.shared.concept_rows[texts])
        found: npt.NDArray[np.float32] = made.cpu().numpy()
        return found


@torch.inference_mode()
def relation_aucs(
    shared: Shared, network: GenerelNetwork, held: Mapping[str, HeldRelation]
) -> dict[str, float]:
    """:returns: the AUC of held pairs of concepts, by the kind of relation."""
    found = {}
    whole = shared._replace(hidden=NOTHING_HIDDEN)
    for name, (pairs, n_right) in held.items():
        left, right = (whole.things(network, pairs[:, at], genes=False) for at in (0, 1))
        is_right = np.arange(len(pairs)) < n_right
        found[f"{name} auc"] = float(areas((left * right).sum(1).cpu().numpy(), is_right)[0, 0])
    return found


def held_pairs(material: GenerelMaterial, shared: Shared) -> HeldPairs:
    """Draw negatives for the held pairs of a material."""
    found = HeldPairs(shared, material)
    pairs = material.pairs.pairs
    shape = len(material.pairs.snps), len(material.pairs.traits)
    snp_degrees, _ = degrees(pairs, shape)
    _, trait_degrees = degrees(pairs[material.splits.train], shape)
    kinds = kinds_of(material.pairs.traits)
    for name, part in material.splits.held.items():
        if not len(part.tuning):
            continue
        positives = pairs[part.tuning]
        usable = np.zeros(shape[0], bool)
        usable[positives[:, 0]] = True
        sides = (
            Side(snp_degrees, np.zeros(shape[0], np.int64), usable),
            Side(trait_degrees, kinds, trait_degrees > 0),
        )
        negatives, _ = matched_negatives(positives, pairs, sides)
        found.snp_traits[name] = np.concatenate([positives, negatives]), len(positives)
    return found
