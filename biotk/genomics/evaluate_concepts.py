"""What a space makes of concepts alone, by their names: how related they are, and synonyms.

How cosines of names fall with the distance of two concepts in a KB's hierarchy, one that the space
was not trained on, tells whether it knows what is related beyond what the frozen sentence encoder
below it knows of the names; and names of one concept tell whether that encoder's sense for synonyms
has suffered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from biotk.errors import InputError
from biotk.evaluation.ranking import within_group_spearman
from biotk.genomics.space import Space
from biotk.kb import KnowledgeBase
from biotk.text.normalize import plural_key

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Encode = Callable[[Sequence[str]], Floats]

#: Concepts further apart than so many steps up and down are not related.
FURTHEST = 4
#: A concept with more others so near, one high up, says little.
_MOST_NEAR = 5000


def evaluate_concepts(
    space: Space, kb: KnowledgeBase, *, n: int = 500, seed: int = 0
) -> dict[str, Any]:
    """Tell how related names of a KB lie, and how near names of one concept, beside MiniLM.

    :param kb: with a hierarchy and synonyms.
    :param n: how many concepts are asked about.
    :param seed: fixes which.
    :returns: ``relatedness`` (Spearman within concepts of cosines with distances, its sign turned,
        ``n`` of them) and ``synonyms`` (``recall_at_1`` of the name of a concept among those of
        ``n``, by another of its names), each of ``space`` and ``minilm``.
    :raises InputError: the KB has neither a hierarchy nor synonyms.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(kb))
    ladders = _ladders(kb, order, n, rng)
    pairs = _synonyms(kb, order, n)
    if not ladders and not pairs:
        raise InputError(f"the KB {kb.manifest.name!r} has neither a hierarchy nor synonyms")
    encoders: dict[str, Encode] = {
        "space": space.concept_vectors,
        "minilm": lambda texts: _unit(space.text_vectors(texts)),
    }
    return {
        "relatedness": {
            "n": len(ladders),
            **{name: _relatedness(kb, ladders, encode) for name, encode in encoders.items()},
        },
        "synonyms": {
            "n": len(pairs),
            **{name: _recall(pairs, encode) for name, encode in encoders.items()},
        },
        "kb": {"name": kb.manifest.name, "fingerprint": kb.fingerprint},
        "seed": seed,
    }


def _ladders(kb: KnowledgeBase, order: Ints, n: int, rng: np.random.Generator) -> list[Ints]:
    """Draw concepts, and for each one other at every distance.

    :returns: a concept each, and then one a step further away each time; the last is further than
        :data:`FURTHEST`. *Shape*: (2 + FURTHEST,) each.
    """
    found: list[Ints] = []
    for anchor in order.tolist():
        if len(found) == n:
            break
        rings = _rings(kb, anchor)
        seen = {anchor}.union(*rings)
        if len(rings) < FURTHEST or len(seen) > len(kb) // 2:
            continue
        steps = [sorted(ring)[int(rng.integers(len(ring)))] for ring in rings]
        further = next(each for each in rng.permutation(len(kb)).tolist() if each not in seen)
        found.append(np.array([anchor, *steps, further], np.int64))
    return found


def _rings(kb: KnowledgeBase, anchor: int) -> list[set[int]]:
    """:returns: what lies one step away, two steps, and so on, as far as there is something."""
    seen, edge, rings = {anchor}, {anchor}, list[set[int]]()
    while edge and len(rings) < FURTHEST and len(seen) < _MOST_NEAR:
        near = {
            each
            for idx in edge
            for each in (*kb.hierarchy.parents(idx), *kb.hierarchy.children(idx))
        }
        edge = near - seen
        seen |= edge
        if edge:
            rings.append(edge)
    return rings


def _relatedness(kb: KnowledgeBase, ladders: list[Ints], encode: Encode) -> dict[str, float] | None:
    if not ladders:
        return None
    rows, at = np.unique(np.concatenate(ladders), return_inverse=True)
    vectors = encode([kb.preferred_name(row) for row in rows.tolist()])
    cosines, nearness, groups = list[float](), list[int](), list[int]()
    begin = 0
    for group, ladder in enumerate(ladders):
        own = vectors[at[begin : begin + len(ladder)]]
        begin += len(ladder)
        cosines += (own[1:] @ own[0]).tolist()
        nearness += range(len(ladder) - 1, 0, -1)
        groups += [group] * (len(ladder) - 1)
    figure = within_group_spearman(cosines, nearness, groups, least=FURTHEST)
    return None if figure is None else figure.to_dict()


def _synonyms(kb: KnowledgeBase, order: Ints, n: int) -> list[tuple[str, str]]:
    """:returns: other names and preferred ones, no preferred name twice."""
    found: dict[str, str] = {}
    for idx in order.tolist():
        if len(found) == n:
            break
        name = kb.preferred_name(idx)
        others = [each for each in kb.names_of(idx) if plural_key(each) != plural_key(name)]
        if others and name not in found:
            found[name] = others[0]
    return [(other, name) for name, other in found.items()]


def _recall(pairs: list[tuple[str, str]], encode: Encode) -> dict[str, float] | None:
    if not pairs:
        return None
    others, names = zip(*pairs)
    scores = encode(others) @ encode(names).T
    ranks = (scores > np.diagonal(scores)[:, None]).sum(1)
    return {f"recall_at_{k}": float((ranks < k).mean()) for k in (1, 10)}


def _unit(vectors: Floats) -> Floats:
    found: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return found
