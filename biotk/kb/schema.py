"""The columns of an artifact's tables; see ``docs/formats/kb.md``."""

from __future__ import annotations

import pyarrow as pa

_TEXTS = pa.large_list(pa.large_string())
_NUMBERS = pa.large_list(pa.int32())

CONCEPTS = pa.schema(
    {
        "id": pa.large_string(),
        "definition": pa.large_string(),
        "source": pa.int16(),
        "types": pa.large_list(pa.int16()),
        "parents": _NUMBERS,
        "children": _NUMBERS,
        "xrefs": _TEXTS,
        "alt_ids": _TEXTS,
        "first_name": pa.int64(),
    }
)
#: Columns of ``concepts.arrow`` that stand behind the others where they are needed.
FURTHER = pa.schema({"sources": pa.large_list(pa.int16())})
NAMES = pa.schema({"name": pa.large_string(), "concept": pa.int32()})
ID_TARGETS = pa.schema({"concept": pa.int32(), "kind": pa.int8()})
KEY_ROWS = pa.schema({"rows": _NUMBERS})
