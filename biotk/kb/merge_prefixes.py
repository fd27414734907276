"""What is to be merged, as a user names it: prefixes of ids, or the sources that have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from biotk.errors import InputError
from biotk.kb.rows import ConceptTable, prefixes_of


def find_prefixes(
    named: Sequence[str], table: ConceptTable, sources: Mapping[str, int]
) -> tuple[str, ...]:
    """Find the prefixes that a user means; case does not matter, nor does a colon at the end.

    Prefixes of the concepts go before names of sources, and these before prefixes that only
    cross-references have: those tie concepts that refer to one third id.

    :param named: prefixes and names of sources.
    :param table: the concepts.
    :param sources: name → code of each source.
    :returns: the prefixes, as the ids have them, in the order in which they are named.
    :raises InputError: there is no such prefix or source, or what is named may be several.
    """
    own = table.prefixes()
    found = []
    for name in named:
        asked = name.strip().rstrip(":")
        fitting = (
            _same(asked, own)
            or _of_sources(_same(asked, sources), table, sources)
            or _same(asked, prefixes_of(table.xrefs.values))
        )
        if len(fitting) != 1:
            there = ", ".join(own) or "no prefix at all"
            what = f"stands for {', '.join(fitting)}" if fitting else "is no prefix of an id here"
            raise InputError(
                f"cannot merge {name!r}: it {what}, and no name of a source with one prefix. The "
                f"ids have {there}"
            )
        found.append(fitting[0])
    if repeated := [name for at, name in enumerate(found) if name in found[:at]]:
        raise InputError(
            f"merging needs two different prefixes or more; of {', '.join(named)} several mean "
            f"{repeated[0]}"
        )
    return tuple(found)


def _same(asked: str, known: Iterable[str]) -> list[str]:
    """:returns: the one that is written so, or all that are but for case."""
    like = [name for name in known if name.casefold() == asked.casefold()]
    return [asked] if asked in like else like


def _of_sources(names: Sequence[str], table: ConceptTable, sources: Mapping[str, int]) -> list[str]:
    """:returns: the prefixes of all concepts of these sources."""
    if not names:
        return []
    of_them = np.isin(table.sources.values.to_numpy(), [sources[name] for name in names])
    return prefixes_of(table.ids.take(pa.array(np.unique(table.sources.rows()[of_them]))))
