from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tiny import open_tiny
from tiny_bpe import tiny_bpe
from tiny_mini import tiny_form

from biotk.nn.genbioel_format import GenbioelFormat
from biotk.training.kb_samples import KbSamples, KbSampling
from biotk.training.names import KbNames, most_alike

FORM = tiny_form(window=6, max_mention=40)


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> KbNames:
    return KbNames(open_tiny(tmp_path_factory.mktemp("kb")), FORM)


def drawn(names: KbNames, n: int, *, seed: int = 0, weights=None, **sampling):
    stream = KbSamples(names, FORM, KbSampling(**sampling), weights=weights).stream(
        np.random.default_rng(seed)
    )
    return [next(stream) for _ in range(n)]


def mention_of(sample) -> tuple[int, ...]:
    return sample.input.prefix[1:-1]


def ranks_of(names: KbNames, pieces) -> set[int]:
    first, end = names.trie.rank_ranges_at([names.trie.find(pieces)])
    return set(range(int(first[0]), int(end[0])))


def test_mention_is_hidden_unless_it_is_right(names) -> None:
    kinds = Counter()
    for sample in drawn(names, 400, nil=0.0, copied=0.3):
        mention, (pieces, hidden) = mention_of(sample), sample.target
        own = ranks_of(names, mention)
        if pieces == mention:
            assert hidden == ()
        else:
            assert set(hidden) == own and not own & ranks_of(names, pieces)
            concepts = names.trie.arrays.concepts
            assert set(concepts[list(own)]) & set(concepts[list(ranks_of(names, pieces))])
        kinds[pieces == mention] += 1
    # 30 % are copied, and all concepts of a single name.
    alone = sum(len(names.ranks(int(c))) == 1 for c in names.concepts) / len(names.concepts)
    assert abs(kinds[True] / 400 - (0.3 + 0.7 * alone)) < 0.08


def test_nil_hides_all_names_of_the_concept(names) -> None:
    for sample in drawn(names, 60, nil=1.0):
        assert sample.target.pieces == ()
        hidden = set(sample.target.hidden)
        assert list(sample.target.hidden) == sorted(hidden)
        concepts = names.trie.arrays.concepts
        mine = set(concepts[list(ranks_of(names, mention_of(sample)))])
        whole = [c for c in mine if set(names.ranks(int(c))) <= hidden]
        assert whole
        # What tokenises as a hidden name is hidden with it, and nothing else is.
        leaves = {r for c in whole for each in names.ranks(int(c)) for r in names.leaf(each)}
        assert hidden <= leaves


def test_weights_say_how_often_concepts_come(names) -> None:
    weights = np.zeros(len(names.concepts))
    weights[3] = 1.0
    wanted = {names.pieces(rank) for rank in names.ranks(int(names.concepts[3]))}
    assert {mention_of(sample) for sample in drawn(names, 50, weights=weights)} == wanted


def test_context_comes_from_definitions_and_names(names) -> None:
    bare = drawn(names, 50, context=0.0)
    told = drawn(names, 50, context=1.0)
    assert all(len(s.input.source) == len(mention_of(s)) + 2 for s in bare)
    assert any(len(s.input.source) > len(mention_of(s)) + 2 for s in told)


def test_samples_in_genbioels_format(tmp_path) -> None:
    form = GenbioelFormat(tiny_bpe(), max_tokens=400)
    names = KbNames(open_tiny(tmp_path), form, cleaning="genbioel")
    samples = KbSamples(names, form, KbSampling(nil=0.0, copied=0.0, context=1.0))
    diabetes = names.kb.resolve("D003924")[0]
    rng = np.random.default_rng(0)
    texts = set()
    for _ in range(20):
        sample = samples.of(diabetes, rng)
        source = tiny_bpe().decode(list(sample.input.source))
        assert "START" in source and "insulin does not work" in source
        prefix = tiny_bpe().decode(list(sample.input.prefix[1:])).strip()
        texts.add(prefix)
        assert tiny_bpe().decode(list(sample.target.pieces)).strip() + " is" != prefix
    assert texts == {"diabetes mellitus type 2 is", "niddm is", "maturity onset diabetes is"}


def test_most_alike_counts_shared_trigrams() -> None:
    names = ["Renal failure", "Kidney failures", "Kidney disease"]
    assert most_alike("kidney failure", names) == [1, 0, 2]


def test_altered_mentions_keep_their_target(names) -> None:
    rng = np.random.default_rng(3)
    options = {"copied": 1.0, "nil": 0.0, "context": 0.0}
    altered = KbSamples(names, FORM, KbSampling(**options, altered=1.0)).stream(rng)
    known = {names.pieces(rank) for concept in names.concepts for rank in names.ranks(concept)}
    found = [next(altered) for _ in range(200)]
    assert all(each.target.pieces in known for each in found)
    other = [each for each in found if each.input.prefix[1:-1] != each.target.pieces]
    assert len(other) > 150
