"""A subset as a text file: a line that says what it is, then an id a line; see its format's page.

It can be read and compared by people, and any tool can use it as a list of ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biotk.errors import (
    InputError,
    KbCorruptError,
    KbMismatchError,
    KbVersionError,
    Problems,
    strict,
)
from biotk.kb.knowledge_base import KnowledgeBase
from biotk.kb.readers.files import open_text
from biotk.kb.subset import KbSubset
from biotk.kb.writing import atomic_text

FORMAT_VERSION = 1
_HEAD = "# biotk-subset"
_HEADER = re.compile(
    r"# biotk-subset (?P<version>\d+)"
    r"(?: kb=(?P<kb>\w+) subset=(?P<subset>\w+) concepts=(?P<count>\d+) made-by=(?P<made_by>.*))?"
)


@dataclass(frozen=True, slots=True)
class _Header:
    """The first line of a subset file."""

    kb: str
    subset: str
    count: int
    made_by: str

    def __str__(self) -> str:
        return (
            f"{_HEAD} {FORMAT_VERSION} kb={self.kb} subset={self.subset} "
            f"concepts={self.count} made-by={self.made_by}"
        )


def subset_lines(kb: KnowledgeBase, subset: KbSubset, *, made_by: str = "") -> Iterator[str]:
    """:returns: the lines of a subset file, each with its end.

    :param made_by: how the subset was made, for people; its white space becomes single spaces.
    :raises KbMismatchError: the subset belongs to another KB.
    """
    subset.check(kb.fingerprint)
    header = _Header(kb.fingerprint, subset.fingerprint, len(subset), " ".join(made_by.split()))
    yield f"{header}\n"
    for concept_id in kb.ids_of(subset.indices):
        yield f"{concept_id}\n"


def write_subset(
    kb: KnowledgeBase, subset: KbSubset, path: Path | str, *, made_by: str = ""
) -> Path:
    """Write a subset to a file; another that is there is replaced.

    :param kb: the KB that it is a part of.
    :param subset: the subset.
    :param path: the file; gzipped where its name ends with ``.gz``.
    :param made_by: how the subset was made, for people.
    :returns: the path.
    :raises KbMismatchError: the subset belongs to another KB.
    :raises InputError: the file cannot be written.
    """
    with atomic_text(Path(path)) as file:
        file.writelines(subset_lines(kb, subset, made_by=made_by))
    return Path(path)


def read_subset(
    kb: KnowledgeBase,
    path: Path | str,
    *,
    match_ids: bool = False,
    problems: Problems | None = None,
) -> KbSubset:
    """Read a subset of a KB from a file.

    :param kb: the KB.
    :param path: a file that :func:`write_subset` wrote.
    :param match_ids: take the file as a list of ids, of whatever KB: a subset file, or ids with
        white space between, or JSON whose list or keys they are. Retired ids and cross-references
        lead to their concepts.
    :param problems: with ``match_ids``, takes the ids that the KB does not have; without it the
        first of them is raised.
    :raises InputError: there is no such file, or it is no subset file, or no id is in the KB.
    :raises KbMismatchError: it was made from another KB, and not ``match_ids``.
    :raises KbVersionError: it was written in a newer format.
    :raises KbCorruptError: it is not what was written.
    :raises FormatError: an id is not in the KB, with ``match_ids`` and no ``problems``.
    """
    path = Path(path)
    if match_ids:
        return match_id_list(
            kb, read_id_list(path), path=path, problems=strict() if problems is None else problems
        )
    with open_text(path) as file:
        text = file.read()
    first, _, rest = text.partition("\n")
    header = _parse_header(first.rstrip("\r"), path)
    ids = [line for line in rest.replace("\r\n", "\n").split("\n") if line]
    if header.kb != kb.fingerprint:
        raise KbMismatchError(
            f"{path} is a subset of KB {header.kb}, this one ({kb.manifest.name}) is "
            f"{kb.fingerprint}. Make it again with `biotk kb subset`"
            f"{f' (it was made by: {header.made_by})' if header.made_by else ''}, or take its ids "
            "as they are: --ids FILE, in Python match_ids=True"
        )
    mask = np.zeros(len(kb), bool)
    positions = kb.positions(ids)
    mask[positions[positions >= 0]] = True
    subset = KbSubset(kb.fingerprint, mask)
    if (len(ids), subset.fingerprint) != (header.count, header.subset):
        raise KbCorruptError(
            f"{path} is damaged or was changed by hand: it holds {len(ids)} ids, its first line "
            f"says {header.count}, and they are not those that were written. Make it again with "
            "`biotk kb subset`; to take a changed list as it is: --ids FILE, in Python "
            "match_ids=True"
        )
    return subset


def _parse_header(line: str, path: Path) -> _Header:
    found = _HEADER.fullmatch(line)
    if found is None and line.startswith(_HEAD):
        raise KbCorruptError(f"{path} is damaged: its first line cannot be read. Make it again")
    if found is None:
        raise InputError(
            f"{path} is no subset file: its first line does not begin with {_HEAD!r}. "
            "A plain list of ids goes with --ids FILE, in Python match_ids=True"
        )
    if int(found["version"]) != FORMAT_VERSION:
        raise KbVersionError(
            f"{path} has format {found['version']}; this BioTK reads {FORMAT_VERSION}. "
            "Update BioTK, or take its ids as they are: --ids FILE"
        )
    if found["kb"] is None:
        raise KbCorruptError(f"{path} is damaged: its first line is cut off. Make it again")
    return _Header(found["kb"], found["subset"], int(found["count"]), found["made_by"])


def read_id_list(path: Path | str) -> list[tuple[int, str]]:
    """Read ids from any list of them: see ``match_ids`` of :func:`read_subset`.

    :returns: the ids, each with its line; 0 where lines mean nothing (JSON).
    :raises InputError: there is no such file, or it is damaged JSON.
    """
    path = Path(path)
    with open_text(path) as file:
        text = file.read()
    if text.lstrip().startswith(("{", "[")):
        try:
            return [(0, str(value).strip()) for value in json.loads(text)]
        except ValueError as error:
            raise InputError(f"{path} is neither JSON nor a list of ids: {error}") from error
    return [
        (number, concept_id)
        for number, line in enumerate(text.split("\n"), 1)
        if not line.startswith("#")
        # Of a table the first column; else all that stands between blanks.
        for concept_id in (line.split("\t")[:1] if "\t" in line else line.split())
    ]


def match_id_list(
    kb: KnowledgeBase, ids: Sequence[tuple[int, str]], *, path: Path, problems: Problems
) -> KbSubset:
    """Find the concepts that ids stand for; see ``match_ids`` of :func:`read_subset`.

    :param ids: what :func:`read_id_list` gave.
    :param path: the file that they come from, for messages.
    :param problems: takes those that the KB does not have.
    :raises InputError: it has none of them.
    """
    mask = np.zeros(len(kb), bool)
    positions = kb.positions([concept_id for _, concept_id in ids])
    mask[positions[positions >= 0]] = True
    for at in np.flatnonzero(positions < 0).tolist():
        line, concept_id = ids[at]
        found = kb.resolve(concept_id.strip())
        if not found:
            problems.add(path, line, kb.why_unknown(concept_id), concept_id)
        mask[list(found)] = True
    if not mask.any():
        raise InputError(
            f"{path}: none of its {len(ids)} ids is in the KB {kb.manifest.name!r}, whose ids "
            f"start with {', '.join(kb.manifest.prefixes)}"
        )
    return KbSubset(kb.fingerprint, mask)
