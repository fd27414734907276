"""NIL in a part of a KB: five ways to decide it, over any linker (arXiv 2303.10330).

``none``
    The best candidate is answered, whatever it is ("direct inference").
``threshold``
    A best score below a threshold is NIL (section 4, "thresholding").
``prune``
    What would be answered in the whole KB is answered if it lies in the part, and else it is NIL
    ("post-pruning"). Needs the whole KB.
``mass``
    NIL if the model holds "none of these" more likely than the best candidate; see
    :mod:`biotk.decoding`. Needs a model whose probabilities sum to one.
``calibrated``
    NIL if that is likelier than that the best candidate is right, by a calibration that looks at
    the part and at the whole KB. Answers have a ``probability`` and sets of candidates.
``calibrated-part``
    The same by what the part alone tells, in half the time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from biotk.document import CandidateSets, Link
from biotk.errors import InputError, UnknownNameError
from biotk.kb import KbSubset
from biotk.linking.answers import answered
from biotk.linking.base import BatchLinker, Linker
from biotk.linking.calibration import Calibration, Odds, view_of
from biotk.linking.nil_evidence import NilEvidence, evidence_of
from biotk.linking.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class NilConfig:
    """How NIL is decided.

    :param strategy: one of :data:`STRATEGIES`.
    :param threshold: for ``threshold``; without it the calibration's.
    :param least_share: for ``calibrated``: of the probabilities that the best candidate is right
        and that none is, the candidate needs this share. 0.5 takes whichever is likelier.
    :param n_kept: how many candidates a link keeps.
    :raises UnknownNameError: there is no such strategy.
    """

    strategy: str = "calibrated"
    threshold: float | None = None
    least_share: float = 0.5
    n_kept: int = 20

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise UnknownNameError("way to decide NIL", self.strategy, STRATEGIES)


class Decision(NamedTuple):
    """What was decided of a mention.

    :param answer: which of the candidates is answered; None for NIL.
    :param pruned: whether ``answer`` counts the candidates of the whole KB.
    :param why: why it is NIL.
    """

    answer: int | None
    pruned: bool = False
    why: str = ""


class NilLinker(BatchLinker):
    """Asks a linker for candidates, and decides by itself whether any is answered.

    :param inside: the linker over the part; its own decision about NIL is not looked at.
    :param whole: the same over the whole KB; None where only the part is at hand or looked at, and
        the same object where there is no part.
    :param subset: the part that ``inside`` has; None for all of the KB.
    :param config: how to decide.
    :param calibration: needed by ``calibrated``, and by ``threshold`` without one.
    :raises InputError: the strategy needs something that is not there.
    """

    def __init__(
        self,
        inside: Linker,
        whole: Linker | None = None,
        *,
        subset: KbSubset | None = None,
        config: NilConfig | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.kb, self.inside, self.whole, self.subset = inside.kb, inside, whole, subset
        self.config, self.calibration = config or NilConfig(), calibration
        strategy = self.config.strategy
        if strategy == "prune" and whole is None:
            raise InputError("nil = prune needs the whole KB, and only a part of it is at hand")
        if strategy.startswith("calibrated") and calibration is None:
            raise InputError(f"nil = {strategy} needs a calibration: biotk calibrate makes one")
        if strategy == "threshold" and self._threshold is None:
            raise InputError("nil = threshold needs a threshold, or a calibration that has one")

    @property
    def _threshold(self) -> float | None:
        if self.config.threshold is not None or self.calibration is None:
            return self.config.threshold
        return self.calibration.thresholds.get("threshold")

    def link_batch(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[Link]:
        """Link mentions; see :meth:`biotk.linking.Linker.link_batch`."""
        return self.decide(self.evidence(queries, exhaustive=exhaustive))

    def evidence(self, queries: Sequence[Query], *, exhaustive: bool = False) -> list[NilEvidence]:
        """:returns: what the linker says of each mention, in the part and in the whole."""
        inside = self.inside.link_batch(queries, exhaustive=exhaustive)
        whole: Sequence[Link | None] = [None] * len(queries)
        if self.whole is self.inside:
            whole = inside
        elif self.whole is not None:
            whole = self.whole.link_batch(queries, exhaustive=exhaustive)
        return [
            evidence_of(*each, subset=self.subset, kb=self.kb)
            for each in zip(queries, inside, whole, strict=True)
        ]

    def decide(self, given: Sequence[NilEvidence], *, strategy: str | None = None) -> list[Link]:
        """Decide what is answered.

        :param given: from :meth:`evidence`.
        :param strategy: another one than that of the configuration.
        """
        strategy = self.config.strategy if strategy is None else strategy
        odds: Sequence[Odds | None] = [None] * len(given)
        if self.calibration is not None:
            odds = self.calibration.odds(self.kb, given)
        return [
            self._link(each, STRATEGIES[strategy](self, each, own), own)
            for each, own in zip(given, odds, strict=True)
        ]

    def none(self, each: NilEvidence, odds: Odds | None) -> Decision:
        """Answer the best candidate."""
        return Decision(0) if each.inside.candidates else _NOTHING

    def by_threshold(self, each: NilEvidence, odds: Odds | None) -> Decision:
        """Answer the best candidate if its score is high enough."""
        if not each.inside.candidates:
            return _NOTHING
        best, least = each.inside.candidates[0].score, self._threshold or 0.0
        if best < least:
            return Decision(None, why=f"best score {best:.2f} is below {least:.2f}")
        return Decision(0)

    def by_pruning(self, each: NilEvidence, odds: Odds | None) -> Decision:
        """Answer the best candidate of the whole KB if it is in the part."""
        if not each.is_part:
            return self.none(each, odds)
        if each.whole is None or not each.whole.candidates:
            return _NOTHING
        if each.outside[0]:
            best = each.whole.candidates[0]
            return Decision(None, why=f"{best.concept_id} is not in this part")
        return Decision(0, pruned=True)

    def by_mass(self, each: NilEvidence, odds: Odds | None) -> Decision:
        """Answer the best candidate if the model holds it likelier than that none is right."""
        if not each.inside.candidates:
            return _NOTHING
        best, interval = each.inside.candidates[0], each.inside.nil_interval
        if interval is None or best.log_prob is None:
            return Decision(0)  # a name answered, and no model was asked
        nil = sum(interval) / 2
        if math.exp(best.log_prob) < nil:
            return Decision(None, why=f"the model gives {nil:.2f} to none of these")
        return Decision(0)

    def by_calibration(self, each: NilEvidence, odds: Odds | None) -> Decision:
        """Answer the best candidate if it is right more likely than none is."""
        if odds is None or not each.inside.candidates:
            return _NOTHING
        if odds.right < self.config.least_share * (odds.right + odds.nil):
            where = "this part" if each.is_part else "the KB"
            return Decision(None, why=f"not in {where} with a probability of {odds.nil:.2f}")
        return Decision(0)

    def _link(self, each: NilEvidence, decision: Decision, odds: Odds | None) -> Link:
        source = each.inside
        if decision.pruned and each.whole is not None:
            source = each.whole
        kept = source.candidates[: self.config.n_kept]
        told = Link(
            None,
            route="nil",
            query=source.query,
            candidates=kept,
            nil_interval=source.nil_interval,
        )
        if decision.answer is None:
            reasons = {**source.reasons, "nil": decision.why}
            link = replace(told, reasons=reasons)
        else:
            link = answered(told, source.candidates[decision.answer], self.kb)
            further = {k: v for k, v in source.reasons.items() if k not in ("nil", "tie")}
            link = replace(link, reasons={**further, **link.reasons})
        if odds is None or self.calibration is None or decision.pruned:
            return link
        probability = odds.nil if decision.answer is None else odds.right
        return replace(
            link, probability=round(probability, 4), sets=self._sets(each, odds, len(kept))
        )

    def _sets(self, each: NilEvidence, odds: Odds, n_kept: int) -> CandidateSets | None:
        if self.calibration is None:
            return None
        table = self.calibration.views[view_of(each)].coverage
        levels = table.levels(*odds, len(each.inside.candidates))
        # A set of which a candidate was cut off would not hold what it promises.
        reached = min([table.reached, *levels[n_kept:-1]])
        return CandidateSets((*levels[:n_kept], levels[-1]), round(reached, 4))


_NOTHING = Decision(None, why="nothing like it")

#: How NIL is decided, by name.
STRATEGIES: Mapping[str, Callable[[NilLinker, NilEvidence, Odds | None], Decision]] = {
    "none": NilLinker.none,
    "threshold": NilLinker.by_threshold,
    "prune": NilLinker.by_pruning,
    "mass": NilLinker.by_mass,
    "calibrated": NilLinker.by_calibration,
    "calibrated-part": NilLinker.by_calibration,
}
