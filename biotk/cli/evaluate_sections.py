"""``biotk evaluate sections``: how well notes are split into sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.evaluate_report import show_report, tell_problems
from biotk.cli.output import counted, progress_bar, say
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.cli.output import ShowProgress
    from biotk.document import Document, Section
    from biotk.sections.segmenter import SectionSegmenter

_DOCUMENTS = 32  # split together

_ONLY_CATEGORIES = (
    "each document is the body of one section, its heading taken away: there are no boundaries"
)


def sections_cli(
    corpus: Annotated[
        Path,
        typer.Option(
            help="JSONL with sections, MTSamples' CSV or MTS-Dialog's; .gz too. MTSamples' "
            "sections are made by rules."
        ),
    ],
    gold: Annotated[
        Path | None,
        typer.Option(help="Sections of MTSamples' reports made by hand; only these are read."),
    ] = None,
    segmenter: Annotated[
        str, typer.Option(help="A model's name or folder; or rules, for rules alone.")
    ] = "biotk-sections",
    rules: Annotated[
        Path | None, typer.Option(help="A JSON file of rules of your own, medspaCy's or ours.")
    ] = None,
    known: Annotated[
        Path | None,
        typer.Option(help="Titles that were seen in training, one a line: adds unseen."),
    ] = None,
    rewritten: Annotated[
        bool,
        typer.Option(
            "--rewritten",
            help="Add each note with its headings rewritten to every format; by_format tells each.",
        ),
    ] = False,
    by_format: Annotated[
        bool,
        typer.Option("--by-format", help="Show figures by format in the table; JSON has them."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object instead of a table.")
    ] = False,
) -> None:
    """Split notes into sections: lines, exact boundaries, WindowDiff, categories.

    A document may tell its format in its meta: by_format has the figures of each.

    For example:

    biotk evaluate sections --corpus notes.jsonl --json

    biotk evaluate sections --corpus mtsamples.csv.gz --gold gold.jsonl --rewritten --by-format
    """
    report = evaluate_sections(
        corpus, gold=gold, segmenter=segmenter, rules=rules, known=known, rewritten=rewritten
    )
    if not as_json:
        report.pop("by_category")
        formats = report.pop("by_format")
        if by_format and not formats:
            say("no document tells its format: see docs/formats/sections.md")
        report |= {"by_format": formats} if by_format else {}
    show_report(report, as_json=as_json)


def evaluate_sections(
    corpus: Path,
    *,
    gold: Path | None = None,
    segmenter: str = "biotk-sections",
    rules: Path | None = None,
    known: Path | None = None,
    rewritten: bool = False,
) -> dict[str, Any]:
    """Split the notes of a corpus and compare; see ``docs/evaluation.md``."""
    from biotk.evaluation import score_sections

    seen = None if known is None else _titles(known)
    documents, kind = _read(corpus, gold)
    ruled = kind == "mtsamples" and gold is None
    if ruled:
        say(
            "the gold was made by rules, so that the figures tell what agrees with them: see --gold"
        )
    if rewritten:
        documents = [again for document in documents for again in _rewritten(document)]
    made = _segmenter(segmenter, rules)
    with progress_bar() as show:
        predicted = _split(made, documents, show)
    _tell_unknown_categories(documents, predicted)
    scores = score_sections(zip(documents, predicted), is_known=seen)
    return {
        **scores.to_dict(),
        **({"note": _ONLY_CATEGORIES} if scores.boundary is None else {}),
        "segmenter": segmenter,
        "rules": None if rules is None else str(rules),
        "corpus": kind,
        "gold": "rules" if ruled else "corpus" if gold is None else str(gold),
    }


def _read(corpus: Path, gold: Path | None) -> tuple[list[Document], str]:
    """:returns: the documents, and which corpus they are."""
    from biotk.sections.corpora import read_section_corpus, sniff_corpus

    problems = Problems()
    try:
        kind = sniff_corpus(corpus)
        documents = list(read_section_corpus(corpus, gold=gold, format=kind, problems=problems))
    except OSError as error:
        place = error.filename or corpus
        raise InputError(f"{place} cannot be read: {error.strerror or error}") from error
    tell_problems(problems, corpus)
    if not documents:
        raise InputError(f"{corpus} has no documents")
    return documents, kind


def _rewritten(document: Document) -> list[Document]:
    """:returns: a note as it is, and once in every format of headings; a body as it is."""
    from random import Random

    from biotk.sections.formats import AS_IS, FORMATS, blocks_of, render

    if _is_body(document):
        return [document]
    blocks = blocks_of(document)
    # Drawn by the note and the format alone, so that a note is rewritten alike in any corpus.
    others = [
        render(f"{document.id}/{name}", blocks, name, rng=Random(f"{document.id}{name}"))
        for name in FORMATS
    ]
    return [replace(document, meta={**document.meta, "format": AS_IS}), *others]


def _titles(path: Path) -> Callable[[str], bool]:
    """:returns: whether a title is one of those of a file, whatever its case and its marks."""
    from biotk.io.files import open_bytes
    from biotk.sections.titles import normal_title

    try:
        with open_bytes(path) as stream:
            lines = stream.read().decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {error}") from error
    titles = frozenset(map(normal_title, lines)) - {""}
    if not titles:
        raise InputError(f"{path} has no titles, one a line")
    return lambda title: normal_title(title) in titles


def _split(
    segmenter: SectionSegmenter, documents: Sequence[Document], show: ShowProgress
) -> list[Document]:
    """:returns: the documents with the sections that are found in them."""
    predicted: list[Document] = []
    for at in range(0, len(documents), _DOCUMENTS):
        batch = documents[at : at + _DOCUMENTS]
        whole = [document for document in batch if not _is_body(document)]
        bodies = [document for document in batch if _is_body(document)]
        found = segmenter.segment_batch([document.text for document in whole])
        named = _categorise(segmenter, [document.text for document in bodies])
        sections = iter(found), iter(named)
        predicted += [replace(d, sections=next(sections[_is_body(d)])) for d in batch]
        show("splitting", at + len(batch), len(documents))
    return predicted


def _is_body(document: Document) -> bool:
    from biotk.evaluation.section_counts import CATEGORIES_ONLY

    return bool(document.meta.get(CATEGORIES_ONLY))


def _categorise(segmenter: SectionSegmenter, texts: Sequence[str]) -> list[tuple[Section, ...]]:
    """:returns: texts as one section each, named by a segmenter that can name what has no title."""
    from biotk.document import Section

    categorise = getattr(segmenter.finder, "categorise", None)
    named = [None] * len(texts) if categorise is None else categorise(texts)
    return [(Section(0, len(text), 0, 0, name),) for text, name in zip(texts, named)]


def _tell_unknown_categories(gold: Sequence[Document], predicted: Sequence[Document]) -> None:
    from biotk.sections.titles import CATEGORIES

    asked, given = ({s.category for d in side for s in d.sections} for side in (gold, predicted))
    unknown = sorted(filter(None, asked - given - set(CATEGORIES)))
    if unknown:
        some = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        say(f"{counted(len(unknown), 'category', 'categories')} of gold can never be right: {some}")


def _segmenter(name: str, rules: Path | None) -> SectionSegmenter:
    from biotk.sections.loading import load_segmenter
    from biotk.sections.rules import SectionRules

    return load_segmenter(name, rules=None if rules is None else SectionRules.read(rules))
