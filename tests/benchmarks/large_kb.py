"""A KB of any size out of real names: scispaCy's JSON lines, a million concepts by default.

All concepts of MeSH, MONDO, HPO, HGNC, GO, UBERON and EFO are in it as they are (in a smaller KB a
part of them, with all that is broader). The rest is combined from them as the large vocabularies
combine (:mod:`large_kb_families`), and named as their synonyms vary (:mod:`large_kb_names`): no
name is another one with a number behind it. The same size and seed give the same bytes.

Usage: ``large_kb.py [--concepts N] [--names-per-concept X] [--seed N] OUT.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from large_kb_families import FAMILIES, WORDS, Family
from large_kb_names import varied
from large_kb_pools import Part, make_pools

from biotk.kb.readers import read_concepts
from biotk.types import Concept

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SOURCES = (
    "mesh/descriptors.tsv.gz",
    "mesh/supplementary.tsv.gz",
    "mondo/mondo_2026-05-05.json.gz",
    "hpo/hp_2026-02-16.obo.gz",
    "hgnc/hgnc_entries.tsv.gz",
    "go/go.json.gz",
    "uberon/uberon_2026-04-01.json.gz",
    "efo/efo_3.90.0.json.gz",
)
CONCEPTS, NAMES_PER_CONCEPT, SEED = 1_000_000, 4.0, 20260
#: What part of a KB is real; at a million concepts a little more than all there are.
REAL_SHARE = 0.52
MOST_NAMES, LONGEST_NAME = 40, 240
_SPREAD = 0.8  # of the logarithm of the number of names
_REUSED = 0.3  # how often a part is itself combined
_KEPT = 60_000  # combined concepts of a pool that others are made of


def read_real(data: Path = DATA) -> list[Concept]:
    """:returns: the concepts of all sources, in their order."""
    return [c for source in SOURCES for c in read_concepts(data / "kb" / source)]


def choose_real(real: Sequence[Concept], count: int, chance: random.Random) -> list[Concept]:
    """:returns: about ``count`` concepts and never more, with all that is broader, in order."""
    if count >= len(real):
        return list(real)
    by_id = {concept.concept_id: concept for concept in real}
    chosen: set[str] = set()
    order = list(by_id)
    chance.shuffle(order)
    for start in order:
        branch, waiting = {start}, [start]
        while waiting:
            for parent in by_id[waiting.pop()].parents:
                if parent in by_id and parent not in chosen and parent not in branch:
                    branch.add(parent)
                    waiting.append(parent)
        if len(chosen) + len(branch) > count:
            break
        chosen |= branch
    return [concept for concept_id, concept in by_id.items() if concept_id in chosen]


class Combiner:
    """Makes concepts of the parts of others.

    :param pools: from :func:`make_pools`.
    :param taken: names, lower-cased, that no combined concept may have as its preferred one.
    :param chance: the only source of chance.
    """

    def __init__(
        self, pools: dict[str, list[Part]], taken: set[str], chance: random.Random
    ) -> None:
        self._pools, self._taken, self._chance = pools, taken, chance
        self._combined: dict[str, list[Part]] = {f.pool: [] for f in FAMILIES if f.pool}
        self._families = [f for f in FAMILIES if all(pools[slot] for slot in f.slots)]
        self._shares = [f.share for f in self._families]
        self._next_id = dict.fromkeys((f.prefix for f in FAMILIES), 10_000)

    def make(self, wanted: int) -> Concept:
        """:returns: a concept that has not been there, with ``wanted`` names if there are."""
        while True:
            family = self._chance.choices(self._families, self._shares)[0]
            parts = [self._draw(slot) for slot in family.slots]
            name = fill(family.templates[0], [part.names[0] for part in parts])
            if len(name) <= LONGEST_NAME and name.lower() not in self._taken:
                break
        self._taken.add(name.lower())
        names = self._names(name, family, parts, wanted)
        self._next_id[family.prefix] += self._chance.randint(1, 9)
        concept_id = f"{family.prefix}:{self._next_id[family.prefix]:08d}"
        parents = dict.fromkeys(p.concept_id for p in parts if p.concept_id is not None)
        if family.pool is not None and len(name) <= 60:
            self._keep(family.pool, Part(tuple(names[:5]), concept_id))
        return Concept(concept_id, names[0], tuple(names[1:]), (family.type,),
                       parents=tuple(parents), source=family.prefix)  # fmt: skip

    def _draw(self, slot: str) -> Part:
        combined = self._combined.get(slot)
        if combined and self._chance.random() < _REUSED:
            return self._chance.choice(combined)
        pool = self._pools[slot]
        # A few parts are in very many concepts and most in a few, as in every vocabulary.
        return pool[int(len(pool) * self._chance.random() ** (1 if slot in WORDS else 2))]

    def _keep(self, pool: str, part: Part) -> None:
        kept = self._combined[pool]
        if len(kept) < _KEPT:
            kept.append(part)
        else:
            kept[self._chance.randrange(_KEPT)] = part

    def _names(self, first: str, family: Family, parts: list[Part], wanted: int) -> list[str]:
        chance = self._chance
        names = {first: None}
        for _ in range(3 * wanted + 6):
            if len(names) >= wanted:
                break
            template = chance.choice(family.templates)
            filling = [
                part.names[0] if chance.random() < 0.4 else chance.choice(part.names)
                for part in parts
            ]
            name = fill(template, filling)
            if chance.random() < 0.6:
                name = varied(name, chance)
            if 1 < len(name) <= LONGEST_NAME:
                names[name] = None
        return list(names)


def fill(template: str, filling: Sequence[str]) -> str:
    """:returns: a template with its slots filled; an empty filling leaves no double space."""
    name = template.format(*filling)
    return " ".join(name.split()) if "" in filling else name


def generate(
    real: Sequence[Concept],
    concepts: int = CONCEPTS,
    *,
    names_per_concept: float = NAMES_PER_CONCEPT,
    seed: int = SEED,
) -> Iterator[Concept]:
    """Yield the concepts of the KB: the real ones first, a concept after its parents.

    :param real: from :func:`read_real`.
    :param concepts: how many to make.
    :param names_per_concept: how many names they have on average.
    :param seed: the same gives the same.
    """
    chance = random.Random(seed)
    chosen = choose_real(real, round(concepts * REAL_SHARE), chance)
    yield from chosen
    taken = {name.lower() for c in chosen for name in (c.name, *c.synonyms)}
    combiner = Combiner(make_pools(chosen, chance), taken, chance)
    names_left = names_per_concept * concepts - sum(1 + len(c.synonyms) for c in chosen)
    for left in range(concepts - len(chosen), 0, -1):
        # A long tail: the logarithm is normal. What some lack since nothing is left to vary, the
        # next have more.
        draw = math.exp(chance.gauss(-(_SPREAD**2) / 2, _SPREAD))
        wanted = min(max(1, round(draw * names_left / left)), MOST_NAMES)
        concept = combiner.make(wanted)
        names_left -= 1 + len(concept.synonyms)
        yield concept


def write_jsonl(concepts: Iterable[Concept], path: Path) -> tuple[int, int]:
    """:returns: how many concepts and names were written."""
    n_concepts = n_names = 0
    with path.open("w", encoding="utf-8") as file:
        for concept in concepts:
            row = {
                "concept_id": concept.concept_id,
                "canonical_name": concept.name,
                "aliases": concept.synonyms,
                "types": concept.types,
                "definition": None,
                "parents": concept.parents,
                "source": concept.source,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            n_concepts, n_names = n_concepts + 1, n_names + 1 + len(concept.synonyms)
    return n_concepts, n_names


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--concepts", type=int, default=CONCEPTS)
    parser.add_argument("--names-per-concept", type=float, default=NAMES_PER_CONCEPT)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    concepts = generate(
        read_real(),
        given.concepts,
        names_per_concept=given.names_per_concept,
        seed=given.seed,
    )
    n_concepts, n_names = write_jsonl(concepts, given.out)
    print(f"{given.out}: {n_concepts:,} concepts, {n_names:,} names", file=sys.stderr)


if __name__ == "__main__":
    main()
