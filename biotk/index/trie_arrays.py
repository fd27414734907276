"""The arrays of a token trie, on disk and in memory; ``docs/formats/token-trie.md`` is their spec.

Nodes that have one child and where no name ends are most of a trie. A run of them is one *unit*:
a unit ends where the trie branches or a name ends. Units are numbered breadth first, so that the
children of a unit follow one another and where they begin says where the ones before end.

A *rank* is a name's place in the order of token sequences, a prefix before what it is a prefix of;
names that tokenise alike follow one another. So the names below a unit are a range of ranks, those
that end at it come first, and the rest is parted by its children.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.errors import KbCorruptError
from biotk.kb.arrow import map_table, numbers, write_table

Ints = NDArray[np.integer[Any]]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

UNITS, TAILS, NAMES = "units.arrow", "tails.arrow", "names.arrow"
#: A node is ``unit << SHIFT | tokens of its unit that are behind it, less one``.
SHIFT = 16
#: Longer names are not taken: this many tokens always find room in one unit, the root's too.
MAX_TOKENS = (1 << SHIFT) - 1

_REMEDY = "Remove its folder: it is made again."


class TrieArrays(NamedTuple):
    """A trie as arrays. Those over units have one entry more, which ends the last unit's ranges.

    :param heads: the first token of each unit; 0 for unit 0, the root, which has none. The heads
        of one unit's children are in order. *Shape*: (units + 1,).
    :param tail_starts: where the further tokens of each unit begin. *Shape*: (units + 1,).
    :param first_children: the first child of each unit. *Shape*: (units + 1,).
    :param first_ranks: the first rank below each unit. *Shape*: (units + 1,).
    :param end_ranks: one past the last rank below each unit. *Shape*: (units + 1,).
    :param below: tokens from the end of each unit to the deepest leaf below. *Shape*: (units + 1,).
    :param tails: the further tokens of all units. *Shape*: (tokens,).
    :param names: ``name_idx`` of each rank. *Shape*: (names,).
    :param concepts: ``concept_idx`` of each rank. *Shape*: (names,).
    """

    heads: Ints
    tail_starts: Int32
    first_children: Int32
    first_ranks: Int32
    end_ranks: Int32
    below: Ints
    tails: Ints
    names: Int32
    concepts: Int32


def write_arrays(folder: Path, arrays: TrieArrays) -> None:
    """Write the three Arrow files of a trie into a folder."""
    by_unit = {name: pa.array(getattr(arrays, name)) for name in _UNIT_COLUMNS}
    write_table(folder / UNITS, by_unit)
    write_table(folder / TAILS, {"token": pa.array(arrays.tails)})
    names = {"name": pa.array(arrays.names), "concept": pa.array(arrays.concepts)}
    write_table(folder / NAMES, names)


def map_arrays(folder: Path) -> TrieArrays:
    """Memory-map what :func:`write_arrays` wrote. What lies inside is not read here.

    :raises KbCorruptError: a file cannot be read, or they do not fit together.
    """
    units, tails, names = (map_table(folder / file) for file in (UNITS, TAILS, NAMES))
    wanted = {UNITS: (units, _UNIT_COLUMNS), TAILS: (tails, ("token",)), NAMES: (names, _NAMES)}
    for file, (table, columns) in wanted.items():
        types = [pa.types.is_integer(kind) for kind in table.schema.types]
        if tuple(table.schema.names) != columns or not all(types):
            raise _damage(folder / file, "it has other columns than it must have")
    arrays = TrieArrays(
        **{name: numbers(units.column(name)) for name in _UNIT_COLUMNS},
        tails=numbers(tails.column("token")),
        names=numbers(names.column("name")),
        concepts=numbers(names.column("concept")),
    )
    _check_ends(folder, arrays)
    return arrays


_UNIT_COLUMNS = ("heads", "tail_starts", "first_children", "first_ranks", "end_ranks", "below")
_NAMES = ("name", "concept")


def _check_ends(folder: Path, arrays: TrieArrays) -> None:
    """What first and last entries must be; costs nothing, and finds files of different tries."""
    n_units, n_names = len(arrays.heads) - 1, len(arrays.names)
    if n_units < 1:
        raise _damage(folder / UNITS, "it has no root")
    if (int(arrays.first_children[0]), int(arrays.first_children[-1])) != (1, n_units):
        raise _damage(folder / UNITS, "its units do not add up")
    if (int(arrays.tail_starts[0]), int(arrays.tail_starts[-1])) != (0, len(arrays.tails)):
        raise _damage(folder / TAILS, f"it does not fit {UNITS}")
    if (int(arrays.first_ranks[0]), int(arrays.end_ranks[0])) != (0, n_names):
        raise _damage(folder / NAMES, f"it does not fit {UNITS}")


def _damage(path: Path, what: str) -> KbCorruptError:
    return KbCorruptError(f"{path} is damaged: {what}. {_REMEDY}")


def ragged_range(starts: Ints, ends: Ints) -> Int64:
    """:returns: the numbers of many ranges, one range after the other. *Shape*: (total,)."""
    lengths = ends.astype(np.int64) - starts
    before = np.cumsum(lengths) - lengths
    numbers: Int64 = np.repeat(starts - before, lengths)
    numbers += np.arange(len(numbers))
    return numbers
