"""Parts of a KB drawn at random, so that what is fitted to them holds for parts never seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from biotk.kb import KbSubset, KnowledgeBase

#: A branch or a type makes a part where it has so many of the mentions.
_LEAST, _MOST = 0.03, 0.7
#: The share of concepts that a part of single concepts has.
_SHARES = (0.3, 0.5, 0.7)


class NamedPart(NamedTuple):
    """A part, and what to call it.

    :param name: what it is, for people.
    :param subset: the part.
    """

    name: str
    subset: KbSubset


def random_parts(
    kb: KnowledgeBase, gold: Iterable[Iterable[int]], n: int, *, seed: int
) -> list[KbSubset]:
    """Draw parts: single concepts, branches of the hierarchy, types, and what these leave.

    :param kb: the knowledge base.
    :param gold: the concepts of each annotated mention: a part that none of them or nearly all are
        in would teach nothing.
    :param n: how many parts.
    :param seed: of what is drawn.
    :returns: the first, third and so on of single concepts, the others of branches and types, or
        their complements; single concepts alone where there is no branch or type that parts gold.
    """
    rng = np.random.default_rng(seed)
    groups = _groups(kb, gold)
    found = []
    for number in range(n):
        if number % 2 == 0 or not groups:
            share = _SHARES[number // 2 % len(_SHARES)]
            found.append(KbSubset(kb.fingerprint, rng.random(len(kb)) < share))
        else:
            part = groups[int(rng.integers(len(groups)))]
            found.append(part if rng.random() < 0.5 else ~part)
    return found


def random_halves(kb: KnowledgeBase, n: int, *, seed: int) -> list[KbSubset]:
    """:returns: parts that have each concept with a chance of one half, drawn on their own."""
    rng = np.random.default_rng(seed)
    return [KbSubset(kb.fingerprint, rng.random(len(kb)) < 0.5) for _ in range(n)]


def same_type_branches(
    kb: KnowledgeBase, gold: Iterable[Iterable[int]], n: int, *, type: str, seed: int
) -> list[NamedPart]:
    """Draw branches of one semantic type, in which the type of a mention says nothing.

    :param kb: the knowledge base.
    :param gold: the concepts of each annotated mention.
    :param n: at most how many.
    :param type: the type.
    :param seed: of what is drawn.
    :returns: branches that hold some of the mentions of that type and not nearly all, in order of
        their concepts' ids.
    """
    typed = kb.subset(types=[type])
    own = [[idx for idx in concepts if idx in typed] for concepts in gold]
    roots = _branch_roots(kb, [each for each in own if each])
    rng = np.random.default_rng(seed)
    chosen = sorted(roots[int(at)] for at in rng.permutation(len(roots))[:n])
    return [
        NamedPart(
            f"{kb.id_of(root)} {kb.preferred_name(root)}",
            kb.subset(branch=[kb.id_of(root)]) & typed,
        )
        for root in chosen
    ]


def typed_parts(kb: KnowledgeBase, gold: Iterable[Iterable[int]]) -> list[NamedPart]:
    """Make a part of each semantic type.

    :param kb: the knowledge base.
    :param gold: the concepts of each annotated mention.
    :returns: the types that at least three in a hundred mentions have, in order of their names;
        fewer mentions would make no figure.
    """
    mentions = [list(each) for each in gold]
    counts = _type_counts(kb, mentions)
    least = _LEAST * len(mentions)
    return [
        NamedPart(each, kb.subset(types=[each])) for each in sorted(counts) if counts[each] >= least
    ]


def _groups(kb: KnowledgeBase, gold: Iterable[Iterable[int]]) -> list[KbSubset]:
    mentions = [list(each) for each in gold]
    return [*_branches(kb, mentions), *_types(kb, mentions)]


def _types(kb: KnowledgeBase, mentions: Sequence[Sequence[int]]) -> list[KbSubset]:
    counts = _type_counts(kb, mentions)
    return [kb.subset(types=[each]) for each in sorted(counts) if _parts(counts[each], mentions)]


def _type_counts(kb: KnowledgeBase, mentions: Sequence[Sequence[int]]) -> Counter[str]:
    """:returns: how many mentions have a concept of each type."""
    return Counter(
        type_ for each in mentions for type_ in {t for idx in each for t in kb.types_of(idx)}
    )


def _branches(kb: KnowledgeBase, mentions: Sequence[Sequence[int]]) -> list[KbSubset]:
    return [kb.subset(branch=[kb.id_of(root)]) for root in _branch_roots(kb, mentions)]


def _branch_roots(kb: KnowledgeBase, mentions: Sequence[Sequence[int]]) -> list[int]:
    """:returns: concepts whose branches hold some of the mentions and not nearly all."""
    above: dict[int, frozenset[int]] = {}
    counts: Counter[int] = Counter()
    for each in mentions:
        tops: set[int] = set()
        for idx in each:
            if idx not in above:
                above[idx] = frozenset(kb.hierarchy.ancestors(idx).tolist()) | {idx}
            tops |= above[idx]
        counts.update(tops)
    return sorted(idx for idx, count in counts.items() if _parts(count, mentions))


def _parts(count: int, mentions: Sequence[Sequence[int]]) -> bool:
    return _LEAST * len(mentions) <= count <= _MOST * len(mentions)
