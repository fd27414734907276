"""One order of the candidates of two linkers: how names look, times what a model says.

Each linker errs where the other does not: n-grams do not know that "renal" is "kidney", and a
small model may miss what is spelt out before its eyes. So the two are multiplied, as experts whose
errors are independent (Hinton, 2002, "Training products of experts by minimizing contrastive
divergence"): a candidate weighs the probability that the model gives it times a power of how well
a name of it fits. NIL takes part, with the model's NIL and a fit of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from biotk.document import Candidate

#: Decimals of scores, as those of the generator.
_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CombiningConfig:
    """How much each side counts.

    The defaults are tuned on the tuning halves of BC5CDR, NCBI, BioRED and GSC+.

    :param fit: what a lexical score one higher multiplies the odds by, as a natural logarithm.
        0 leaves the order to the model.
    :param no_fit: the lexical score of what the lexical linker did not find.
    :param floor: the probability of what the model did not find.
    :param nil_fit: the lexical score that NIL has.
    """

    fit: float = 20.0
    no_fit: float = 0.4
    floor: float = 0.01
    nil_fit: float = 0.5


class Combined(NamedTuple):
    """Candidates with their shares, best first, and that of NIL."""

    candidates: tuple[Candidate, ...]
    nil: float


def combine(
    lexical: Sequence[Candidate],
    generated: Sequence[Candidate],
    nil: float,
    config: CombiningConfig,
    *,
    exclusive: bool = True,
) -> Combined:
    """Put the candidates of both in one order.

    :param lexical: what the lexical linker considered, scores from 0 to 1.
    :param generated: what the model wrote, with the logarithms of their probabilities.
    :param nil: the probability that the model gives to NIL.
    :param config: how much each side counts.
    :param exclusive: whether what the model gives to names are probabilities of one distribution,
        as in ``trie``. Those of ``vocabulary`` are not: there the mean over a name's tokens counts,
        which is what its names are ranked by.
    :returns: each concept once; scores are shares, and sum to one with that of NIL.
    """
    fits = {each.concept_id: each for each in reversed(lexical)}
    written = {each.concept_id: each for each in reversed(generated)}
    told = _log_probs(generated) if exclusive else _log_means(generated)
    order = dict.fromkeys([*(c.concept_id for c in generated), *(c.concept_id for c in lexical)])
    weights, floor = dict[str, float](), math.log(config.floor)
    for concept in order:
        fit = fits[concept].score if concept in fits else config.no_fit
        weights[concept] = max(told.get(concept, floor), floor) + config.fit * fit
    weights_nil = math.log(max(nil, config.floor)) + config.fit * config.nil_fit
    top = max([weights_nil, *weights.values()])
    shares = {concept: math.exp(weight - top) for concept, weight in weights.items()}
    share_nil = math.exp(weights_nil - top)
    total = share_nil + math.fsum(shares.values())
    ranked = sorted(order, key=lambda concept: -shares[concept])
    found = tuple(
        replace(
            written.get(concept) or fits[concept], score=round(shares[concept] / total, _DECIMALS)
        )
        for concept in ranked
    )
    return Combined(found, round(share_nil / total, _DECIMALS))


def _log_probs(generated: Sequence[Candidate]) -> dict[str, float]:
    return {c.concept_id: c.log_prob for c in reversed(generated) if c.log_prob is not None}


def _log_means(generated: Sequence[Candidate]) -> dict[str, float]:
    return {c.concept_id: math.log(c.score) for c in reversed(generated) if c.score > 0}
