"""A space as one Parquet table, for other tools: what each row is, and its vector."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from biotk.errors import InputError
from biotk.genomics.space import Space

_AT_ONCE = 1 << 14


def export_space(space: Space, path: Path | str) -> int:
    """Write all vectors of a space.

    :param space: the space.
    :param path: the Parquet file, with the columns ``id``, ``kind``, ``name``, ``chromosome``,
        ``position`` and ``vector``.
    :returns: how many rows it has.
    :raises InputError: it cannot be written.
    """
    schema = pa.schema(
        {
            "id": pa.string(),
            "kind": pa.string(),
            "name": pa.string(),
            "chromosome": pa.string(),
            "position": pa.int64(),
            "vector": pa.list_(pa.float32(), space.weights.dim),
        }
    )
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for begin in range(0, len(space), _AT_ONCE):
                rows = range(begin, min(begin + _AT_ONCE, len(space)))
                told = [space.rows.describe(row) for row in rows]
                vectors = pa.array(space.vectors[rows.start : rows.stop].ravel())
                columns = [
                    [each.id for each in told],
                    [each.kind for each in told],
                    [each.name for each in told],
                    [each.chromosome or None for each in told],
                    [each.position for each in told],
                    pa.FixedSizeListArray.from_arrays(vectors, space.weights.dim),
                ]
                arrays = [pa.array(each, field.type) if isinstance(each, list) else each
                          for each, field in zip(columns, schema)]  # fmt: skip
                writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
    return len(space)
