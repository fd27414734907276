"""``biotk evaluate variants``: how well variants are found and normalised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.evaluate_corpus import half_of, read_corpus
from biotk.cli.evaluate_options import Corpus, Half, Json, WhichHalf
from biotk.cli.evaluate_report import show_report

if TYPE_CHECKING:
    from biotk.document import Document
    from biotk.genomics import Variant


def variants_cli(
    corpus: Corpus,
    tagger: Annotated[
        str | None,
        typer.Option(
            "--tagger",
            metavar="NAME_OR_FOLDER",
            help="A tagger with the type Variant, to be scored beside, as in biotk-tagger.",
        ),
    ] = None,
    half: WhichHalf = Half.both,
    as_json: Json = False,
) -> None:
    """Find variants: precision, recall and F1 of exact spans, and how many are normalised right.

    The normalised form is compared where the corpus' id says what stands in the text: an rsID's
    with an rsID, a change with a tmVar id such as c|SUB|G|1691|A. Star alleles are
    left out: no such corpus annotates them.

    For example:

    biotk evaluate variants --corpus biored/dev.pubtator --half reported --json

    biotk evaluate variants --corpus biored/dev.pubtator --tagger biotk-tagger
    """
    show_report(evaluate_variants(corpus, half=half, tagger=tagger), as_json=as_json)


def evaluate_variants(
    corpus: Path, *, half: Half = Half.both, tagger: str | None = None
) -> dict[str, Any]:
    """Find the variants of a corpus and compare them with gold."""
    from biotk.evaluation import score_variants
    from biotk.genomics import find_variants

    documents = half_of(read_corpus(corpus), half)
    found = [find_variants(document.text) for document in documents]
    pairs = [(d, _annotated(d, variants)) for d, variants in zip(documents, found)]
    report: dict[str, Any] = score_variants(pairs).to_dict()
    report["n_star_left_out"] = sum(v.kind == "star" for variants in found for v in variants)
    if tagger is not None:
        report["tagger"] = {"name": tagger, **_of_tagger(documents, tagger)}
    return report


def _annotated(document: Document, variants: Sequence[Variant]) -> Document:
    """:returns: a document with variants as its mentions, but for star alleles."""
    from biotk.document import Link, Mention

    mentions = tuple(
        Mention(((v.start, v.end),), v.text, "Variant", (Link(v.normalised, route="variant"),))
        for v in variants
        if v.kind != "star"
    )
    return replace(document, mentions=mentions)


def _of_tagger(documents: Sequence[Document], tagger: str) -> dict[str, Any]:
    """:returns: the figures of exact spans for the variants that a model finds."""
    from biotk.detection import TaggerDetector
    from biotk.evaluation import score_variants

    detector = TaggerDetector.load(tagger, types=["Variant"])
    found = detector.detect_batch([document.text for document in documents])
    pairs = [(d, replace(d, mentions=m)) for d, m in zip(documents, found, strict=True)]
    report = score_variants(pairs).to_dict()
    return {name: report[name] for name in ("n_predicted", "exact", "ci")}
