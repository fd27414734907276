"""Feeds beams to the decoder: the prefix of each mention, then tokens and the runs behind them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from biotk.decoding.beams import Beams, widened
from biotk.decoding.groups import Ints, Scores
from biotk.index.trie_answers import Runs
from biotk.nn.copying import Taken
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.name_model import NameModel
from biotk.nn.overlap import Overlap


class Feeder:
    """Feeds the beams of one batch.

    :param model: the model.
    :param inputs: one a mention. Mentions of one source share its encoding.
    :param normalise: whether scores over the vocabulary are wanted; else forced tokens cost none.
    :param overlap: follows the mentions, for models that look at what names share with them.
    """

    def __init__(
        self,
        model: NameModel,
        inputs: Sequence[Seq2SeqInput],
        *,
        normalise: bool,
        overlap: Overlap | None = None,
    ) -> None:
        self._model, self._normalise, self._overlap = model, normalise, overlap
        sources = {source: number for number, source in enumerate({each[0]: 0 for each in inputs})}
        self._memory = model.encode(list(sources))
        self._source_of = np.array([sources[each.source] for each in inputs])
        self._prefixes = [each.prefix for each in inputs]
        self._prefix_lengths = np.array([len(each.prefix) for each in inputs])

    def roots(self) -> Beams:
        """:returns: a beam a mention, at the root."""
        n = len(self._prefixes)
        zeros, floats = np.zeros(n, np.int64), np.zeros(n)
        lengths = self._prefix_lengths
        starts = np.cumsum(lengths) - lengths
        tokens = np.concatenate([np.array(prefix, np.int64) for prefix in self._prefixes])
        paths, last = self._run(
            np.arange(n), np.zeros((n, 0), np.int64), zeros, tokens, starts, lengths, all_of=False
        )
        normalisers = self._model.normaliser(last) if self._normalise else floats
        on_the_way = floats[:, None]
        return Beams(
            np.arange(n), zeros, zeros, zeros, floats, on_the_way, paths, last, normalisers,
            Taken.nothing(n),
        )  # fmt: skip

    def feed(self, parents: Beams, tokens: Ints, runs: Runs, log_probs: Scores) -> Beams:
        """Feed a token after each beam, and the run behind it.

        :param parents: a beam a token; several may be the same.
        :param tokens: *Shape*: (tokens,).
        :param runs: what is forced after each.
        :param log_probs: of the tokens, all before them included. *Shape*: (tokens,).
        """
        lengths = 1 + np.diff(runs.offsets)
        starts = np.cumsum(lengths) - lengths
        flat = np.empty(lengths.sum(), np.int64)
        forced = np.ones(len(flat), bool)
        forced[starts] = False
        flat[starts], flat[forced] = tokens, runs.tokens
        before = self._prefix_lengths[parents.mentions] + parents.depths
        paths, hidden = self._run(
            parents.mentions, parents.paths, before, flat, starts, lengths, all_of=self._normalise
        )

        column = np.arange(len(flat)) - np.repeat(starts, lengths)
        on_the_way = np.zeros((len(tokens), int(lengths.max())))
        on_the_way[:, 0] = log_probs
        last, normalisers = hidden, np.zeros(len(tokens))
        if self._normalise:
            all_normalisers = self._model.normaliser(hidden)
            at = np.flatnonzero(forced)
            gained = self._model.logits_of(hidden, at - 1, flat[at]) - all_normalisers[at - 1]
            on_the_way[np.repeat(np.arange(len(tokens)), lengths)[at], column[at]] = gained
            ends = starts + lengths - 1
            last = hidden[torch.from_numpy(ends).to(hidden.device)]
            normalisers = all_normalisers[ends]
        on_the_way = on_the_way.cumsum(1)
        taken, overlap = parents.taken, self._overlap
        if overlap is not None:
            taken = overlap.follow(taken, parents.mentions, tokens, runs)
        return Beams(
            mentions=parents.mentions,
            nodes=runs.nodes,
            depths=parents.depths + lengths,
            births=parents.depths + 1,
            log_probs=on_the_way[:, -1],
            on_the_way=on_the_way,
            paths=paths,
            hidden=last,
            normalisers=normalisers,
            taken=taken,
        )

    def end_after(self, beams: Beams, token: int, end_id: int) -> Scores:
        """:returns: the log-probability of END behind a token behind each beam."""
        n = len(beams.mentions)
        before = self._prefix_lengths[beams.mentions] + beams.depths
        tokens, rows, ones = np.full(n, token), np.arange(n), np.ones(n, np.int64)
        _, hidden = self._run(beams.mentions, beams.paths, before, tokens, rows, ones, all_of=True)
        return self._model.logits_of(hidden, rows, np.full(n, end_id)) - self._model.normaliser(
            hidden
        )

    def forget_others(self, mentions: Ints) -> None:
        """Let the memory of sources go that none of these mentions needs, once it is worth it."""
        needed = np.unique(self._source_of[mentions])
        if 2 * len(needed) <= self._memory.n_sources:
            self._memory.keep(needed)
            numbers = np.zeros(int(self._source_of.max(initial=0)) + 1, np.int64)
            numbers[needed] = np.arange(len(needed))
            self._source_of = numbers[self._source_of]

    def _run(
        self,
        mentions: Ints,
        paths: Ints,
        before: Ints,
        tokens: Ints,
        starts: Ints,
        lengths: Ints,
        *,
        all_of: bool,
    ) -> tuple[Ints, torch.Tensor]:
        """Feed several tokens behind each of some paths.

        :param before: how long the paths are.
        :param tokens: those of all paths.
        :param starts: where those of each begin, and ``lengths`` how many there are.
        :param all_of: whether all tokens matter, or only the last of each path.
        :returns: the longer paths, and the hidden states of the tokens that matter.
        """
        rows = np.repeat(np.arange(len(mentions)), lengths)
        column = before[rows] + np.arange(len(tokens)) - starts[rows]
        longer = widened(paths, int((before + lengths).max()))
        longer[rows, column] = self._memory.used + np.arange(len(tokens))
        sources = self._source_of[mentions][rows]
        wanted = None if all_of else starts + lengths - 1
        return longer, self._model.feed(
            self._memory, tokens, longer[rows], column + 1, sources, wanted=wanted
        )
