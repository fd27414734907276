"""Samples made of a KB alone: one of a concept's names stands for a mention, another is right.

KB-guided pre-training (GenBioEL, arXiv 2204.05164, section 3.2), with one difference. There the
mention is itself a name that may be decoded, and yet another one is right, so that the model
learns not to copy. Here the mention's own name is hidden from the trie in such samples; in the
others it is not, and copying is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from biotk.nn.inputs import InputFormat, Seq2SeqInput
from biotk.nn.mini_format import MiniFormat
from biotk.training.alterations import altered
from biotk.training.decisions import Target
from biotk.training.names import KbNames, most_alike


@dataclass(frozen=True, slots=True)
class Sample:
    """An input and what is right."""

    input: Seq2SeqInput
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class KbSampling:
    """How samples are drawn.

    :param copied: share of samples whose mention may be copied.
    :param nil: share of samples whose concept is hidden as a whole.
    :param nearest: share of the others whose target is the name most like the mention; else it is
        any other.
    :param context: share of samples with a context: a definition, or further names.
    :param altered: share of samples whose mention is written otherwise than its name; see
        :mod:`biotk.training.alterations`.
    """

    copied: float = 0.3
    nil: float = 0.08
    nearest: float = 0.8
    context: float = 0.4
    altered: float = 0.0


#: The mention stands at {0}, its definition or its further names at {1}.
_DEFINITIONS = ("{0} is defined as {1}", "{0} is described as {1}", "{1} describe {0}",
                "{1} are the definitions of {0}")  # fmt: skip
_SYNONYMS = ("{1} are the synonyms of {0}", "{1} indicate the same concept as {0}",
             "{0} has synonyms, such as {1}", "{0} refers to the same concept as {1}")  # fmt: skip


class KbSamples:
    """An endless stream of samples of one KB.

    :param names: the names of the KB.
    :param form: the model's input format.
    :param sampling: how they are drawn.
    :param weights: how often each of ``names.concepts`` is drawn; by default all alike.
    """

    def __init__(
        self,
        names: KbNames,
        form: InputFormat,
        sampling: KbSampling,
        *,
        weights: np.ndarray | None = None,
    ) -> None:
        self._names, self._form, self._sampling = names, form, sampling
        share = np.ones(len(names.concepts)) if weights is None else weights
        self._cumulative = np.cumsum(share) / share.sum()

    def stream(self, rng: np.random.Generator) -> Iterator[Sample]:
        """:returns: samples, for ever."""
        concepts = self._names.concepts
        while True:
            draws = np.searchsorted(self._cumulative, rng.random(1024))
            for concept in concepts[np.minimum(draws, len(concepts) - 1)].tolist():
                yield self.of(concept, rng)

    def of(self, concept_idx: int, rng: np.random.Generator) -> Sample:
        """:returns: a sample of one concept."""
        names, sampling = self._names, self._sampling
        ranks = names.ranks(concept_idx)
        mention = ranks[int(rng.integers(len(ranks)))]
        kind = rng.random()
        if kind < sampling.nil:
            hidden = {rank for each in ranks for rank in names.leaf(each)}
            target = Target((), tuple(sorted(hidden)))
        else:
            leaf = names.leaf(mention)
            others = [rank for rank in ranks if rank not in leaf]
            if kind < sampling.nil + sampling.copied or not others:
                target = Target(names.pieces(mention))
            else:
                target = Target(names.pieces(self._right(mention, others, rng)), leaf)
        return Sample(self._input(concept_idx, mention, ranks, target, rng), target)

    def _right(self, mention: int, others: list[int], rng: np.random.Generator) -> int:
        if len(others) > 1 and rng.random() < self._sampling.nearest:
            texts = [self._names.text(rank) for rank in others[:64]]
            return others[most_alike(self._names.text(mention), texts)[0]]
        return others[int(rng.integers(len(others)))]

    def _input(
        self,
        concept_idx: int,
        mention: int,
        ranks: list[int],
        target: Target,
        rng: np.random.Generator,
    ) -> Seq2SeqInput:
        pieces = self._names.pieces(mention)
        text = None
        if self._sampling.altered and rng.random() < self._sampling.altered:
            text = altered(self._names.text(mention), rng)
        if rng.random() >= self._sampling.context:
            return self._encoded(mention, text, "", "")
        definition = self._names.kb.concept(concept_idx).definition
        if definition:
            template, told = _DEFINITIONS[int(rng.integers(len(_DEFINITIONS)))], definition
        else:
            right = target.pieces
            further = [rank for rank in ranks if self._names.pieces(rank) not in (pieces, right)]
            if not further:
                return self._encoded(mention, text, "", "")
            picked = rng.permutation(len(further))[:3].tolist()
            told = ", ".join(self._names.text(further[at]) for at in picked)
            template = _SYNONYMS[int(rng.integers(len(_SYNONYMS)))]
        left, _, right_side = template.replace("{1}", told[:300]).partition("{0}")
        return self._encoded(mention, text, left, right_side)

    def _encoded(self, mention: int, text: str | None, left: str, right: str) -> Seq2SeqInput:
        """:param text: how the mention is written, if not as its name."""
        form = self._form
        if not isinstance(form, MiniFormat):
            name = text or self._names.text(mention)
            made: Seq2SeqInput = form.encode(
                f"{left}{name}{right}", start=len(left), end=len(left) + len(name)
            )
            return made
        # The pieces of the name are known.
        pieces = form.encode_batch([text])[0] if text else ()
        pieces = pieces or self._names.pieces(mention)
        if not left and not right:
            return form.from_pieces(pieces)
        both = form.encode_batch([left, right])
        return form.from_pieces(pieces, both[0], both[1])
