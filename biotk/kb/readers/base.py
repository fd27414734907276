"""What all readers share: their protocol and their options.

A reader takes a path and yields concepts. It reads a stream and keeps no more than ids between
passes; what is wrong goes to :class:`~biotk.errors.Problems`, and what it leaves out on purpose
(a retired id without a replacement) to :attr:`ReaderOptions.left_out`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from biotk.errors import InputError, Problems, UnknownNameError
from biotk.types import Concept

logger = logging.getLogger("biotk.kb.readers")

#: How a synonym may stand to its concept, in OBO's words.
SYNONYM_SCOPES = ("EXACT", "NARROW", "RELATED", "BROAD")


def log_left_out(path: Path, reason: str, count: int) -> None:
    """Log what a reader left out on purpose, in one line."""
    logger.info("%s: left out: %s (%d)", path, reason, count)


def ignore_retired(retired: str, replacement: str) -> None:
    """Do without the retired ids that a reader cannot put on a concept of its own."""


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """What a user may say about a source; every reader takes what concerns it.

    :param prefix: prefix of ids that have none, in place of the reader's own.
    :param source: name of the vocabulary, in place of the reader's own.
    :param types: types of all concepts, in place of what the source says.
    :param columns: for tables: field of :class:`Concept` → name or index (from 0) of its column.
    :param delimiter: for tables: what stands between columns; None to find out.
    :param list_separator: for tables: what stands between the values of one field.
    :param synonym_scopes: for OBO, OBO Graphs, MeSH XML and ICD-10-CM: which synonyms are names
        of the concept; of :data:`SYNONYM_SCOPES`.
    :param seventh_characters: for ICD-10-CM: also make a concept of each code with a seventh
        character, such as ``S72.001A``.
    :param companion: for MeSH supplementary records: the descriptors that they are mapped to;
        None looks for ``descriptors.tsv`` or ``desc2026.xml`` beside the file.
    :param languages: for RRF: languages of names, as in ``("ENG", "SPA")``, that of preferred names
        first; empty for all.
    :param sabs: for RRF: the vocabularies whose rows count, by NLM's abbreviations; empty for all.
    :param semantic_types: for RRF: TUIs, names of semantic types or their groups, BioTK's types;
        only concepts of these are read. Empty for all.
    :param keep_suppressed: for RRF: whether rows count that NLM or their source suppress.
    :param left_out: called with path, reason and count for what is left out on purpose.
    :param retired: called with a retired id and the id that replaces it, both CURIEs, where the
        replacement is not a concept that the reader has at hand; the builder puts them together.
    :raises UnknownNameError: a scope is none of them.
    :raises InputError: a delimiter is not one character, or the separator is empty.
    """

    prefix: str | None = None
    source: str | None = None
    types: tuple[str, ...] = ()
    columns: Mapping[str, str | int] | None = None
    delimiter: str | None = None
    list_separator: str = "|"
    synonym_scopes: tuple[str, ...] = ("EXACT", "NARROW", "RELATED")
    seventh_characters: bool = False
    companion: Path | None = None
    languages: tuple[str, ...] = ("ENG",)
    sabs: tuple[str, ...] = ()
    semantic_types: tuple[str, ...] = ()
    keep_suppressed: bool = False
    left_out: Callable[[Path, str, int], None] = log_left_out
    retired: Callable[[str, str], None] = ignore_retired

    def __post_init__(self) -> None:
        for scope in self.synonym_scopes:
            if scope not in SYNONYM_SCOPES:
                raise UnknownNameError("synonym scope", scope, SYNONYM_SCOPES)
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise InputError(f"the delimiter is {self.delimiter!r}, expected one character")
        if not self.list_separator:
            raise InputError("the separator of lists is empty, expected a text such as ;")


#: The options where the user says nothing.
DEFAULT_OPTIONS = ReaderOptions()


@runtime_checkable
class Reader(Protocol):
    """Reads one source: a file, or a directory for formats that are one (UMLS RRF)."""

    def __call__(
        self, path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
    ) -> Iterator[Concept]:
        """Yield the concepts of the source at ``path``."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a format may look at to tell whether a source is its own.

    :param path: the source; its name proves nothing.
    :param head: the first 256 KiB of a file, unpacked; empty for a directory.
    :param names: the names in a directory; empty for a file.
    """

    path: Path
    head: str = ""
    names: tuple[str, ...] = ()

    def lines(self, count: int = 20) -> list[str]:
        """:returns: the first lines that are not blank, and not cut by the end of the head."""
        lines = self.head.split("\n")
        whole = lines[:-1] if len(lines) > 1 else lines
        return [line.rstrip("\r") for line in whole if line.strip()][:count]

    def most(self, accepts: Callable[[str], object], count: int = 20) -> bool:
        """:returns: whether at least three quarters of the first lines are accepted."""
        lines = self.lines(count)
        return bool(lines) and 4 * sum(bool(accepts(x)) for x in lines) >= 3 * len(lines)


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """A format that sources come in.

    :param name: its name, as ``biotk kb build --format`` takes it.
    :param sniff: whether a source is in this format.
    :param read: the reader.
    :param description: one line for users.
    :param vocabulary: the vocabulary that comes in it, where there is only one.
    """

    name: str
    sniff: Callable[[Probe], bool]
    read: Reader
    description: str
    vocabulary: str = ""
