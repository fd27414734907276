"""The corpus of an evaluation: read, cut in half, compared with the KB, annotated by a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biotk.cli.evaluate_gold import covered_types
from biotk.cli.evaluate_options import Half
from biotk.cli.evaluate_report import tell_problems
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.document import Document
    from biotk.kb import KnowledgeBase


def read_corpus(path: Path) -> list[Document]:
    """Read annotated documents; what is wrong with some of them is told on stderr.

    :raises InputError: the file cannot be read, or has none.
    """
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


def half_of(documents: list[Document], half: Half) -> list[Document]:
    """:returns: the documents of a half.

    :raises InputError: none is left, as in a corpus of one document.
    """
    from biotk.evaluation import tuning_half

    if half is Half.both:
        return documents
    wanted = half is Half.tuning
    chosen = [d for d in documents if tuning_half(d.id) == wanted]
    if not chosen:
        raise InputError(f"no document of the corpus is in its {half} half")
    return chosen


def check_corpus(
    documents: list[Document], kb: KnowledgeBase, resolve: Callable[[str], frozenset[str]]
) -> None:
    """Make sure that a corpus and a KB fit.

    :param resolve: the concepts of an id.
    :raises InputError: the KB has too few of the ids; the types that it has are named.
    """
    from biotk.evaluation import check_coverage

    mentions = [mention for document in documents for mention in document.mentions]
    try:
        check_coverage(mentions, resolve=resolve, kb_prefixes=kb.manifest.prefixes)
    except InputError as error:
        raise InputError(f"{error}{covered_types(mentions, resolve)}") from None


def annotated_by(
    pipeline: str, kb: str | None, documents: list[Document], **how: Any
) -> list[Document]:
    """:returns: the documents as a pipeline annotates them.

    :param how: what else is given to it, see :func:`biotk.components.annotator.make_annotator`.
    """
    from biotk.components.annotator import make_annotator

    annotator = make_annotator(pipeline, kb=kb, **how)
    return [
        annotated
        for at in range(0, len(documents), 64)
        for annotated in annotator.annotate(documents[at : at + 64])
    ]
