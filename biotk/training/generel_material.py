"""What a space of SNPs and concepts is trained on: tables and KBs, as rows of one list of texts.

Whatever has a name is a row of that list: traits, diseases, phenotypes, drugs, genes. The sentence
encoder makes vectors of all once, which are kept beside the run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError
from biotk.evaluation.pair_splits import PairSplits, split_pairs
from biotk.genomics.associations import Association, iter_associations
from biotk.genomics.gene_table import GeneTable, read_gene_table
from biotk.genomics.loci import GenePlaces, Places, Weighted, genes_of, region_codes, regions_of
from biotk.genomics.pairs import AssociationPairs, Trait, joined_by_name, pairs_of
from biotk.genomics.relations import iter_relations
from biotk.kb import KnowledgeBase, open_kb
from biotk.kb.default import resolve_kb
from biotk.kb.manifest import sha256_file
from biotk.training.gene_features import measured_features, relation_features
from biotk.training.generel_genes import gather_genes, gene_links
from biotk.training.generel_names import ConceptNames, GeneNames
from biotk.training.generel_recipe import GenerelRecipe, TableRecipe
from biotk.training.log import Say
from biotk.training.places import kb_place

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_AT_ONCE = 4096
#: Ids of genes begin so; one that HGNC does not have is left as it is.
_GENES = ("HGNC:", "NCBIGene:")


class Encodes(Protocol):
    """Makes vectors of texts."""

    @property
    def dim(self) -> int:
        """The length of vectors."""

    @property
    def fingerprint(self) -> str:
        """Another for other vectors."""

    def encode(self, texts: list[str], *, fast: bool = False) -> npt.NDArray[np.float32]:
        """:returns: *Shape*: (texts, dim)."""


class Texts:
    """A list of texts, each once."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._rows: dict[str, int] = {}

    def row(self, text: str) -> int:
        """:returns: the row of a text, a new one for a new text."""
        if text not in self._rows:
            self._rows[text] = len(self.texts)
            self.texts.append(text)
        return self._rows[text]

    def vectors(self, encoder: Encodes, folder: Path, *, say: Say) -> npt.NDArray[np.float16]:
        """Encode all texts, or read what was encoded before.

        :param folder: where vectors are kept.
        :returns: *Shape*: (texts, dim).
        """
        joined = "\n".join([encoder.fingerprint, *self.texts])
        name = hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        path = folder / f"texts-{name}.npy"
        if path.is_file():
            found: npt.NDArray[np.float16] = np.load(path, allow_pickle=False)
            return found
        say(f"encoding {len(self.texts):,} texts")
        made = np.empty((len(self.texts), encoder.dim), np.float16)
        for at in range(0, len(self.texts), _AT_ONCE):
            made[at : at + _AT_ONCE] = encoder.encode(self.texts[at : at + _AT_ONCE], fast=True)
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp.npy")
        np.save(draft, made)
        draft.replace(path)
        return made


class RelationPairs(NamedTuple):
    """Pairs of one kind of relation.

    :param name: of the kind.
    :param pairs: rows of texts. *Shape*: (pairs, 2).
    :param genes: whether the heads are genes, and whether the tails are.
    """

    name: str
    pairs: Ints
    genes: tuple[bool, bool]


@dataclass(slots=True, kw_only=True)
class GenerelMaterial:
    """All that is trained on, in numbers.

    :param pairs: SNPs and traits.
    :param splits: what of them is held.
    :param texts: of everything.
    :param trait_texts: the row of each trait. *Shape*: (traits,).
    :param symbols: of genes, in the order of the table of genes.
    :param gene_texts: the row of each. *Shape*: (genes,).
    :param gene_features: what is known of genes beside their names. *Shape*: (genes, features).
    :param gene_names: rows of genes by all symbols that SNPs are mapped to.
    :param gene_aliases: those of them that are outdated.
    :param gene_rows: of each text, the gene that it is; -1 for none. *Shape*: (texts,).
    :param concept_rows: of each text, the concept that it is, traits before what relations name;
        -1 for none. *Shape*: (texts,).
    :param gene_places: where genes lie.
    :param places: where SNPs lie.
    :param region_codes: the codes of regions that have a row, ascending.
    :param regions: of SNPs.
    :param genes: of SNPs.
    :param relations: kind by kind.
    :param concepts: of texts that relations name and that can be asked for, their ids.
    :param parts: concepts that stand in traits of several alone, by rows of texts.
    :param synonyms: rows of texts. *Shape*: (pairs, 2).
    :param facts: what was used, for the model's metrics.
    """

    pairs: AssociationPairs
    splits: PairSplits
    texts: Texts
    trait_texts: Ints
    symbols: list[str]
    gene_texts: Ints
    gene_rows: Ints
    gene_features: Floats
    gene_names: dict[str, int]
    gene_aliases: dict[str, int]
    concept_rows: Ints
    gene_places: GenePlaces
    places: Places
    region_codes: Ints
    regions: Weighted
    genes: Weighted
    relations: list[RelationPairs]
    concepts: dict[int, str]
    parts: dict[int, Trait]
    synonyms: Ints
    facts: dict[str, Any]


def gather(recipe: GenerelRecipe, out: Path, *, say: Say) -> GenerelMaterial:
    """Read all that a recipe names.

    :param out: the folder of the run; KBs that it built are there.
    :raises InputError: something is not there, or there is nothing to train on.
    """
    facts: dict[str, Any] = {"sha256": {}, "kbs": {}, "licences": set()}
    pairs = pairs_of(_associations(recipe, facts, say))
    if not len(pairs):
        raise InputError(f"{recipe.path}: [[associations]] have no rows to train on")
    kbs = {each.name: _kb(recipe, each.name, out, facts, say) for each in recipe.kbs}
    concept_names = ConceptNames(kbs.values())
    genes = GeneNames(None if recipe.genes is None else kbs[recipe.genes])
    texts = Texts()
    pairs.traits = [concept_names.named(each) for each in pairs.traits]
    pairs = joined_by_name(pairs)
    splits = _splits(recipe, pairs)
    parts = concept_names.parts(pairs.traits)
    part_texts = {texts.row(each.name): each for each in parts}
    trait_texts = np.array([texts.row(each.name) for each in pairs.traits], np.int64)
    trained_genes = gather_genes(pairs.snps, genes, _gene_table(recipe, facts))
    symbols = trained_genes.symbols
    concepts: dict[int, str] = {}
    relations = _relations(recipe, _namer(concept_names, genes), texts, concepts, facts, say)
    relations += _hierarchies([kbs[name] for name in recipe.hierarchies], texts)
    gene_texts = np.array([texts.row(genes.text(symbol) or symbol) for symbol in symbols], np.int64)
    synonyms = [pair for name in recipe.synonyms for pair in _names(kbs[name], texts)]
    gene_rows = _inverse(gene_texts, len(texts.texts))
    features = [
        measured_features(trained_genes.measured),
        relation_features(
            gene_links(relations, gene_rows), len(symbols),
            n=recipe.shape.gene_factors, seed=recipe.seed,
        ),
    ]  # fmt: skip
    places = Places.of(pairs.snps)
    trained = np.unique(pairs.pairs[splits.train, 0])
    some = Places(places.chromosomes[trained], places.positions[trained])
    codes = np.unique(region_codes(some, recipe.shape.scales)[0])
    codes = codes[codes >= 0]
    facts |= {
        "licences": sorted(facts["licences"]),
        "pairs": len(pairs), "snps": len(pairs.snps), "traits": len(pairs.traits),
        "trained_pairs": len(splits.train), "texts": len(texts.texts), "genes": len(symbols),
        "relations": {each.name: len(each.pairs) for each in relations}, "synonyms": len(synonyms),
    }  # fmt: skip
    say(f"{len(pairs):,} pairs of {len(pairs.snps):,} SNPs and {len(pairs.traits):,} traits")
    return GenerelMaterial(
        pairs=pairs,
        splits=splits,
        texts=texts,
        trait_texts=trait_texts,
        symbols=symbols,
        gene_texts=gene_texts,
        gene_rows=gene_rows,
        gene_features=np.concatenate(features, 1),
        gene_names=trained_genes.rows,
        gene_aliases=trained_genes.aliases,
        concept_rows=_inverse(
            np.concatenate([trait_texts, _others(relations, trait_texts)]), len(texts.texts)
        ),
        gene_places=trained_genes.places,
        places=places,
        region_codes=codes,
        regions=regions_of(places, recipe.shape.scales, codes),
        genes=genes_of(pairs.snps, places, trained_genes.rows, trained_genes.places),
        relations=relations,
        concepts=concepts,
        parts=part_texts,
        synonyms=np.array(synonyms, np.int64).reshape(-1, 2),
        facts=facts,
    )


def _others(relations: Iterable[RelationPairs], traits: Ints) -> Ints:
    """:returns: the texts of concepts that relations name and that are no traits."""
    sides = [each.pairs[:, at] for each in relations for at in (0, 1) if not each.genes[at]]
    return np.setdiff1d(np.concatenate([np.zeros(0, np.int64), *sides]), traits)


def _inverse(rows: Ints, n: int) -> Ints:
    found = np.full(n, -1, np.int64)
    found[rows] = np.arange(len(rows))
    return found


def _splits(recipe: GenerelRecipe, pairs: AssociationPairs) -> PairSplits:
    if recipe.shares is None:
        return PairSplits(train=np.arange(len(pairs)), held={}, left_out=np.zeros(0, np.int64))
    return split_pairs(
        pairs.pairs[:, 0],
        pairs.pairs[:, 1],
        rsids=[each.rsid for each in pairs.snps],
        names=[each.key for each in pairs.traits],
        chromosomes=[each.chromosome for each in pairs.snps],
        positions=np.array([each.position for each in pairs.snps], np.int64),
        seed=recipe.seed,
        shares=recipe.shares,
    )


def _associations(recipe: GenerelRecipe, facts: dict[str, Any], say: Say) -> Iterable[Association]:
    terms: set[str] = facts["licences"]
    for table in recipe.associations:
        place = _place(recipe, table.path, facts)
        rows = list(iter_associations(place))
        kept = [each for each in rows if _is_wanted(table, each.licence, each.source)]
        terms.update(each.licence for each in kept)
        if len(kept) < len(rows):
            say(f"{place.name}: {len(rows) - len(kept):,} rows of other terms are left out")
        yield from kept


def _gene_table(recipe: GenerelRecipe, facts: dict[str, Any]) -> GeneTable | None:
    if recipe.gene_table is None:
        return None
    if recipe.gene_table.licence:
        facts["licences"].add(recipe.gene_table.licence)
    return read_gene_table(_place(recipe, recipe.gene_table.path, facts))


def _is_wanted(table: TableRecipe, licence: str, *names: str) -> bool:
    if table.licences and licence not in table.licences:
        return False
    return not set(names) & set(table.leave_out)


def _place(recipe: GenerelRecipe, path: str, facts: dict[str, Any]) -> Path:
    place = recipe.place(path)
    if not place.is_file():
        raise InputError(f"{recipe.path}: {place} is missing. Paths begin in {recipe.data}")
    facts["sha256"][path] = sha256_file(place)
    return place


def _kb(
    recipe: GenerelRecipe, name: str, out: Path, facts: dict[str, Any], say: Say
) -> KnowledgeBase:
    (given,) = (each for each in recipe.kbs if each.name == name)
    place = kb_place(recipe, given, out)
    kb = resolve_kb(str(given.path)) if place is None else open_kb(place)
    facts["kbs"][name] = {"fingerprint": kb.fingerprint, "concepts": len(kb)}
    say(f"{name}: {len(kb):,} concepts")
    return kb


def _relations(
    recipe: GenerelRecipe,
    text_of: Callable[[str, str], str],
    texts: Texts,
    concepts: dict[int, str],
    facts: dict[str, Any],
    say: Say,
) -> list[RelationPairs]:
    found: dict[tuple[str, bool, bool], set[tuple[int, int]]] = {}
    nameless = 0
    terms: set[str] = facts["licences"]
    for table in recipe.relations:
        for row in iter_relations(_place(recipe, table.path, facts)):
            if not _is_wanted(table, row.licence, row.relation, row.source):
                continue
            terms.add(row.licence)
            head, tail = text_of(row.head, row.head_name), text_of(row.tail, row.tail_name)
            if not head or not tail or head == tail:
                nameless += 1
                continue
            key = row.relation, row.head.startswith(_GENES), row.tail.startswith(_GENES)
            pair = texts.row(head), texts.row(tail)
            found.setdefault(key, set()).add(pair)
            for each, text in zip((row.head, row.tail), pair):
                if not each.startswith(_GENES):
                    concepts.setdefault(text, each)
    if nameless:
        say(f"{nameless:,} relations are left out: no KB of the recipe names both sides")
        facts["nameless_relations"] = nameless
    return [
        RelationPairs(name, np.array(sorted(rows), np.int64), (head, tail))
        for (name, head, tail), rows in sorted(found.items())
    ]


def _namer(names: ConceptNames, genes: GeneNames) -> Callable[[str, str], str]:
    """:returns: what tells the text of an id: a gene's, the name beside it, or a KB's."""

    def text_of(concept_id: str, name: str) -> str:
        if concept_id.startswith(_GENES):
            return genes.text(concept_id) or genes.text(name) or name
        # The KB's own, so that a trait and what relations tell of it are one.
        return next(iter(names.of(concept_id)), "") or name

    return text_of


def _hierarchies(kbs: Iterable[KnowledgeBase], texts: Texts) -> list[RelationPairs]:
    """:returns: names of concepts with those of what is broader; nothing where there is none."""
    pairs = {
        (texts.row(kb.preferred_name(idx)), texts.row(kb.preferred_name(parent)))
        for kb in kbs
        for idx in range(len(kb))
        for parent in kb.hierarchy.parents(idx)
    }
    found = np.array(sorted(pair for pair in pairs if pair[0] != pair[1]), np.int64)
    return [RelationPairs("hierarchy", found, (False, False))] if len(found) else []


def _names(kb: KnowledgeBase, texts: Texts) -> Iterable[tuple[int, int]]:
    """Yield each concept's first name with each of its others."""
    for concept in kb:
        for other in concept.synonyms:
            yield texts.row(concept.name), texts.row(other)
