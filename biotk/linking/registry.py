"""Linkers by the names that the command line and configs use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biotk.candidates.learned import LearnedNames
from biotk.errors import InputError, UnknownNameError
from biotk.index.kb_trie import Progress
from biotk.index.kb_vectors import TextEncoder
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import Linker
from biotk.linking.cascade import CascadeConfig, CascadeLinker
from biotk.linking.dense import DenseConfig, DenseLinker
from biotk.linking.encoders import DEFAULT_ENCODER, load_encoder
from biotk.linking.fused import FusedConfig, FusedLinker
from biotk.linking.fusion import FusionWeights
from biotk.linking.generative import GenerativeConfig, GenerativeLinker
from biotk.linking.generator import Generator, check_generator, load_generator
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.shortlist import JoinedLists, Shortlist

#: The model of linkers that need one, where none is named.
DEFAULT_MODEL = "biotk-mini"
#: In the place of a model: the fused linker does without one.
NO_MODEL = "none"
#: What not all linkers take, what it is called, and the linkers that do.
_TAKEN = (
    ("model", "model", ("generative", "cascade", "fused")),
    ("encoder", "encoder", ("dense", "fused", "generative")),
    ("fusion", "weights to fuse by", ("fused",)),
    ("shortlist", "short list", ("generative", "cascade")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkerOptions:
    """What all linkers can be told; None leaves a matter to the linker's own configuration.

    :param model: what writes names: a generator, or the name or folder of one. Without it
        :data:`DEFAULT_MODEL`. The lexical linker has none.
        A fused linker goes without where it is :data:`NO_MODEL`.
    :param encoder: what makes vectors: an encoder, or the name or folder of one. The dense and the
        fused linker take :data:`~biotk.linking.encoders.DEFAULT_ENCODER` without it; with it, a
        generative linker's shortlist has near names beside those that look alike.
    :param k: how many candidates are looked at.
    :param threshold: a best score below this is NIL; the scale is the linker's own. In a cascade
        it is the model's.
    :param n_best: among how many names a model seeks the best, and how many it reports.
    :param n_kept: how many candidates a link keeps.
    :param keep: from which score on a cascade keeps a lexical answer.
    :param shortlist: search the names of some candidates alone.
    :param fusion: what a fused linker weighs features by, or a file of `biotk train fusion`.
    """

    model: Generator | str | Path | None = None
    encoder: TextEncoder | str | Path | None = None
    k: int | None = None
    threshold: float | None = None
    n_best: int | None = None
    n_kept: int | None = None
    keep: float | None = None
    shortlist: Shortlist | None = None
    fusion: FusionWeights | str | Path | None = None


Parts = dict[str, Any]


def _lexical(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> LexicalLinker:
    given = _given(k=options.k, threshold=options.threshold, n_kept=options.n_kept)
    parts.pop("progress")
    return LexicalLinker(kb, **parts, config=LexicalConfig(**given))


def _generative(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> GenerativeLinker:
    config = _generative_config(options)
    lister = None
    if options.encoder is not None:
        size = config.shortlist_size
        own = {key: parts[key] for key in ("subset", "learned")}
        lexical = LexicalLinker(kb, **own, config=LexicalConfig(k=size, n_kept=size))
        dense = DenseLinker(kb, _encoder(options), **parts, config=DenseConfig(k=size, n_kept=size))
        lister = JoinedLists((dense, lexical), size=size)
    return GenerativeLinker(kb, _generator(options), **parts, config=config, lister=lister)


def _dense(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> DenseLinker:
    given = _given(k=options.k, threshold=options.threshold, n_kept=options.n_kept)
    return DenseLinker(kb, _encoder(options), **parts, config=DenseConfig(**given))


def _fused(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> FusedLinker:
    # A threshold is in the scale of one linker; here it is the share that the best one needs.
    fusion = options.fusion
    weights = FusionWeights.read(fusion) if isinstance(fusion, str | Path) else fusion
    config = FusedConfig(
        **_given(
            keep=options.keep,
            n_kept=options.n_kept,
            least_share=options.threshold,
            weights=weights,
        ),
        lexical=LexicalConfig(**_given(k=options.k)),
        dense=DenseConfig(**_given(k=options.k)),
        generative=GenerativeConfig(**_given(n_best=options.n_best)),
    )
    encoder = _encoder(options)
    if options.model == NO_MODEL:
        return FusedLinker(kb, encoder, **parts, config=config)
    model = DEFAULT_MODEL if options.model is None else options.model
    if isinstance(model, Generator):
        return FusedLinker(kb, encoder, model, **parts, config=config)
    check_generator(model)
    return FusedLinker(kb, encoder, lambda: load_generator(model), **parts, config=config)


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


def _encoder(options: LinkerOptions) -> TextEncoder:
    encoder = DEFAULT_ENCODER if options.encoder is None else options.encoder
    return load_encoder(encoder) if isinstance(encoder, str | Path) else encoder


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


#: What makes each linker.
LINKERS: dict[str, Callable[[KnowledgeBase, Parts, LinkerOptions], Linker]] = {
    "lexical": _lexical,
    "generative": _generative,
    "cascade": _cascade,
    "dense": _dense,
    "fused": _fused,
}


def check_linker(name: str, options: LinkerOptions = LinkerOptions()) -> None:
    """Make sure that there is a linker of that name, and that it has a use for what it is given.

    :raises UnknownNameError: there is none.
    :raises InputError: it has no model, for one, and is given one.
    """
    if name not in LINKERS:
        raise UnknownNameError("linker", name, LINKERS)
    for field, what, having in _TAKEN:
        if getattr(options, field) is not None and name not in having:
            raise InputError(
                f"the {name} linker has no {what}: choose the linker {' or '.join(having)}"
            )
    if name == "generative" and options.encoder is not None and options.shortlist is None:
        raise InputError(
            "the generative linker takes an encoder for its short list, and makes none: name a "
            "shortlist as well, or choose the linker dense or fused"
        )


def without(name: str) -> list[str]:
    """:returns: the options that a linker has no use for."""
    fields = [field for field, _, having in _TAKEN if name not in having]
    # The generative linker has an encoder for a short list alone.
    return [*fields, "encoder"] if name == "generative" else fields


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
    :param progress: told how far making the trie of a model, or vectors, is.
    :raises UnknownNameError: there is none of that name.
    :raises InputError: there is no such model or encoder, or the linker has no use for what it is
        given.
    """
    check_linker(name, options)
    parts: Parts = {"subset": subset, "learned": learned, "progress": progress}
    return LINKERS[name](kb, parts, options)
