"""What a part of the KB means for an evaluation: what is sought, and which gold counts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biotk.cli.subset_options import PartOptions, read_ids

if TYPE_CHECKING:
    from biotk.document import Document
    from biotk.kb import KbSubset, KnowledgeBase


def sought(
    part: PartOptions, kb: KnowledgeBase, *, subset_ids: Path | None = None
) -> tuple[dict[str, Any], KbSubset | None]:
    """:returns: what the pipeline is told, and the part of the KB that gold is cut down to.

    Types are a setting of the pipeline: what it does not seek of gold, it has missed.
    """
    seek = replace(part, source=None, branch=None, ids=None, subset=None).overrides(kb)
    subset = replace(part, types=None).of(kb)
    if subset_ids is not None:
        listed = read_ids(kb, subset_ids)
        subset = listed if subset is None else subset & listed
    return seek if subset is None else {**seek, "subset": subset}, subset


def part_report(
    part: PartOptions, subset: KbSubset | None, *, subset_ids: Path | None = None
) -> dict[str, Any]:
    """:returns: ``part``, what a report says of the part that gold was cut down to; or nothing."""
    if subset is None:
        return {}
    options = f"{part} --subset-ids {subset_ids}" if subset_ids else str(part)
    told = {"fingerprint": subset.fingerprint, "concepts": len(subset), "options": options.strip()}
    return {"part": told}


def within(documents: list[Document], resolve: Callable[[str], frozenset[str]]) -> list[Document]:
    """:returns: the documents with the gold mentions of which an id resolves; told on stderr."""
    kept = [
        replace(d, mentions=tuple(m for m in d.mentions if any(map(resolve, m.concept_ids))))
        for d in documents
    ]
    before, after = (sum(len(d.mentions) for d in ds) for ds in (documents, kept))
    print(f"{after} of {before} gold mentions are in the part", file=sys.stderr)
    return kept


def resolver(kb: KnowledgeBase, subset: KbSubset | None = None) -> Callable[[str], frozenset[str]]:
    """:returns: what gives the KB's ids, or those of a part of it, that a gold id stands for."""

    @cache
    def resolve(concept_id: str) -> frozenset[str]:
        found = kb.resolve(concept_id)
        return frozenset(kb.id_of(idx) for idx in found if subset is None or idx in subset)

    return resolve
