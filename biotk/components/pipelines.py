"""Whole pipelines: load one by name, and take its documents out of spaCy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from biotk.components.kb import SUBSET_FILE, KbHandle
from biotk.components.pipeline_settings import PipelineSettings, has_tagger_types
from biotk.components.plain import (
    get_abbreviations,
    get_link,
    get_score,
    get_sections,
    variant_of,
)
from biotk.components.saving import KbComponent
from biotk.components.section_parts import SectionSubsets
from biotk.components.snps import SPANS_KEY
from biotk.document import Document, Link, Mention
from biotk.errors import InputError, UnknownNameError
from biotk.kb import KbSubset
from biotk.resources import list_resources, resource_path
from biotk.types import NIL

_MAX_LENGTH = 100_000_000
_SNPS = "biotk_snps"


def load_pipeline(
    name: str | Path,
    *,
    kb: str | Path | None = None,
    types: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    branch: Sequence[str] | None = None,
    ids: Sequence[str] | None = None,
    subset: KbSubset | str | Path | None = None,
    threshold: float | None = None,
    linker: str | None = None,
    model: str | Path | None = None,
    encoder: str | Path | None = None,
    fusion: str | Path | None = None,
    learned_names: str | Path | None = None,
    nil: str | None = None,
    calibration: str | Path | None = None,
    detector: str | None = None,
    tagger: str | Path | None = None,
    router: str | Path | None = None,
    dial: float | None = None,
    section_subsets: SectionSubsets | None = None,
    variants: bool = False,
) -> Language:
    """Load one of BioTK's pipelines, or one that was saved with ``nlp.to_disk``.

    :param name: the name of a pipeline (``clinical``, ``literature``), or a folder.
    :param kb: another KB for all its components: a directory, or the name of an embedded one.
    :param types: the semantic types that are sought and linked. Without them, and where no other
        part is named either, those of the pipeline that the KB has.
    :param sources: vocabularies; only their concepts are sought and linked.
    :param branch: concept ids; only these and all that is narrower are sought and linked.
    :param ids: concept ids; only these are sought and linked.
    :param subset: a subset of the KB, or a file of one; only this part is sought and linked. It is
        saved with the pipeline. What is given here and what the pipeline itself asks for, but for
        its types, must all hold.
    :param threshold: the linker's threshold for NIL.
    :param linker: another linker: ``lexical``, ``generative``, ``cascade``, ``dense``,
        ``fused`` or ``routed``.
    :param model: what writes names, for the linkers ``generative``, ``cascade``, ``fused`` and
        ``routed``: a folder, or a name; ``none`` lets the fused linker do without.
    :param encoder: what makes vectors, for the linkers ``dense`` and ``fused``: a folder, or a
        name.
    :param fusion: what the fused linker weighs: a file of ``biotk train fusion``.
    :param learned_names: what annotators meant by mentions: a table of ``biotk train names``;
        ``none`` is without.
    :param nil: how NIL is decided, a key of :data:`~biotk.linking.nil.STRATEGIES`.
    :param calibration: how likely answers are right: a file of ``biotk calibrate``.
    :param detector: another detector: ``dictionary``, ``tagger`` or ``both``. Without it the
        pipeline's own, and ``dictionary`` where a part of the KB is named by anything else than
        types, or the KB has no type that the pipeline's model knows.
    :param tagger: the model of the last two: a folder, or a name.
    :param router: what chooses the way of each mention for the routed linker: a file of ``biotk
        train router``.
    :param dial: how much the routed linker asks, from 0, names alone, to 1, all that there is.
    :param section_subsets: by category of sections, the part of the KB that mentions in these are
        linked in: ``{"medications": {"types": ["Chemical"]}}``.
    :param variants: whether variants are sought too, by ``biotk_snps`` at the pipeline's end.
    :returns: a spaCy pipeline.
    :raises UnknownNameError: there is none of that name, or no such linker or detector.
    """
    settings = PipelineSettings(
        kb=kb, types=types, sources=sources, branch=branch, ids=ids, subset=subset,
        threshold=threshold, linker=linker, model=model, encoder=encoder, fusion=fusion,
        learned_names=learned_names, nil=nil,
        calibration=calibration, detector=detector, tagger=tagger, router=router,
        dial=dial, section_subsets=section_subsets,
    )  # fmt: skip
    settings.check()
    config_path = _config_path(name)
    config = spacy.util.load_config(config_path)
    settings.put_into(config, is_saved=_is_saved(config_path))
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    if not {"parser", "ner"} & set(nlp.pipe_names):
        # spaCy's limit of a million characters is there for these two.
        nlp.max_length = _MAX_LENGTH
    if _is_saved(config_path):
        nlp.from_disk(config_path.parent, exclude=[] if kb is None else _kb_components(nlp))
    for component_name, handle in _handles(nlp):
        saved = config_path.parent / component_name / SUBSET_FILE
        if subset is not None:
            handle.part = Path(subset).absolute() if isinstance(subset, str) else subset
        elif kb is not None and saved.is_file():
            handle.part = saved
    if variants and not any(nlp.get_pipe_meta(n).factory == _SNPS for n in nlp.pipe_names):
        nlp.add_pipe(_SNPS)
    return nlp


def _is_saved(config_path: Path) -> bool:
    """:returns: whether a pipeline was saved with ``nlp.to_disk``."""
    return (config_path.parent / "meta.json").is_file()


def _handles(nlp: Language) -> list[tuple[str, KbHandle]]:
    pipes: list[tuple[str, Any]] = list(nlp.pipeline)
    return [(name, pipe.handle) for name, pipe in pipes if isinstance(pipe, KbComponent)]


def _config_path(name: str | Path) -> Path:
    folder = Path(name)
    if (folder / "config.cfg").is_file():
        return folder / "config.cfg"
    known = list_resources("pipelines")
    if str(name) not in known:
        raise UnknownNameError("pipeline", str(name), known)
    return resource_path("pipelines", str(name), "config.cfg")


def pipeline_kb(name: str | Path) -> str:
    """:returns: the KB that a pipeline links to: a directory, or the name of an embedded one.

    :raises UnknownNameError: there is no pipeline of that name.
    :raises InputError: it has no component with a KB.
    """
    path = _config_path(name)
    components = spacy.util.load_config(path)["components"]
    for wanted in ("biotk_linker", "biotk_detector"):
        for key, component in components.items():
            if component.get("factory") != wanted:
                continue
            handle = KbHandle(component.get("kb", "open"))
            if (path.parent / key).is_dir():
                handle.from_disk(path.parent / key)
            return handle.name
    raise InputError(f"the pipeline {str(name)!r} has no component with a KB")


def pipeline_detector(name: str | Path) -> str | None:
    """:returns: how a pipeline finds mentions, where no part is named; None if by nothing of ours.

    :raises UnknownNameError: there is no pipeline of that name.
    """
    path = _config_path(name)
    config = spacy.util.load_config(path)
    for key in config["nlp"]["pipeline"]:
        component = config["components"].get(key, {})
        if component.get("factory") == "biotk_detector":
            by_names = not _is_saved(path) and not has_tagger_types(component)
            return "dictionary" if by_names else str(component.get("detector", "dictionary"))
    return None


def _kb_components(nlp: Language) -> list[str]:
    """Components whose saved KB must give way to the one that was asked for."""
    return [name for name, _ in _handles(nlp)]


def to_document(doc: Doc, *, id: str = "", spans_key: str = "biotk") -> Document:
    """Take what was found in a document out of spaCy.

    :param doc: a processed document.
    :param id: what the document shall be called.
    :param spans_key: spans that count beside the entities.
    :returns: its mentions with their links, its sections and its abbreviations.
    """
    spans: dict[tuple[int, int, str], Span] = {}
    variants = doc.spans.get(SPANS_KEY, ())
    for span in (*doc.spans.get(spans_key, ()), *variants, *doc.ents):
        spans.setdefault((span.start_char, span.end_char, span.label_), span)
    return Document(
        id=id,
        text=doc.text,
        mentions=tuple(_mention(spans[place]) for place in sorted(spans)),
        sections=get_sections(doc),
        abbreviations=get_abbreviations(doc),
    )


def _mention(span: Span) -> Mention:
    link = get_link(span)
    variant = variant_of(span)
    if link is None and variant is not None:
        reasons = {"kind": variant.kind} | ({} if variant.gene is None else {"gene": variant.gene})
        link = Link(variant.normalised, route="variant", reasons=reasons)
    return Mention(
        spans=((span.start_char, span.end_char),),
        text=span.text,
        type=span.label_ or None,
        links=() if link is None else (link,),
        score=get_score(span),
    )


def to_ents(doc: Doc, document: Document) -> Doc:
    """Set the mentions of a document as entities, for training or for a look at them.

    :param doc: the same text, tokenised; entities that overlap are left to the longest.
    :param document: its mentions; a NIL link gives the id ``"NIL"``.
    """
    spans = [
        doc.char_span(
            mention.start,
            mention.end,
            label=mention.type or "Concept",
            kb_id=(mention.concept_ids or (NIL if mention.is_nil else "",))[0],
            alignment_mode="expand",
        )
        for mention in document.mentions
    ]
    doc.ents = spacy.util.filter_spans([span for span in spans if span is not None])
    return doc


def pipeline_settings(nlp: Language) -> dict[str, Any]:
    """:returns: the configuration of a pipeline's components, for records of a run."""
    return dict(nlp.config["components"])
