"""How well an encoder tells meanings apart that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biotk.index.vector_index import ExactIndex
from biotk.kb import KnowledgeBase
from biotk.nn.synonym_encoder import SynonymEncoder
from biotk.training.synonym_pairs import key_of

#: So many names of other concepts are in the way, and so many questions are asked.
_OTHERS, _QUESTIONS = 6000, 1000
_WIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Strings, and names among which the right ones are to be found.

    :param texts: what is looked for.
    :param concepts: the concept that each means.
    :param names: what it is looked for among.
    :param name_concepts: the concept of each name.
    """

    texts: Sequence[str]
    concepts: NDArray[np.int64]
    names: Sequence[str]
    name_concepts: NDArray[np.int64]


def questions_of_concepts(
    kb: KnowledgeBase, concepts: Sequence[int], rng: np.random.Generator
) -> Questions:
    """Ask for concepts by one of their names, among the others.

    :param concepts: those of them that have two names that differ are asked for.
    """
    texts: list[str] = []
    asked: list[int] = []
    taken: set[int] = set()
    for concept in rng.permutation(np.asarray(concepts, np.int64)).tolist():
        rows = list(kb.name_range(concept))
        differ = [row for row in rows[1:] if key_of(kb.name(row)) != key_of(kb.name(rows[0]))]
        if differ and len(texts) < _QUESTIONS:
            row = differ[int(rng.integers(len(differ)))]
            texts.append(kb.name(row))
            asked.append(concept)
            key = key_of(texts[-1])
            taken |= {each for each in rows if key_of(kb.name(each)) == key}
    return _among(kb, texts, asked, taken, rng)


def questions_of_mentions(
    kb: KnowledgeBase, mentions: Sequence[tuple[str, int]], rng: np.random.Generator
) -> Questions:
    """Ask for concepts by mentions of them.

    :param mentions: strings, and ``concept_idx`` of each.
    """
    some = rng.permutation(len(mentions))[:_QUESTIONS].tolist()
    texts = [mentions[at][0] for at in some]
    return _among(kb, texts, [mentions[at][1] for at in some], set(), rng)


def _among(
    kb: KnowledgeBase,
    texts: Sequence[str],
    concepts: Sequence[int],
    taken: set[int],
    rng: np.random.Generator,
) -> Questions:
    rows = {row for concept in set(concepts) for row in kb.name_range(concept)} - taken
    rows |= set(rng.integers(kb.n_names, size=_OTHERS).tolist()) - taken
    order = sorted(rows)
    return Questions(
        texts=texts,
        concepts=np.asarray(concepts, np.int64),
        names=[kb.name(row) for row in order],
        name_concepts=kb.name_concepts[np.array(order, np.int64)].astype(np.int64),
    )


def answer(encoder: SynonymEncoder, questions: Questions) -> dict[str, Any]:
    """Ask an encoder.

    :returns: the share whose nearest name is of the right concept (``right``), and that which has
        one among the nearest 20 (``recall``).
    """
    if not questions.texts or not questions.names:
        return {}
    index = ExactIndex(encoder.encode(questions.names, fast=True))
    k = min(_WIDE, len(index))
    rows = index.search(encoder.encode(questions.texts, fast=True), k=k).rows
    good = questions.name_concepts[rows] == questions.concepts[:, None]
    return {"right": float(good[:, 0].mean()), "recall": float(good.any(1).mean())}
