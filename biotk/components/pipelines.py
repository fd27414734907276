"""Whole pipelines: load one by name, and take its documents out of spaCy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from biotk.components.detector import check_detector
from biotk.components.kb import SUBSET_FILE, KbHandle
from biotk.components.plain import get_abbreviations, get_link, get_score, get_sections
from biotk.components.saving import KbComponent
from biotk.detection.tagger import DEFAULT_TAGGER, tagger_types
from biotk.document import Document, Mention
from biotk.errors import InputError, UnknownNameError
from biotk.kb import KbSubset
from biotk.kb.default import resolve_kb
from biotk.kb.manifest import Manifest
from biotk.linking.calibration import find_calibration
from biotk.linking.registry import LinkerOptions, check_linker, without
from biotk.resources import list_resources, resource_path
from biotk.types import NIL, entity_type

logger = logging.getLogger(__name__)

_MAX_LENGTH = 100_000_000
_OF_A_KB = ("biotk_detector", "biotk_linker")
#: A detector that needs no model.
_BY_NAMES = {"detector": "dictionary", "tagger": None, "threshold": 0.0}


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
    router: str | Path | None = None,
    dial: float | None = None,
    nil: str | None = None,
    calibration: str | Path | None = None,
    detector: str | None = None,
    tagger: str | Path | None = None,
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
    :param router: what chooses the way of each mention for the routed linker: a file of ``biotk
        train router``.
    :param dial: how much the routed linker asks, from 0, names alone, to 1, all that there is.
    :param nil: how NIL is decided, a key of :data:`~biotk.linking.nil.STRATEGIES`.
    :param calibration: how likely answers are right: a file of ``biotk calibrate``.
    :param detector: another detector: ``dictionary``, ``tagger`` or ``both``. Without it the
        pipeline's own, and ``dictionary`` where a part of the KB is named by anything else than
        types, or the KB has no type that the pipeline's model knows.
    :param tagger: the model of the last two: a folder, or a name.
    :returns: a spaCy pipeline.
    :raises UnknownNameError: there is none of that name, or no such linker or detector.
    """
    if linker is not None:
        options = LinkerOptions(
            model=model, encoder=encoder, fusion=fusion, router=router, dial=dial, nil=nil
        )
        check_linker(linker, options)
    if calibration is not None:
        find_calibration(calibration)
    if detector is not None:
        check_detector(detector, None if tagger is None else str(tagger))
    config_path = _config_path(name)
    config = spacy.util.load_config(config_path)
    parts = {"types": types, "sources": sources, "branch": branch, "ids": ids}
    if types is None:
        if _names_a_part(parts, subset):
            # Who names a part means all of it: a branch of findings is not to be cut to diseases.
            _set_types(config, lambda names: [])
        elif kb is not None:
            _drop_types(config, resolve_kb(kb).manifest)
    for component in config["components"].values():
        factory = component.get("factory", "")
        if factory not in _OF_A_KB:
            continue
        if kb is not None:
            component["kb"] = str(kb)
        component |= {key: list(names) for key, names in parts.items() if names is not None}
        if factory == "biotk_detector":
            chosen = detector is not None or tagger is not None or _is_saved(config_path)
            if not chosen and (_names_a_part(parts, subset) or not _has_tagger_types(component)):
                component |= _BY_NAMES
            given = {"detector": detector, "tagger": tagger and str(tagger)}
            component |= {key: value for key, value in given.items() if value is not None}
            if detector == "dictionary":
                component |= _BY_NAMES
        if factory == "biotk_linker":
            if linker is not None:
                # What the pipeline's own linker was told need not suit another.
                component |= {key: None for key in without(linker) if key in component}
            own = {"threshold": threshold, "linker": linker, "nil": nil, "dial": dial}
            files = {"model": model, "encoder": encoder, "fusion": fusion}
            files |= {"calibration": calibration, "router": router}
            own |= {key: None if value is None else str(value) for key, value in files.items()}
            component |= {key: value for key, value in own.items() if value is not None}
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
    return nlp


def _is_saved(config_path: Path) -> bool:
    """:returns: whether a pipeline was saved with ``nlp.to_disk``."""
    return (config_path.parent / "meta.json").is_file()


def _names_a_part(parts: Mapping[str, object], subset: object) -> bool:
    """:returns: whether a part is asked for by anything else than types.

    Who does so wants mentions of that part: a model would find all others as well, for NIL.
    """
    return subset is not None or any(
        part is not None for key, part in parts.items() if key != "types"
    )


def _has_tagger_types(component: Mapping[str, Any]) -> bool:
    """:returns: whether the detector's model has a type in common with what is sought; true where
    it has no model.
    """
    if component.get("detector", "dictionary") == "dictionary":
        return True
    sought = component.get("types") or resolve_kb(component.get("kb", "open")).manifest.types
    known = {entity_type(each) for each in tagger_types(component.get("tagger") or DEFAULT_TAGGER)}
    return any(entity_type(each) in known for each in sought)


def _handles(nlp: Language) -> list[tuple[str, KbHandle]]:
    pipes: list[tuple[str, Any]] = list(nlp.pipeline)
    return [(name, pipe.handle) for name, pipe in pipes if isinstance(pipe, KbComponent)]


def _drop_types(config: dict[str, Any], kb: Manifest) -> None:
    """The types of a pipeline are those of its own KB; what another lacks cannot be sought."""
    lacking: dict[str, None] = {}

    def there(names: Sequence[str]) -> list[str]:
        lacking.update(dict.fromkeys(name for name in names if name not in kb.types))
        return [name for name in names if name in kb.types]

    left = _set_types(config, there)
    if lacking:
        logger.warning(
            "the KB %r has no type %s, which the pipeline seeks: %s",
            kb.name,
            ", ".join(lacking),
            "left out" if left else "concepts of all types are sought instead",
        )


def _set_types(config: dict[str, Any], change: Callable[[Sequence[str]], list[str]]) -> bool:
    """Change the types that BioTK's components ask for; with none they ask for all.

    :returns: whether each that asked for types does so still.
    """
    asking = [
        component
        for component in config["components"].values()
        if component.get("factory") in _OF_A_KB and component.get("types")
    ]
    for component in asking:
        component["types"] = change(component["types"]) or None
    return all(component["types"] for component in asking)


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
    for span in (*doc.spans.get(spans_key, ()), *doc.ents):
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
