"""The ``vocabulary`` objective: minus the log-probability of all pieces of a name, and of END."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from numpy.typing import NDArray
from torch import Tensor

from biotk.nn.mini_network import MiniNetwork
from biotk.training.kb_samples import Sample
from biotk.training.objective import Objective, encoded

Ints = NDArray[np.int64]


class Written(NamedTuple):
    """What a decoder is fed, and what it has to write.

    :param tokens: the prefix, then what is right. *Shape*: (samples, longest).
    :param rows: the sample of each piece that is to be written. *Shape*: (pieces,).
    :param places: where in ``tokens`` it is written. *Shape*: (pieces,).
    :param right: the pieces. *Shape*: (pieces,).
    """

    tokens: Ints
    rows: Ints
    places: Ints
    right: Ints


def written(samples: Sequence[Sample], *, end_id: int, nil_id: int | None, pad_id: int) -> Written:
    """Put samples side by side.

    :param samples: at least one.
    :param end_id: the piece that stands for END.
    :param nil_id: the piece that stands for NIL; None where no sample's target is NIL.
    :param pad_id: what stands behind the end of a row.
    """
    both, places, right = [], [], []
    for sample in samples:
        pieces = sample.target.pieces or (() if nil_id is None else (nil_id,))
        both.append((*sample.input.prefix, *pieces))
        begin = len(sample.input.prefix) - 1
        places.append(np.arange(begin, begin + len(pieces) + 1))
        right.append((*pieces, end_id))
    tokens = np.full((len(samples), max(map(len, both))), pad_id, np.int64)
    for row, each in zip(tokens, both):
        row[: len(each)] = each
    rows = np.repeat(np.arange(len(samples)), [len(each) for each in right])
    return Written(tokens, rows, np.concatenate(places), np.concatenate(right).astype(np.int64))


def vocabulary_objective(
    network: MiniNetwork,
    samples: Sequence[Sample],
    *,
    end_id: int,
    nil_id: int,
    smoothing: float = 0.0,
    dropout: float = 0.0,
) -> Objective:
    """Work out what a batch costs ``biotk-mini`` if all pieces are allowed everywhere.

    Neither look-ahead nor overlap count: where everything is allowed, nothing is forced, and there
    is no trie.

    :param network: in training mode or not.
    :param samples: at least one.
    :param end_id: the piece that stands for END.
    :param nil_id: the piece that stands for NIL.
    :param smoothing: label smoothing, over all pieces.
    """
    memory = encoded(network, samples)
    asked = written(samples, end_id=end_id, nil_id=nil_id, pad_id=0)
    hidden = network.decode(memory, torch.as_tensor(asked.tokens), dropout=dropout).float()
    states = hidden[torch.as_tensor(asked.rows), torch.as_tensor(asked.places)]
    logits = F.linear(network.child_query(states), network.pieces).float()
    return cost_of(logits, asked, n=len(samples), smoothing=smoothing)


def cost_of(logits: Tensor, asked: Written, *, n: int, smoothing: float) -> Objective:
    """Sum up what all pieces cost.

    :param logits: of the whole vocabulary. *Shape*: (pieces, vocabulary).
    :param asked: what is right.
    :param n: how many samples there are.
    :param smoothing: label smoothing, over the vocabulary.
    """
    log_probs = logits.log_softmax(-1)
    rows, right = torch.as_tensor(asked.rows), torch.as_tensor(asked.right)
    nll = -log_probs[torch.arange(len(right)), right]
    cost = (1 - smoothing) * nll - smoothing * log_probs.mean(-1) if smoothing else nll
    wrong = torch.zeros(n).index_add(0, rows, (log_probs.argmax(-1) != right).float())
    return Objective(
        cost.sum() / n,
        torch.zeros(n).index_add(0, rows, nll.detach()),
        float((wrong == 0).float().mean()),
    )
