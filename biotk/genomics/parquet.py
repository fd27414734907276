"""Tables of rows as Parquet: written in batches, all or nothing, saying what they were made of.

What associations and relations have in common. A row is a NamedTuple, its fields are columns.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from biotk import __version__
from biotk.errors import InputError

#: The key of the metadata.
_KEY = b"biotk"
#: Rows that are written at once, a row group of the file.
BATCH_ROWS = 1 << 16

Row = TypeVar("Row", bound=NamedTuple)

#: Told how far something is: what is being read, how much of it was, how much there is; 0 if
#: nobody knows.
Progress = Callable[[str, int, int], None]
_TOLD_EACH = 8192


def no_progress(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def told(rows: Iterable[Row], step: str, progress: Progress) -> Iterator[Row]:
    """:returns: the rows; now and then how many there were is told."""
    done = 0
    for done, row in enumerate(rows, start=1):
        if done % _TOLD_EACH == 0:
            progress(step, done, 0)
        yield row
    progress(step, done, done)


def is_parquet(path: Path) -> bool:
    """:returns: whether a file starts as Parquet files do; False for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that was read.

    :param file: its file's name.
    :param format: the layout that it was read as.
    :param sha256: checksum of the file.
    :param source: what its rows say in ``source``.
    :param licence: what they say in ``licence``.
    :param rows: how many rows it has, header aside.
    :param kept: how many rows it gave.
    """

    file: str
    format: str
    sha256: str
    source: str
    licence: str
    rows: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What stands in the metadata of a table.

    :param sources: the tables that it was made of.
    :param kbs: name → fingerprint of the KBs that its concepts were looked up in.
    :param report: what was kept, what was dropped and why, by name.
    :param biotk: the version that wrote it.
    """

    sources: tuple[SourceTable, ...] = ()
    kbs: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    biotk: str = __version__


@dataclass(frozen=True, slots=True)
class RowTable(Generic[Row]):
    """A kind of table.

    :param format: its name in the files' metadata.
    :param version: the version of its columns.
    :param schema: its columns.
    :param make: makes a row of the values of ``fields``.
    :param fields: the row's fields, in their order.
    :param command: what makes such a table, for messages.
    """

    format: str
    version: int
    schema: pa.Schema
    make: Callable[[Iterable[Any]], Row]
    fields: tuple[str, ...]
    command: str

    def to_batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """:returns: rows as Arrow columns, in the order of the schema."""
        columns = dict(zip(self.fields, zip(*rows, strict=True), strict=False))
        arrays = [pa.array(columns.get(each.name, ()), each.type) for each in self.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def from_batch(self, batch: pa.RecordBatch | pa.Table) -> Iterator[Row]:
        """:returns: the rows of Arrow columns, one by one."""
        columns = [self._values(batch.column(name), name) for name in self.fields]
        return map(self.make, zip(*columns, strict=True))

    def _values(self, column: pa.Array, name: str) -> list[Any]:
        values: list[Any] = column.to_pylist()
        is_list = pa.types.is_list(self.schema.field(name).type)
        return [tuple(each) for each in values] if is_list else values

    def read_info(self, path: Path) -> TableInfo:
        """:returns: what the metadata of a file say; no row is read.

        :raises InputError: the file cannot be read, or is none of this kind and version.
        """
        with self._open(path) as opened:
            return self._info_of(path, opened)

    def iter_batches(
        self, path: Path, columns: Sequence[str] | None, *, rows: int = BATCH_ROWS
    ) -> Iterator[pa.RecordBatch]:
        """Read a file batch by batch.

        :param columns: the columns to read; None for all.
        :param rows: the most rows of a batch.
        :raises InputError: as :meth:`read_info`, or the file is damaged.
        """
        with self._open(path) as opened:
            self._info_of(path, opened)
            try:
                yield from opened.iter_batches(rows, columns=columns)
            except (OSError, pa.ArrowException) as error:
                raise InputError(f"{path}: is damaged ({error}). Make it anew") from error

    def read(self, path: Path, columns: Sequence[str] | None) -> pa.Table:
        """:returns: a file as one Arrow table; see :meth:`iter_batches`."""
        names = self.schema.names if columns is None else columns
        wanted = pa.schema([self.schema.field(name) for name in names])
        return pa.Table.from_batches(self.iter_batches(path, columns), schema=wanted)

    def _open(self, path: Path) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(path, page_checksum_verification=True)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
        except pa.ArrowException as error:
            raise InputError(f"{path}: is no Parquet file ({error}). {self._remedy}") from error

    @property
    def _remedy(self) -> str:
        return f"Make one of a table with `{self.command} TABLE --out FILE`"

    def _info_of(self, path: Path, opened: pq.ParquetFile) -> TableInfo:
        raw = (opened.metadata.metadata or {}).get(_KEY)
        content = json.loads(raw) if raw else {}
        found = content.get("format"), content.get("format_version")
        if found[0] != self.format:
            raise InputError(
                f"{path}: is {found[0] or 'a Parquet file'}, but no {self.format}. {self._remedy}"
            )
        if found[1] != self.version:
            raise InputError(
                f"{path}: is {found[0]} {found[1]}, this BioTK reads {self.format} "
                f"{self.version}. Make it anew with `{self.command}`"
            )
        if not opened.schema_arrow.equals(self.schema):
            raise InputError(f"{path}: has other columns than {self.format} {self.version} has")
        sources = tuple(SourceTable(**each) for each in content["sources"])
        return TableInfo(sources, content["kbs"], content["report"], content["biotk"])

    def info_json(self, info: TableInfo) -> str:
        """:returns: what is to stand in the metadata, as one JSON object."""
        head = {"format": self.format, "format_version": self.version}
        return json.dumps(head | asdict(info), ensure_ascii=False)


class RowWriter(Generic[Row]):
    """Writes a table in batches; what is there is replaced when the new one is complete.

    :param path: the file.
    :param table: what kind it is.
    """

    def __init__(self, path: Path | str, table: RowTable[Row]) -> None:
        self.path = Path(path)
        self.info = TableInfo()
        self._table = table
        self._draft = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        self._rows: list[Row] = []

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self._draft, self._table.schema, compression="zstd", write_page_checksum=True
            )
        except OSError as error:
            raise self._refused(error) from error
        return self

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows.

        :raises InputError: the file cannot be written.
        """
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= BATCH_ROWS:
                self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        try:
            self._writer.write_batch(self._table.to_batch(self._rows))
        except OSError as error:
            raise self._refused(error) from error
        self._rows.clear()

    def _refused(self, error: OSError) -> InputError:
        return InputError(f"{self.path} cannot be written: {error.strerror or error}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
                self._writer.add_key_value_metadata({_KEY: self._table.info_json(self.info)})
            self._writer.close()
            if kind is None:
                self._draft.replace(self.path)
        except OSError as failure:
            raise self._refused(failure) from failure
        finally:
            self._draft.unlink(missing_ok=True)
