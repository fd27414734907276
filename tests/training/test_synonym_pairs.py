"""Pairs of one meaning, and batches in which no two pairs mean the same."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import MESH, open_tiny
from tiny_training import note

from biotk.errors import InputError
from biotk.kb import KbBuilder, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.training.pair_batches import arrange, of_one_size
from biotk.training.synonym_pairs import (
    CorpusPairs,
    KbPairs,
    Pair,
    draw_pairs,
    held_concepts,
    is_held,
    key_of,
    keys_of,
)
from biotk.types import Concept


def test_names_of_a_pair_are_of_one_concept_and_differ(tmp_path) -> None:
    kb = open_tiny(tmp_path)
    rng = np.random.default_rng(0)
    names = [{kb.name(at) for at in kb.name_range(concept)} for concept in range(len(kb))]
    for pair in draw_pairs([KbPairs(kb)], [1.0], 200, rng):
        (home,) = {n for n, each in enumerate(names) if {pair.anchor, pair.positive} <= each}
        assert key_of(pair.anchor) != key_of(pair.positive)
        assert pair.keys == keys_of(kb, [home])


def test_no_pair_is_made_of_a_held_concept_or_of_its_twin(tmp_path) -> None:
    kb = open_tiny(tmp_path)
    fever = kb.index_of("MESH:D005334")
    held = keys_of(kb, [fever])
    drawn = draw_pairs([KbPairs(kb, held=held)], [1.0], 300, np.random.default_rng(0))
    assert not any({"Fever", "Pyrexia"} & {pair.anchor, pair.positive} for pair in drawn)
    twin = KbBuilder("twin")
    twin.add(
        [Concept("X:1", "Febrility", ("pyrexia",)), Concept("X:2", "Cough", ("Tussis",))],
        SourceInfo(name="X", file="", format="memory", sha256=""),
    )
    other = open_kb(twin.write(tmp_path / "twin"))
    drawn = draw_pairs([KbPairs(other, held=held)], [1.0], 20, np.random.default_rng(0))
    assert {pair.anchor for pair in drawn} == {"Cough", "Tussis"}


def test_held_concepts_are_those_that_the_hash_of_their_ids_says(tmp_path) -> None:
    kb = open_tiny(tmp_path)
    held = held_concepts(kb, 3).tolist()
    assert 0 < len(held) < len(kb)
    assert held == [n for n in range(len(kb)) if is_held(kb.id_of(n), 3)]


def test_corpus_pairs_write_short_forms_out_and_count_what_teaches_nothing(tmp_path) -> None:
    kb = open_tiny(tmp_path)
    documents = [
        note(0, "pyrexia", "MESH:D005334", split="a"),
        note(1, "pyrexia", "MESH:D404040", split="a"),
        note(2, "pyrexia", None, split="a"),
    ]
    pairs = CorpusPairs(kb, documents)
    assert len(pairs) == 1
    assert pairs.left_out == {"id not in the KB": 1, "composite, NIL or not linked": 1}
    pair = pairs.draw(np.random.default_rng(0))
    assert pair is not None
    assert (pair.anchor, pair.positive) == ("pyrexia", "Fever")


def test_kb_without_synonyms_is_refused(tmp_path) -> None:
    builder = KbBuilder("bare")
    source = SourceInfo(name="X", file="", format="memory", sha256="")
    builder.add([Concept("X:1", "one"), Concept("X:2", "two")], source)
    with pytest.raises(InputError, match="no concept has two names"):
        KbPairs(open_kb(builder.write(tmp_path / "bare")))


def some_pairs(n: int, rng: np.random.Generator) -> tuple[list[Pair], np.ndarray]:
    """:returns: pairs of a few meanings, those of one meaning close together."""
    meanings = rng.integers(n // 3, size=n)
    vectors = rng.normal(size=(n // 3, 6))[meanings] + 0.1 * rng.normal(size=(n, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = [Pair(f"a{m}", f"b{m}", frozenset([int(m)])) for m in meanings]
    return pairs, vectors.astype(np.float32)


@pytest.mark.parametrize("near", [1, 2, 4])
def test_no_two_pairs_of_a_batch_mean_the_same(near) -> None:
    rng = np.random.default_rng(near)
    pairs, vectors = some_pairs(240, rng)
    batches = arrange(pairs, vectors, batch=12, near=near, rng=rng)
    placed = [at for batch in batches for at in batch]
    assert len(placed) == len(set(placed)) >= 0.9 * len(pairs)
    for batch in batches:
        keys = [key for at in batch for key in pairs[at].keys]
        assert len(keys) == len(set(keys))
        assert len(batch) <= 12


@pytest.mark.parametrize(
    ("lengths", "wanted"),
    [
        ([], []),
        ([4, 4, 4], [4, 4, 4]),
        ([2, 4, 4, 4], [4, 4, 4]),
        ([6, 4, 4, 4], [4, 4, 4, 4]),
        ([9, 2, 2], [9]),
    ],
)
def test_batches_are_cut_to_the_size_that_leaves_the_most_pairs(lengths, wanted) -> None:
    batches = [[100 * n + at for at in range(length)] for n, length in enumerate(lengths)]
    found = of_one_size(batches)
    assert [len(each) for each in found] == wanted
    assert all(
        each[0] % 100 == 0 and each == batches[each[0] // 100][: len(each)] for each in found
    )


def test_near_pairs_of_other_meaning_come_into_one_batch() -> None:
    rng = np.random.default_rng(0)
    angles = np.repeat(np.arange(40), 2) * np.pi / 41
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    pairs = [Pair(f"a{n}", f"b{n}", frozenset([n])) for n in range(80)]
    by_batch = arrange(pairs, vectors, batch=8, near=2, rng=rng)
    together = sum(at ^ 1 in batch for batch in by_batch for at in batch)
    assert together == 80  # 2n and 2n + 1 have the same vector
    by_chance = arrange(pairs, None, batch=8, near=2, rng=rng)
    assert sum(at ^ 1 in batch for batch in by_chance for at in batch) < 40


def test_pairs_are_drawn_from_sources_by_their_weights(tmp_path) -> None:
    class Always:
        def __init__(self, text: str) -> None:
            self._text = text

        def draw(self, rng: np.random.Generator) -> Pair | None:
            return Pair(self._text, self._text, frozenset())

    drawn = draw_pairs([Always("a"), Always("b")], [3, 1], 400, np.random.default_rng(0))
    assert 0.2 < sum(pair.anchor == "b" for pair in drawn) / 400 < 0.3
    nothing = Always(" ")
    with pytest.raises(InputError, match="hardly any concept"):
        draw_pairs([nothing], [1.0], 3, np.random.default_rng(0))


def test_tiny_kb_has_concepts_of_one_name() -> None:
    assert any(not concept.synonyms for concept in MESH)  # which the pairs above leave out
