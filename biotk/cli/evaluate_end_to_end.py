"""``biotk evaluate end-to-end``: how well a pipeline finds and links mentions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.evaluate_corpus import annotated_by, check_corpus, half_of, read_corpus
from biotk.cli.evaluate_gold import GoldTypes, gold_types_report, of_gold_types
from biotk.cli.evaluate_options import (
    Corpus,
    Half,
    Json,
    Kb,
    LowCoverage,
    PipelineName,
    WhichHalf,
)
from biotk.cli.evaluate_part import part_report, resolver, sought
from biotk.cli.evaluate_report import show_report
from biotk.cli.linker_options import (
    CalibrationOption,
    Dial,
    Encoder,
    Fusion,
    Learned,
    Model,
    Nil,
    OtherLinker,
    RouterOption,
)
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError


def end_to_end_cli(
    corpus: Corpus,
    kb: Kb,
    pipeline: PipelineName = "literature",
    linker: OtherLinker = None,
    model: Model = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    learned_names: Learned = None,
    router: RouterOption = None,
    dial: Dial = None,
    nil: Nil = None,
    calibration: CalibrationOption = None,
    detector: OtherDetector = None,
    tagger: Tagger = None,
    subset_ids: Annotated[
        Path | None,
        typer.Option(help="A file of concept ids, one a line: only these may be answered."),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    gold_types: GoldTypes = None,
    half: WhichHalf = Half.both,
    allow_low_coverage: LowCoverage = False,
    as_json: Json = False,
) -> None:
    """Find and link mentions: precision, recall and F1 over (document, span, concept).

    --types says what the pipeline seeks; in any other part of the KB, gold is what is in it.

    Example: biotk evaluate end-to-end --corpus dev.pubtator --pipeline literature --kb mesh
    """
    report = evaluate_end_to_end(
        corpus,
        pipeline,
        kb,
        linker=linker,
        model=model,
        encoder=encoder,
        fusion=fusion,
        learned_names=learned_names,
        router=router,
        dial=dial,
        nil=nil,
        calibration=calibration,
        detector=detector,
        tagger=tagger,
        subset_ids=subset_ids,
        part=PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset),
        gold_types=gold_types,
        half=half,
        allow_low_coverage=allow_low_coverage,
    )
    show_report(report, as_json=as_json)


def evaluate_end_to_end(
    corpus: Path,
    pipeline: str,
    kb_name: str,
    *,
    linker: str | None = None,
    model: str | None = None,
    encoder: str | None = None,
    fusion: Path | None = None,
    learned_names: str | None = None,
    router: str | None = None,
    dial: float | None = None,
    nil: str | None = None,
    calibration: str | None = None,
    detector: str | None = None,
    tagger: str | None = None,
    subset_ids: Path | None = None,
    part: PartOptions = PartOptions(),
    gold_types: Sequence[str] | None = None,
    half: Half = Half.both,
    allow_low_coverage: bool = False,
) -> dict[str, Any]:
    """Run a pipeline over a corpus and compare its linked mentions with gold."""
    from biotk.evaluation import score_end_to_end
    from biotk.kb.default import resolve_kb

    documents = of_gold_types(read_corpus(corpus), gold_types)
    if not any(m.links for d in documents for m in d.mentions):
        raise InputError(f"{corpus} has no gold mention that is linked")
    kb = resolve_kb(kb_name)
    resolve = resolver(kb)
    if not allow_low_coverage:
        check_corpus(documents, kb, resolve)
    documents = half_of(documents, half)
    seek, subset = sought(part, kb, subset_ids=subset_ids)
    allowed = None if subset is None else frozenset(kb.ids_of(subset.indices))
    how: dict[str, Any] = {"linker": linker, "router": router, "dial": dial}
    how |= {"model": model, "encoder": encoder, "fusion": fusion and str(fusion)}
    how["learned_names"] = learned_names
    how |= {"nil": nil, "calibration": calibration, "detector": detector, "tagger": tagger}
    predicted = annotated_by(pipeline, str(kb.path), documents, **how, **seek)
    scores = score_end_to_end(zip(documents, predicted), resolve=resolve, allowed_ids=allowed)
    return {
        **scores.to_dict(),
        "pipeline": pipeline,
        **{name: value for name, value in how.items() if value is not None},
        "kb": kb.manifest.name,
        **part_report(part, subset, subset_ids=subset_ids),
        **gold_types_report(gold_types),
    }
