"""Concepts in columns: a million of them in some hundred megabytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biotk.errors import Problems
from biotk.kb.lists import Lists, one_array
from biotk.types import Concept

_CHUNK = 20_000  # concepts that are held as Python objects
_SLICE = 50_000  # rows that are made Python objects at once
_TEXT, _TEXTS = pa.large_string(), pa.large_list(pa.large_string())
_SCHEMA = pa.schema(
    {
        "id": _TEXT,
        "names": _TEXTS,
        "types": pa.large_list(pa.int32()),
        "definition": _TEXT,
        "parents": _TEXTS,
        "xrefs": _TEXTS,
        "alt_ids": _TEXTS,
        "sources": pa.large_list(pa.int32()),
    }
)
_BROKEN = "holds what cannot be stored: half a surrogate pair, or U+0000 in an id"
#: A concept as a row of the schema.
_Row = tuple[Any, ...]


class Codes(dict[str, int]):
    """Numbers for strings, by their first appearance."""

    def __missing__(self, key: str) -> int:
        key.encode("utf-8")  # raises where it could not be written
        self[key] = code = len(self)
        return code


@dataclass(frozen=True, slots=True)
class ConceptTable:
    """Concepts in columns. *Shape of each*: (concepts,).

    :param ids: their ids.
    :param names: the names of each, the preferred one first.
    :param types: codes of their types.
    :param definition: nullable.
    :param sources: codes of their sources, that of the preferred name first.
    """

    ids: pa.Array
    names: Lists
    types: Lists
    definition: pa.Array
    parents: Lists
    xrefs: Lists
    alt_ids: Lists
    sources: Lists

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def nbytes(self) -> int:
        """Size of all columns."""
        lists = (self.names, self.types, self.parents, self.xrefs, self.alt_ids, self.sources)
        flat = sum(rows.values.nbytes + rows.offsets.nbytes for rows in lists)
        return int(flat + self.ids.nbytes + self.definition.nbytes)

    @property
    def source(self) -> NDArray[np.int32]:
        """Code of the first source of each."""
        codes: NDArray[np.int32] = self.sources.values.to_numpy()[self.sources.offsets[:-1]]
        return codes

    def prefixes(self) -> list[str]:
        """:returns: what stands before the colon of the ids, in order."""
        return prefixes_of(self.ids)

    def preferred(self) -> pa.Array:
        """:returns: the preferred name of each concept."""
        return self.names.values.take(pa.array(self.names.offsets[:-1]))

    def iter_with(self, lists: Lists) -> Iterator[tuple[str, list[str]]]:
        """:returns: each id with a row of its concept's names or ids."""
        column = lists.column()
        for start in range(0, len(self), _SLICE):
            ids = self.ids.slice(start, _SLICE).to_pylist()
            yield from zip(ids, column.slice(start, _SLICE).to_pylist(), strict=True)


def prefixes_of(ids: pa.Array) -> list[str]:
    """:returns: what stands before the colon of ids, in order."""
    heads = pc.list_element(pc.split_pattern(ids, ":", max_splits=1), 0)
    prefixes: list[str] = pc.unique(heads.filter(pc.match_substring(ids, ":"))).to_pylist()
    return sorted(prefixes)


class ConceptRows:
    """Takes concepts in and gives them out as a table.

    What cannot be stored, such as an empty name, is a problem and left out.

    :param problems: takes what cannot be stored.
    """

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._place = ""
        self._open: list[_Row] = []
        self._chunks: list[pa.RecordBatch] = []
        self._n_closed = 0
        self.types, self.sources = Codes(), Codes()

    def __len__(self) -> int:
        return self._n_closed + len(self._open)

    def add(self, concept: Concept, *, source: str, place: str) -> None:
        """Take in one concept.

        :param source: its source, if it names none itself.
        :param place: the file, for problems.
        """
        self._place = place
        if not _is_name(concept.concept_id) or not _is_name(concept.name):
            what = "the name" if _is_name(concept.concept_id) else "the id"
            self._problem(f"{what} is empty; the row is left out", repr(concept))
            return
        names = tuple(dict.fromkeys((concept.name, *concept.synonyms)))
        if not all(map(_is_name, names)):
            self._problem("a synonym is empty; it is left out", concept.concept_id)
            names = tuple(filter(_is_name, names))
        try:
            types = [self.types[name] for name in concept.types]
            named = (concept.source or source, *concept.further_sources)
            sources = [self.sources[name] for name in dict.fromkeys(named)]
        except UnicodeEncodeError:
            self._problem(f"a type or source {_BROKEN}; the row is left out", concept.concept_id)
            return
        self._open.append(
            (
                concept.concept_id, names, types, concept.definition, concept.parents,
                concept.xrefs, concept.alt_ids, sources,
            )
        )  # fmt: skip
        if len(self._open) >= _CHUNK:
            self.close_chunk()

    def _problem(self, message: str, text: str) -> None:
        self._problems.add(self._place, 0, message, text.encode("utf-8", "replace").decode())

    def close_chunk(self) -> None:
        """Put what is held as Python objects into columns."""
        if not self._open:
            return
        try:
            batch = _batch(self._open)
            mend = _has_zero(batch)
        except UnicodeEncodeError:
            mend = True
        if mend:
            batch = _batch([row for raw in self._open if (row := self._storable(raw))])
        self._open = []
        self._chunks.append(batch)
        self._n_closed += len(batch)

    def _storable(self, row: _Row) -> _Row | None:
        """A row without the strings that cannot be stored; None if its id or name is one."""
        concept_id, names, types, definition, *ids, sources = row
        if not is_id(concept_id) or not _is_text(names[0]):
            self._problem(
                f"the id or name {_BROKEN}; the row is left out", f"{concept_id} {names[0]}"
            )
            return None
        mended = (
            concept_id,
            tuple(filter(_is_text, names)),
            types,
            definition if _is_text(definition or "") else None,
            *(tuple(filter(is_id, given)) for given in ids),
            sources,
        )
        if mended != row:
            self._problem(f"a text {_BROKEN}; it is left out", concept_id)
        return mended

    def table(self, start: int = 0) -> ConceptTable:
        """:returns: the concepts from row ``start`` on, in the order in which they came."""
        self.close_chunk()
        whole = pa.Table.from_batches(self._chunks, _SCHEMA)
        if start:
            whole = whole.slice(start)
        else:  # a second copy of all would double the memory
            whole = _combined(whole)
            self._chunks = whole.to_batches()
        columns = {name: one_array(whole.column(name)) for name in _SCHEMA.names}
        lists = {name: Lists.of(columns[name]) for name in
                 ("names", "types", "parents", "xrefs", "alt_ids", "sources")}  # fmt: skip
        return ConceptTable(
            ids=columns["id"],
            definition=columns["definition"],
            **lists,
        )


def _combined(table: pa.Table) -> pa.Table:
    if not len(table):
        return table
    return pa.table({name: one_array(table.column(name)) for name in _SCHEMA.names}, _SCHEMA)


def _is_name(text: str) -> bool:
    return bool(text) and not text.isspace()


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_id(text: str) -> bool:
    """:returns: whether a string can be stored as an id; the trie of ids does not take U+0000."""
    return "\0" not in text and _is_text(text)


def _has_zero(batch: pa.RecordBatch) -> bool:
    columns = [batch.column("id"), *(batch.column(name).values for name in ("xrefs", "alt_ids"))]
    return any(pc.any(pc.match_substring(column, "\0")).as_py() for column in columns)


def _batch(rows: list[_Row]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(_SCHEMA)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=_SCHEMA)
