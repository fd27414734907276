"""Retired ids that were told by any source: they become alternative ids of what replaces them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from biotk.kb.lists import Lists, indices_in
from biotk.kb.readers.base import ignore_retired
from biotk.kb.readers.retired import CIRCLE, SEVERAL, follow_retired
from biotk.kb.rows import ConceptTable


def add_retired_ids(
    table: ConceptTable, retired: Mapping[str, Sequence[str]]
) -> tuple[ConceptTable, dict[str, int], list[str]]:
    """Follow each retired id to the concept that finally replaces it.

    An id that a concept has as its own is in use, whatever was told of it. One that several ids
    replace is left out: it would be wrong half the time.

    :param table: the concepts.
    :param retired: retired id → what replaces it, by its own or an alternative id.
    :returns: the concepts with their further ids, counts, and the retired ids that lead nowhere.
    """
    owners = _owners(table, {*retired, *(r for ids in retired.values() for r in ids)})
    own = {concept_id for concept_id, (_, is_own) in owners.items() if is_own}
    open_ids = {gone: retired[gone] for gone in sorted(retired) if gone not in own}
    # An alternative id of one concept leads there, unless a source has told where it leads.
    ends = {end for end, (_, is_own) in owners.items() if is_own or end not in retired}
    found, left_out = follow_retired(open_ids, ends, elsewhere=ignore_retired)
    pairs = sorted((owners[end][0], gone) for end, ids in found.items() for gone in ids)
    counts = {
        "retired": len(pairs),
        "retired_still_in_use": len(retired) - len(open_ids),
        "retired_with_several_replacements": left_out.pop(SEVERAL, 0),
        "retired_in_a_circle": left_out.pop(CIRCLE, 0),
        "retired_without_replacement": left_out.total(),
    }
    led = {gone for _, gone in pairs}
    lost = [gone for gone in open_ids if gone not in led]
    if not pairs:
        return table, counts, lost
    rows = np.array([row for row, _ in pairs], np.int64)
    gone_ids = pa.array([gone for _, gone in pairs], pa.large_string())
    more = table.alt_ids.plus(rows, gone_ids)
    has_more = np.bincount(rows, minlength=len(table)) > 0
    return replace(table, alt_ids=more.filtered(more.firsts(has_more))), counts, lost


def _owners(table: ConceptTable, ids: set[str]) -> dict[str, tuple[int, bool]]:
    """:returns: for each id that one concept has: its row, and whether it is the concept's own."""
    wanted = pa.array(sorted(ids), pa.large_string())
    owners: dict[str, tuple[int, bool]] = {}
    for gone, row in zip(*_of_one_concept(table.alt_ids, wanted), strict=True):
        owners[gone] = (row, False)
    found = indices_in(wanted, table.ids)
    inside = found >= 0
    for own, row in zip(wanted.filter(pa.array(inside)).to_pylist(), found[inside].tolist()):
        owners[own] = (row, True)
    return owners


def _of_one_concept(ids: Lists, wanted: pa.Array) -> tuple[list[str], list[int]]:
    """:returns: those of the wanted that are in one row only, and that row."""
    keep = pc.is_in(ids.values, value_set=wanted).to_numpy(zero_copy_only=False)
    kept = ids.filtered(keep)
    rows: dict[str, set[int]] = {}
    for concept_id, row in zip(kept.values.to_pylist(), kept.rows().tolist(), strict=True):
        rows.setdefault(concept_id, set()).add(row)
    single = {concept_id: next(iter(at)) for concept_id, at in rows.items() if len(at) == 1}
    return list(single), list(single.values())
