"""``biotk evaluate partial-kb``: ways to decide NIL, in a part of a KB, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.evaluate_corpus import annotated_by, check_corpus, half_of, read_corpus
from biotk.cli.evaluate_options import Corpus, Half, Json, Kb, PipelineName, WhichHalf
from biotk.cli.evaluate_part import resolver, sought
from biotk.cli.evaluate_report import show_report
from biotk.cli.linker_options import CalibrationOption, Encoder, Fusion, LinkerName, Model
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.document import Document, Link
    from biotk.kb import KbSubset, KnowledgeBase
    from biotk.linking.nil import NilLinker

#: What reports call the strategies of :data:`biotk.linking.nil.STRATEGIES`, in their order.
_CALLED = {
    "none": "direct",
    "threshold": "threshold",
    "prune": "prune",
    "mass": "mass",
    "calibrated": "calibrated",
    "calibrated-part": "calibrated_part",
}
_FIGURES = ("precision", "recall", "f1", "mention_f1")
_DOCUMENTS = 64


def partial_kb_cli(
    corpus: Corpus,
    kb: Kb,
    pipeline: PipelineName = "literature",
    linker: LinkerName = "cascade",
    model: Model = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    detector: OtherDetector = None,
    tagger: Tagger = None,
    calibration: CalibrationOption = None,
    subset_ids: Annotated[
        Path | None, typer.Option(help="A file of concept ids, one a line, or JSON with them.")
    ] = None,
    complement: Annotated[
        bool, typer.Option("--complement", help="The rest of the KB instead of the part.")
    ] = False,
    random_halves: Annotated[
        int, typer.Option(min=0, help="So many random halves of the KB instead of one part: means.")
    ] = 0,
    same_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help="Ten branches of a semantic type instead of one part, so that types say nothing.",
        ),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    half: WhichHalf = Half.both,
    as_json: Json = False,
) -> None:
    """Find and link mentions in a part of a KB, with every way to decide NIL (arXiv 2303.10330).

    Gold is what is in the part; whoever links any other mention is wrong.

    For example:

    biotk evaluate partial-kb --corpus dev.pubtator --kb mesh --subset-ids medic.txt --json

    biotk evaluate partial-kb --corpus dev.pubtator --kb mesh --random-halves 10 --half reported
    """
    part = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    named = bool(part) or subset_ids is not None
    if named + bool(random_halves) + (same_type is not None) != 1:
        raise InputError(
            "name one part (--subset-ids, --types, --branch, …), or --random-halves, or --same-type"
        )
    report = evaluate_partial_kb(
        corpus,
        kb,
        pipeline,
        linker,
        {"model": model, "encoder": encoder, "fusion": fusion, "calibration": calibration},
        {"detector": detector, "tagger": tagger},
        part=part,
        subset_ids=subset_ids,
        complement=complement,
        random_halves=random_halves,
        same_type=same_type,
        half=half,
    )
    show_report(report, as_json=as_json)


def evaluate_partial_kb(
    corpus: Path,
    kb_name: str,
    pipeline: str,
    linker: str,
    how: dict[str, Any],
    detection: dict[str, Any],
    *,
    part: PartOptions,
    subset_ids: Path | None,
    complement: bool,
    random_halves: int,
    same_type: str | None,
    half: Half,
) -> dict[str, Any]:
    """Run a pipeline in one part of a KB or several, and decide NIL in every way."""
    from biotk.kb.default import resolve_kb
    from biotk.linking.calibration import DEFAULT_CALIBRATION
    from biotk.linking.registry import LinkerOptions, check_linker, sharing
    from biotk.training import kb_parts
    from biotk.training.calibrate import gold_of

    how = {**how, "calibration": how["calibration"] or DEFAULT_CALIBRATION}
    options = LinkerOptions(**how, nil="calibrated")
    check_linker(linker, options)
    kb = resolve_kb(kb_name)
    documents = read_corpus(corpus)
    check_corpus(documents, kb, resolver(kb))
    documents = half_of(documents, half)
    gold = [own for d in documents for m in d.mentions if (own := gold_of(kb, m))]
    if random_halves:
        parts = kb_parts.random_halves(kb, random_halves, seed=1)
    elif same_type is not None:
        parts = kb_parts.same_type_branches(kb, gold, 10, type=same_type, seed=1)
        if not parts:
            raise InputError(f"no branch of {same_type} has some of the gold mentions, not all")
    else:
        named = sought(part, kb, subset_ids=subset_ids)[1]
        whole = kb.subset() if named is None else named
        if part.types:
            whole &= kb.subset(types=part.types)
        parts = [~whole if complement else whole]
    loaded = sharing(linker, options)
    options = replace(options, model=loaded.model, encoder=loaded.encoder)
    each = [_of_part(kb, documents, pipeline, linker, options, detection, own) for own in parts]
    means = {
        called: {
            figure: sum(found[called][figure] for found in each) / len(each) for figure in _FIGURES
        }
        for called in each[0]
    }
    return {
        **means,
        "n_parts": len(parts),
        "concepts": [len(own) for own in parts],
        "n_gold": [found["calibrated"]["n_gold"] for found in each],
        "pipeline": pipeline,
        "linker": linker,
        "kb": {"name": kb.manifest.name, "fingerprint": kb.fingerprint},
    }


def _of_part(
    kb: KnowledgeBase,
    documents: list[Document],
    pipeline: str,
    linker: str,
    options: Any,
    detection: dict[str, Any],
    subset: KbSubset,
) -> dict[str, dict[str, Any]]:
    from biotk.evaluation import score_end_to_end
    from biotk.linking.nil import NilLinker
    from biotk.linking.registry import make_linker

    # The detector of the pipeline, which a part would else make one that goes by names.
    chosen = {**_detector_of(pipeline), **{k: v for k, v in detection.items() if v is not None}}
    found = annotated_by(pipeline, str(kb.path), documents, linked=False, subset=subset, **chosen)
    made = make_linker(linker, kb, subset=subset, options=options)
    if not isinstance(made, NilLinker):
        raise InputError(f"the {linker} linker cannot be asked for its evidence")
    linked = _linked(made, found)
    resolve, allowed = resolver(kb), frozenset(kb.ids_of(subset.indices))
    report = {}
    for called, predicted in linked.items():
        scores = score_end_to_end(
            zip(documents, predicted, strict=True),
            resolve=resolve,
            allowed_ids=allowed,
            resamples=1,
        )
        report[called] = scores.to_dict()
    return report


def _detector_of(pipeline: str) -> dict[str, Any]:
    from biotk.components.pipelines import load_pipeline

    for _, pipe in load_pipeline(pipeline).pipeline:
        name = getattr(pipe, "detector_name", None)
        if name is not None:
            return {"detector": name}
    return {}


def _linked(linker: NilLinker, found: Sequence[Document]) -> dict[str, list[Document]]:
    """:returns: the documents with links, by every way to decide NIL."""
    from biotk.linking.long_forms import LongForms
    from biotk.linking.query import query_of
    from biotk.text.abbreviations import find_abbreviations

    result: dict[str, list[Document]] = {called: [] for called in _CALLED.values()}
    for first in range(0, len(found), _DOCUMENTS):
        batch = found[first : first + _DOCUMENTS]
        queries = []
        for document in batch:
            forms = LongForms(document.abbreviations or find_abbreviations(document.text))
            queries += [query_of(document.text, m, forms) for m in document.mentions]
        evidence = linker.evidence(queries)
        alone = [replace(each, whole=None, outside=()) for each in evidence]
        for strategy, called in _CALLED.items():
            given = alone if strategy == "calibrated-part" else evidence
            links = linker.decide(given, strategy=strategy)
            result[called] += _with_links(batch, links)
    return result


def _with_links(batch: Sequence[Document], links: Sequence[Link]) -> list[Document]:
    rest = iter(links)
    return [
        replace(
            document,
            mentions=tuple(
                replace(mention, links=(link,))
                for mention, link in zip(document.mentions, islice(rest, len(document.mentions)))
            ),
        )
        for document in batch
    ]
