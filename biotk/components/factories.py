"""The factories behind ``nlp.add_pipe("biotk_…")``.

spaCy imports this module in every process that makes a ``Language``, whether it uses BioTK or not:
so nothing heavy is imported here, and each factory imports its component when it is called.
"""

from collections.abc import Callable
from typing import Literal

from spacy.language import Language
from spacy.tokens import Doc

# No `from __future__ import annotations`: spaCy reads these signatures to check configs.

_ASSIGNS_LINKS = ["span._.kb_ents", "span._.link", "token.ent_kb_id"]


@Language.factory("biotk_abbreviations", assigns=["doc._.abbreviations", "span._.long_form"])
def make_abbreviations(nlp: Language, name: str) -> Callable[[Doc], Doc]:
    """Find the short forms that a document defines (Schwartz and Hearst)."""
    from biotk.components.abbreviations import AbbreviationComponent

    return AbbreviationComponent(name)


@Language.factory(
    "biotk_sections",
    assigns=["doc._.sections", "doc._.section_categories", "span._.section", "doc.spans"],
    default_config={"segmenter": "biotk-sections", "rules": None, "nested": False},
)
def make_sections(
    nlp: Language, name: str, segmenter: str, rules: str | None, nested: bool
) -> Callable[[Doc], Doc]:
    """Split a record into its sections.

    segmenter (str): the model: an embedded one or a folder; or "rules" for none.
    rules (str | None): a file of rules of one's own, as medspaCy writes them.
    nested (bool): whether a section reaches over its parts, which name it as their parent.
    """
    from biotk.components.sections import SectionsComponent

    return SectionsComponent(name, segmenter=segmenter, rules=rules, nested=nested)


@Language.factory(
    "biotk_detector",
    assigns=["doc.ents", "doc.spans"],
    default_config={
        "kb": "open",
        "detector": "dictionary",
        "tagger": None,
        "threshold": 0.0,
        "types": None,
        "sources": None,
        "branch": None,
        "ids": None,
        "subset": None,
        "overlaps": "longest",
        "spans_key": "biotk",
        "overwrite_ents": False,
        "include_kb": False,
    },
)
def make_detector(
    nlp: Language,
    name: str,
    kb: str,
    detector: Literal["dictionary", "tagger", "both"],
    tagger: str | None,
    threshold: float,
    types: list[str] | None,
    sources: list[str] | None,
    branch: list[str] | None,
    ids: list[str] | None,
    subset: str | None,
    overlaps: Literal["longest", "all"],
    spans_key: str,
    overwrite_ents: bool,
    include_kb: bool,
) -> Callable[[Doc], Doc]:
    """Find mentions.

    kb (str): the KB's directory, or the name of an embedded one.
    detector (str): "dictionary": names of the KB; "tagger": what a trained model takes for a
        mention; "both": what the model finds, and names where it finds nothing.
    tagger (str | None): the model of the last two: a folder.
    threshold (float): mentions of which the model is less sure (0 to 1) are left out.
    types, sources, branch, ids (list[str] | None): the part of the KB whose names are sought; the
        model seeks the types that this part has.
    subset (str | None): a file that `biotk kb subset` wrote; no more than this part.
    overlaps (str): "longest", or "all" for nested and overlapping mentions in doc.spans.
    spans_key (str): where all mentions stand in doc.spans.
    overwrite_ents (bool): whether entities that are there already give way.
    include_kb (bool): whether to_disk copies the KB.
    """
    from biotk.components.detector import DetectorComponent
    from biotk.components.kb import KbHandle

    return DetectorComponent(
        name,
        KbHandle(
            kb,
            types=types,
            sources=sources,
            branch=branch,
            ids=ids,
            part=subset,
            include=include_kb,
        ),
        detector=detector,
        tagger=tagger,
        threshold=threshold,
        overlaps=overlaps,
        spans_key=spans_key,
        overwrite_ents=overwrite_ents,
    )


@Language.factory(
    "biotk_snps",
    assigns=["doc._.variants", "span._.variant", "doc.ents", "doc.spans"],
    default_config={
        "label": "Variant",
        "spans_key": "variants",
        "set_ents": True,
        "overwrite_ents": False,
    },
)
def make_snps(
    nlp: Language, name: str, label: str, spans_key: str, set_ents: bool, overwrite_ents: bool
) -> Callable[[Doc], Doc]:
    """Find variants: rsIDs, HGVS, protein changes, star alleles.

    label (str): the label of their spans and entities.
    spans_key (str): where all of them stand in doc.spans.
    set_ents (bool): whether they are entities too.
    overwrite_ents (bool): whether entities that they overlap give way; else they do.
    """
    from biotk.components.snps import SnpComponent

    return SnpComponent(
        name, label=label, spans_key=spans_key, set_ents=set_ents, overwrite_ents=overwrite_ents
    )


@Language.factory(
    "biotk_linker",
    requires=["doc.ents"],
    assigns=_ASSIGNS_LINKS,
    default_config={
        "kb": "open",
        "linker": "cascade",
        "model": None,
        "encoder": None,
        "fusion": None,
        "router": None,
        "dial": None,
        "nil": None,
        "calibration": None,
        "labels": None,
        "learned_names": None,
        "types": None,
        "sources": None,
        "branch": None,
        "ids": None,
        "subset": None,
        "k": None,
        "threshold": None,
        "resolve_abbreviations": True,
        "max_entities_per_mention": 5,
        "spans_key": "biotk",
        "section_subsets": None,
        "include_kb": False,
    },
)
def make_linker(
    nlp: Language,
    name: str,
    kb: str,
    linker: Literal["lexical", "generative", "cascade", "dense", "fused", "routed"],
    model: str | None,
    encoder: str | None,
    fusion: str | None,
    router: str | None,
    dial: float | None,
    nil: Literal["none", "threshold", "prune", "mass", "calibrated", "calibrated-part"] | None,
    calibration: str | None,
    labels: list[str] | None,
    learned_names: str | None,
    types: list[str] | None,
    sources: list[str] | None,
    branch: list[str] | None,
    ids: list[str] | None,
    subset: str | None,
    k: int | None,
    threshold: float | None,
    resolve_abbreviations: bool,
    max_entities_per_mention: int,
    spans_key: str,
    section_subsets: dict[str, dict[str, list[str]]] | None,
    include_kb: bool,
) -> Callable[[Doc], Doc]:
    """Link each entity to a concept of the KB, or to NIL.

    kb (str): the KB's directory, or the name of an embedded one.
    linker (str): "cascade": names where they answer, a model together with them for the rest;
        "lexical": names alone, no model; "generative": a model alone, which writes names of the KB;
        "dense": the names whose vectors are nearest; "fused": all of these together;
        "routed": names, and a model for the mentions that are worth it.
    model (str | None): what writes names: a folder, or a name; biotk-mini. "none" lets the fused
        linker do without.
    encoder (str | None): what makes vectors for "dense" and "fused": a folder, or a name.
    fusion (str | None): what "fused" weighs: a file of `biotk train fusion`.
    router (str | None): what chooses for "routed": a file of `biotk train router`, or a name.
    dial (float | None): how much "routed" asks, from 0, names alone, to 1, all that there is; 0.5.
    nil (str | None): how NIL is decided: "none", "threshold", "prune", "mass", "calibrated" or
        "calibrated-part"; None: as the linker itself does, or "calibrated" with a calibration.
    calibration (str | None): a file of `biotk calibrate`, or "biotk-calibration", the cascade's.
    labels (list[str] | None): entity labels that are linked; without them all are.
    learned_names (str | None): a table of training mentions that LearnedNames.write wrote.
    types, sources, branch, ids (list[str] | None): the part of the KB that may be answered.
    subset (str | None): a file that `biotk kb subset` wrote; no more than this part.
    k (int | None): how many candidates are considered; None: as many as the linker likes.
    threshold (float | None): a best score below this is NIL; None: the linker's own.
    resolve_abbreviations (bool): whether short forms are looked up by their long form.
    max_entities_per_mention (int): how many candidates `span._.kb_ents` shows.
    spans_key (str): spans in doc.spans that are linked beside doc.ents.
    section_subsets (dict | None): by category of sections, the part of the KB that mentions in
        these are linked in: {"medications": {"types": ["Chemical"]}}.
    include_kb (bool): whether to_disk copies the KB.
    """
    from biotk.components.kb import KbHandle
    from biotk.components.linker import LinkerComponent

    return LinkerComponent(
        name,
        KbHandle(
            kb,
            types=types,
            sources=sources,
            branch=branch,
            ids=ids,
            part=subset,
            include=include_kb,
        ),
        linker=linker,
        model=model,
        encoder=encoder,
        fusion=fusion,
        router=router,
        dial=dial,
        nil=nil,
        calibration=calibration,
        labels=labels,
        learned_names=learned_names,
        k=k,
        threshold=threshold,
        resolve_abbreviations=resolve_abbreviations,
        max_entities_per_mention=max_entities_per_mention,
        spans_key=spans_key,
        section_subsets=section_subsets,
    )
