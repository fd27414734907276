"""A space so small that one sees what is in it: ten genes in a row, traits that go with them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from biotk.genomics.associations import LOG_ODDS, Association, write_associations
from biotk.genomics.relations import Relation, write_relations

#: Words of which some stand in the name of a trait and of a gene alike.
ORGANS = ("heart", "liver", "lung", "bone", "skin", "eye", "ear", "brain", "kidney", "blood")


class WordEncoder:
    """A vector for each word, the sum for a text: what shares words lies near."""

    dim = 24
    fingerprint = "words"

    def encode(self, texts: Sequence[str], *, fast: bool = False) -> np.ndarray:
        """:returns: of unit length. *Shape*: (texts, dim)."""
        rows = [
            sum((self._word(w) for w in text.casefold().split()), np.zeros(24)) for text in texts
        ]
        found = np.array(rows, np.float32).reshape(-1, 24)
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)

    @staticmethod
    def _word(word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.strip(",").encode()).digest()[:4], "big")
        return np.random.default_rng(seed).normal(size=24)


def associations(n: int = 600, *, seed: int = 0) -> list[Association]:
    """:returns: SNPs along two chromosomes; those near a gene go with the traits of its organ."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        gene = int(rng.integers(len(ORGANS)))
        chromosome = str(1 + gene % 2)
        position = 20_000_000 * (gene // 2 + 1) + int(rng.integers(-3_000_000, 3_000_000))
        for kind in rng.choice(["disease", "volume", "pain"], 2, replace=False):
            odds = kind == "disease"
            rows.append(
                Association(
                    rsid=f"rs{1000 + number}",
                    trait=f"{ORGANS[gene]} {kind}",
                    p=float(10 ** -rng.uniform(5, 30)),
                    source="made",
                    licence="CC0-1.0",
                    gene=f"{ORGANS[gene].upper()}1" if number % 2 else None,
                    chromosome=chromosome,
                    position=position,
                    build="GRCh38",
                    concept_id=f"EFO:{gene}{len(kind)}",
                    effect=float(rng.uniform(0.05, 1.0)) if odds else None,
                    unit=LOG_ODDS if odds else None,
                    pmid=str(100 + number),
                )
            )
    return rows


def write_genes(path: Path) -> None:
    """Write a gene table: the genes of the organs, and of each organ one that no SNP is mapped to.

    Both are expressed in their organ; the second lies where no SNP is.
    """
    lines = ["\t".join(["symbol", "chromosome", "start", "end", *ORGANS])]
    for number, organ in enumerate(ORGANS):
        level = ["9" if other == organ else "" for other in ORGANS]
        begin = 20_000_000 * (number // 2 + 1)
        for symbol, start in ((f"{organ.upper()}1", begin), (f"NEW{number}", begin + 200_000_000)):
            cells = [symbol, str(1 + number % 2), str(start), str(start + 50_000), *level]
            lines.append("\t".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_material(
    folder: Path, *, n: int = 600, held: bool = True, steps: int = 40, genes: bool = False
) -> Path:
    """Write tables and a recipe.

    :param genes: with a gene table.
    :returns: the recipe.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_associations(folder / "associations.parquet", associations(n))
    relations = []
    for number, organ in enumerate(ORGANS):
        phenotype = f"HP:{number}", "made", "CC0-1.0"
        for head, relation, name in (
            (f"HGNC:{number}", "gene_phenotype", f"{organ.upper()}1"),
            (f"DOID:{number}", "disease_phenotype", f"{organ} ailment"),
        ):
            relations.append(Relation(head, relation, *phenotype, name, f"{organ} failure"))
    write_relations(folder / "relations.parquet", relations)
    if genes:
        write_genes(folder / "genes.tsv")
    recipe = folder / "recipe.toml"
    recipe.write_text(
        f"""
name = "tiny"
seed = 3
[model]
dim = 16
gene_factors = {4 if genes else 0}
hidden = 16
scales = [1000000, 5000000]
{"[gene_table]" if genes else ""}
{'path = "genes.tsv"' if genes else ""}
[[associations]]
path = "associations.parquet"
licences = ["CC0-1.0"]
[[relations]]
path = "relations.parquet"
[training]
steps = {steps}
batch = 64
lr = 0.01
table_lr = 0.01
warmup = 5
checkpoint_every = 10
evaluate_every = 20
{"[held]" if held else ""}
{"warm = 0.1" if held else ""}
{"cold = 0.2" if held else ""}
{"locus = 0.1" if held else ""}
""",
        encoding="utf-8",
    )
    return recipe
