"""How a search goes: the defaults are here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from biotk.errors import InputError, UnknownNameError

#: How a token's score becomes a probability; see docs/constrained-decoding.md.
NORMALISATIONS = ("trie", "vocabulary")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """Options of a constrained search.

    :param normalisation: ``trie``, softmax over what the trie allows, summed; or ``vocabulary``,
        log-softmax over all tokens, averaged over a name's tokens and END: GenBioEL's score.
    :param beams: how many unfinished names are followed for each mention, and how many finished
        ones are reported at most.
    :param n_best: the search of a mention ends when no unfinished name can come among so many best
        any more. 0 goes on while there are beams, which is what resolves the most probability.
    :param nil_id: the token by which the model says at the root that nothing fits; None if it has
        none.
    :param batch_size: how many different mentions are worked on together.
    :raises UnknownNameError: there is no such normalisation.
    :raises InputError: a number is out of range.
    """

    normalisation: str = "trie"
    beams: int = 5
    n_best: int = 1
    nil_id: int | None = None
    batch_size: int = 64

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise UnknownNameError("normalisation", self.normalisation, NORMALISATIONS)
        for name, least in (("beams", 1), ("n_best", 0), ("batch_size", 1)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}; at least {least} is needed")
        if self.n_best > self.beams:
            raise InputError(
                f"n_best is {self.n_best}; more than beams ({self.beams}) are not kept"
            )
