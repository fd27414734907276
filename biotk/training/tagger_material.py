"""What a tagger's recipe names, opened: corpora without what is held, and what is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from biotk.document import Document
from biotk.errors import InputError, Problems
from biotk.evaluation.split import tuning_half
from biotk.io import iter_inputs
from biotk.kb.manifest import sha256_file
from biotk.nn.tagger_format import TaggerFormat
from biotk.training.batches import POOL
from biotk.training.corpus_samples import without_overlap
from biotk.training.log import Say
from biotk.training.section_notes import share
from biotk.training.tagger_recipe import TaggerCorpus, TaggerRecipe
from biotk.training.tagger_samples import TaggerSample, TaggerSamples, with_types
from biotk.types import entity_type


class HeldDocuments(NamedTuple):
    """Documents that are not trained on, their mentions by the tagger's types.

    :param documents: of which figures are told.
    :param types: that they annotate.
    :param tunes: whether the best weights are chosen by them.
    """

    documents: list[Document]
    types: frozenset[str]
    tunes: bool


class TaggerMaterial:
    """All that a recipe names.

    :param recipe: the recipe.
    :param form: makes units of texts.
    :param say: told what somebody should know.
    :raises InputError: a file cannot be read, or there is nothing to learn from.
    """

    def __init__(
        self, recipe: TaggerRecipe, form: TaggerFormat, *, say: Say = lambda line: None
    ) -> None:
        self._recipe, self._say = recipe, say
        #: What was used, for the model's metrics.
        self.facts: dict[str, dict[str, Any]] = {}
        held_out: list[Document] = []
        self.held: dict[str, HeldDocuments] = {}
        for each in recipe.held:
            documents = self._read(each)
            held_out += documents
            self._hold(each.name, each, [d for d in documents if tuning_half(d.id)], tunes=True)
        self._weights = np.array([corpus.weight for corpus in recipe.corpora])
        self.sources: list[TaggerSamples] = []
        for corpus in recipe.corpora:
            read = self._read(corpus)
            documents = without_overlap(read, held_out)
            kept = [d for d in documents if share(d.id, recipe.seed) >= corpus.held]
            if corpus.held:
                rest = [d for d in documents if share(d.id, recipe.seed) < corpus.held]
                self._hold(f"held-{corpus.name}", corpus, rest, tunes=False)
            self.sources.append(self._samples(corpus, kept, len(read) - len(documents), form))

    def _samples(
        self, corpus: TaggerCorpus, documents: Sequence[Document], overlap: int, form: TaggerFormat
    ) -> TaggerSamples:
        training = self._recipe.training
        samples = TaggerSamples(
            documents, form=form, types=self._recipe.model.types,
            names=self._names(corpus, documents), window=self._recipe.model.window,
            short=training.short, recase=training.recase,
        )  # fmt: skip
        self.facts[corpus.name] |= {
            "overlap": overlap, "trained_on": len(documents), "mentions": samples.n_mentions,
            "reach": round(samples.reach, 5), "unreached": dict(samples.unreached),
        }  # fmt: skip
        self._say(
            f"{corpus.name}: {len(documents):,} documents, {overlap:,} left out that are held; "
            f"{samples.n_mentions:,} mentions, of which units reach {samples.reach:.2%}"
        )
        return samples

    def _hold(
        self, name: str, corpus: TaggerCorpus, documents: Sequence[Document], *, tunes: bool
    ) -> None:
        names = self._names(corpus, documents)
        shown = [with_types(each, names) for each in documents[:: corpus.every]]
        if any(each.mentions for each in shown):
            self.held[name] = HeldDocuments(shown, frozenset(names.values()), tunes)
        self._say(f"held {name}: {len(shown):,} documents")

    def _names(self, corpus: TaggerCorpus, documents: Iterable[Document]) -> dict[str, str]:
        """:returns: the types that a corpus annotates, and what the tagger calls them."""
        if corpus.types:
            return dict(corpus.types)
        there = {m.type for d in documents for m in d.mentions if m.type is not None}
        types = self._recipe.model.types
        common = {type_: entity_type(type_) for type_ in sorted(there)}
        names = {type_: name for type_, name in common.items() if name in types}
        if not names:
            raise InputError(
                f"{self._recipe.path}: {corpus.name}: none of its types ({', '.join(common)}) "
                f"is one of the tagger's ({', '.join(types)}); say with `types` which is which"
            )
        return names

    def _read(self, corpus: TaggerCorpus) -> list[Document]:
        problems = Problems()
        places = [self._recipe.place(path) for path in corpus.paths]
        found = list(iter_inputs(places, format=corpus.format, problems=problems))
        if problems.unread or not found:
            reason = str(problems.unread[0]) if problems.unread else f"{places[0]}: no documents"
            raise InputError(f"{self._recipe.path}: {corpus.name}: {reason}")
        if problems.count:
            self._say(f"{corpus.name}: {problems.kept[0]}; {problems.count:,} problems in all")
        files = {path: place for path, place in zip(corpus.paths, places) if place.is_file()}
        sums = {path: sha256_file(place) for path, place in files.items()}
        facts = self.facts.setdefault(corpus.name, {})
        facts.setdefault("sha256", {}).update(sums)
        return found

    def pool(self, seed: Sequence[int], *, batch: int) -> list[list[TaggerSample]]:
        """Draw a pool of batches; in each, windows of like length.

        :param seed: numbers that no other pool has.
        :param batch: windows of a batch.
        """
        rng = np.random.default_rng(list(seed))
        weights = self._weights / self._weights.sum()
        counts = rng.multinomial(POOL * batch, weights).tolist()
        samples: list[TaggerSample] = []
        for source, count in zip(self.sources, counts, strict=True):
            stream = source.stream(rng)
            samples += [next(stream) for _ in range(count)]
        samples.sort(key=lambda sample: sample.piece.length)
        batches = [samples[at : at + batch] for at in range(0, len(samples), batch)]
        return [batches[at] for at in rng.permutation(len(batches)).tolist()]
