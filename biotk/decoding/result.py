"""What a search found for a mention, and how names become concepts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from biotk.decoding.options import NORMALISATIONS
from biotk.errors import UnknownNameError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset


class DecodedName(NamedTuple):
    """A token sequence where names end.

    :param node: its node; ``names_at`` and ``concepts_at`` of the trie say what it stands for.
    :param ranks: the trie's ranks of the names that end there, those of a subset or not.
    :param log_prob: natural logarithm of its probability, END included.
    :param score: what names are ranked by: ``log_prob``, or that per token in ``vocabulary``.
    """

    node: int
    ranks: range
    log_prob: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a search found for one mention.

    :param names: the best allowed names, best first, equal ones in the trie's order.
    :param nil_log_prob: log-probability of the NIL branch, per token in ``vocabulary``; None where
        the model has none.
    :param mass_in: probability of all allowed names that were finished, reported or not. 0 in
        ``vocabulary``, as the two below.
    :param mass_out: probability of what a subset cuts off.
    """

    names: tuple[DecodedName, ...]
    nil_log_prob: float | None
    mass_in: float
    mass_out: float
    normalisation: str

    @property
    def nil_interval(self) -> tuple[float, float] | None:
        """Between what the probability lies that no allowed name is meant; None in ``vocabulary``.

        The lower end is what NIL and the names outside the subset have for certain, the upper one
        what the allowed names that were finished leave over.
        """
        if self.normalisation != "trie":
            return None
        nil = 0.0 if self.nil_log_prob is None else math.exp(self.nil_log_prob)
        low = min(max(self.mass_out + nil, 0.0), 1.0)
        return low, min(max(1.0 - self.mass_in, low), 1.0)


class DecodedConcept(NamedTuple):
    """A concept and the best of its names that were decoded.

    :param concept_idx: in the KB of the trie.
    :param score: of all its names together.
    :param name: the best of them.
    """

    concept_idx: int
    score: float
    name: DecodedName


def merge_concepts(
    names: Sequence[DecodedName], trie: TokenTrie | TrieSubset, *, normalisation: str
) -> list[DecodedConcept]:
    """Make concepts of names.

    Names exclude one another, so that probabilities of ``trie`` add up; means of ``vocabulary`` do
    not, and the best one counts. A name of several concepts counts for each of them in full.

    :param names: of one mention.
    :param trie: what they were decoded with; a subset yields only its own concepts.
    :param normalisation: what they were decoded with.
    :returns: best first, ties by ``concept_idx``.
    """
    if normalisation not in NORMALISATIONS:
        raise UnknownNameError("normalisation", normalisation, NORMALISATIONS)
    by_concept: dict[int, list[DecodedName]] = {}
    for name in names:
        for concept in trie.concepts_at(name.node).tolist():
            by_concept.setdefault(concept, []).append(name)
    merged = []
    for concept, own in by_concept.items():
        best = max(own, key=lambda name: name.score)
        score = best.score
        if normalisation == "trie":
            score += math.log(math.fsum(math.exp(name.score - best.score) for name in own))
        merged.append(DecodedConcept(concept, score, best))
    return sorted(merged, key=lambda each: (-each.score, each.concept_idx))
