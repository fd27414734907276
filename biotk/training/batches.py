"""Batches from several streams of samples: mixed by weight, samples of like length together.

Everything is drawn from the seed, the stage and the number of the pool, so that a run that was
interrupted goes on with the very samples that it would have had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from biotk.training.kb_samples import Sample


class Source(Protocol):
    """Something that samples are drawn from."""

    def stream(self, rng: np.random.Generator) -> Iterator[Sample]:
        """:returns: samples, for ever."""


class Feed(NamedTuple):
    """A source of samples.

    :param kb: the KB whose trie its targets are names of; empty for raw text.
    :param source: the samples.
    :param weight: the share of batches that come from it.
    :param loss: ``trie``, ``trie-plain`` or ``vocabulary``.
    """

    kb: str
    source: Source
    weight: float
    loss: str = "trie"


class Batch(NamedTuple):
    """Samples of one KB, or of raw text, and the loss that counts."""

    kb: str
    samples: Sequence[Sample]
    loss: str = "trie"


#: Batches that are drawn together. Their samples are sorted by length before they are parted.
POOL = 16


def pool_of(feeds: Sequence[Feed], *, size: int, seed: Sequence[int]) -> list[Batch]:
    """Draw a pool of batches.

    :param feeds: where samples come from.
    :param size: samples a batch.
    :param seed: numbers that no other pool has.
    """
    rng = np.random.default_rng(list(seed))
    weights = np.array([feed.weight for feed in feeds])
    counts: Mapping[int, int] = dict(
        zip(*np.unique(rng.choice(len(feeds), POOL, p=weights / weights.sum()), return_counts=True))
    )
    batches: list[Batch] = []
    for number, count in counts.items():
        feed = feeds[number]
        stream = feed.source.stream(rng)
        samples = [next(stream) for _ in range(int(count) * size)]
        samples.sort(key=_length)
        batches += [
            Batch(feed.kb, samples[at : at + size], feed.loss)
            for at in range(0, len(samples), size)
        ]
    order = rng.permutation(len(batches)).tolist()
    return [batches[at] for at in order]


def _length(sample: Sample) -> tuple[int, int]:
    return len(sample.input.source), len(sample.input.prefix) + len(sample.target.pieces)
