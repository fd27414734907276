"""What a training recipe says. ``docs/training.md`` tells what each key means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from biotk.kb.build_recipe import BuildRecipe
from biotk.training.corpus_samples import CorpusSampling
from biotk.training.kb_samples import KbSampling
from biotk.training.schedule import Schedule
from biotk.training.text_samples import TextSampling

Kind = Literal["infilling", "kb-pretraining", "finetune"]
#: Over the legal ways on; the same, ways not compared with the mention, so that the network has to
#: learn to copy by itself; over the whole vocabulary.
Loss = Literal["trie", "trie-plain", "vocabulary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFile:
    """What the recipe of any kind of model says of itself.

    :param path: the recipe's file.
    :param sha256: its checksum.
    :param name: the model's name.
    :param data: where relative paths begin.
    :param seed: of everything that is drawn.
    """

    path: Path
    sha256: str
    name: str
    data: Path
    seed: int

    def place(self, path: str) -> Path:
        """:returns: a path of the recipe, from the data root."""
        return self.data / Path(path).expanduser()


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniRecipe:
    """``[model]`` of kind ``biotk-mini``.

    :param base: the model to go on from, which settles all that is below: a folder, or the name of
        one that comes with BioTK; by default a new one is begun.
    :param encoder: the sentence encoder: a folder, or the name of a hub model; by default
        all-MiniLM-L6-v2, wherever it is found.
    :param window: pieces of context on each side of a mention.
    :param max_mention: pieces of a mention; of a longer one, the first are taken.
    :param shape: fields of :class:`biotk.nn.mini_network.MiniConfig` that are not as by default.
    """

    kind: Literal["biotk-mini"]
    base: str | None = None
    encoder: str | None = None
    window: int = 12
    max_mention: int = 48
    shape: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seq2SeqRecipe:
    """``[model]`` of kind ``seq2seq``.

    :param base: the checkpoint to begin with: a folder, or the name of a hub model.
    """

    kind: Literal["seq2seq"]
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KbRecipe:
    """A ``[[kb]]``.

    :param name: what feeds call it.
    :param path: a KB that is built, or the name of one that comes with BioTK.
    :param build: what it is built from the first time, if it is not.
    """

    name: str
    path: str | None = None
    build: BuildRecipe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsRecipe:
    """A ``[[corpus]]`` or a ``[[text]]``.

    :param name: what feeds call it.
    :param paths: files, or whole folders.
    :param format: one of :data:`biotk.io.FORMATS`; found out by default.
    """

    name: str
    paths: tuple[str, ...]
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecipe:
    """A ``[[held]]``: documents that are not trained on; half of them may tune.

    :param name: what figures call it.
    :param paths: files.
    :param kb: the KB that its ids are looked up in; without one nothing is tuned on it.
    :param types: entity types of the mentions that count; by default all.
    :param every: each so manieth mention is looked at.
    :param whole: look at all documents, not only at the tuning half. No figures may then be
        reported on it.
    """

    name: str
    paths: tuple[str, ...]
    kb: str | None = None
    types: tuple[str, ...] | None = None
    every: int = 1
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecipe:
    """A ``[[stage.feed]]``: a corpus for a KB, a KB alone, or a text.

    :param weight: the share of batches that come from it.
    :param kb: whose names are right.
    :param corpus: where mentions come from; without one they are names of the KB.
    :param text: raw text, to fill gaps in.
    :param types: entity types of the corpus' mentions that count; by default all.
    :param shares: for a KB alone: how often concepts are drawn whose id begins in a certain way;
        by default once.
    """

    weight: float
    kb: str | None = None
    corpus: str | None = None
    text: str | None = None
    types: tuple[str, ...] | None = None
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecipe:
    """A ``[[stage]]``.

    :param name: its folder in the run's.
    :param kind: what it may be fed with.
    :param feeds: where samples come from.
    :param loss: over the legal ways on, the same without their overlap with the mention, or over
        the whole vocabulary.
    :param evaluate_every: steps between evaluations and checkpoints.
    :param patience: evaluations without a better figure after which it stops; 0 for never.
    :param watch: the figure: ``right``, the share of mentions whose name is right, or ``nll``.
    :param schedule: steps and rates.
    :param corpus: how samples of corpora are drawn.
    :param kb: how samples of KBs are drawn.
    :param text: how samples of raw text are drawn.
    """

    name: str
    kind: Kind
    feeds: tuple[FeedRecipe, ...]
    schedule: Schedule
    loss: Loss = "trie"
    evaluate_every: int = 320
    patience: int = 0
    watch: Literal["right", "nll"] = "right"
    corpus: CorpusSampling = field(default_factory=CorpusSampling)
    kb: KbSampling = field(default_factory=KbSampling)
    text: TextSampling = field(default_factory=TextSampling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(RecipeFile):
    """How a linker is trained."""

    model: MiniRecipe | Seq2SeqRecipe
    kbs: tuple[KbRecipe, ...] = ()
    corpora: tuple[DocumentsRecipe, ...] = ()
    texts: tuple[DocumentsRecipe, ...] = ()
    held: tuple[HeldRecipe, ...] = ()
    stages: tuple[StageRecipe, ...] = ()
