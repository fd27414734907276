"""What a recipe of an encoder names, opened: KBs, corpora without what is held, questions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from biotk.document import Document
from biotk.errors import InputError, Problems
from biotk.evaluation.split import tuning_half, without_held_out
from biotk.io import iter_inputs
from biotk.kb import KnowledgeBase, open_kb
from biotk.kb.default import resolve_kb
from biotk.kb.manifest import MANIFEST, sha256_file
from biotk.training.encoder_figures import Questions, questions_of_concepts, questions_of_mentions
from biotk.training.encoder_recipe import EncoderRecipe, PairFeed
from biotk.training.places import kb_place
from biotk.training.synonym_pairs import (
    CorpusPairs,
    KbPairs,
    Keys,
    PairSource,
    gold_mentions,
    held_concepts,
    keys_of,
)


class PairMaterial:
    """All that a recipe names, opened when it is first asked for.

    :param recipe: the recipe.
    :param out: the folder of the run; KBs that it built are there.
    :param say: told what was left out.
    """

    def __init__(self, recipe: EncoderRecipe, out: Path, *, say: Callable[[str], None]) -> None:
        self._recipe, self._out, self._say = recipe, out, say
        self._opened: dict[str, KnowledgeBase] = {}
        self._held: dict[str, np.ndarray] = {}
        self._sources: tuple[list[PairSource], list[float]] | None = None
        #: What was used, for the model's metrics.
        self.facts: dict[str, Any] = {"kbs": {}, "corpora": {}, "sha256": {}}

    def kb(self, name: str) -> KnowledgeBase:
        """:returns: a KB of the recipe.

        :raises InputError: it is not built.
        """
        if name not in self._opened:
            (given,) = (each for each in self._recipe.kbs if each.name == name)
            place = kb_place(self._recipe, given, self._out)
            if place is None:
                opened = resolve_kb(str(given.path))
            elif given.build is not None and not (place / MANIFEST).is_file():
                raise InputError(f"{place}: the KB is not built; begin with biotk train encoder")
            else:
                opened = open_kb(place)
            self._opened[name] = opened
            self._held[name] = held_concepts(opened, self._recipe.training.held)
            self._say(f"{name}: {len(opened):,} concepts, {opened.n_names:,} names")
            self.facts["kbs"][name] = {
                "fingerprint": opened.fingerprint, "concepts": len(opened), "names": opened.n_names,
            }  # fmt: skip
        return self._opened[name]

    @cached_property
    def _held_keys(self) -> Keys:
        """Names of held concepts of any KB: another KB may have the same concept."""
        found: set[int] = set()
        for given in self._recipe.kbs:
            kb = self.kb(given.name)
            found |= keys_of(kb, self._held[given.name].tolist())
        return frozenset(found)

    def sources(self) -> tuple[list[PairSource], list[float]]:
        """:returns: where pairs come from, and the share of each."""
        if self._sources is None:
            made = [(self._source(feed), feed.weight) for feed in self._recipe.feeds]
            self._sources = [each for each, _ in made], [weight for _, weight in made]
        return self._sources

    def _source(self, feed: PairFeed) -> PairSource:
        kb = self.kb(feed.kb)
        if feed.corpus is None:
            return KbPairs(
                kb,
                held=self._held_keys,
                share_altered=self._recipe.training.altered,
                shares=feed.shares,
            )
        (corpus,) = (each for each in self._recipe.corpora if each.name == feed.corpus)
        read = self._read(corpus.name, corpus.paths, corpus.format)
        kept = without_held_out(read, self._all_held)
        pairs = CorpusPairs(kb, kept, held=self._held_keys, types=feed.types)
        if not len(pairs):
            raise InputError(f"{self._recipe.path}: {corpus.name} has no mention of {feed.kb}")
        left = "".join(f"; left out: {why} ({n:,})" for why, n in sorted(pairs.left_out.items()))
        self._say(f"{corpus.name} for {feed.kb}: {len(pairs):,} mentions{left}")
        self.facts["corpora"][f"{corpus.name} for {feed.kb}"] = {
            "documents": len(kept), "overlap": len(read) - len(kept), "mentions": len(pairs),
        }  # fmt: skip
        return pairs

    @cached_property
    def _all_held(self) -> list[Document]:
        read = (self._read(each.name, each.paths, None) for each in self._recipe.held)
        return [document for some in read for document in some]

    @cached_property
    def _questions(self) -> dict[str, Questions]:
        rng = np.random.default_rng((self._recipe.seed, 1))
        found = {
            f"held {given.name}": questions_of_concepts(
                self.kb(given.name), self._held_of(given.name), rng
            )
            for given in self._recipe.kbs
        }
        for held in self._recipe.held:
            if held.kb is None:
                continue
            kb, documents = self.kb(held.kb), self._read(held.name, held.paths, None)
            tuning = [each for each in documents if held.whole or tuning_half(each.id)]
            mentions = gold_mentions(kb, tuning, types=held.types)[:: held.every]
            found[held.name] = questions_of_mentions(kb, mentions, rng)
        return found

    def questions(self) -> dict[str, Questions]:
        """:returns: what the encoder is asked, by name: held concepts, tuning halves."""
        return self._questions

    def _held_of(self, name: str) -> list[int]:
        self.kb(name)
        concepts: list[int] = self._held[name].tolist()
        return concepts

    def _read(self, name: str, paths: tuple[str, ...], format_: str | None) -> list[Document]:
        problems = Problems()
        places = [self._recipe.place(path) for path in paths]
        found = list(iter_inputs(places, format=format_, problems=problems))
        if problems.unread or not found:
            reason = str(problems.unread[0]) if problems.unread else f"{places[0]}: no documents"
            raise InputError(f"{self._recipe.path}: {name}: {reason}")
        if problems.count:
            self._say(f"{name}: {problems.count:,} problems, the first: {problems.kept[0]}")
        for path, place in zip(paths, places):
            if place.is_file():
                self.facts["sha256"][path] = sha256_file(place)
        return found
