"""Where merged vocabularies disagree on what is broader, the one whose concept stays is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from biotk.kb.arrow import Ragged
from biotk.kb.graph import cycles
from biotk.kb.lists import indices_in
from biotk.kb.rows import ConceptTable
from biotk.kb.tables import hierarchy_of


def drop_contradictions(
    before: ConceptTable, joined: ConceptTable, twins: Mapping[str, str]
) -> tuple[ConceptTable, int]:
    """Drop those parents that a concept has from a twin and that make a cycle.

    DOID has pheochromocytoma below paraganglioma, MONDO the other way round: joined, each would be
    broader than the other. A cycle that one vocabulary has by itself stays.

    :param before: the concepts before twins were joined.
    :param joined: the concepts after it.
    :param twins: id that went → id that stayed.
    :returns: the concepts, and how many parents were dropped.
    """
    parents, children, _ = hierarchy_of(joined)
    group_of = np.full(len(joined), -1)
    for number, group in enumerate(cycles(Ragged(parents), Ragged(children))):
        group_of[group] = number
    child = joined.parents.rows()
    parent = indices_in(joined.parents.values, joined.ids)
    in_cycle = (parent >= 0) & (group_of[child] >= 0) & (group_of[child] == group_of[parent])
    at = np.flatnonzero(in_cycle)
    child_ids = joined.ids.take(pa.array(child[at]))
    rows = indices_in(child_ids, before.ids).tolist()
    given = before.parents.column()
    keep = np.ones(len(joined.parents.values), bool)
    parent_ids = joined.parents.values.take(pa.array(at)).to_pylist()
    for position, row, parent_id in zip(at.tolist(), rows, parent_ids, strict=True):
        own = {twins.get(own_id, own_id) for own_id in given[row].as_py()}
        keep[position] = parent_id in own
    return replace(joined, parents=joined.parents.filtered(keep)), int(np.count_nonzero(~keep))
