"""How well gold mentions are linked: Recall@k, lenient and strict, and the NIL decision.

What each figure counts is told in ``docs/evaluation.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biotk.document import Candidate, Mention
from biotk.errors import InputError
from biotk.evaluation.bootstrap import Counts, confidence_intervals, ratio
from biotk.evaluation.linking_scores import FIGURES, LinkingScores, NilScores, Recalls
from biotk.evaluation.pairs import Interval
from biotk.evaluation.resolve import Groups, Resolve, check_coverage, resolved
from biotk.text.normalize import exact_key
from biotk.types import entity_type

_GROUPS = ("in_kb", "all")


@dataclass(frozen=True, slots=True)
class LinkingItem:
    """A gold mention and what a linker made of it.

    :param document_id: its document; confidence intervals resample documents.
    :param mention: the gold mention, with gold links.
    :param candidates: what the linker ranked, best first.
    :param linked_ids: the ids of the linker's links, for composites; where empty, the first
        candidate is taken for its answer.
    :param predicted_nil: whether the linker decided that the KB does not have the mention.
    :param is_abbreviation: whether the mention is a short form that its document explains.
    """

    document_id: str
    mention: Mention
    candidates: Sequence[Candidate] = ()
    linked_ids: tuple[str, ...] = ()
    predicted_nil: bool = False
    is_abbreviation: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """An item with its gold resolved. Columns are mentions and hits, in the order of FIGURES."""

    item: LinkingItem
    groups: Groups
    in_kb: tuple[int, ...]
    everything: tuple[int, ...]


def score_linking(
    items: Iterable[LinkingItem],
    *,
    resolve: Resolve,
    seen_ids: Collection[str] | None = None,
    kb_prefixes: Collection[str] = (),
    allow_low_coverage: bool = False,
    resamples: int = 1000,
) -> LinkingScores:
    """Judge what a linker made of gold mentions.

    :param items: one for each gold mention.
    :param resolve: the KB's own ids that a gold id stands for; empty where it is not in the KB.
    :param seen_ids: gold ids of the training documents; without them there is no slice
        ``unseen``.
    :param kb_prefixes: prefixes of the KB's ids, for the message about a wrong KB.
    :param allow_low_coverage: score even if fewer than half of the mentions are in the KB.
    :param resamples: for the confidence intervals.
    :raises InputError: if no mention is linked in gold, or too few of them are in the KB.
    """
    given = list(items)
    linked = [item for item in given if item.mention.links]
    if not linked:
        raise InputError("the corpus has no gold mention that is linked")
    if not allow_low_coverage:
        mentions = (item.mention for item in linked)
        check_coverage(mentions, resolve=resolve, kb_prefixes=kb_prefixes)
    judged = [_judge(item, resolve) for item in linked]
    n_nil = sum(not row.groups for row in judged)
    n_in_kb = sum(row.in_kb[0] for row in judged)
    return LinkingScores(
        n=len(linked),
        n_unlinked=len(given) - len(linked),
        n_nil=n_nil,
        n_out_of_kb=len(linked) - n_nil - n_in_kb,
        in_kb=_recalls(row.in_kb for row in judged),
        everything=_recalls(row.everything for row in judged),
        nil=_nil_scores(judged),
        ci=_intervals(judged, resamples),
        by_type=_by_type(judged),
        slices=_slices(judged, resolve, seen_ids),
    )


def best_rank(candidates: Sequence[Candidate], gold: Collection[str]) -> int | None:
    """Find the rank of the first name that has a gold concept.

    One rank is one name: candidates whose names differ in case and punctuation at most are
    homonyms, as in GenBioEL's cleaned KBs (arXiv 2204.05164, section 4), and share a rank. A
    training mention that annotators linked now to this, now to that is no homonym of the KB.

    :returns: the rank, from 1, or None.

    >>> ranked = [Candidate("A", "cold", 1.0, "exact"), Candidate("B", "cold", 1.0, "exact")]
    >>> best_rank(ranked, {"B"})
    1
    """
    ranks: dict[str, int] = {}
    found: list[int] = []
    for candidate in candidates:
        rank = ranks.setdefault(_rank_key(candidate), len(ranks) + 1)
        if candidate.concept_id in gold:
            found.append(rank)
    return min(found, default=None)


def is_strictly_right(answer: Collection[str], groups: Groups) -> bool:
    """:returns: whether every gold concept was answered, and nothing but gold concepts."""
    return (
        bool(answer)
        and all(not group.isdisjoint(answer) for group in groups)
        and all(any(concept_id in group for group in groups) for concept_id in answer)
    )


def _judge(item: LinkingItem, resolve: Resolve) -> _Judged:
    groups = resolved(item.mention, resolve)
    known = tuple(group for group in groups if group)
    rank = best_rank(item.candidates, frozenset().union(*known)) if known else None
    answer = item.linked_ids or tuple(c.concept_id for c in item.candidates[:1])
    at_1, at_5, at_20 = (int(rank is not None and rank <= k) for k in (1, 5, 20))
    strict = int(bool(known) and is_strictly_right(answer, known))
    # An id outside the KB cannot be answered, so that the composite as a whole is an error.
    strict_all = strict if len(known) == len(groups) else 0
    return _Judged(
        item,
        groups,
        (int(bool(known)), at_1, strict, at_5, at_20),
        (int(bool(groups)), at_1, strict_all, at_5, at_20),
    )


def _recalls(rows: Iterable[tuple[int, ...]]) -> Recalls:
    sums = np.array(list(rows), dtype=np.float64).reshape(-1, 1 + len(FIGURES)).sum(axis=0)
    at_1, strict, at_5, at_20 = ratio(sums[1:], sums[0]).tolist()
    return Recalls(int(sums[0]), at_1, strict, at_5, at_20)


def _intervals(judged: Sequence[_Judged], resamples: int) -> dict[str, dict[str, Interval]]:
    documents = dict.fromkeys(row.item.document_id for row in judged)
    row_of = {document_id: index for index, document_id in enumerate(documents)}
    width = 1 + len(FIGURES)
    counts = np.zeros((len(row_of), 2 * width))
    for row in judged:
        counts[row_of[row.item.document_id]] += row.in_kb + row.everything

    def figures(sums: Counts) -> npt.NDArray[np.float64]:
        return np.hstack([ratio(half[:, 1:], half[:, :1]) for half in np.hsplit(sums, 2)])

    bounds = iter(confidence_intervals(counts, figures, resamples=resamples).tolist())
    return {group: {name: tuple(next(bounds)) for name in FIGURES} for group in _GROUPS}


def _nil_scores(judged: Sequence[_Judged]) -> NilScores:
    nil = [row for row in judged if not row.groups]
    in_kb = [row for row in judged if row.in_kb[0]]
    out = [row for row in judged if row.groups and not row.in_kb[0]]
    return NilScores(
        n_nil=len(nil),
        n_nil_predicted=sum(row.item.predicted_nil for row in nil),
        n_in_kb=len(in_kb),
        n_in_kb_predicted=sum(row.item.predicted_nil for row in in_kb),
        n_out_of_kb_predicted=sum(row.item.predicted_nil for row in out),
    )


def _by_type(judged: Sequence[_Judged]) -> dict[str, Recalls]:
    rows: dict[str, list[tuple[int, ...]]] = {}
    for row in judged:
        if row.in_kb[0]:
            type_ = row.item.mention.type
            rows.setdefault("none" if type_ is None else entity_type(type_), []).append(row.in_kb)
    return {name: _recalls(rows[name]) for name in sorted(rows)}


def _slices(
    judged: Sequence[_Judged], resolve: Resolve, seen_ids: Collection[str] | None
) -> dict[str, Recalls]:
    def over(chosen: Callable[[_Judged], bool]) -> Recalls:
        return _recalls(row.in_kb for row in judged if row.in_kb[0] and chosen(row))

    slices = {}
    if seen_ids is not None:
        seen = frozenset().union(*(resolve(concept_id) for concept_id in seen_ids))
        slices["unseen"] = over(lambda row: seen.isdisjoint(frozenset().union(*row.groups)))
    slices["homonyms"] = over(lambda row: _is_homonym(row.item.candidates))
    slices["abbreviations"] = over(lambda row: row.item.is_abbreviation)
    return slices


def _is_homonym(candidates: Sequence[Candidate]) -> bool:
    """:returns: whether the first name has several concepts."""
    keys = [_rank_key(candidate) for candidate in candidates]
    return keys.count(keys[0]) > 1 if keys else False


def _rank_key(candidate: Candidate) -> str:
    if candidate.route.startswith("training"):
        return f"{candidate.route} {candidate.concept_id}"
    return exact_key(candidate.name)
