"""Makes the folder of a space of what was trained."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from biotk.genomics.pairs import Trait
from biotk.genomics.space_files import SpaceTables, write_tables
from biotk.nn.generel_files import SpaceWeights, write_weights
from biotk.nn.generel_network import GenerelNetwork
from biotk.training.generel_material import GenerelMaterial
from biotk.training.generel_recipe import GenerelRecipe
from biotk.training.generel_tasks import Shared

_AT_ONCE = 8192

#: What is named by relations and can be asked for, by the prefixes of ids.
KINDS = {
    "HP": "phenotype", "OMIM": "disease", "Orphanet": "disease", "DECIPHER": "disease",
    "DOID": "disease", "MONDO": "disease", "EFO": "disease", "DrugBank": "drug", "CHEBI": "drug",
}  # fmt: skip


def save_space(
    folder: Path,
    network: GenerelNetwork,
    material: GenerelMaterial,
    recipe: GenerelRecipe,
    vectors: npt.NDArray[np.float16],
    *,
    encoder: str,
) -> None:
    """Write a space: only what was trained on is in it, as a SNP or as a link.

    :param folder: is made where there is none.
    :param vectors: the sentence encoder's, of all texts.
    :param encoder: its fingerprint.
    """
    network = deepcopy(network).cpu()  # files are written from there
    trained = np.unique(material.pairs.pairs[material.splits.train, 0])
    extra = _concept_rows(material)
    concept_texts = np.concatenate([material.trait_texts, np.array(list(extra), np.int64)])
    shared = Shared.of(material, vectors, recipe.hidden)
    with torch.inference_mode():
        snps = np.concatenate(
            [
                network.snps(shared.snps.at(torch.from_numpy(some)), shared.gene_inputs).numpy()
                for some in np.array_split(trained, len(trained) // _AT_ONCE + 1)
            ]
        )
        rows = torch.arange(len(material.symbols))
        genes = network.gene_sums(shared.gene_inputs, rows).numpy()
        texts = torch.from_numpy(concept_texts)
        concepts = network.concepts(shared.texts[texts], shared.concept_rows[texts]).numpy()
    weights = SpaceWeights(
        snps=snps,
        regions=network.region_table.weight.detach().numpy(),
        genes=genes,
        concepts=concepts,
        snp_mean=network.snp_mean.detach().numpy(),
        adapter=network.concept_adapter,
        scales=recipe.shape.scales,
        terms="; ".join(material.facts["licences"]),
        encoder=encoder,
    )
    config = network.config
    write_weights(folder, weights, hidden=config.hidden, text_dim=config.text_dim)
    write_tables(folder, _tables(material, trained, extra))


def _concept_rows(material: GenerelMaterial) -> dict[int, Trait]:
    """:returns: what relations name beside the traits, by rows of texts."""
    traits = set(material.trait_texts.tolist())
    found = {row: part for row, part in material.parts.items() if row not in traits}
    for row, concept_id in material.concepts.items():
        kind = KINDS.get(concept_id.partition(":")[0])
        if kind is not None and row not in traits and row not in found:
            found[row] = Trait(concept_id, material.texts.texts[row], kind, (concept_id,))
    return found


def _tables(
    material: GenerelMaterial, trained: npt.NDArray[np.int64], extra: dict[int, Trait]
) -> SpaceTables:
    pairs, train = material.pairs, material.splits.train
    places = material.places
    at = np.full(len(pairs.snps), -1, np.int64)
    at[trained] = np.arange(len(trained))
    links = pairs.pairs[train]
    return SpaceTables(
        rsids=np.array([int(pairs.snps[row].rsid[2:]) for row in trained.tolist()], np.int64),
        chromosomes=places.chromosomes[trained],
        positions=places.positions[trained],
        region_codes=material.region_codes,
        symbols=material.symbols,
        gene_texts=[material.texts.texts[row] for row in material.gene_texts.tolist()],
        gene_aliases=material.gene_aliases,
        gene_places=material.gene_places,
        concepts=[*pairs.traits, *extra.values()],
        n_traits=len(pairs.traits),
        links=np.stack([at[links[:, 0]], links[:, 1]], 1),
        neg_log10_p=pairs.neg_log10_p[train],
        log_odds=pairs.log_odds[train],
        pmids=np.array([int(pairs.pmids[row] or 0) for row in train.tolist()], np.int64),
    )
