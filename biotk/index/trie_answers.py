"""What a token trie answers: ways on and forced runs of many nodes, rows of unequal length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]


class Children(NamedTuple):
    """The children of some nodes, those of one node after those of the one before, tokens in order.

    :param offsets: where the children of each node begin and end. *Shape*: (nodes + 1,).
    :param tokens: the token that leads to each child. *Shape*: (children,).
    :param nodes: the children. *Shape*: (children,).
    """

    offsets: Int64
    tokens: Int64
    nodes: Int64

    @property
    def rows(self) -> Int64:
        """Which of the nodes asked for each child belongs to. *Shape*: (children,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


class Runs(NamedTuple):
    """What is forced after some nodes: the only way on, up to a node with a choice.

    :param offsets: where the tokens of each run begin and end. *Shape*: (nodes + 1,).
    :param tokens: the tokens of all runs. *Shape*: (tokens,).
    :param nodes: where each run leads; the node itself where nothing is forced. *Shape*: (nodes,).
    """

    offsets: Int64
    tokens: Int64
    nodes: Int64
