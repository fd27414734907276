"""How well variants are found and normalised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from biotk.document import Document, Mention
from biotk.evaluation.mentions import MentionScores, score_mentions
from biotk.evaluation.pairs import Pair, checked
from biotk.evaluation.tmvar import hgvs_key, is_rsid, tmvar_key
from biotk.types import entity_type

_VARIANT = "Variant"


@dataclass(frozen=True, slots=True)
class NormalisationScores:
    """How often the normalised form of a variant is the gold one.

    :param n: gold mentions whose id can be compared.
    :param n_found: those of them that were found at their very place.
    :param n_right: those of them whose normalised form is the gold one.
    """

    n: int
    n_found: int
    n_right: int

    def to_dict(self) -> dict[str, float]:
        """:returns: the counts, and the right ones among those found."""
        accuracy = self.n_right / self.n_found if self.n_found else 0.0
        return {"n": self.n, "n_found": self.n_found, "n_right": self.n_right, "accuracy": accuracy}


@dataclass(frozen=True, slots=True)
class VariantScores:
    """What :func:`score_variants` found.

    :param mentions: figures of exact spans.
    :param rsids: of gold mentions that are rsIDs.
    :param changes: of gold mentions with a well-formed id of tmVar's.
    :param n_of_dbsnp: gold mentions of another form with an rsID: only dbSNP can tell it.
    :param n_other_ids: gold mentions whose id is neither, or not well-formed.
    """

    mentions: MentionScores
    rsids: NormalisationScores
    changes: NormalisationScores
    n_of_dbsnp: int
    n_other_ids: int

    def to_dict(self) -> dict[str, object]:
        """:returns: the figures as JSON's types."""
        return {
            "n_gold": self.mentions.n_gold,
            "n_predicted": self.mentions.n_predicted,
            "exact": self.mentions.exact.to_dict(),
            "ci": {name: list(bounds) for name, bounds in self.mentions.ci["exact"].items()},
            "normalised": {
                "rsid": self.rsids.to_dict(),
                "tmvar": self.changes.to_dict(),
                "n_of_dbsnp": self.n_of_dbsnp,
                "n_other_ids": self.n_other_ids,
            },
        }


def score_variants(pairs: Iterable[Pair], *, resamples: int = 1000) -> VariantScores:
    """Compare predicted variants with gold ones: their places, and their normalised forms.

    The places of all are compared, and the forms of those found at the place of a gold one: an
    rsID with the same, and a change with what tmVar's id says, but for its reference sequence and
    what a deletion deletes. An rsID that gold has for ``V600E`` cannot be compared.

    :param pairs: each document as annotated and as predicted; the link of a predicted variant is
        its normalised form.
    :param resamples: for the confidence intervals.
    :raises InputError: if no document has a gold variant.
    """
    kept = [(_variants(gold), _variants(predicted)) for gold, predicted in checked(pairs)]
    counts = {name: [0, 0, 0] for name in ("rsid", "change")}
    n_of_dbsnp = n_other = 0
    for gold, predicted in kept:
        found = {each.spans: _id(each) for each in predicted.mentions}
        for mention in {each.spans: each for each in gold.mentions}.values():
            wanted = _id(mention)
            if is_rsid(wanted):
                if not mention.text.lower().startswith("rs"):
                    n_of_dbsnp += 1
                    continue
                kind = "rsid"
            elif tmvar_key(wanted) is not None:
                kind = "change"
            else:
                n_other += 1
                continue
            there = found.get(mention.spans)
            counts[kind][0] += 1
            counts[kind][1] += there is not None
            counts[kind][2] += there is not None and _agree(wanted, there)
    return VariantScores(
        score_mentions(kept, resamples=resamples),
        NormalisationScores(*counts["rsid"]),
        NormalisationScores(*counts["change"]),
        n_of_dbsnp,
        n_other,
    )


def _variants(document: Document) -> Document:
    return replace(
        document,
        mentions=tuple(m for m in document.mentions if entity_type(m.type or "") == _VARIANT),
    )


def _id(mention: Mention) -> str:
    return (mention.concept_ids or ("",))[0]


def _agree(wanted: str, found: str) -> bool:
    if is_rsid(wanted):
        return wanted == found
    gold, key = tmvar_key(wanted), hgvs_key(found)
    if gold is not None and key is not None and key.kind == "SUB" and not key.old:
        return gold.old == gold.new and gold[:3] == key[:3]
    return gold == key
