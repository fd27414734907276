"""Figures for linking, for finding mentions, for both together, for sections and for variants.

Pure functions: they get documents and predictions, and read no file and open no KB.
"""

from __future__ import annotations

from biotk.evaluation.bootstrap import confidence_intervals
from biotk.evaluation.end_to_end import EndToEndScores, score_end_to_end
from biotk.evaluation.linking import LinkingItem, score_linking
from biotk.evaluation.linking_scores import LinkingScores, NilScores, Recalls
from biotk.evaluation.mentions import MentionScores, score_mentions
from biotk.evaluation.pairs import PrecisionRecall
from biotk.evaluation.resolve import check_coverage, gold_ids
from biotk.evaluation.sections import CategoryScores, SectionScores, score_sections
from biotk.evaluation.split import tuning_half, without_held_out
from biotk.evaluation.variants import NormalisationScores, VariantScores, score_variants

__all__ = [
    "CategoryScores",
    "EndToEndScores",
    "LinkingItem",
    "LinkingScores",
    "MentionScores",
    "NilScores",
    "NormalisationScores",
    "PrecisionRecall",
    "Recalls",
    "SectionScores",
    "VariantScores",
    "check_coverage",
    "confidence_intervals",
    "gold_ids",
    "score_end_to_end",
    "score_linking",
    "score_mentions",
    "score_sections",
    "score_variants",
    "tuning_half",
    "without_held_out",
]
