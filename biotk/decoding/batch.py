"""The search itself: all mentions of a batch at once, every call of the decoder for all of them.

Each mention has a clock, counted in tokens. Beams whose node stands at it are *awake*: their
children compete for the mention's places with the beams that are still on a forced run and
*asleep*, by the scores that those have one token further. So beams of one mention are compared at
the same length, as a search token by token would, although runs are fed as one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from biotk.decoding.beams import Beams
from biotk.decoding.feeding import Feeder
from biotk.decoding.groups import Ints, Scores, best_of_groups, logsumexp_of_groups
from biotk.decoding.options import SearchOptions
from biotk.decoding.result import Decoded
from biotk.decoding.tally import Tally
from biotk.decoding.ways import Flags, View
from biotk.errors import InputError
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.name_model import NameModel
from biotk.nn.seq2seq import OutputRows


class _Steps(NamedTuple):
    """Children that may become beams.

    :param parents: the row of the beam that each comes from.
    """

    parents: Ints
    mentions: Ints
    tokens: Ints
    nodes: Ints
    log_probs: Scores

    def take(self, rows: Ints) -> _Steps:
        return _Steps(
            self.parents[rows], self.mentions[rows], self.tokens[rows], self.nodes[rows],
            self.log_probs[rows],
        )  # fmt: skip


class BatchSearch:
    """One batch.

    :param model: the model.
    :param view: the trie, or what a subset lets see of it.
    :param root_rows: the output layer for the tokens of the root's ways and, behind them, NIL.
    :param options: how to search.
    :param inputs: one a mention.
    """

    def __init__(
        self,
        model: NameModel,
        view: View,
        root_rows: OutputRows,
        options: SearchOptions,
        inputs: Sequence[Seq2SeqInput],
    ) -> None:
        self._model, self._view, self._options = model, view, options
        self._root_rows = root_rows
        self._trie = view.trie
        self._n = len(inputs)
        self._summed = options.normalisation == "trie"
        self._overlap = model.overlap([each.prefix for each in inputs], view.trie)
        self._feeder = Feeder(model, inputs, normalise=not self._summed, overlap=self._overlap)
        self._tally = Tally(self._n, options)

    def run(self) -> list[Decoded]:
        """:returns: what was found, in the order of the inputs.

        :raises InputError: the model's scores are no numbers.
        """
        roots = self._feeder.roots()
        beams = self._grow(roots, *self._from_root(roots))
        while True:
            # A run to a leaf is scored as soon as it is fed, but holds its place until it would
            # have ended, as in a search token by token.
            live = self._trie.child_counts(beams.nodes) > 0
            if not live.any():
                return self._tally.results(self._trie)
            clock = np.full(self._n, -1)
            clock[beams.mentions[live]] = np.iinfo(np.int64).max
            np.minimum.at(clock, beams.mentions[live], beams.depths[live])
            at = clock[beams.mentions]
            steps = self._expand(beams, np.flatnonzero(live & (beams.depths == at)))
            asleep = np.flatnonzero((beams.depths > at) & (at >= 0))
            scores = beams.score_at(asleep, at[asleep] + 1)
            beams = self._grow(beams, steps, asleep, scores)

    def _from_root(self, roots: Beams) -> tuple[_Steps, Ints, Scores]:
        """Expand the root for all mentions with one product; there is nothing asleep yet."""
        ways, n_ways = self._view.root, len(self._view.root.tokens)
        logits = self._model.logits(roots.hidden, self._root_rows).double()
        if self._overlap is not None:
            logits = self._overlap.add_to_root(
                logits, roots.hidden, ways.tokens, ways.nodes, ways.runs, ways.leads_to_leaf
            )
        if self._summed:
            log_probs = logits.log_softmax(-1)
        else:
            normalisers = torch.from_numpy(roots.normalisers).to(logits.device)
            log_probs = logits - normalisers[:, None]
        if log_probs.shape[1]:
            _check(log_probs.sum(-1).cpu().numpy())
        if self._options.nil_id is not None:
            self._tally.nil = self._nil(roots, log_probs[:, n_ways].cpu().numpy())
        log_probs = log_probs[:, :n_ways]
        direct = ways.leads_to_leaf & self._summed
        if self._summed:
            mass = log_probs.exp()
            done, fate = direct & ways.allowed, self._view.fate(ways.nodes)
            self._tally.add_mass(
                finished=_columns_sum(mass, done),
                cut=_columns_sum(mass, ~ways.allowed & fate.nil),
                gone=_columns_sum(mass, ~ways.allowed & fate.gone),
            )
            mentions, columns, values = self._best_columns(log_probs, done)
            ends = ways.runs.nodes[columns]
            self._tally.finish_some(mentions, ends, values, np.ones(len(ends), np.int64))
        mentions, columns, values = self._best_columns(log_probs, ~direct & ways.allowed)
        steps = _Steps(mentions, mentions, ways.tokens[columns], ways.nodes[columns], values)
        return steps, np.zeros(0, np.int64), np.zeros(0)

    def _best_columns(self, log_probs: torch.Tensor, wanted: Flags) -> tuple[Ints, Ints, Scores]:
        """:returns: each mention's best of the ways wanted: mention, way, log-probability."""
        columns = np.flatnonzero(wanted)
        k = min(self._options.beams, len(columns))
        index = torch.from_numpy(columns).to(log_probs.device)
        values, best = log_probs[:, index].topk(k, dim=-1)
        mentions = np.repeat(np.arange(self._n), k)
        return mentions, columns[best.cpu().numpy().ravel()], values.cpu().numpy().ravel()

    def _expand(self, beams: Beams, rows: Ints) -> _Steps:
        """Finish the names that end at some beams, and yield the ways on from them."""
        nodes, mentions = beams.nodes[rows], beams.mentions[rows]
        ways = self._view.ways(nodes)
        stops = np.flatnonzero(self._trie.is_terminal(nodes))
        owners = np.concatenate([ways.rows, stops])
        tokens, runs = ways.tokens_and(self._model.end_id, len(stops))
        logits = self._model.logits_of(beams.hidden, rows[owners], tokens, runs)
        if self._overlap is not None:
            ends = np.repeat([False, True], [len(ways.rows), len(stops)])
            leaves = ~ends
            leaves[~ends] = ways.leads_to_leaf
            logits += self._overlap.scores(
                beams.hidden,
                rows[owners],
                beams.taken.take(rows[owners]),
                mentions[owners],
                (tokens, np.concatenate([ways.nodes, nodes[stops]]), runs),
                ends=ends,
                leaves=leaves,
            )
        _check(logits)
        if self._summed:
            normalisers = logsumexp_of_groups(owners, logits, len(rows))
        else:
            normalisers = beams.normalisers[rows]
        log_probs = logits - normalisers[owners] + beams.log_probs[rows[owners]]
        _check(log_probs)
        ways_log_probs, stops_log_probs = np.split(log_probs, [len(ways.rows)])
        owner = mentions[ways.rows]

        allowed = self._view.allows_end(nodes[stops])
        ended, lengths = stops[allowed], beams.depths[rows[stops[allowed]]] + 1
        self._tally.finish(mentions[ended], nodes[ended], stops_log_probs[allowed], lengths)
        cut = stops[~allowed]
        fate = self._view.fate_of_end(nodes[cut])
        self._tally.cut(mentions[cut], stops_log_probs[~allowed], fate)
        fate = self._view.fate(ways.nodes[~ways.allowed])
        self._tally.cut(owner[~ways.allowed], ways_log_probs[~ways.allowed], fate)
        direct = ways.leads_to_leaf & self._summed
        done = direct & ways.allowed
        ends = ways.runs.nodes[done]
        ones = np.ones(len(ends), np.int64)
        self._tally.finish(owner[done], ends, ways_log_probs[done], ones)
        steps = _Steps(rows[ways.rows], owner, ways.tokens, ways.nodes, ways_log_probs)
        return steps.take(np.flatnonzero(ways.allowed & ~direct))

    def _grow(self, beams: Beams, steps: _Steps, asleep: Ints, scores: Scores) -> Beams:
        """Choose which children and which sleeping beams go on, and feed the children.

        :param beams: where the children come from.
        :param asleep: rows of ``beams`` that are on a forced run.
        :param scores: of those, one token further than the mention's clock.
        """
        mentions = np.concatenate([beams.mentions[asleep], steps.mentions])
        both = np.concatenate([scores, steps.log_probs])
        chosen = best_of_groups(mentions, both, self._options.beams)
        old, new = asleep[chosen[chosen < len(asleep)]], chosen[chosen >= len(asleep)] - len(asleep)

        steps, before = steps.take(new), beams.depths[steps.parents[new]]
        least = self._tally.least
        longest = before + 1 + self._trie.remaining(steps.nodes)
        hopeful = self._hopeful(steps.mentions, steps.log_probs, longest, least)
        steps = steps.take(np.flatnonzero(hopeful))
        longest = beams.depths[old] + self._trie.remaining(beams.nodes[old])
        hopeful = self._hopeful(beams.mentions[old], beams.log_probs[old], longest, least)
        hopeful |= self._trie.child_counts(beams.nodes[old]) == 0
        old = old[hopeful]
        kept = beams.take(old)
        if not len(steps.mentions):
            return kept
        fed = self._feed(beams, steps)
        grown = kept.and_then(fed)
        self._feeder.forget_others(grown.mentions)
        return grown

    def _hopeful(self, mentions: Ints, log_probs: Scores, longest: Ints, least: Scores) -> Flags:
        """:returns: whether each may still come among the best.

        :param longest: tokens of the longest name that each can become, without END: log-
            probabilities only fall, so that no mean is above this one's.
        """
        bounds = log_probs if self._summed else log_probs / (longest + 1)
        return bounds >= least[mentions]

    def _feed(self, beams: Beams, steps: _Steps) -> Beams:
        """Feed the token of each child and all that is forced after it.

        :returns: the beams that they are now. Those at a leaf are finished as well.
        """
        runs = self._trie.forced_runs(steps.nodes)
        parents = beams.take(steps.parents)
        fed = self._feeder.feed(parents, steps.tokens, runs, steps.log_probs)
        leaf = self._trie.child_counts(fed.nodes) == 0
        if self._summed or not leaf.any():
            return fed
        rows = np.flatnonzero(leaf)
        ends = np.full(len(rows), self._model.end_id)
        logits = self._model.logits_of(fed.hidden, rows, ends)
        log_probs = fed.log_probs[rows] + logits - fed.normalisers[rows]
        _check(log_probs)
        self._tally.finish(fed.mentions[rows], fed.nodes[rows], log_probs, fed.depths[rows] + 1)
        return fed

    def _nil(self, roots: Beams, log_probs: Scores) -> Scores:
        """:returns: the log-probability of NIL, or in ``vocabulary`` the mean of it and its END."""
        if self._summed:
            return log_probs
        ends = self._feeder.end_after(roots, self._options.nil_id or 0, self._model.end_id)
        return (log_probs + ends) / 2


def _columns_sum(mass: torch.Tensor, wanted: Flags) -> Scores:
    weights = torch.from_numpy(wanted.astype(np.float64)).to(mass.device)
    sums: Scores = (mass @ weights).cpu().numpy()
    return sums


def _check(log_probs: Scores) -> None:
    if not np.isfinite(log_probs).all():
        raise InputError(
            "the model's scores are not finite numbers: its weights are damaged, or overflow in "
            "this dtype; load it again with dtype=torch.float32"
        )
