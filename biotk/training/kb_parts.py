"""Parts of a KB drawn at random, so that what is fitted to them holds for parts never seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from biotk.kb import KbSubset, KnowledgeBase

#: A branch or a type makes a part where it has so many of the mentions.
_LEAST, _MOST = 0.03, 0.7
#: The share of concepts that a part of single concepts has.
_SHARES = (0.3, 0.5, 0.7)


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
) -> list[KbSubset]:
    """Draw branches of one semantic type, in which the type of a mention says nothing.

    :param kb: the knowledge base.
    :param gold: the concepts of each annotated mention.
    :param n: at most how many.
    :param type: the type.
    :param seed: of what is drawn.
    :returns: branches that hold some of the mentions of that type and not nearly all.
    """
    typed = kb.subset(types=[type])
    own = [[idx for idx in concepts if idx in typed] for concepts in gold]
    branches = [part & typed for part in _branches(kb, [each for each in own if each])]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(branches))[:n]
    return [branches[int(at)] for at in sorted(order.tolist())]


def _groups(kb: KnowledgeBase, gold: Iterable[Iterable[int]]) -> list[KbSubset]:
    mentions = [list(each) for each in gold]
    return [*_branches(kb, mentions), *_types(kb, mentions)]


def _types(kb: KnowledgeBase, mentions: Sequence[Sequence[int]]) -> list[KbSubset]:
    counts = Counter(
        type_ for each in mentions for type_ in {t for idx in each for t in kb.types_of(idx)}
    )
    return [kb.subset(types=[each]) for each in sorted(counts) if _parts(counts[each], mentions)]


def _branches(kb: KnowledgeBase, mentions: Sequence[Sequence[int]]) -> list[KbSubset]:
    """:returns: branches that hold some of the mentions and not nearly all."""
    above: dict[int, frozenset[int]] = {}
    counts: Counter[int] = Counter()
    for each in mentions:
        tops: set[int] = set()
        for idx in each:
            if idx not in above:
                above[idx] = frozenset(kb.hierarchy.ancestors(idx).tolist()) | {idx}
            tops |= above[idx]
        counts.update(tops)
    chosen = sorted(idx for idx, count in counts.items() if _parts(count, mentions))
    return [kb.subset(branch=[kb.id_of(idx)]) for idx in chosen]


def _parts(count: int, mentions: Sequence[Sequence[int]]) -> bool:
    return _LEAST * len(mentions) <= count <= _MOST * len(mentions)
