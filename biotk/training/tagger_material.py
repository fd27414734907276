"""What a tagger's recipe names, opened: corpora without what is held, and what is held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from biotk.document import Document
from biotk.errors import InputError, Problems, UnknownNameError
from biotk.evaluation.split import tuning_half, without_held_out
from biotk.io import iter_inputs
from biotk.kb.manifest import sha256_file
from biotk.nn.tagger_format import TaggerFormat
from biotk.training.batches import POOL
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
            documents = self._read(each, "held")
            names = self._names(each, documents, "held")
            held_out += documents
            tuning = [d for d in documents if tuning_half(d.id)]
            self._hold(each.name, each, names, tuning, tunes=True)
        self._weights = np.array([corpus.weight for corpus in recipe.corpora])
        # What any corpus holds is left out of all, so that all are read before any is learned.
        read = [self._read(corpus, "corpus") for corpus in recipe.corpora]
        free = [without_held_out(each, held_out) for each in read]
        for corpus, documents in zip(recipe.corpora, free):
            held_out += [d for d in documents if self._holds(corpus, d)]
        self.sources = [
            self._source(corpus, all_of_it, rest, held_out, form)
            for corpus, all_of_it, rest in zip(recipe.corpora, read, free)
        ]

    def _holds(self, corpus: TaggerCorpus, document: Document) -> bool:
        return share(document.id, self._recipe.seed) < corpus.held

    def _source(
        self,
        corpus: TaggerCorpus,
        read: Sequence[Document],
        free: Sequence[Document],
        held_out: Sequence[Document],
        form: TaggerFormat,
    ) -> TaggerSamples:
        """:returns: what is trained on of a corpus; the rest of it is held.

        :param read: its documents.
        :param free: those that no ``[[held]]`` has.
        :param held_out: what is held of all corpora.
        """
        names = self._names(corpus, read, "corpus")
        held = [d for d in free if self._holds(corpus, d)]
        if corpus.held:
            self._hold(f"held-{corpus.name}", corpus, names, held, tunes=False)
        kept = without_held_out(free, held_out)
        overlap = len(read) - len(held) - len(kept)
        return self._samples(corpus, names, kept, overlap, form)

    def _samples(
        self,
        corpus: TaggerCorpus,
        names: Mapping[str, str],
        documents: Sequence[Document],
        overlap: int,
        form: TaggerFormat,
    ) -> TaggerSamples:
        training = self._recipe.training
        samples = TaggerSamples(
            documents, form=form, types=self._recipe.model.types,
            names=names, window=self._recipe.model.window,
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
        self,
        name: str,
        corpus: TaggerCorpus,
        names: Mapping[str, str],
        documents: Sequence[Document],
        *,
        tunes: bool,
    ) -> None:
        shown = [with_types(each, names) for each in documents[:: corpus.every]]
        there = any(each.mentions for each in shown)
        if there:
            self.held[name] = HeldDocuments(shown, frozenset(names.values()), tunes)
        half = " of the tuning half" if tunes else ""
        without = "" if there else ", and no mention in them: there are no figures"
        self._say(f"held {name}: {len(shown):,} documents{half}{without}")

    def _names(
        self, corpus: TaggerCorpus, documents: Iterable[Document], table: str
    ) -> dict[str, str]:
        """:returns: the types that a corpus annotates, and what the tagger calls them.

        :param documents: all of it: a part may lack a type that the corpus annotates.
        :param table: of the recipe, for messages.
        """
        place = self._place(corpus, table)
        there = {m.type for d in documents for m in d.mentions if m.type is not None}
        for name in corpus.types:
            # A name that is mistyped would teach that there is no such mention anywhere.
            if name not in there:
                raise UnknownNameError(f"type of mentions in {place}:", name, there)
        if corpus.types:
            return dict(corpus.types)
        types = self._recipe.model.types
        common = {type_: entity_type(type_) for type_ in sorted(there)}
        names = {type_: name for type_, name in common.items() if name in types}
        if not names:
            has = f"none of its types ({', '.join(common)}) is" if common else "no mention has"
            raise InputError(
                f"{place}: {has} one of the tagger's types ({', '.join(types)})"
                + ("; say with `types` which is which" if common else "")
            )
        if lacking := [type_ for type_ in common if type_ not in names]:
            self._say(f"{corpus.name}: left out, since the tagger has no such type: "
                      f"{', '.join(lacking)}; `types` says which is which")  # fmt: skip
        return names

    def _place(self, corpus: TaggerCorpus, table: str) -> str:
        return f"{self._recipe.path}: [[{table}]] {corpus.name}"

    def _read(self, corpus: TaggerCorpus, table: str) -> list[Document]:
        problems = Problems()
        places = [self._recipe.place(path) for path in corpus.paths]
        found = list(iter_inputs(places, format=corpus.format, problems=problems))
        if problems.unread or not found:
            reason = str(problems.unread[0]) if problems.unread else f"{places[0]}: no documents"
            raise InputError(f"{self._place(corpus, table)}: {reason}")
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
