"""Pools of real concepts, by what they can be a part of: "anatomy", "drug", "disorder", …"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from large_kb_families import WORDS

from biotk.types import Concept

_TITLE = re.compile(r"[A-Z][a-z]+")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z ,'-]*")
_DRUG = re.compile(
    r"[A-Za-z]{3,}(ine|ol|ide|ate|mab|nib|one|in|am|il|an|pril|vir|cin|xel|pam|ole|tin|stat|fen)"
)
_NO_DISORDER = re.compile(r", [a-z ]+$| animal|susceptib|predisposition")
_NO_ANATOMY = re.compile(r"plant|sensu|leaf|fung|bacteri|insect|fin\b|wing|feather|appendage|larva")
_TUMOR = re.compile(r"carcinoma|sarcoma|tumor|lymphoma|melanoma|cancer|neoplasm|leukemia|glioma")


class Part(NamedTuple):
    """What fills a slot: names as they stand inside a name, and a concept unless it is a word."""

    names: tuple[str, ...]
    concept_id: str | None = None


def inner(name: str) -> str:
    """:returns: a name as it stands inside another: not inverted, small letters but for eponyms.

    >>> inner("Receptors, CXCR5"), inner("Kidney Neoplasms"), inner("Crohn Disease")
    ('CXCR5 Receptors', 'kidney neoplasms', 'Crohn disease')
    """
    if name.count(", ") == 1:
        tail, head = name.split(", ")
        name = f"{head} {tail}"
    words = name.split()
    kept = []
    for word, after in zip(words, [*words[1:], ""]):
        eponym = after.lower() in ("disease", "syndrome") and len(words) == 2
        kept.append(word if eponym or not _TITLE.fullmatch(word) else word.lower())
    return " ".join(kept)


def part_of(concept: Concept, *, most: int = 8) -> Part | None:
    """:returns: a concept as a part; None if its own name is too long for one."""
    names = [n for n in (concept.name, *concept.synonyms) if len(n) <= 60 and n.count(" ") <= 6]
    if concept.name not in names or "obsolete" in concept.name:
        return None
    if concept.types[0] != "Species":  # a genus keeps its capital
        names = [inner(name) for name in names[:most]]
    return Part(tuple(dict.fromkeys(names[:most])), concept.concept_id)


def _is(concept: Concept, type: str, words: int) -> bool:
    """Whether it is of a type and has a name of few words, without digits and brackets."""
    name = concept.name
    return type == concept.types[0] and bool(_PLAIN.fullmatch(name)) and name.count(" ") < words


def _is_gene(concept: Concept) -> bool:
    return concept.types[0] == "Gene" and not any(
        word in " ".join(concept.synonyms) for word in ("pseudogene", "non-protein", "RNA")
    )


#: Whether a real concept belongs to a pool.
POOLS: dict[str, Callable[[Concept], bool]] = {
    "disorder": lambda c: (
        c.types[0] in ("Disease", "Phenotype") and not _NO_DISORDER.search(c.name)
    ),
    "phenotype": lambda c: _is(c, "Phenotype", 6),
    "tumor": lambda c: c.types[0] == "Disease" and bool(_TUMOR.search(c.name.lower())),
    "anatomy": lambda c: _is(c, "Anatomy", 5) and not _NO_ANATOMY.search(c.name.lower()),
    "gene": _is_gene,
    "drug": lambda c: _is(c, "Chemical", 1) and bool(_DRUG.fullmatch(c.name)),
    "chemical": lambda c: _is(c, "Chemical", 4),
    "substance": lambda c: _is(c, "Chemical", 4) or _is_gene(c),
    "species": lambda c: _is(c, "Species", 4),
    "process": lambda c: c.concept_id.startswith("GO:") and c.types[0] == "Process"
    and "regulation" not in c.name,
    "function": lambda c: _is(c, "Function", 5),
}  # fmt: skip


def make_pools(real: Sequence[Concept], chance: random.Random) -> dict[str, list[Part]]:
    """:returns: what may fill each slot, in the order of how often it will."""
    pools: dict[str, list[Part]] = {pool: [] for pool in POOLS}
    named: dict[str, str] = {}
    modifiers = _below(real, "HP:0012823")
    for concept in real:
        named.setdefault(concept.name.lower(), concept.concept_id)
        if concept.concept_id in modifiers:  # "Slowly progressive" is in HPO, too
            continue
        part = part_of(concept)
        for pool, belongs in POOLS.items():
            if part is not None and belongs(concept):
                pools[pool].append(part)
    for filling in pools.values():
        chance.shuffle(filling)
    for slot, words in WORDS.items():
        # "neoplasm" is a word here and a concept of MONDO: then it is a parent.
        pools[slot] = [Part(group, named.get(group[0].lower())) for group in words]
    return pools


def _below(real: Sequence[Concept], root: str) -> set[str]:
    """:returns: the ids of a concept and of all that is narrower."""
    children: dict[str, list[str]] = {}
    for concept in real:
        for parent in concept.parents:
            children.setdefault(parent, []).append(concept.concept_id)
    found, waiting = {root}, [root]
    while waiting:
        fresh = [c for c in children.get(waiting.pop(), ()) if c not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return found
