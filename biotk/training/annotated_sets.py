"""Annotated documents with the KB that they are linked to, as recipes name them: ``[[set]]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from biotk.candidates.learned import LearnedNames
from biotk.document import Document
from biotk.errors import InputError, Problems
from biotk.evaluation.split import tuning_half, without_held_out
from biotk.io import iter_inputs
from biotk.kb import KnowledgeBase
from biotk.kb.default import resolve_kb
from biotk.kb.manifest import sha256_file
from biotk.kb.toml_values import make, tables_of
from biotk.training.log import Say


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedSet:
    """A ``[[set]]``: annotated documents and the KB that they are linked to.

    :param name: what figures call it.
    :param corpus: documents, of which the tuning half is taken.
    :param kb: a KB that is built, or the name of one that comes with BioTK.
    :param learn: training documents whose mentions are learned; those of the corpus are left out.
    :param types: entity types of the mentions that count; by default all.
    :param whole: take all documents. No figures may then be reported on any of them.
    """

    name: str
    corpus: str
    kb: str
    learn: tuple[str, ...] = ()
    types: tuple[str, ...] | None = None
    whole: bool = False


class LoadedSet(NamedTuple):
    """What a set stands for.

    :param kb: its KB.
    :param documents: what may be fitted to.
    :param learned: names from its training documents; None where it names none.
    :param facts: the KB's fingerprint, and checksums of the files.
    """

    kb: KnowledgeBase
    documents: list[Document]
    learned: LearnedNames | None
    facts: dict[str, Any]


def read_sets(raw: Mapping[str, Any], path: Path) -> tuple[AnnotatedSet, ...]:
    """Take the sets of a recipe.

    :param raw: the recipe.
    :param path: its file, for messages.
    :raises InputError: there is none, or one makes no sense.
    :raises UnknownNameError: a set has a key that there is not.
    """
    tables = tables_of(raw.get("set", []), f"{path}: set")
    if not tables:
        raise InputError(f"{path}: there is no [[set]]")
    return tuple(
        make(AnnotatedSet, each, f"{path}: [[set]] {n}") for n, each in enumerate(tables, 1)
    )


def load_set(given: AnnotatedSet, recipe: Path, data: Path, say: Say) -> LoadedSet:
    """Read the documents of a set, and open its KB.

    :param given: the set.
    :param recipe: the file that names it, for messages.
    :param data: where relative paths begin.
    :param say: told what could not be read.
    :raises InputError: a file is missing, or holds no documents.
    """
    kb = resolve_kb(_place(data, given.kb))
    documents = _read(given, given.corpus, recipe, data, say)
    learned = None
    if given.learn:
        training = [each for path in given.learn for each in _read(given, path, recipe, data, say)]
        learned = LearnedNames.from_documents(kb, without_held_out(training, documents))
    files = {path: Path(_place(data, path)) for path in (given.corpus, *given.learn)}
    facts = {
        "kb": kb.fingerprint,
        "sha256": {path: sha256_file(file) for path, file in files.items() if file.is_file()},
    }
    tuning = [each for each in documents if given.whole or tuning_half(each.id)]
    return LoadedSet(kb, tuning, learned, facts)


def _place(data: Path, path: str) -> str:
    place = data / Path(path).expanduser()
    return str(place) if place.exists() else path


def _read(given: AnnotatedSet, path: str, recipe: Path, data: Path, say: Say) -> list[Document]:
    problems, place = Problems(), data / Path(path).expanduser()
    told = f"{recipe}: [[set]] {given.name}"
    if not place.exists():
        raise InputError(
            f"{told}: {place} is missing. Paths begin in {data}; --data takes another folder"
        )
    documents = list(iter_inputs([place], problems=problems))
    if problems.unread or not documents:
        reason = str(problems.unread[0]) if problems.unread else f"{path}: no documents"
        raise InputError(f"{told}: {reason}")
    if problems.count:
        say(f"{given.name}: {problems.count:,} problems, the first: {problems.kept[0]}")
    return documents
