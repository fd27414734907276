"""The files of an artifact, written from a table of concepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.errors import InputError
from biotk.kb.arrow import Ragged, list_array, write_table
from biotk.kb.keys import write_keys
from biotk.kb.lists import Ints, Lists, indices_in, offsets_of, one_array
from biotk.kb.rows import ConceptTable
from biotk.text.normalize import bag_of, plural_key

#: How an id leads to a concept: it is the concept's own, it was retired or is a further one, or it
#: is the id of the same concept in another vocabulary. The lowest kind that answers wins.
OWN_ID, ALT_ID, XREF = 0, 1, 2

#: Told how many of how many names are done.
ShowNames = Callable[[int, int], None]

_SLICE = 50_000
_MOST_NAMES = 2**31 - 1
_MOST_CODES = 2**15 - 1


class Vocabulary(NamedTuple):
    """Types or sources as an artifact knows them.

    :param names: those in use, in order.
    :param places: for each code its place in ``names``; 0 for a code that is not in use.
    """

    names: tuple[str, ...]
    places: NDArray[np.int16]

    @classmethod
    def of(cls, what: str, names: Iterable[str], codes: Ints) -> Vocabulary:
        """Put the names in use in order.

        :param what: what they are, for the message.
        :param names: the name of each code.
        :param codes: the codes in use; may repeat.
        :raises InputError: more names than can be stored.
        """
        given = list(names)
        used = sorted(given[code] for code in np.unique(codes))
        if len(used) > _MOST_CODES:
            raise InputError(
                f"{len(used):,} different {what}, at most {_MOST_CODES:,} can be stored: "
                "is a column taken for them that holds something else?"
            )
        place = {name: number for number, name in enumerate(used)}
        return cls(tuple(used), np.array([place.get(name, 0) for name in given], np.int16))


def write_concepts(
    folder: Path, table: ConceptTable, types: Vocabulary, sources: Vocabulary
) -> tuple[dict[str, int], Ragged, Ragged]:
    """Write ``concepts.arrow``.

    :returns: counts, and the parents and children of each concept.
    """
    parents, children, unused = hierarchy_of(table)
    type_codes = table.types.values.to_numpy()
    columns = {
        "id": table.ids,
        "definition": table.definition,
        "source": pa.array(sources.places[table.source]),
        "types": list_array(table.types.offsets, types.places[type_codes]),
        "parents": parents,
        "children": children,
        "xrefs": table.xrefs.column(),
        "alt_ids": table.alt_ids.column(),
        "first_name": pa.array(table.names.offsets[:-1]),
    }
    if len(table.sources.values) > len(table):
        places = sources.places[table.sources.values.to_numpy()]
        columns["sources"] = list_array(table.sources.offsets, places)
    write_table(folder / "concepts.arrow", columns)
    counts = {"concepts": len(table), "parents": len(parents.values), **unused}
    return counts, Ragged(parents), Ragged(children)


def hierarchy_of(table: ConceptTable) -> tuple[pa.Array, pa.Array, dict[str, int]]:
    """:returns: parents and children of each concept, and how many parents are of no use."""
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
    unused = {
        "parents_not_in_kb": int(np.count_nonzero(parent < 0)),
        "parents_of_themselves": int(np.count_nonzero(parent == table.parents.rows())),
    }
    return parents, children, unused


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
