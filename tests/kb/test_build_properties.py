"""Laws that hold for any KB: it gives back what it was built from, and a part of it answers as a
KB that was built from that part alone.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from biotk.candidates.names import ROUTE_SCORES
from biotk.candidates.neighbours import open_neighbours
from biotk.kb import KbBuilder, KbSubset, KnowledgeBase, open_kb
from biotk.linking import LexicalLinker
from biotk.text.normalize import bag_key, plural_key
from biotk.types import Concept

#: All of Unicode that UTF-8 can hold: controls, astral characters, lone combining marks.
ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda text: not text.isspace()
)
#: A trie takes no U+0000; the builder says so.
ID = ANY.filter(lambda text: "\0" not in text)
WORDS = ["renal", "cancers", "kidney", "Cancer", "type", "II", "2", "diabetes", "of the", "β-cell"]
NAME = ANY | st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@st.composite
def vocabularies(draw: st.DrawFn, names: st.SearchStrategy[str] = NAME) -> list[Concept]:
    ids = draw(st.lists(ID, min_size=1, max_size=8, unique=True))
    some = st.lists(st.sampled_from(ids), max_size=3, unique=True)
    further = st.lists(ID, max_size=3, unique=True).map(tuple)
    concepts = []
    for concept_id in ids:
        name, *synonyms = draw(st.lists(names, min_size=1, max_size=4, unique=True))
        concepts.append(
            Concept(
                concept_id=concept_id,
                name=name,
                synonyms=tuple(synonyms),
                types=draw(st.lists(ANY, max_size=2, unique=True).map(tuple)),
                definition=draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]))),
                parents=tuple(sorted(parent for parent in draw(some) if parent != concept_id)),
                xrefs=draw(further),
                alt_ids=draw(further),
                source=draw(ANY),
            )
        )
    return concepts


@contextmanager
def kb_of(concepts: list[Concept]) -> Iterator[KnowledgeBase]:
    builder = KbBuilder("x")
    builder.add(concepts)
    with tempfile.TemporaryDirectory() as folder:
        yield open_kb(builder.write(Path(folder) / "kb"))


@given(vocabularies(), st.randoms())
@settings(max_examples=150)
@example([Concept("A:1", "\x00", ("\x00\x00", "a\x00b"), definition="\x00", source="\x00")], None)
def test_kb_gives_back_what_it_was_built_from_in_order_of_ids(
    concepts: list[Concept], random: object
) -> None:
    shuffled = list(concepts)
    if random is not None:
        random.shuffle(shuffled)  # type: ignore[attr-defined]
    with kb_of(shuffled) as kb:
        expected = [
            replace(c, source=c.source) for c in sorted(concepts, key=lambda c: c.concept_id)
        ]
        assert list(kb) == expected
        assert kb.concept_ids == [concept.concept_id for concept in expected]
        names = [name for c in expected for name in (c.name, *c.synonyms)]
        assert list(kb.iter_names()) == names
        for concept in expected:
            assert kb[concept.concept_id] == concept
        for level, normalise in (("plural", plural_key), ("bag", bag_key)):
            rows: dict[str, list[int]] = defaultdict(list)
            for row, name in enumerate(names):
                if key := normalise(name):
                    rows[key].append(row)
            table = kb.keys(level)  # type: ignore[arg-type]
            assert {key: table.rows(key).tolist() for key in table.iter_keys()} == rows
        again = [concept.concept_id for concept in shuffled]
        assert kb.positions(again).tolist() == [kb.index_of(i) for i in again]


@st.composite
def parts(draw: st.DrawFn) -> tuple[list[Concept], list[str], list[str]]:
    """A vocabulary, the ids of a part of it, and mentions."""
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
    concepts = draw(vocabularies(names=words))
    ids = [concept.concept_id for concept in concepts]
    inside = draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    names = [name for concept in concepts for name in (concept.name, *concept.synonyms)]
    mentions = draw(st.lists(st.sampled_from(names) | words, min_size=1, max_size=6))
    return concepts, inside, mentions


@contextmanager
def both(
    concepts: list[Concept], inside: list[str]
) -> Iterator[tuple[KnowledgeBase, KbSubset, KnowledgeBase]]:
    """:returns: the whole KB, the part of it, and the KB that was built from that part alone."""
    with kb_of(concepts) as whole, kb_of([c for c in concepts if c.concept_id in inside]) as alone:
        mask = np.zeros(len(whole), bool)
        mask[whole.positions(inside)] = True
        yield whole, KbSubset(whole.fingerprint, mask), alone


@given(parts())
@settings(max_examples=100)
def test_part_of_a_kb_equals_a_kb_of_that_part_in_look_ups(
    drawn: tuple[list[Concept], list[str], list[str]],
) -> None:
    concepts, inside, mentions = drawn
    with both(concepts, inside) as (whole, part, alone):
        assert [whole.id_of(idx) for idx in part.indices.tolist()] == alone.concept_ids
        for level, normalise in (("plural", plural_key), ("bag", bag_key)):
            for key in map(normalise, mentions):
                rows = whole.keys(level).rows(key)  # type: ignore[arg-type]
                found = [
                    (whole.name(row), whole.id_of(int(whole.name_concepts[row])))
                    for row in rows.tolist()
                    if int(whole.name_concepts[row]) in part
                ]
                rows = alone.keys(level).rows(key)  # type: ignore[arg-type]
                assert found == [
                    (alone.name(row), alone.id_of(int(alone.name_concepts[row])))
                    for row in rows.tolist()
                ]


@given(parts())
@settings(max_examples=100)
def test_part_of_a_kb_equals_a_kb_of_that_part_in_the_hierarchy(
    drawn: tuple[list[Concept], list[str], list[str]],
) -> None:
    concepts, inside, _ = drawn
    with both(concepts, inside) as (whole, part, alone):
        for concept_id in inside:
            mine, theirs = whole.index_of(concept_id), alone.index_of(concept_id)
            for walk in ("parents", "children"):
                found = [
                    whole.id_of(idx) for idx in getattr(whole.hierarchy, walk)(mine) if idx in part
                ]
                expected = [alone.id_of(idx) for idx in getattr(alone.hierarchy, walk)(theirs)]
                assert found == expected
            # A way up may lead through what is outside: then only the whole KB knows it.
            for walk in ("ancestors", "descendants"):
                found_ids = {whole.id_of(int(i)) for i in getattr(whole.hierarchy, walk)(mine)}
                ids = {alone.id_of(int(i)) for i in getattr(alone.hierarchy, walk)(theirs)}
                assert ids <= found_ids & set(inside)


@given(parts())
@settings(max_examples=60)
def test_part_of_a_kb_equals_a_kb_of_that_part_in_exact_candidates(
    drawn: tuple[list[Concept], list[str], list[str]],
) -> None:
    concepts, inside, mentions = drawn
    with both(concepts, inside) as (whole, part, alone):
        in_part, of_part = LexicalLinker(whole, subset=part), LexicalLinker(alone)
        for mention in mentions:
            found = in_part.candidates(mention)
            expected = of_part.candidates(mention)
            assert {candidate.concept_id for candidate in found} <= set(inside)
            exact = [c for c in found if c.route in ROUTE_SCORES]
            assert exact == [c for c in expected if c.route in ROUTE_SCORES]


@given(parts())
@settings(max_examples=60)
def test_part_of_a_kb_has_the_neighbours_of_the_whole_that_are_in_it(
    drawn: tuple[list[Concept], list[str], list[str]],
) -> None:
    """How rare a trigram is differs between the two KBs; within one KB a part is a filter."""
    concepts, inside, mentions = drawn
    with both(concepts, inside) as (whole, part, _):
        search, keys = open_neighbours(whole), whole.keys("plural")
        size = len(keys)
        for key in filter(None, map(plural_key, mentions)):
            unfiltered = search.search(key, k=size, min_score=0.2)
            expected = [
                near for near in unfiltered
                if any(int(whole.name_concepts[row]) in part for row in keys.rows_of(near.key_idx))
            ]  # fmt: skip
            found = search.search(key, k=size, min_score=0.2, subset=part)
            assert [near.key_idx for near in found] == [near.key_idx for near in expected]
            assert [near.score for near in found] == pytest.approx([e.score for e in expected])
