"""``biotk evaluate``: figures on annotated corpora, as JSON or as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.evaluate_gold import GoldTypes, covered_types, gold_types_report, of_gold_types
from biotk.cli.evaluate_items import linked_items, linker_options, model_report
from biotk.cli.evaluate_part import part_report, resolver, sought, within
from biotk.cli.evaluate_report import show_report, tell_problems
from biotk.cli.evaluate_sections import sections_cli
from biotk.cli.linker_options import (
    Encoder,
    Fusion,
    LinkerName,
    Model,
    OtherLinker,
    ShortlistOption,
)
from biotk.cli.output import progress_bar
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.candidates.learned import LearnedNames
    from biotk.document import Document
    from biotk.kb import KnowledgeBase

app = typer.Typer(
    help="Figures on annotated corpora.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.command("sections")(sections_cli)


class Half(StrEnum):
    """Which documents of a dev set: those that tune, those that are reported, or both."""

    tuning = "tuning"
    reported = "reported"
    both = "both"


Corpus = Annotated[
    Path, typer.Option("--corpus", help="Annotated documents: PubTator or JSONL, .gz too.")
]
Kb = Annotated[str, typer.Option("--kb", help="A KB's directory, or the name of an embedded one.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")]
WhichHalf = Annotated[
    Half, typer.Option(help="Only half of the documents, by a hash of their ids.")
]
LowCoverage = Annotated[
    bool,
    typer.Option("--allow-low-coverage", help="Go on if fewer than half of the ids are in the KB."),
]


@app.command("linking")
def linking_cli(
    corpus: Corpus,
    kb: Kb,
    linker: LinkerName = "cascade",
    model: Model = None,
    shortlist: ShortlistOption = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(help="A training corpus whose mentions are learned; may be given again."),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    gold_types: GoldTypes = None,
    half: WhichHalf = Half.both,
    abbreviations: Annotated[
        bool, typer.Option(help="Write short forms out by the document's own definitions.")
    ] = True,
    allow_low_coverage: LowCoverage = False,
    as_json: Json = False,
) -> None:
    """Link gold mentions: Recall@k, lenient and strict, in the KB and over all.

    In a part of the KB, a gold id that is outside the part counts as one outside the KB.

    For example:

    biotk evaluate linking --corpus dev.pubtator --kb mesh --json

    biotk evaluate linking --corpus dev.pubtator --kb mesh --linker cascade --model models/mine
    """
    report = evaluate_linking(
        corpus,
        kb,
        linker=linker,
        model=model,
        shortlist=shortlist,
        encoder=encoder,
        fusion=fusion,
        train=train or [],
        part=PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset),
        gold_types=gold_types,
        half=half,
        abbreviations=abbreviations,
        allow_low_coverage=allow_low_coverage,
    )
    show_report(report, as_json=as_json)


@app.command("mentions")
def mentions_cli(
    corpus: Corpus,
    pipeline: Annotated[str, typer.Option(help="A pipeline's name or folder.")] = "literature",
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
    in it are left out.

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


@app.command("end-to-end")
def end_to_end_cli(
    corpus: Corpus,
    kb: Kb,
    pipeline: Annotated[str, typer.Option(help="A pipeline's name or folder.")] = "literature",
    linker: OtherLinker = None,
    model: Model = None,
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
        detector=detector,
        tagger=tagger,
        subset_ids=subset_ids,
        part=PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset),
        gold_types=gold_types,
        half=half,
        allow_low_coverage=allow_low_coverage,
    )
    show_report(report, as_json=as_json)


def evaluate_linking(
    corpus: Path,
    kb_name: str,
    *,
    linker: str = "cascade",
    model: str | None = None,
    shortlist: str | None = None,
    encoder: str | None = None,
    fusion: Path | None = None,
    train: Iterable[Path] = (),
    part: PartOptions = PartOptions(),
    gold_types: Sequence[str] | None = None,
    half: Half = Half.both,
    abbreviations: bool = True,
    allow_low_coverage: bool = False,
) -> dict[str, Any]:
    """Link the gold mentions of a corpus and judge the ranking; see ``docs/evaluation.md``."""
    from biotk.evaluation import gold_ids, score_linking
    from biotk.kb.default import resolve_kb
    from biotk.linking.registry import check_linker, make_linker

    check_linker(linker, model, encoder)
    options = linker_options(
        linker, model=model, shortlist=shortlist, encoder=encoder, fusion=fusion
    )
    corpus_documents = of_gold_types(_read(corpus), gold_types)
    kb = resolve_kb(kb_name)
    if not allow_low_coverage:
        _check_coverage(corpus_documents, kb, resolver(kb))
    documents = _half_of(corpus_documents, half)
    training = _without_overlap([d for path in train for d in _read(path)], documents)
    learned = _learn(kb, training) if training else None
    subset = part.of(kb)
    with progress_bar() as show:
        made = make_linker(
            linker, kb, subset=subset, learned=learned, options=options, progress=show
        )
        items, n_refused = linked_items(made, documents, abbreviations=abbreviations, show=show)
    scores = score_linking(
        items,
        resolve=resolver(kb, subset),
        seen_ids=gold_ids(training) if training else None,
        kb_prefixes=kb.manifest.prefixes,
        # Checked above, and against the whole KB: of a part a corpus may well have little.
        allow_low_coverage=True,
    )
    return {
        **scores.to_dict(),
        "linker": linker,
        **model_report(made, n_refused),
        "kb": {"name": kb.manifest.name, "fingerprint": kb.fingerprint, **kb.manifest.counts},
        "n_training_documents": len(training),
        "abbreviations_written_out": abbreviations,
        **part_report(part, subset),
        **gold_types_report(gold_types),
    }


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
    """Run a pipeline over a corpus and compare its mentions with gold."""
    from biotk.evaluation import score_mentions

    documents = _half_of(of_gold_types(_read(corpus), gold_types), half)
    seek: dict[str, Any] = {}
    subset = None
    if part:
        opened = _kb_of(pipeline, kb)
        seek, subset = sought(part, opened)
        if subset is not None:
            documents = within(documents, resolver(opened, subset))
    how = {"detector": detector, "tagger": tagger}
    predicted = _annotate(pipeline, kb, documents, linked=False, **how, **seek)
    scores = score_mentions(zip(documents, predicted))
    if not scores.n_predicted and scores.n_left_out:
        print(
            f"all {scores.n_left_out} mentions found are of types that the corpus lacks: "
            "is this the right KB?",
            file=sys.stderr,
        )
    return {
        **scores.to_dict(),
        "pipeline": pipeline,
        **{name: value for name, value in how.items() if value is not None},
        "kb": kb,
        **part_report(part, subset),
        **gold_types_report(gold_types),
    }


def evaluate_end_to_end(
    corpus: Path,
    pipeline: str,
    kb_name: str,
    *,
    linker: str | None = None,
    model: str | None = None,
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

    documents = of_gold_types(_read(corpus), gold_types)
    if not any(m.links for d in documents for m in d.mentions):
        raise InputError(f"{corpus} has no gold mention that is linked")
    kb = resolve_kb(kb_name)
    resolve = resolver(kb)
    if not allow_low_coverage:
        _check_coverage(documents, kb, resolve)
    documents = _half_of(documents, half)
    seek, subset = sought(part, kb, subset_ids=subset_ids)
    allowed = None if subset is None else frozenset(kb.ids_of(subset.indices))
    how = {"linker": linker, "model": model, "detector": detector, "tagger": tagger}
    predicted = _annotate(pipeline, str(kb.path), documents, **how, **seek)
    scores = score_end_to_end(zip(documents, predicted), resolve=resolve, allowed_ids=allowed)
    return {
        **scores.to_dict(),
        "pipeline": pipeline,
        **{name: value for name, value in how.items() if value is not None},
        "kb": kb.manifest.name,
        **part_report(part, subset, subset_ids=subset_ids),
        **gold_types_report(gold_types),
    }


def _kb_of(pipeline: str, kb: str | None) -> KnowledgeBase:
    from biotk.components.pipelines import pipeline_kb
    from biotk.kb.default import resolve_kb

    return resolve_kb(pipeline_kb(pipeline) if kb is None else kb)


def _read(path: Path) -> list[Document]:
    from biotk.io import read_documents

    problems = Problems()
    try:
        documents = list(read_documents(path, problems=problems))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    tell_problems(problems, path)
    if not documents:
        raise InputError(f"{path} has no documents")
    return documents


def _half_of(documents: list[Document], half: Half) -> list[Document]:
    """:raises InputError: where none is left, as in a corpus of one document."""
    from biotk.evaluation import tuning_half

    if half is Half.both:
        return documents
    wanted = half is Half.tuning
    chosen = [d for d in documents if tuning_half(d.id) == wanted]
    if not chosen:
        raise InputError(f"no document of the corpus is in its {half} half")
    return chosen


def _without_overlap(training: list[Document], dev: list[Document]) -> list[Document]:
    """Drop training documents that stand in the corpus too, by id or by their first sentence."""
    ids = {d.id for d in dev}
    beginnings = {d.text[:80] for d in dev}
    kept = [d for d in training if d.id not in ids and d.text[:80] not in beginnings]
    if len(kept) < len(training):
        dropped = len(training) - len(kept)
        print(f"{dropped} training documents are in the corpus too: left out", file=sys.stderr)
    return kept


def _check_coverage(
    documents: list[Document], kb: KnowledgeBase, resolve: Callable[[str], frozenset[str]]
) -> None:
    from biotk.evaluation import check_coverage

    mentions = [mention for document in documents for mention in document.mentions]
    try:
        check_coverage(mentions, resolve=resolve, kb_prefixes=kb.manifest.prefixes)
    except InputError as error:
        raise InputError(f"{error}{covered_types(mentions, resolve)}") from None


def _learn(kb: KnowledgeBase, training: list[Document]) -> LearnedNames:
    from biotk.candidates.learned import LearnedNames

    return LearnedNames.from_documents(kb, training)


def _annotate(
    pipeline: str, kb: str | None, documents: list[Document], **seek: Any
) -> list[Document]:
    from biotk.components.annotator import make_annotator

    annotator = make_annotator(pipeline, kb=kb, **seek)
    return [
        annotated
        for at in range(0, len(documents), 64)
        for annotated in annotator.annotate(documents[at : at + 64])
    ]
