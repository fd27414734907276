from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from tiny import open_tiny
from tiny_mini import tiny_form

from biotk.training.batches import POOL, Feed, pool_of
from biotk.training.kb_samples import KbSamples, KbSampling
from biotk.training.names import KbNames


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> KbSamples:
    form = tiny_form(window=6, max_mention=40)
    names = KbNames(open_tiny(tmp_path_factory.mktemp("kb")), form)
    return KbSamples(names, form, KbSampling())


def test_pool_is_drawn_from_its_numbers_alone(source) -> None:
    feeds = [Feed("a", source, 0.8), Feed("b", source, 0.2, "vocabulary")]
    first = pool_of(feeds, size=4, seed=(1, 2, 3))
    assert first == pool_of(feeds, size=4, seed=(1, 2, 3))
    assert first != pool_of(feeds, size=4, seed=(1, 2, 4))
    assert len(first) == POOL and {len(batch.samples) for batch in first} == {4}
    assert {(batch.kb, batch.loss) for batch in first} <= {("a", "trie"), ("b", "vocabulary")}


def test_feeds_come_by_weight_and_batches_hold_like_lengths(source) -> None:
    feeds = [Feed("a", source, 3.0), Feed("b", source, 1.0)]
    pools = [pool_of(feeds, size=8, seed=(number,)) for number in range(20)]
    counts = Counter(batch.kb for pool in pools for batch in pool)
    assert abs(counts["a"] / counts.total() - 0.75) < 0.08
    for pool in pools:
        ranges = sorted(
            (min(lengths), max(lengths))
            for lengths in ([len(s.input.source) for s in b.samples] for b in pool if b.kb == "a")
        )
        assert all(before[1] <= after[0] for before, after in pairwise(ranges))
