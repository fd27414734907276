"""Making a concept of a row, whatever its format, and reporting the row that gives none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from biotk.errors import Problems
from biotk.kb.readers.base import ReaderOptions
from biotk.kb.readers.vocabularies import source_of, types_of, xref_curie
from biotk.types import Concept, to_curie

#: A longer name is a field that has swallowed others, not a name.
MAX_NAME = 10_000


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
    :param source: the name of the vocabulary; None goes by the prefix of each id, or by the name of
        the file where ids have none.
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
        self._stem = path.name.partition(".")[0]
        self._lines: dict[str, int] = {}
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

    def again(self, line: int, raw: str, row: Any) -> bool:
        """Report a row whose id an earlier row has.

        :param raw: the id.
        :returns: whether it has.
        """
        if raw not in self._lines:
            self._lines[raw] = line
            return False
        first = self._lines[raw]
        self.bad(line, f"{raw} stands in line {first} already; this one is left out", row)
        return True

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
        further_sources: Any = (),
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
            vocabulary = (
                self.options.source
                or _text(source, "the source")
                or self._source
                or source_of(curie)
                or self._stem
            )
            further = () if self.options.source else _texts(further_sources, "further_sources")
            return Concept(
                concept_id=curie,
                name=label,
                synonyms=names,
                types=self.options.types or given or types_of(curie, namespace),
                definition=_text(definition, "the definition") or None,
                parents=self._ids(parents, "parents", curie),
                xrefs=_unique(self._xrefs(_texts(xrefs, "xrefs")), besides=curie),
                alt_ids=self._ids(alt_ids, "alt_ids", curie),
                source=vocabulary,
                further_sources=_unique(further, besides=vocabulary),
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
