"""How well a space tells SNP–trait pairs of a table from matched pairs that are known nowhere.

Pure functions over scores: the space and the baselines that it is compared with are scored alike,
on the same negatives and the same resamples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from biotk.evaluation.matched_negatives import Side, matched_negatives
from biotk.evaluation.ranking import (
    area_resamples,
    areas,
    interval,
    recall_at,
    within_group_spearman,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


class Scorer(Protocol):
    """Says how well SNPs and traits go together."""

    def matrix(self, snps: Ints) -> Floats:
        """:returns: of some SNPs with all traits; higher is better. *Shape*: (SNPs, traits)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is asked: positives and the negatives they are told from.

    :param positives: SNPs and traits, each pair once. *Shape*: (positives, 2).
    :param negatives: *Shape*: (negatives, 2).
    :param owners: of each negative, the positive that it is like. *Shape*: (negatives,).
    :param linked: what is known of these SNPs: no candidate when traits are ranked.
        *Shape*: (links, 2).
    :param log_odds: of positives; NaN where none is known. *Shape*: (positives,).
    :param snp_groups: what is drawn together for intervals, a number for each SNP: neighbours share
        signals. *Shape*: (SNPs,).
    """

    positives: Ints
    negatives: Ints
    owners: Ints
    linked: Ints
    log_odds: Floats
    snp_groups: Ints

    @property
    def n_snps(self) -> int:
        """How many SNPs are asked about."""
        return len(self.snp_groups)


def questions_of(
    positives: Ints,
    log_odds: Floats,
    *,
    linked: Ints,
    snp_groups: Ints,
    trait_degrees: Ints,
    trait_kinds: Ints,
    snp_degrees: Ints,
    seed: int = 0,
) -> Questions:
    """Draw negatives: each positive with another SNP of these, and with another trait.

    :param positives: SNPs and traits. *Shape*: (positives, 2).
    :param linked: links that are known beside. *Shape*: (links, 2).
    :param snp_groups: a number for each SNP, the same for those that are drawn together.
        *Shape*: (SNPs,).
    :param trait_degrees: how many SNPs each trait is known to have. *Shape*: (traits,).
    :param trait_kinds: *Shape*: (traits,).
    :param snp_degrees: how many traits each SNP has, these positives among them. *Shape*: (SNPs,).
    :param seed: fixes what is drawn.
    """
    n_snps = len(snp_groups)
    sides = (
        Side(snp_degrees, np.zeros(n_snps, np.int64), np.ones(n_snps, bool)),
        Side(trait_degrees, trait_kinds, trait_degrees > 0),
    )
    negatives, owners = matched_negatives(positives, linked, sides, seed=seed)
    return Questions(
        positives=positives, negatives=negatives, owners=owners, linked=linked,
        log_odds=log_odds, snp_groups=snp_groups,
    )  # fmt: skip


@dataclass(slots=True)
class _Scored:
    """Scores of all pairs of some questions, and the ranks of positives."""

    pairs: Floats
    trait_ranks: list[Ints]
    snp_ranks: list[Ints]


def _scored(scorer: Scorer, questions: Questions) -> _Scored:
    pairs = np.concatenate([questions.positives, questions.negatives])
    matrix = scorer.matrix(np.arange(questions.n_snps))
    scores = matrix[pairs[:, 0], pairs[:, 1]].astype(np.float32)
    free = np.ones(matrix.shape, bool)
    free[questions.linked[:, 0], questions.linked[:, 1]] = False
    free[questions.positives[:, 0], questions.positives[:, 1]] = True
    return _Scored(
        scores,
        _ranks(matrix, free, questions.positives),
        _ranks(matrix.T, free.T, questions.positives[:, ::-1]),
    )


def _ranks(matrix: Floats, free: npt.NDArray[np.bool_], positives: Ints) -> list[Ints]:
    """:returns: for each left side that has positives, the ranks of these among what is free.

    What is as good as a positive stands before it, half of the time: of equals half are counted.
    """
    order = np.argsort(positives[:, 0], kind="stable")
    lefts, begins = np.unique(positives[order, 0], return_index=True)
    found = []
    for left, rights in zip(lefts.tolist(), np.split(positives[order, 1], begins[1:])):
        scores = np.sort(matrix[left, free[left]])
        own = matrix[left, rights]
        above = len(scores) - np.searchsorted(scores, own, side="right")
        equal = np.searchsorted(scores, own, side="right") - np.searchsorted(scores, own) - 1
        ranks = np.sort(above + equal // 2)
        # Positives do not stand in each other's way.
        found.append(np.maximum(ranks - np.arange(len(ranks)), 0))
    return found


def score_pairs(
    scorers: Mapping[str, Scorer], questions: Questions, *, resamples: int = 1000
) -> dict[str, Any]:
    """Compare the first scorer with the others.

    :param scorers: by name, the space first.
    :param questions: the pairs.
    :param resamples: how often groups of SNPs are drawn anew for the intervals.
    :returns: ``snp_trait`` with ``auc``, ``auprc``, their intervals, ``recall_at_10`` and
        ``recall_at_100`` of traits per SNP; ``trait_snp`` with those of SNPs per trait;
        ``spearman_effect``; the same of each other scorer under ``baselines``; under ``margin``,
        by how much the AUC is above the best of these, with its interval.
    """
    groups = np.concatenate([questions.positives[:, 0], questions.positives[questions.owners, 0]])
    groups = np.unique(questions.snp_groups[groups], return_inverse=True)[1].astype(np.int64)
    right = np.arange(len(groups)) < len(questions.positives)
    reports: dict[str, dict[str, Any]] = {}
    drawn: dict[str, npt.NDArray[np.float64]] = {}
    for name, scorer in scorers.items():
        scored = _scored(scorer, questions)
        auc, auprc = areas(scored.pairs, right)[0]
        drawn[name] = area_resamples(scored.pairs, right, groups, resamples=resamples)
        reports[name] = {
            "snp_trait": {
                "auc": float(auc),
                "auc_interval": interval(drawn[name][:, 0]),
                "auprc": float(auprc),
                "auprc_interval": interval(drawn[name][:, 1]),
                **_recalls(scored.trait_ranks),
            },
            "trait_snp": _recalls(scored.snp_ranks),
            "spearman_effect": _spearman(scored.pairs[: len(questions.positives)], questions),
        }
    first, *others = reports
    report = reports[first] | {"baselines": {name: reports[name] for name in others}}
    if others:
        best = max(others, key=lambda name: float(reports[name]["snp_trait"]["auc"]))
        margin = drawn[first][:, 0] - drawn[best][:, 0]
        low, high = interval(margin)
        value = reports[first]["snp_trait"]["auc"] - reports[best]["snp_trait"]["auc"]
        report["margin"] = {"over": best, "value": value, "low": low, "high": high}
    return report


def _recalls(ranks: list[Ints]) -> dict[str, float]:
    return {f"recall_at_{k}": recall_at(ranks, k) for k in (10, 100)}


def _spearman(scores: Floats, questions: Questions) -> dict[str, Any]:
    """:returns: the figure and its interval; None for all where no trait has enough odds ratios."""
    told = ~np.isnan(questions.log_odds)
    traits = questions.positives[told, 1]
    figure = within_group_spearman(scores[told], questions.log_odds[told], traits)
    return {"value": None, "low": None, "high": None} if figure is None else figure.to_dict()
