"""What a batch has found so far: finished names, and how probability is shared out."""

from __future__ import annotations

import numpy as np

from biotk.decoding.beams import Finished
from biotk.decoding.groups import Ints, Scores, mass_of_groups
from biotk.decoding.options import SearchOptions
from biotk.decoding.result import Decoded, DecodedName
from biotk.decoding.ways import Fate
from biotk.index.token_trie import TokenTrie

#: What is in question is taken to have this much probability at least.
_LEAST_LEFT = 1e-6


class Tally:
    """The finished names of a batch, and the mass of what is finished and what is cut off.

    :param n: how many mentions there are.
    :param options: how they are searched.
    """

    def __init__(self, n: int, options: SearchOptions) -> None:
        self._n, self._options = n, options
        self._summed = options.normalisation == "trie"
        self._finished = Finished.none()
        self._mass_in, self._mass_out, self._mass_gone = np.zeros(n), np.zeros(n), np.zeros(n)
        #: The log-probability of NIL for each mention, once it is known.
        self.nil: Scores | None = None

    @property
    def least(self) -> Scores:
        """What a name needs to come among the ``n_best`` of each mention. *Shape*: (mentions,)."""
        return self._finished.least(self._options.n_best, self._n)

    def finish(self, mentions: Ints, nodes: Ints, log_probs: Scores, lengths: Ints) -> None:
        """Take names that are allowed.

        :param mentions: the mention of each. *Shape*: (names,).
        :param nodes: where they end.
        :param log_probs: END included.
        :param lengths: how many tokens they have, END included; for means only.
        """
        self.finish_some(mentions, nodes, log_probs, lengths)
        if self._summed:
            self._mass_in += mass_of_groups(mentions, log_probs, self._n)

    def finish_some(self, mentions: Ints, nodes: Ints, log_probs: Scores, lengths: Ints) -> None:
        """Take names whose mass is added by :meth:`add_mass`, with that of others."""
        scores = log_probs if self._summed else log_probs / lengths
        new = Finished(mentions, nodes, log_probs, scores)
        self._finished = self._finished.and_then(new, keep=self._options.beams)

    def cut(self, mentions: Ints, log_probs: Scores, fate: Fate) -> None:
        """Count what a subset cuts off; in ``vocabulary`` it is not asked for."""
        if self._summed:
            for mass, rows in ((self._mass_out, fate.nil), (self._mass_gone, fate.gone)):
                mass += mass_of_groups(mentions[rows], log_probs[rows], self._n)

    def add_mass(self, *, finished: Scores, cut: Scores, gone: Scores) -> None:
        """Count the mass of names that are finished, that counts for NIL, and that is out of the
        question. *Shape*: (mentions,) each.
        """
        self._mass_in += finished
        self._mass_out += cut
        self._mass_gone += gone

    def results(self, trie: TokenTrie) -> list[Decoded]:
        """:returns: what was found for each mention, given that what is out of question is not."""
        left = np.maximum(1 - self._mass_gone, _LEAST_LEFT)
        shift = -np.log(left)
        names: list[list[DecodedName]] = [[] for _ in range(self._n)]
        first, end = trie.rank_ranges_at(self._finished.nodes)
        columns = (array.tolist() for array in (*self._finished, first, end))
        for mention, node, log_prob, score, begin, stop in zip(*columns):
            more = float(shift[mention])
            names[mention].append(
                DecodedName(node, range(begin, stop), log_prob + more, score + more)
            )
        return [
            Decoded(
                names=tuple(names[number]),
                nil_log_prob=None if self.nil is None else float(self.nil[number] + shift[number]),
                mass_in=float(self._mass_in[number] / left[number]),
                mass_out=float(self._mass_out[number] / left[number]),
                normalisation=self._options.normalisation,
            )
            for number in range(self._n)
        ]
