"""What all readers share: their protocol, their options, and the making of a concept.

A reader takes a path and yields concepts. It reads a stream and keeps no more than ids between
passes; what is wrong goes to :class:`~biotk.errors.Problems`, and what it leaves out on purpose
(a retired id without a replacement) to :attr:`ReaderOptions.left_out`.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from biotk.errors import Problems
from biotk.kb.readers.vocabularies import source_of, types_of, xref_curie
from biotk.types import Concept, to_curie

logger = logging.getLogger("biotk.kb.readers")

#: A longer name is a field that has swallowed others, not a name.
MAX_NAME = 10_000


def log_left_out(path: Path, reason: str, count: int) -> None:
    """Log what a reader left out on purpose, in one line."""
    logger.info("%s: left out: %s (%d)", path, reason, count)


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """What a user may say about a source; every reader takes what concerns it.

    :param prefix: prefix of ids that have none, in place of the reader's own.
    :param source: name of the vocabulary, in place of the reader's own.
    :param types: types of all concepts, in place of what the source says.
    :param columns: for tables: field of :class:`Concept` → name or index (from 0) of its column.
    :param delimiter: for tables: what stands between columns; None to find out.
    :param list_separator: for tables: what stands between the values of one field.
    :param synonym_scopes: for OBO: which synonyms are names of the concept.
    :param companion: for MeSH supplementary records: the descriptors that they are mapped to;
        None looks for ``descriptors.tsv`` beside the file.
    :param left_out: called with path, reason and count for what is left out on purpose.
    """

    prefix: str | None = None
    source: str | None = None
    types: tuple[str, ...] = ()
    columns: Mapping[str, str | int] | None = None
    delimiter: str | None = None
    list_separator: str = "|"
    synonym_scopes: tuple[str, ...] = ("EXACT", "NARROW", "RELATED")
    companion: Path | None = None
    left_out: Callable[[Path, str, int], None] = log_left_out


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
    """

    name: str
    sniff: Callable[[Probe], bool]
    read: Reader
    description: str


class _BadRowError(Exception):
    """A row from which no concept can be made; the message says why."""


def _text(value: Any, field: str) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # a bare number as an id
    if not isinstance(value, str):
        raise _BadRowError(f"{field} is a {type(value).__name__}, expected text")
    return " ".join(value.split())


def _texts(values: Any, field: str) -> list[str]:
    if values is None:
        return []
    if isinstance(values, str | Mapping) or not isinstance(values, Iterable):
        raise _BadRowError(f"{field} is a {type(values).__name__}, expected a list of texts")
    return [text for value in values if (text := _text(value, f"a value of {field}"))]


def _unique(values: Iterable[str], *, besides: str) -> tuple[str, ...]:
    return tuple(value for value in dict.fromkeys(values) if value != besides)


class ConceptMaker:
    """Makes concepts of a file's rows and reports the rows that give none.

    White space in names is brought to single spaces. Synonyms that are equal, case included, to
    one another or to the preferred name are dropped; their order is kept.

    :param path: the file, for messages.
    :param problems: takes the bad rows.
    :param options: what the user says about the source.
    :param prefix: the prefix of ids that have none.
    :param source: the name of the vocabulary; None goes by the prefix of each id.
    """

    def __init__(
        self,
        path: Path,
        *,
        problems: Problems,
        options: ReaderOptions,
        prefix: str | None = None,
        source: str | None = None,
    ) -> None:
        self.path, self.problems, self.options = path, problems, options
        self._prefix = options.prefix or prefix
        self._source = options.source or source
        #: What was left out on purpose, by reason; told by :meth:`finish`.
        self.left_out: Counter[str] = Counter()

    def curie(self, raw: str) -> str:
        """:returns: an id of this source as a CURIE."""
        return to_curie(raw, prefix=self._prefix)

    def bad(self, line: int, message: str, row: Any) -> None:
        """Report a row.

        :param row: the text of the row, or the JSON value that it is.
        """
        shown = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False, default=str)
        self.problems.add(self.path, line, message, shown)

    def finish(self) -> None:
        """Tell what was left out on purpose."""
        for reason, count in sorted(self.left_out.items()):
            self.options.left_out(self.path, reason, count)

    def make(
        self,
        line: int,
        row: Any,
        *,
        concept_id: Any,
        name: Any,
        synonyms: Any = (),
        types: Any = (),
        definition: Any = None,
        parents: Any = (),
        xrefs: Any = (),
        alt_ids: Any = (),
        source: Any = None,
        namespace: str | None = None,
    ) -> Concept | None:
        """Make a concept of what stands in a row, of whatever type it came out of JSON.

        :param line: the line of the row.
        :param row: the row as it stands, for messages.
        :param types: the types; where there are none, what the prefix or the namespace says.
        :param namespace: the part of its ontology that the concept is in.
        :returns: the concept, or None if the row was reported as bad.
        :raises FormatError: for a bad row, if problems are strict.
        """
        try:
            curie = self._id(concept_id)
            label = self._name(name)
            names = _unique(self._synonyms(line, row, synonyms), besides=label)
            given = tuple(dict.fromkeys(_texts(types, "types")))
            return Concept(
                concept_id=curie,
                name=label,
                synonyms=names,
                types=self.options.types or given or types_of(curie, namespace),
                definition=_text(definition, "the definition") or None,
                parents=self._ids(parents, "parents", curie),
                xrefs=_unique(self._xrefs(_texts(xrefs, "xrefs")), besides=curie),
                alt_ids=self._ids(alt_ids, "alt_ids", curie),
                source=self.options.source
                or _text(source, "the source")
                or self._source
                or source_of(curie),
            )
        except _BadRowError as error:
            self.bad(line, str(error), row)
            return None

    def _id(self, value: Any) -> str:
        raw = _text(value, "the id")
        if not raw:
            raise _BadRowError("the id is empty")
        curie = self.curie(raw)
        if " " in curie:
            raise _BadRowError(f"{curie!r} is no id: it holds white space")
        return curie

    def _name(self, value: Any) -> str:
        name = _text(value, "the name")
        if not name:
            raise _BadRowError("the name is empty")
        if len(name) > MAX_NAME:
            raise _BadRowError(f"the name has {len(name)} characters, more than {MAX_NAME}")
        return name

    def _synonyms(self, line: int, row: Any, values: Any) -> Iterator[str]:
        for synonym in _texts(values, "synonyms"):
            if len(synonym) > MAX_NAME:
                message = f"a synonym has {len(synonym)} characters, more than {MAX_NAME}"
                self.bad(line, f"{message}; the rest of the row was read", row)
            else:
                yield synonym

    def _ids(self, values: Any, field: str, curie: str) -> tuple[str, ...]:
        ids = []
        for raw in _texts(values, field):
            if "//" in raw or " " in raw:
                self.left_out[f"values of {field} that are no ids"] += 1
            else:
                ids.append(self.curie(raw))
        return _unique(ids, besides=curie)

    def _xrefs(self, values: list[str]) -> Iterator[str]:
        for raw in values:
            if xref := xref_curie(raw):
                yield xref
            else:
                self.left_out["cross-references that are no ids (web addresses, titles)"] += 1
