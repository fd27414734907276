"""Concepts by their ids: the KB's own, retired ones, cross-references, in the spellings met."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from biotk.kb.arrow import numbers
from biotk.kb.keys import KeyTable
from biotk.kb.manifest import Manifest
from biotk.kb.readers.seventh import SEVENTH, without_seventh
from biotk.kb.rows import is_id
from biotk.types import to_curie


class IdLookup:
    """What the ids of a KB stand for.

    :param table: from ids to rows of ``targets``.
    :param targets: which concept a row stands for, and whether by its own id, a retired one or a
        cross-reference.
    :param manifest: that of the KB.
    """

    def __init__(self, table: KeyTable, targets: pa.Table, manifest: Manifest) -> None:
        self._table, self._manifest = table, manifest
        self._concepts: NDArray[np.int32] = numbers(targets.column("concept"))
        self._kinds: NDArray[np.int8] = numbers(targets.column("kind"))
        self._prefix_of = {prefix.lower(): prefix for prefix in manifest.prefixes}

    def resolve(self, concept_id: str) -> tuple[int, ...]:
        """Find the concepts that an id stands for; see :meth:`KnowledgeBase.resolve`."""
        for form in dict.fromkeys((concept_id, to_curie(concept_id))):
            if found := self._resolve_exactly(form):
                return found
        for form in self._respelled(concept_id):
            if found := self._resolve_exactly(form):
                return found
        answers = self.answers(concept_id)
        return answers[0] if len(answers) == 1 else ()

    def answers(self, concept_id: str) -> list[tuple[int, ...]]:
        """:returns: what a bare id stands for with each prefix of the KB that answers."""
        if ":" in concept_id:
            return []
        bare = concept_id.strip()
        for local in dict.fromkeys((bare, bare.upper())):
            forms = (f"{prefix}:{local}" for prefix in self._manifest.prefixes)
            answers = {found: None for form in forms if (found := self._resolve_exactly(form))}
            if answers:
                return list(answers)
        return []

    def why_not(self, concept_id: str) -> str:
        """:returns: for a message, why the KB has no such id, or what may be meant; or nothing."""
        if left_out := self._why_left_out(concept_id):
            return left_out
        forms = [concept_id]
        if ":" not in concept_id:  # without its prefix it is near nothing
            forms += [f"{prefix}:{concept_id.strip()}" for prefix in self._manifest.prefixes]
        for form in forms:
            near = difflib.get_close_matches(form, self._near(form), n=3)
            if near:
                return f"Did you mean {', '.join(near)}?"
        return ""

    def _resolve_exactly(self, concept_id: str) -> tuple[int, ...]:
        if not is_id(concept_id):
            return ()  # the trie would refuse it, or take it as far as its U+0000
        rows = self._table.rows(concept_id)
        if not len(rows):
            return ()
        best = self._kinds[rows].min()
        return tuple(sorted({int(self._concepts[r]) for r in rows if self._kinds[r] == best}))

    def _respelled(self, concept_id: str) -> Iterator[str]:
        """Yield an id that has a prefix with that prefix, and its letters, as the KB has them."""
        head, colon, local = concept_id.strip().partition(":")
        if not colon:
            head, _, local = concept_id.strip().partition("_")
        prefix = self._prefix_of.get(head.lower())
        if local and (prefix is not None or colon):
            prefix = head.upper() if prefix is None else prefix
            yield to_curie(f"{prefix}:{local}")
            yield to_curie(f"{prefix}:{local.upper()}")

    def _why_left_out(self, concept_id: str) -> str:
        """:returns: that an id was left out on purpose when the KB was built, if that is known."""
        stem = without_seventh(concept_id)
        if stem is None or not any(SEVENTH in info.left_out for info in self._manifest.sources):
            return ""
        if not self._resolve_exactly(stem):
            return ""
        return f"It is {stem} with a seventh character, and this KB has no {SEVENTH}."

    def _near(self, concept_id: str) -> list[str]:
        if not is_id(concept_id):
            return []
        # difflib over a million ids would take minutes; ids that share a beginning do.
        for cut in range(1, 4):
            near = list(islice(self._table.iter_keys(concept_id[:-cut]), 1000))
            if near:
                return near
        return []
