"""Linkers by the names that the command line and configs use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biotk.candidates.learned import LearnedNames
from biotk.errors import InputError, UnknownNameError
from biotk.index.kb_trie import Progress
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import Linker
from biotk.linking.cascade import CascadeConfig, CascadeLinker
from biotk.linking.generative import GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator, check_generator, load_generator
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.shortlist import Shortlist

#: The model of linkers that need one, where none is named.
DEFAULT_MODEL = "biotk-mini"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkerOptions:
    """What all linkers can be told; None leaves a matter to the linker's own configuration.

    :param model: what writes names: a generator, or the name or folder of one. Without it
        :data:`DEFAULT_MODEL`. The lexical linker has none.
    :param k: how many candidates are looked at.
    :param threshold: a best score below this is NIL; the scale is the linker's own. In a cascade
        it is the model's.
    :param n_best: among how many names a model seeks the best, and how many it reports.
    :param n_kept: how many candidates a link keeps.
    :param keep: from which score on a cascade keeps a lexical answer.
    :param shortlist: search the names of n-gram candidates alone.
    """

    model: Generator | str | Path | None = None
    k: int | None = None
    threshold: float | None = None
    n_best: int | None = None
    n_kept: int | None = None
    keep: float | None = None
    shortlist: Shortlist | None = None


Parts = dict[str, Any]


def _lexical(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> LexicalLinker:
    given = _given(k=options.k, threshold=options.threshold, n_kept=options.n_kept)
    parts.pop("progress")
    return LexicalLinker(kb, **parts, config=LexicalConfig(**given))


def _generative(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> GenerativeLinker:
    config = _generative_config(options)
    return GenerativeLinker(kb, _generator(options), **parts, config=config)


def _cascade(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> CascadeLinker:
    config = CascadeConfig(
        **_given(keep=options.keep, n_kept=options.n_kept),
        lexical=LexicalConfig(**_given(k=options.k)),
        generative=_generative_config(options),
    )
    model = DEFAULT_MODEL if options.model is None else options.model
    if isinstance(model, Generator):
        return CascadeLinker(kb, model, **parts, config=config)
    check_generator(model)
    return CascadeLinker(kb, lambda: load_generator(model), **parts, config=config)


def _generative_config(options: LinkerOptions) -> GenerativeConfig:
    given = _given(
        shortlist_size=options.k,
        threshold=options.threshold,
        n_best=options.n_best,
        n_kept=options.n_kept,
        shortlist=options.shortlist,
    )
    return GenerativeConfig(**given)


def _generator(options: LinkerOptions) -> Generator:
    model = DEFAULT_MODEL if options.model is None else options.model
    return model if isinstance(model, Generator) else load_generator(model)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


#: What makes each linker.
LINKERS: dict[str, Callable[[KnowledgeBase, Parts, LinkerOptions], Linker]] = {
    "lexical": _lexical,
    "generative": _generative,
    "cascade": _cascade,
}


def check_linker(name: str, model: Generator | str | Path | None = None) -> None:
    """Make sure that there is a linker of that name, and that it can have a model.

    :raises UnknownNameError: there is none.
    :raises InputError: it has no model, and is given one.
    """
    if name not in LINKERS:
        raise UnknownNameError("linker", name, LINKERS)
    if name == "lexical" and model is not None:
        raise InputError("the lexical linker has no model: choose the linker generative or cascade")


def make_linker(
    name: str,
    kb: KnowledgeBase,
    *,
    subset: KbSubset | None = None,
    learned: LearnedNames | None = None,
    options: LinkerOptions = LinkerOptions(),
    progress: Progress | None = None,
) -> Linker:
    """Make a linker by its name.

    :param name: a key of :data:`LINKERS`.
    :param kb: the knowledge base.
    :param subset: the part of it that may be answered.
    :param learned: names from a training corpus.
    :param options: what it is told beside.
    :param progress: told how far making the trie of a model is.
    :raises UnknownNameError: there is none of that name.
    :raises InputError: there is no such model, or the linker has none.
    """
    check_linker(name, options.model)
    parts: Parts = {"subset": subset, "learned": learned, "progress": progress}
    return LINKERS[name](kb, parts, options)
