"""``biotk evaluate mentions``: how well a pipeline finds mentions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.evaluate_corpus import annotated_by, half_of, read_corpus
from biotk.cli.evaluate_gold import GoldTypes, gold_types_report, of_gold_types
from biotk.cli.evaluate_options import Corpus, Half, Json, PipelineName, WhichHalf
from biotk.cli.evaluate_part import part_report, resolver, sought, within
from biotk.cli.evaluate_report import show_report
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError
from biotk.types import entity_type

if TYPE_CHECKING:
    from biotk.document import Document
    from biotk.kb import KnowledgeBase


def mentions_cli(
    corpus: Corpus,
    pipeline: PipelineName = "literature",
    kb: Annotated[str | None, typer.Option("--kb", help="Another KB for the pipeline.")] = None,
    detector: OtherDetector = None,
    tagger: Tagger = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    gold_types: GoldTypes = None,
    half: WhichHalf = Half.both,
    as_json: Json = False,
) -> None:
    """Find mentions: precision, recall and F1 of exact spans, with their types and without.

    --types says what the pipeline seeks; in any other part of the KB, gold mentions without an id
    in it are left out. Of --detector tagger without a KB or a part, the model alone is evaluated:
    it seeks all types of the corpus that it knows, and the pipeline those of its KB.

    For example:

    biotk evaluate mentions --corpus dev.pubtator --pipeline literature --json

    biotk evaluate mentions --corpus dev.pubtator --detector tagger --tagger runs/tagger/model
    """
    part = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    report = evaluate_mentions(
        corpus, pipeline, kb=kb, detector=detector, tagger=tagger, part=part,
        gold_types=gold_types, half=half,
    )  # fmt: skip
    show_report(report, as_json=as_json)


def evaluate_mentions(
    corpus: Path,
    pipeline: str,
    *,
    kb: str | None = None,
    detector: str | None = None,
    tagger: str | None = None,
    part: PartOptions = PartOptions(),
    gold_types: Sequence[str] | None = None,
    half: Half = Half.both,
) -> dict[str, Any]:
    """Run a pipeline, or a tagger alone, over a corpus and compare its mentions with gold."""
    documents = half_of(of_gold_types(read_corpus(corpus), gold_types), half)
    if detector == "tagger" and kb is None and not part:
        return _report(documents, *_tagged(documents, tagger), gold_types=gold_types)
    seek: dict[str, Any] = {}
    subset = None
    if part:
        opened = _kb_of(pipeline, kb)
        seek, subset = sought(part, opened)
        if subset is not None:
            documents = within(documents, resolver(opened, subset))
    how = {"detector": detector, "tagger": tagger}
    predicted = annotated_by(pipeline, kb, documents, linked=False, **how, **seek)
    told = {
        "pipeline": pipeline,
        **{name: value for name, value in how.items() if value is not None},
        "kb": kb,
        **part_report(part, subset),
    }
    return _report(documents, predicted, told, gold_types=gold_types)


def _report(
    documents: list[Document],
    predicted: list[Document],
    told: dict[str, Any],
    *,
    gold_types: Sequence[str] | None,
) -> dict[str, Any]:
    """:returns: the figures, and what they are of."""
    from biotk.evaluation import score_mentions

    scores = score_mentions(zip(documents, predicted, strict=True))
    if not scores.n_predicted and scores.n_left_out:
        print(
            f"all {scores.n_left_out} mentions found are of types that the corpus lacks: "
            "is this the right KB?",
            file=sys.stderr,
        )
    return {**scores.to_dict(), **told, **gold_types_report(gold_types)}


def _tagged(documents: list[Document], model: str | None) -> tuple[list[Document], dict[str, Any]]:
    """:returns: the documents with the mentions of a tagger, and what was sought.

    :raises InputError: the model knows none of the corpus' types.
    """
    from biotk.detection.tagger import DEFAULT_TAGGER, TaggerDetector

    detector = TaggerDetector.load(model or DEFAULT_TAGGER)
    gold = {entity_type(m.type) for d in documents for m in d.mentions if m.type is not None}
    types = [each for each in detector.types if entity_type(each) in gold]
    if gold and not types:
        raise InputError(
            f"the corpus has {', '.join(sorted(gold))}; the tagger finds "
            f"{', '.join(detector.types)}: give a model that was trained for it with --tagger"
        )
    detector = detector.of_types(types or detector.types)
    predicted = [
        replace(document, mentions=mentions)
        for at in range(0, len(documents), 64)
        for document, mentions in zip(
            documents[at : at + 64],
            detector.detect_batch([each.text for each in documents[at : at + 64]]),
            strict=True,
        )
    ]
    told = {"detector": "tagger", "tagger": model or DEFAULT_TAGGER, "types": list(detector.types)}
    return predicted, told


def _kb_of(pipeline: str, kb: str | None) -> KnowledgeBase:
    from biotk.components.pipelines import pipeline_kb
    from biotk.kb.default import resolve_kb

    return resolve_kb(pipeline_kb(pipeline) if kb is None else kb)
