"""Samples of annotated corpora: a mention in its context, and the name that is right in a KB.

The target is the name of the gold concept that is most like the mention (GenBioEL, arXiv
2204.05164, section 3.3), since to copy is easier than to paraphrase. So that the model also meets
mentions without an exact match, and mentions of nothing in the KB, the name itself or the whole
concept is hidden from some samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from biotk.document import Document
from biotk.errors import InputError
from biotk.nn.inputs import InputFormat, Seq2SeqInput
from biotk.text.abbreviations import find_abbreviations
from biotk.training.decisions import Target
from biotk.training.kb_samples import Sample
from biotk.training.names import KbNames, most_alike
from biotk.training.outside import Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSampling:
    """How samples are drawn.

    :param hide_name: share of samples from which the name most like the mention is hidden, if its
        concept has another.
    :param nil: share of samples from which the whole concept is hidden, so that NIL is right.
    :param context: share of samples that see the mention's context.
    :param targets: which names of the concept are right: ``nearest``, ``top-3`` (one of the three
        most like the mention), ``random`` or ``shortest``.
    :param abbreviations: whether short forms are written out.
    :param outside: share of samples that are words between mentions, for which NIL is right; see
        :mod:`biotk.training.outside`.
    """

    hide_name: float = 0.15
    nil: float = 0.05
    context: float = 0.7
    targets: Literal["nearest", "top-3", "random", "shortest"] = "nearest"
    abbreviations: bool = True
    outside: float = 0.0


class _Gold(NamedTuple):
    document: int
    start: int
    end: int
    expansion: str | None
    concept_idx: int  # -1 for NIL


class CorpusSamples:
    """Samples of documents for one KB.

    :param names: the names of the KB.
    :param form: the model's input format.
    :param documents: with gold links.
    :param sampling: how samples are drawn.
    :param types: entity types of the mentions that count; by default all.
    :param nil: whether the model has a NIL; mentions of nothing in the KB are left out if not.
    """

    def __init__(
        self,
        names: KbNames,
        form: InputFormat,
        documents: Iterable[Document],
        sampling: CorpusSampling,
        *,
        types: Collection[str] | None = None,
        nil: bool = True,
    ) -> None:
        self._nil = nil
        self._names, self._form, self._sampling = names, form, sampling
        self._texts: list[str] = []
        self._outside: list[Outside] = []
        self._gold: list[_Gold] = []
        #: Mentions that teach nothing, by the reason.
        self.left_out: Counter[str] = Counter()
        has_names = frozenset(names.concepts.tolist())
        for document in documents:
            self._add(document, types, has_names)

    def _add(
        self, document: Document, types: Collection[str] | None, has_names: frozenset[int]
    ) -> None:
        number = len(self._texts)
        self._texts.append(document.text)
        taken = [span for mention in document.mentions for span in mention.spans]
        self._outside.append(Outside(self._names.kb, document.text, taken))
        long_forms: dict[tuple[int, int], str] = {}
        if self._sampling.abbreviations:
            long_forms = {
                (use.start, use.end): use.long for use in find_abbreviations(document.text)
            }
        for mention in document.mentions:
            if types is not None and mention.type not in types:
                continue
            if len(mention.spans) > 1 or len(mention.links) != 1 or not mention.text.strip():
                self.left_out["composite, discontinuous or not linked"] += 1
                continue
            place = mention.start, mention.end
            found, reason = self._concept(mention.links[0].concept_id, has_names)
            gold = _Gold(number, *place, long_forms.get(place), found)
            if reason is None and not self._can_be_read(gold):
                reason = "blank to the model, or too long for it"
            if reason is None:
                self._gold.append(gold)
            else:
                self.left_out[reason] += 1

    def _concept(self, concept_id: str | None, has_names: frozenset[int]) -> tuple[int, str | None]:
        """:returns: the index of a concept, -1 for NIL, or why there is none."""
        if concept_id is None:
            return -1, None if self._nil else "NIL, which the model does not have"
        found = [idx for idx in self._names.kb.resolve(concept_id) if idx in has_names]
        if len(found) == 1:
            return found[0], None
        return -1, "id not in the KB" if not found else "id of several concepts"

    def _can_be_read(self, gold: _Gold) -> bool:
        # Context gives way where there is no room, so that what goes without it goes with it.
        try:
            self._input(gold, with_context=False)
        except InputError:
            return False
        return True

    def __len__(self) -> int:
        return len(self._gold)

    def stream(self, rng: np.random.Generator) -> Iterator[Sample]:
        """:returns: samples for ever, in a new order each time round."""
        while self._gold:
            for at in rng.permutation(len(self._gold)).tolist():
                yield self._sample(self._gold[at], rng)

    def plain(self) -> Iterator[Sample]:
        """:returns: each mention once, in order, with its context and nothing hidden."""
        for gold in self._gold:
            yield Sample(self._input(gold, with_context=True), self._target(gold, None))

    def _sample(self, gold: _Gold, rng: np.random.Generator) -> Sample:
        if self._sampling.outside and rng.random() < self._sampling.outside:
            place = self._outside[gold.document].draw(rng)
            if place is not None:
                gold = _Gold(gold.document, *place, None, -1)
        with_context = rng.random() < self._sampling.context
        return Sample(self._input(gold, with_context=with_context), self._target(gold, rng))

    def _input(self, gold: _Gold, *, with_context: bool) -> Seq2SeqInput:
        text, start, end = self._texts[gold.document], gold.start, gold.end
        if not with_context:
            text, start, end = text[start:end], 0, end - start
        made: Seq2SeqInput = self._form.encode(text, start=start, end=end, expansion=gold.expansion)
        return made

    def _target(self, gold: _Gold, rng: np.random.Generator | None) -> Target:
        """:param rng: None for nothing hidden and the nearest name."""
        if gold.concept_idx < 0:
            return Target(())
        names, sampling = self._names, self._sampling
        ranks = names.ranks(gold.concept_idx)
        kind = 1.0 if rng is None else rng.random()
        if kind < sampling.nil:
            return Target((), tuple(sorted({r for each in ranks for r in names.leaf(each)})))
        text = gold.expansion or self._texts[gold.document][gold.start : gold.end]
        order = [ranks[at] for at in most_alike(text, [names.text(rank) for rank in ranks])]
        hidden: tuple[int, ...] = ()
        if kind < sampling.nil + sampling.hide_name:
            leaf = names.leaf(order[0])
            others = [rank for rank in order if rank not in leaf]
            if others:
                order, hidden = others, leaf
        return Target(names.pieces(self._pick(order, rng)), hidden)

    def _pick(self, order: list[int], rng: np.random.Generator | None) -> int:
        way = "nearest" if rng is None else self._sampling.targets
        if way == "shortest":
            return min(order, key=lambda rank: len(self._names.pieces(rank)))
        if rng is None or way == "nearest":
            return order[0]
        among = order[:3] if way == "top-3" else order
        return among[int(rng.integers(len(among)))]
