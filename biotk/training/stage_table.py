"""Reads a ``[[stage]]`` of a training recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.kb.toml_values import check_keys, check_range, make, table_of, tables_of
from biotk.training.corpus_samples import CorpusSampling
from biotk.training.kb_samples import KbSampling
from biotk.training.recipe import FeedRecipe, MiniRecipe, Seq2SeqRecipe, StageRecipe
from biotk.training.schedule import Schedule
from biotk.training.text_samples import TextSampling

_OWN = ("name", "kind", "loss", "evaluate_every", "patience", "watch")
_SAMPLING: dict[str, type] = {"corpus": CorpusSampling, "kb": KbSampling, "text": TextSampling}
#: Least and most of the numbers that have bounds.
_BOUNDS = {
    "steps": (1, float("inf")),
    "batch": (1, float("inf")),
    "lr": (0.0, 1.0),
    "encoder_lr": (0.0, 1.0),
    "warmup": (0, float("inf")),
    "smoothing": (0.0, 0.9),
    "dropout": (0.0, 0.9),
    "weight_decay": (0.0, 1.0),
    "clip": (1e-6, float("inf")),
}
_SHARES = (
    "altered",
    "hide_name",
    "nil",
    "context",
    "copied",
    "nearest",
    "masked",
    "outside",
)


def read_stage(
    raw: Mapping[str, Any], path: Path, *, seed: int, model: MiniRecipe | Seq2SeqRecipe
) -> StageRecipe:
    """Read a stage.

    :param raw: its table.
    :param path: of the recipe, for messages.
    :param seed: the recipe's.
    :param model: what is trained: seq2seq models know neither the loss ``trie`` nor NIL.
    :raises InputError: a key is missing, or its value makes no sense.
    :raises UnknownNameError: there is a key that is none.
    """
    place = f"{path}: [[stage]] {raw.get('name', '')}".rstrip()
    rates = [each.name for each in fields(Schedule) if each.name != "seed"]
    check_keys(place, raw, [*_OWN, *rates, *_SAMPLING, "feed"])
    schedule = make(Schedule, {key: raw[key] for key in rates if key in raw}, place, seed=seed)
    for key, (least, most) in _BOUNDS.items():
        check_range(f"{place}: {key}", getattr(schedule, key), least=least, most=most)
    hub = isinstance(model, Seq2SeqRecipe)
    defaults: dict[str, Any] = {"loss": "vocabulary"} if hub else {}
    if raw.get("kind") == "infilling":
        defaults = {"loss": "vocabulary", "watch": "nll"}
    stage = make(
        StageRecipe,
        defaults | {key: raw[key] for key in _OWN if key in raw},
        place,
        schedule=schedule,
        feeds=tuple(
            _feed(each, f"{place}: feed {number}")
            for number, each in enumerate(tables_of(raw.get("feed", []), f"{place}: feed"), 1)
        ),
        **{key: _sampling(key, raw, place, hub=hub) for key in _SAMPLING},
    )
    _check(stage, place, hub=hub)
    return stage


def _sampling(key: str, raw: Mapping[str, Any], place: str, *, hub: bool) -> Any:
    place = f"{place}: [stage.{key}]"
    table = table_of(raw.get(key, {}), place)
    # What nobody can write: NIL, and a name that is hidden from a vocabulary.
    without = {"corpus": {"nil": 0.0, "hide_name": 0.0}, "kb": {"nil": 0.0, "copied": 0.0}}
    made: Any = make(_SAMPLING[key], {**(without.get(key, {}) if hub else {}), **table}, place)
    for share in _SHARES:
        if hasattr(made, share):
            check_range(f"{place}: {share}", getattr(made, share), least=0, most=1)
    for key_ in ("nil", "outside"):
        if hub and getattr(made, key_, None):
            told = getattr(made, key_)
            raise InputError(f"{place}: {key_} is {told!r}; models of kind seq2seq have no NIL")
    return made


def _feed(raw: Mapping[str, Any], place: str) -> FeedRecipe:
    feed = make(FeedRecipe, raw, place)
    check_range(f"{place}: weight", feed.weight, least=0, above=True)
    for prefix, share in feed.shares.items():
        check_range(f"{place}: shares: {prefix}", share, least=0)
    given = {key for key in ("kb", "corpus", "text") if getattr(feed, key) is not None}
    if given not in ({"text"}, {"kb"}, {"kb", "corpus"}):
        raise InputError(
            f"{place}: names {', '.join(sorted(given)) or 'nothing'}; expected a text, a kb, or a "
            "corpus and a kb"
        )
    if feed.types is not None and feed.corpus is None:
        raise InputError(f"{place}: 'types' are those of a corpus, and it names none")
    if feed.shares and given != {"kb"}:
        raise InputError(f"{place}: 'shares' are for a kb without a corpus")
    return feed


def _check(stage: StageRecipe, place: str, *, hub: bool) -> None:
    if not stage.feeds:
        raise InputError(f"{place}: there is no [[stage.feed]]")
    kinds = {"text" if f.text else "corpus" if f.corpus else "kb" for f in stage.feeds}
    allowed = {"infilling": {"text"}, "kb-pretraining": {"kb"}, "finetune": {"kb", "corpus"}}
    for kind in sorted(kinds - allowed[stage.kind]):
        raise InputError(
            f"{place}: kind is {stage.kind!r}, which is fed with "
            f"{' or '.join(sorted(allowed[stage.kind]))}, and a feed names a {kind}"
        )
    if stage.kind == "finetune" and "corpus" not in kinds:
        raise InputError(f"{place}: kind is 'finetune', and no feed names a corpus")
    if stage.loss != "vocabulary" and (hub or stage.kind == "infilling"):
        what = "models of kind seq2seq" if hub else "stages of kind infilling"
        raise InputError(f"{place}: loss is {stage.loss!r}; {what} have the loss 'vocabulary'")
    check_range(f"{place}: evaluate_every", stage.evaluate_every, least=1)
    check_range(f"{place}: patience", stage.patience, least=0)
