"""The files of an artifact, written from a table of concepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.errors import InputError
from biotk.kb.arrow import Ragged, list_array, write_table
from biotk.kb.keys import write_keys
from biotk.kb.lists import Lists, offsets_of, one_array
from biotk.kb.rows import ConceptTable, indices_in
from biotk.text.normalize import bag_of, plural_key

#: How an id leads to a concept: it is the concept's own, it was retired or is a further one, or it
#: is the id of the same concept in another vocabulary. The lowest kind that answers wins.
OWN_ID, ALT_ID, XREF = 0, 1, 2

#: Told how many of how many names are done.
ShowNames = Callable[[int, int], None]

_SLICE = 50_000
_MOST_NAMES = 2**31 - 1
_MOST_CODES = 2**15 - 1


def write_concepts(
    folder: Path, table: ConceptTable, types: list[int], sources: list[int]
) -> tuple[dict[str, int], Ragged, Ragged]:
    """Write ``concepts.arrow``.

    :param types: for each type code its place among the types in order.
    :param sources: for each source code its place among the sources in order.
    :returns: counts, and the parents and children of each concept.
    :raises InputError: more types or sources than can be told apart.
    """
    for what, codes in (("semantic types", types), ("sources", sources)):
        if len(codes) > _MOST_CODES:
            raise InputError(
                f"{len(codes):,} different {what}, at most {_MOST_CODES:,} can be stored: "
                "is a column taken for them that holds something else?"
            )
    parents, children, dangling = _hierarchy(table)
    type_places = np.array(types, np.int16)
    type_codes = table.types.values.to_numpy()
    write_table(
        folder / "concepts.arrow",
        {
            "id": table.ids,
            "definition": table.definition,
            "source": pa.array(np.array(sources, np.int16)[table.source]),
            "types": list_array(table.types.offsets, type_places[type_codes]),
            "parents": parents,
            "children": children,
            "xrefs": table.xrefs.column(),
            "alt_ids": table.alt_ids.column(),
            "first_name": pa.array(table.names.offsets[:-1]),
        },
    )
    counts = {
        "concepts": len(table),
        "parents": len(parents.values),
        "parents_not_in_kb": dangling,
    }
    return counts, Ragged(parents), Ragged(children)


def _hierarchy(table: ConceptTable) -> tuple[pa.Array, pa.Array, int]:
    """:returns: the parents and the children of each concept, and how many parents are missing."""
    n = len(table)
    parent = indices_in(table.parents.values, table.ids)
    child = table.parents.rows()
    edges = np.unique((child * n + parent)[(parent >= 0) & (parent != child)])
    child, up = np.divmod(edges, n)
    parents = list_array(offsets_of(np.bincount(child, minlength=n)), up.astype(np.int32))
    # In order of parent and child, since the edges are in order of the child already.
    order = np.argsort(up, kind="stable")
    down = child[order].astype(np.int32)
    children = list_array(offsets_of(np.bincount(up, minlength=n)), down)
    return parents, children, int(np.count_nonzero(parent < 0))


def write_ids(folder: Path, table: ConceptTable) -> None:
    """Write all ids by which a concept can be asked for, and of which kind each is."""
    own = Lists(np.arange(len(table) + 1), table.ids)
    by_kind = {OWN_ID: own, ALT_ID: table.alt_ids, XREF: table.xrefs}
    concept = np.concatenate([ids.rows() for ids in by_kind.values()])
    order = np.argsort(concept, kind="stable")
    ids = pa.concat_arrays([ids.values for ids in by_kind.values()]).take(pa.array(order))
    kinds = np.repeat(
        np.array(list(by_kind), np.int8), [len(ids.values) for ids in by_kind.values()]
    )
    write_keys(folder, "ids", ids)
    write_table(
        folder / "id_targets.arrow",
        {"concept": pa.array(concept[order].astype(np.int32)), "kind": pa.array(kinds[order])},
    )


def write_names(folder: Path, names: Lists, *, progress: ShowNames) -> dict[str, int]:
    """Write ``names.arrow`` and the tables of normalised names.

    :param names: the names of each concept.
    :returns: counts.
    :raises InputError: more names than can be numbered.
    """
    if len(names.values) > _MOST_NAMES:
        raise InputError(f"{len(names.values):,} names, at most {_MOST_NAMES:,} can be stored")
    concepts: NDArray[np.int32] = names.rows().astype(np.int32)
    write_table(
        folder / "names.arrow", {"name": names.values, "concept": pa.array(concepts)}
    )  # fmt: skip
    plural: list[pa.Array] = []
    bag: list[pa.Array] = []
    empty = 0
    for done, given in _slices(names.values):
        keys = [plural_key(name) for name in given]
        empty += keys.count("")
        plural.append(pa.array(keys, pa.large_string()))
        bag.append(pa.array([bag_of(key.split()) for key in keys], pa.large_string()))
        progress(done, len(names.values))
    counts = {"names": len(names.values)}
    for stem, parts in (("plural", plural), ("bag", bag)):
        keys = one_array(pa.chunked_array(parts, pa.large_string()))
        parts.clear()
        counts[f"{stem}_keys"] = write_keys(folder, stem, keys)
    return {**counts, "names_without_a_word": empty}


def _slices(texts: pa.Array) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(texts), _SLICE):
        given = texts.slice(start, _SLICE).to_pylist()
        yield start + len(given), given
