"""Arrow tables on disk: written as one uncompressed batch, so that a map of the file is the array.

Numbers come back as numpy views of the mapped file; nothing is copied and processes share pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.errors import KbCorruptError

# Asked for its dtype, a type of older Arrows imports pandas, and fails where there is none.
_NUMBERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64"
_DTYPES = {getattr(pa, name)(): np.dtype(name) for name in _NUMBERS.split()}


def write_table(path: Path, columns: dict[str, pa.Array]) -> None:
    """Write columns of equal length as an Arrow IPC file of one batch."""
    batch = pa.record_batch(list(columns.values()), names=list(columns))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def map_table(
    path: Path, schema: pa.Schema | None = None, *, further: pa.Schema | None = None
) -> pa.RecordBatch:
    """Memory-map a file that :func:`write_table` wrote.

    That the columns lie inside the file is checked, not each offset in them, which would read it
    all; :meth:`pyarrow.RecordBatch.validate` does that with ``full=True``.

    :param schema: the columns that it must have; None for any.
    :param further: the columns that may stand behind those, all of them or none.
    :raises KbCorruptError: it cannot be read.
    """
    try:
        batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        batch.validate()
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        raise KbCorruptError(f"{path} cannot be read: {error}. Build the KB again.") from error
    allowed = [] if schema is None else [schema, pa.schema([*schema, *(further or ())])]
    if allowed and not any(batch.schema.equals(one) for one in allowed):
        raise KbCorruptError(f"{path} has other columns than it must have. Build the KB again.")
    return batch


def numbers(column: pa.Array) -> NDArray[Any]:
    """See a column of numbers as a numpy array.

    ``to_numpy`` imports pandas wherever that is installed, which takes longer than opening a KB.

    :param column: without nulls.
    :returns: a view of its memory. *Shape*: (rows,).
    :raises ValueError: it has nulls, or its memory is too short.
    """
    dtype = _DTYPES[column.type]
    if column.null_count:
        raise ValueError(f"{column.null_count} of {len(column)} numbers are missing")
    if not len(column):
        return np.empty(0, dtype)
    start = column.offset * dtype.itemsize
    return np.frombuffer(column.buffers()[1], dtype, len(column), start)


def list_array(offsets: NDArray[np.int64], values: NDArray[Any] | pa.Array) -> pa.Array:
    """:returns: an Arrow list column. *Shape*: ``offsets`` (rows + 1,), ``values`` (total,)."""
    flat = values if isinstance(values, pa.Array) else pa.array(values)
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), flat)


#: Integers of whatever width the column has.
Rows = NDArray[np.integer[Any]]


class Ragged:
    """Rows of integers of unequal length: a list column seen as two numpy arrays.

    :param column: a large-list column of integers.
    """

    def __init__(self, column: pa.Array) -> None:
        self.offsets: NDArray[np.int64] = numbers(column.offsets)
        self.values: Rows = numbers(column.values)
        # One number out of a memoryview costs a third of one out of a numpy array.
        self._at = self.offsets.data

    def __getitem__(self, row: int) -> Rows:
        values: Rows = self.values[self._at[row] : self._at[row + 1]]
        return values

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def gather(self, rows: Rows) -> Rows:
        """:returns: the values of many rows, one after the other. *Shape*: (total,)."""
        starts, ends = self.offsets[rows], self.offsets[rows + 1]
        lengths = ends - starts
        if len(lengths) and (lengths.min() < 0 or ends.max() > len(self.values)):
            raise KbCorruptError("a table of rows is damaged: check it with `biotk kb verify`")
        total = int(lengths.sum())
        if not total:
            empty: Rows = self.values[:0]
            return empty
        # One arange over all rows, moved to each row's start.
        shift = np.repeat(starts - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        gathered: Rows = self.values[np.arange(total) + shift]
        return gathered


def ragged_column(rows: list[list[int]] | list[tuple[int, ...]], dtype: Any) -> pa.Array:
    """:returns: a large-list column of the rows."""
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    values = np.fromiter((value for row in rows for value in row), dtype, int(offsets[-1]))
    return list_array(offsets, values)
