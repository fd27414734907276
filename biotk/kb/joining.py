"""One row a concept, in order of ids: rows that have the same id are joined, and twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biotk.kb.lists import Ints, Lists, codes_of, indices_in
from biotk.kb.rows import ConceptTable


def join_same_ids(table: ConceptTable) -> ConceptTable:
    """Make one row of those that have the same id, and put the rows in order of their ids.

    The first of them keeps its preferred name, and its source stays the first.
    """
    return _join(table, table.ids, np.zeros(len(table), bool))


def join_twins(table: ConceptTable, twins: Mapping[str, str]) -> ConceptTable:
    """Join twins to the concepts that stay.

    A twin's id becomes an alternative id, and a parent that was the twin is the one that stays.

    :param table: one row an id.
    :param twins: id that goes → id that stays.
    """
    gone = pa.array(twins.keys(), pa.large_string())
    stays = pa.array(twins.values(), pa.large_string())
    at = pc.index_in(table.ids, value_set=gone)
    owners = pc.coalesce(stays.take(at), table.ids)
    goes = at.is_valid().to_numpy(zero_copy_only=False)
    # Its own id comes after the alternative ids that it has already.
    rows = np.flatnonzero(goes)
    alt_ids = table.alt_ids.plus(rows, table.ids.take(pa.array(rows)))
    at = pc.index_in(table.parents.values, value_set=gone)
    parents = Lists(table.parents.offsets, pc.coalesce(stays.take(at), table.parents.values))
    joined = _join(replace(table, alt_ids=alt_ids, parents=parents), owners, goes)
    # What referred to the other twin refers to the concept itself now.
    known = pa.concat_arrays([joined.ids, gone])
    position = np.concatenate([np.arange(len(joined)), indices_in(stays, joined.ids)])
    found = indices_in(joined.xrefs.values, known)
    itself = (found >= 0) & (position[found] == joined.xrefs.rows())
    return replace(joined, xrefs=joined.xrefs.filtered(~itself))


def _join(table: ConceptTable, owners: pa.Array, goes: NDArray[np.bool_]) -> ConceptTable:
    """One row for each owner, the owner's own row before those that go, else in their order."""
    order: Ints = pc.sort_indices(owners).to_numpy().astype(np.int64)
    owner = owners.take(pa.array(order))
    first = np.ones(len(order), bool)
    first[1:] = pc.not_equal(owner[1:], owner[:-1]).to_numpy(zero_copy_only=False)
    order = order[np.lexsort((goes[order], np.cumsum(first)))]
    starts = np.flatnonzero(first)
    several = np.diff(np.append(starts, len(order))) > 1

    def joined(lists: Lists) -> Lists:
        whole = lists.take(order).joined(starts)
        return whole.filtered(whole.firsts(several)) if several.any() else whole

    return ConceptTable(
        ids=owner.take(pa.array(starts)),
        names=joined(table.names),
        types=joined(table.types),
        definition=table.definition.take(pa.array(_first_given(table.definition, order, first))),
        parents=joined(table.parents),
        xrefs=joined(table.xrefs),
        alt_ids=joined(table.alt_ids),
        sources=joined(table.sources),
    )


def _first_given(definition: pa.Array, order: Ints, first: NDArray[np.bool_]) -> Ints:
    """:returns: for each group the row of the first definition that says something."""
    given = pc.not_equal(definition, "").fill_null(False).to_numpy(zero_copy_only=False)[order]
    group = np.cumsum(first) - 1
    rows = order[first]
    # Assigned from the last to the first, so that the first stays.
    at = np.flatnonzero(given)[::-1]
    rows[group[at]] = order[at]
    return rows


def repeated_ids(table: ConceptTable) -> tuple[Ints, Ints]:
    """:returns: the rows whose id came before, and the row of the first with that id of each."""
    if pc.count_distinct(table.ids).as_py() == len(table):
        none = np.empty(0, np.int64)
        return none, none
    codes = codes_of(table.ids)
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    rows = np.flatnonzero(first[inverse] != np.arange(len(codes)))
    return rows, first[inverse[rows]]


def count_demoted(rows: ConceptTable, table: ConceptTable) -> int:
    """:returns: how many preferred names became synonyms, since their id had one already."""
    owner = indices_in(rows.ids, table.ids)
    stays = table.preferred().take(pa.array(owner))
    return int(pc.sum(pc.not_equal(rows.preferred(), stays)).as_py())
