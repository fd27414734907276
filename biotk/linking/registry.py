"""Linkers by the names that the command line and configs use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from biotk.candidates.learned import DEFAULT_LEARNED, NO_LEARNED, LearnedNames, find_learned
from biotk.errors import InputError, UnknownNameError
from biotk.index.kb_trie import Progress
from biotk.index.kb_vectors import TextEncoder
from biotk.kb import KbSubset, KnowledgeBase
from biotk.linking.base import Linker
from biotk.linking.calibration import DEFAULT_CALIBRATION, Calibration, find_calibration
from biotk.linking.cascade import CascadeConfig, CascadeLinker
from biotk.linking.dense import DenseConfig, DenseLinker
from biotk.linking.encoders import DEFAULT_ENCODER, load_encoder
from biotk.linking.fused import FusedConfig, FusedLinker
from biotk.linking.fusion import DEFAULT_WEIGHTS, FusionWeights
from biotk.linking.generative import GenerativeConfig, GenerativeLinker
from biotk.linking.generator import (
    Generator,
    LazyGenerator,
    check_generator,
    generator_fingerprint,
)
from biotk.linking.lexical import LexicalConfig, LexicalLinker
from biotk.linking.nil import STRATEGIES, NilConfig, NilLinker
from biotk.linking.routed import RoutedConfig, RoutedLinker
from biotk.linking.routing import DEFAULT_ROUTER, Router, find_router
from biotk.linking.shortlist import JoinedLists, Shortlist

#: The model of linkers that need one, where none is named.
DEFAULT_MODEL = "biotk-mini"
#: In the place of a model: the fused linker does without one.
NO_MODEL = "none"
#: What not all linkers take, what it is called, and the linkers that do.
_TAKEN = (
    ("model", "model", ("generative", "cascade", "fused", "routed")),
    ("encoder", "encoder", ("dense", "fused", "generative", "routed")),
    ("fusion", "weights to fuse by", ("fused", "routed")),
    ("shortlist", "short list", ("generative", "cascade")),
    ("router", "router", ("routed",)),
    ("dial", "dial", ("routed",)),
)
#: Linkers that ask a model.
_WITH_MODEL = _TAKEN[0][2]
#: Ways to decide NIL that look at the whole KB, where it is at hand.
_OF_THE_WHOLE = ("prune", "calibrated")


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
    :param router: what chooses the way of each mention in a routed linker, or a file of
        `biotk train router`. Without it :data:`~biotk.linking.routing.DEFAULT_ROUTER`.
    :param learned: training mentions, or the table that they are in, a file or
        :data:`~biotk.candidates.learned.DEFAULT_LEARNED`; None or ``none`` for none.
    :param dial: how much a routed linker asks, from 0, names alone, to 1, all that there is.
    :param nil: how NIL is decided, a key of :data:`~biotk.linking.nil.STRATEGIES`; None for the
        linker's own way, or ``calibrated`` where there is a calibration.
    :param calibration: how likely answers are right, or a file of `biotk calibrate`. Where
        ``calibrated`` is asked for and none is named, the cascade's,
        :data:`~biotk.linking.calibration.DEFAULT_CALIBRATION`.
    """

    model: Generator | LazyGenerator | str | Path | None = None
    encoder: TextEncoder | str | Path | None = None
    k: int | None = None
    threshold: float | None = None
    n_best: int | None = None
    n_kept: int | None = None
    keep: float | None = None
    shortlist: Shortlist | None = None
    fusion: FusionWeights | str | Path | None = None
    router: Router | str | Path | None = None
    dial: float | None = None
    nil: str | None = None
    calibration: Calibration | str | Path | None = None
    learned: LearnedNames | str | Path | None = None


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
    config, encoder = _fused_config(options), _encoder(options)
    if options.model == NO_MODEL:
        return FusedLinker(kb, encoder, **parts, config=config)
    return FusedLinker(kb, encoder, _lazily(options), **parts, config=config)


def _fused_config(options: LinkerOptions) -> FusedConfig:
    # A threshold is in the scale of one linker; here it is the share that the best one needs.
    return FusedConfig(
        **_given(
            keep=options.keep,
            n_kept=options.n_kept,
            least_share=options.threshold,
            weights=_fusion_weights(options),
        ),
        lexical=LexicalConfig(**_given(k=options.k)),
        dense=DenseConfig(**_given(k=options.k)),
        generative=GenerativeConfig(**_given(n_best=options.n_best)),
    )


def _cascade(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> CascadeLinker:
    return CascadeLinker(kb, _lazily(options), **parts, config=_cascade_config(options))


def _cascade_config(options: LinkerOptions) -> CascadeConfig:
    return CascadeConfig(
        **_given(keep=options.keep, n_kept=options.n_kept),
        lexical=LexicalConfig(**_given(k=options.k)),
        generative=_generative_config(options),
    )


def _routed(kb: KnowledgeBase, parts: Parts, options: LinkerOptions) -> RoutedLinker:
    router = _router(options)
    router.check(_models(options, encoder=options.encoder is not None))
    encoder = None if options.encoder is None else _encoder(options)
    # A threshold is that of the model; the fused linker has a scale of its own.
    config = RoutedConfig(
        **_given(dial=options.dial),
        cascade=_cascade_config(options),
        fused=_fused_config(replace(options, threshold=None)),
    )
    return RoutedLinker(kb, _lazily(options), router, encoder=encoder, **parts, config=config)


def _router(options: LinkerOptions) -> Router:
    router = DEFAULT_ROUTER if options.router is None else options.router
    return Router.read(find_router(router)) if isinstance(router, str | Path) else router


def _fusion_weights(options: LinkerOptions) -> FusionWeights:
    fusion = DEFAULT_WEIGHTS if options.fusion is None else options.fusion
    return FusionWeights.read(fusion) if isinstance(fusion, str | Path) else fusion


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
    model = _lazily(options)
    return model if isinstance(model, Generator) else model()


def _lazily(options: LinkerOptions) -> Generator | LazyGenerator:
    """:returns: the model, which is loaded when it is asked for the first time."""
    model = DEFAULT_MODEL if options.model is None else options.model
    if isinstance(model, Generator | LazyGenerator):
        return model
    check_generator(model)
    return LazyGenerator(model)


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
    "routed": _routed,
}


def check_linker(name: str, options: LinkerOptions = LinkerOptions()) -> None:
    """Make sure that there is a linker of that name, and that it has a use for what it is given.

    :raises UnknownNameError: there is none.
    :raises InputError: it has no model, for one, and is given one; or there is no such calibration
        or table of mentions.
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
    if name == "routed":
        _check_routed(options)
    if options.nil is not None and options.nil not in STRATEGIES:
        raise UnknownNameError("way to decide NIL", options.nil, STRATEGIES)
    calibration = _calibration(options)
    if isinstance(calibration, str | Path):
        find_calibration(calibration)
    if isinstance(options.learned, str | Path) and str(options.learned) != NO_LEARNED:
        find_learned(options.learned)


def learned_for(name: str, given: str | None = None) -> str | None:
    """Tell which training mentions a linker knows on the command line.

    :param given: what somebody asks for.
    :returns: that; else those that the models have read, for the linkers that have one, and none
        for the lexical one, which knows a KB's names alone.
    """
    return given or (None if name == "lexical" else DEFAULT_LEARNED)


def learned_of(kb: KnowledgeBase, options: LinkerOptions) -> LearnedNames | None:
    """:returns: the training mentions that options name, in the ids of a KB."""
    if options.learned is None or isinstance(options.learned, LearnedNames):
        return options.learned
    return None if str(options.learned) == NO_LEARNED else LearnedNames.read(kb, options.learned)


def _calibration(options: LinkerOptions) -> str | Path | Calibration | None:
    """:returns: the one that is named, or that comes with BioTK where NIL is decided by one."""
    if options.calibration is None and options.nil in ("calibrated", "calibrated-part"):
        return DEFAULT_CALIBRATION
    return options.calibration


def _check_routed(options: LinkerOptions) -> None:
    if options.model == NO_MODEL:
        raise InputError("the routed linker needs a model: choose the linker lexical or fused")
    if options.fusion is not None and options.encoder is None:
        raise InputError("the routed linker weighs nothing without an encoder: name one as well")
    if options.router is None or isinstance(options.router, str | Path):
        find_router(DEFAULT_ROUTER if options.router is None else options.router)
    if options.dial is not None:
        RoutedConfig(dial=options.dial)


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
    whole: Linker | None = None,
) -> Linker:
    """Make a linker by its name.

    :param name: a key of :data:`LINKERS`.
    :param kb: the knowledge base.
    :param subset: the part of it that may be answered.
    :param learned: names from a training corpus; those of the options where there are none.
    :param options: what it is told beside.
    :param progress: told how far making the trie of a model, or vectors, is.
    :param whole: the same linker over the whole KB, for ways to decide NIL that look at it; one is
        made where none is given.
    :raises UnknownNameError: there is none of that name.
    :raises InputError: there is no such model or encoder, or the linker has no use for what it is
        given.
    """
    check_linker(name, options)
    learned = learned_of(kb, options) if learned is None else learned
    parts: Parts = {"subset": subset, "learned": learned, "progress": progress}
    if options.nil is None and options.calibration is None:
        return LINKERS[name](kb, parts, options)
    config = NilConfig(
        strategy=options.nil or "calibrated",
        **_given(threshold=options.threshold, n_kept=options.n_kept),
    )
    calibration = _calibration(options)
    if isinstance(calibration, str | Path):
        calibration = Calibration.read(find_calibration(calibration))
    if calibration is not None:
        calibration.check(kb, made_of(name, options))
    inner = sharing(name, options)
    inside = LINKERS[name](kb, dict(parts), inner)
    if subset is None:
        whole = inside
    elif config.strategy not in _OF_THE_WHOLE:
        whole = None  # the others do not look at the whole KB, and are twice as fast without
    elif whole is None:
        whole = LINKERS[name](kb, {**parts, "subset": None}, inner)
    return NilLinker(inside, whole, subset=subset, config=config, calibration=calibration)


def sharing(name: str, options: LinkerOptions) -> LinkerOptions:
    """Make options for several linkers for which others decide NIL.

    :param name: a key of :data:`LINKERS`.
    :param options: what they are told.
    :returns: the same, with models that are loaded once for all of them, and without thresholds.
    """
    found = replace(options, nil=None, calibration=None, n_kept=None)
    # A score that is too low is then no reason to look for no further candidates.
    found = replace(found, threshold=0.0 if name in ("lexical", "dense") else None)
    if name in _WITH_MODEL and options.model != NO_MODEL:
        found = replace(found, model=_lazily(options))
    if name in ("dense", "fused") or options.encoder is not None:
        found = replace(found, encoder=_encoder(options))
    return found


def made_of(name: str, options: LinkerOptions) -> dict[str, str]:
    """Tell what a linker is made of, for what is fitted to it.

    :param name: a key of :data:`LINKERS`.
    :param options: what it is told beside.
    :returns: the ``linker``, and fingerprints of its ``model``, ``encoder``, ``fusion`` and
        ``router``, those that it has.
    """
    has_encoder = name in ("dense", "fused") or options.encoder is not None
    found = {"linker": name, **_models(options, has=name in _WITH_MODEL, encoder=has_encoder)}
    if name == "fused" or (name == "routed" and has_encoder):
        found["fusion"] = _fusion_weights(options).fingerprint
    if name == "routed":
        found["router"] = _router(options).fingerprint
    return found


def _models(options: LinkerOptions, *, has: bool = True, encoder: bool) -> dict[str, str]:
    """:returns: fingerprints of the ``model`` and the ``encoder``, where there are such."""
    found = {}
    if has and options.model != NO_MODEL:
        model = _lazily(options)
        made_here = isinstance(model, Generator) and not Path(model.name).is_dir()
        found["model"] = model.name if made_here else generator_fingerprint(model.name)
    if encoder:
        found["encoder"] = _encoder(options).fingerprint
    return found
