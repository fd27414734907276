"""What a recipe names, opened: KBs with their tries, corpora without what is held, raw text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
from biotk.training.batches import Feed
from biotk.training.corpus_samples import CorpusSamples, CorpusSampling
from biotk.training.decisions import DecisionMaker
from biotk.training.held import Held
from biotk.training.kb_samples import KbSamples
from biotk.training.log import Say
from biotk.training.mini import MiniTrainee
from biotk.training.names import KbNames
from biotk.training.places import kb_place
from biotk.training.recipe import DocumentsRecipe, FeedRecipe, KbRecipe, Recipe, StageRecipe
from biotk.training.seq2seq import Seq2SeqTrainee
from biotk.training.text_samples import TextSamples


class Material:
    """All that a recipe names, opened when it is first asked for.

    :param recipe: the recipe.
    :param out: the folder of the run; KBs that it built are there.
    :param trainee: the model: its format makes the samples, and it is told of the tries.
    :param say: told what was left out.
    """

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        trainee: MiniTrainee | Seq2SeqTrainee,
        *,
        say: Say = lambda line: None,
    ) -> None:
        self._recipe, self._out, self._trainee = recipe, out, trainee
        self._tell, self._told = say, set[str]()
        self._kbs = {kb.name: kb for kb in recipe.kbs}
        self._documents: dict[str, list[Document]] = {}
        self._files: dict[tuple[str, ...], tuple[list[Document], dict[str, Any]]] = {}
        self._feeds: dict[str, tuple[list[Feed], dict[str, Held]]] = {}
        self._names: dict[str, KbNames] = {}
        self._held_out: list[Document] | None = None
        #: What was used, for the model's metrics: by kind and name.
        self.facts: dict[str, dict[str, Any]] = {"kbs": {}, "documents": {}, "feeds": {}}

    def _say(self, line: str) -> None:
        """Tell a line, which several stages may have to tell, once."""
        if line not in self._told:
            self._told.add(line)
            self._tell(line)

    def names(self, kb: str) -> KbNames:
        """:returns: the names of a KB; its trie is built the first time."""
        if kb not in self._names:
            opened = self._open(self._kbs[kb])
            names = KbNames(opened, self._trainee.form, cleaning=self._trainee.cleaning)
            self._names[kb] = names
            end_id = getattr(self._trainee.form, "end_id", 0)
            self._trainee.add_trie(kb, DecisionMaker(names.trie, end_id=end_id))
            self._say(f"{kb}: {len(opened):,} concepts, {opened.n_names:,} names")
            self.facts["kbs"][kb] = {
                "fingerprint": opened.fingerprint, "concepts": len(opened), "names": opened.n_names,
            }  # fmt: skip
        return self._names[kb]

    def _open(self, kb: KbRecipe) -> KnowledgeBase:
        place = kb_place(self._recipe, kb, self._out)
        if place is None:
            return resolve_kb(str(kb.path))
        if not (place / MANIFEST).is_file() and kb.build is not None:
            raise InputError(f"{place}: the KB is not built; begin with biotk train linker")
        return open_kb(place)

    def feeds(self, stage: StageRecipe) -> tuple[list[Feed], dict[str, Held]]:
        """Open what a stage is fed with.

        :returns: the feeds that give samples, and what tells how well it goes.
        :raises InputError: none of them gives any, or a file cannot be read.
        """
        if stage.name not in self._feeds:
            self._feeds[stage.name] = self._open_feeds(stage)
        return self._feeds[stage.name]

    def _open_feeds(self, stage: StageRecipe) -> tuple[list[Feed], dict[str, Held]]:
        feeds: list[Feed] = []
        held: dict[str, Held] = {}
        for feed in stage.feeds:
            if feed.text is not None:
                texts = self._texts(feed.text, stage)
                if len(texts):
                    feeds.append(Feed("", texts, feed.weight, stage.loss))
                held[feed.text] = Held("", texts.held(), stage.loss)
            elif feed.corpus is not None:
                samples = self._corpus(feed, stage)
                if len(samples):
                    feeds.append(Feed(str(feed.kb), samples, feed.weight, stage.loss))
            else:
                feeds.append(self._of_kb(feed, stage))
        if not feeds:
            raise InputError(
                f"{self._recipe.path}: [[stage]] {stage.name}: no feed has anything to learn from"
            )
        return feeds, held if stage.kind == "infilling" else self.held(stage)

    def _of_kb(self, feed: FeedRecipe, stage: StageRecipe) -> Feed:
        names = self.names(str(feed.kb))
        weights = _weights(names, feed.shares)
        samples = KbSamples(names, self._trainee.form, stage.kb, weights=weights)
        return Feed(str(feed.kb), samples, feed.weight, stage.loss)

    def _corpus(self, feed: FeedRecipe, stage: StageRecipe) -> CorpusSamples:
        (corpus,) = (each for each in self._recipe.corpora if each.name == feed.corpus)
        kb = str(feed.kb)
        samples = CorpusSamples(
            self.names(kb), self._trainee.form, self.documents(corpus), stage.corpus,
            types=feed.types, nil=isinstance(self._trainee, MiniTrainee),
        )  # fmt: skip
        self._note(f"{corpus.name} for {kb}", len(samples), "mentions", samples.left_out)
        return samples

    def _texts(self, name: str, stage: StageRecipe) -> TextSamples:
        (text,) = (each for each in self._recipe.texts if each.name == name)
        samples = TextSamples(
            self._trainee.form, self.documents(text), stage.text, self._trainee.gaps()
        )
        self._note(name, len(samples), "documents", samples.left_out)
        return samples

    def _note(self, name: str, n: int, unit: str, left_out: Counter[str]) -> None:
        self.facts["feeds"][name] = {unit: n, "left_out": dict(left_out)}
        told = "".join(f"; left out: {reason} ({n:,})" for reason, n in sorted(left_out.items()))
        self._say(f"{name}: {n:,} {unit}{told}")

    def documents(self, given: DocumentsRecipe) -> list[Document]:
        """:returns: the documents of a corpus or text without those that are held."""
        key = f"{given.name} {' '.join(given.paths)}"
        if key not in self._documents:
            read = self._read(given.name, given.paths, given.format)
            kept = without_held_out(read, self._all_held())
            overlap = len(read) - len(kept)
            self.facts["documents"][given.name]["overlap"] = overlap
            if overlap:
                self._say(f"{given.name}: {overlap:,} documents left out, which are held")
            self._documents[key] = kept
        return self._documents[key]

    def _all_held(self) -> list[Document]:
        if self._held_out is None:
            found = [self._read(each.name, each.paths, None) for each in self._recipe.held]
            self._held_out = [document for some in found for document in some]
        return self._held_out

    def _read(self, name: str, paths: tuple[str, ...], format_: str | None) -> list[Document]:
        if paths not in self._files:
            self._files[paths] = self._read_anew(name, paths, format_)
        found, facts = self._files[paths]
        self.facts["documents"].setdefault(name, dict(facts))
        return found

    def _read_anew(
        self, name: str, paths: tuple[str, ...], format_: str | None
    ) -> tuple[list[Document], dict[str, Any]]:
        problems = Problems()
        places = [self._recipe.place(path) for path in paths]
        found = list(iter_inputs(places, format=format_, problems=problems))
        files = {path: place for path, place in zip(paths, places) if place.is_file()}
        sums = {path: sha256_file(place) for path, place in files.items()}
        if problems.unread or not found:
            reason = str(problems.unread[0]) if problems.unread else f"{places[0]}: no documents"
            raise InputError(f"{self._recipe.path}: {name}: {reason}")
        for problem in problems.kept[:3]:
            self._say(str(problem))
        if problems.count > 3:
            self._say(f"… and {problems.count - 3:,} more problems in {name}")
        return found, {"documents": len(found), "sha256": sums}

    def held(self, stage: StageRecipe) -> dict[str, Held]:
        """:returns: the samples of the tuning halves, by name."""
        sets: dict[str, Held] = {}
        sampling = CorpusSampling(abbreviations=stage.corpus.abbreviations)
        for each in self._recipe.held:
            if each.kb is None:
                continue
            documents = self._read(each.name, each.paths, None)
            samples = CorpusSamples(
                self.names(each.kb), self._trainee.form,
                [d for d in documents if each.whole or tuning_half(d.id)],
                sampling, types=each.types,
            )  # fmt: skip
            in_kb = [sample for sample in samples.plain() if sample.target.pieces]
            sets[each.name] = Held(each.kb, in_kb[:: each.every], stage.loss)
            self._note(f"held {each.name}", len(sets[each.name].samples), "mentions", Counter())
        return sets


def _weights(names: KbNames, shares: Mapping[str, float]) -> np.ndarray | None:
    """:returns: how often each concept is drawn: what the longest beginning of its id says."""
    if not shares:
        return None
    prefixes = sorted(shares, key=len, reverse=True)
    return np.array(
        [
            next((shares[prefix] for prefix in prefixes if concept_id.startswith(prefix)), 1.0)
            for concept_id in names.kb.ids_of(names.concepts)
        ]
    )
