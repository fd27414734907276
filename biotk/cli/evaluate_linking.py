"""``biotk evaluate linking``: how well gold mentions are linked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.evaluate_corpus import check_corpus, half_of, read_corpus
from biotk.cli.evaluate_gold import GoldTypes, gold_types_report, of_gold_types
from biotk.cli.evaluate_items import linked_items, linker_options, model_report
from biotk.cli.evaluate_options import Corpus, Half, Json, Kb, LowCoverage, WhichHalf
from biotk.cli.evaluate_part import part_report, resolver
from biotk.cli.evaluate_report import show_report
from biotk.cli.linker_options import (
    Dial,
    Encoder,
    Fusion,
    Learned,
    LinkerName,
    Model,
    RouterOption,
    ShortlistOption,
)
from biotk.cli.output import progress_bar
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.document import Document


def linking_cli(
    corpus: Corpus,
    kb: Kb,
    linker: LinkerName = "cascade",
    model: Model = None,
    shortlist: ShortlistOption = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    learned_names: Learned = None,
    router: RouterOption = None,
    dial: Dial = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(
            help="A training corpus whose mentions are learned, in place of --learned-names; may "
            "be given again. Documents that are in the evaluated corpus too are left out."
        ),
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
        learned_names=learned_names,
        router=router,
        dial=dial,
        train=train or [],
        part=PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset),
        gold_types=gold_types,
        half=half,
        abbreviations=abbreviations,
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
    learned_names: str | None = None,
    router: str | None = None,
    dial: float | None = None,
    train: Iterable[Path] = (),
    part: PartOptions = PartOptions(),
    gold_types: Sequence[str] | None = None,
    half: Half = Half.both,
    abbreviations: bool = True,
    allow_low_coverage: bool = False,
) -> dict[str, Any]:
    """Link the gold mentions of a corpus and judge the ranking; see ``docs/evaluation.md``."""
    from biotk.candidates.learned import LearnedNames
    from biotk.evaluation import gold_ids, score_linking
    from biotk.kb.default import resolve_kb
    from biotk.linking.registry import check_linker, learned_for, make_linker

    options = linker_options(
        linker, model=model, shortlist=shortlist, encoder=encoder, fusion=fusion
    )
    learned_names = learned_for(linker, learned_names)
    options = replace(options, router=router, dial=dial, learned=learned_names)
    check_linker(linker, options)
    corpus_documents = of_gold_types(read_corpus(corpus), gold_types)
    kb = resolve_kb(kb_name)
    if not allow_low_coverage:
        check_corpus(corpus_documents, kb, resolver(kb))
    documents = half_of(corpus_documents, half)
    training = _without_held_out([d for path in train for d in read_corpus(path)], documents)
    learned = LearnedNames.from_documents(kb, training) if training else None
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


def _without_held_out(training: list[Document], documents: list[Document]) -> list[Document]:
    from biotk.evaluation import without_held_out

    kept = without_held_out(training, documents)
    if len(kept) < len(training):
        dropped = len(training) - len(kept)
        print(f"{dropped} training documents are in the corpus too: left out", file=sys.stderr)
    return kept
