"""A part of a KB answers as a KB that was built from that part alone, for whatever part.

The names are real ones, of three thousand concepts of the default KB. How rare a trigram is, is
counted over the whole KB, and what a model gives to names outside a part stays theirs: there the
oracle is the whole KB with what lies outside left out.
"""

from __future__ import annotations

import gc
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_generator import tiny_generator
from tiny_vectors import LetterEncoder

from biotk.candidates.dense import open_dense
from biotk.candidates.names import match_names
from biotk.candidates.neighbours import NeighbourSearch
from biotk.detection import DictionaryDetector
from biotk.index import faiss_index
from biotk.index.faiss_index import FaissIndex, build_faiss
from biotk.index.kb_trie import open_kb_trie
from biotk.index.ngram import NgramIndex, build_postings
from biotk.index.vector_index import ExactIndex
from biotk.index.words import WordIndex, build_words
from biotk.kb import KbBuilder, KbSubset, KnowledgeBase, open_kb
from biotk.kb.default import resolve_kb
from biotk.kb.manifest import SourceInfo
from biotk.linking import GenerativeConfig, GenerativeLinker, Query
from biotk.linking.registry import LinkerOptions, make_linker
from biotk.text.normalize import plural_key

N_CONCEPTS = 3000
PARTS = st.tuples(
    st.sampled_from(["one", "few", "half", "most", "all", "type", "branch"]),
    st.integers(0, 2**16),
)
EXAMPLES = settings(max_examples=8)


def built(concepts, folder: Path) -> KnowledgeBase:
    builder = KbBuilder("part")
    builder.add(concepts, SourceInfo(name="X", file="", format="memory", sha256=""))
    return open_kb(builder.write(folder / "part"))


@cache
def real_kb() -> KnowledgeBase:
    """:returns: every branch below some concepts, and others, until there are enough."""
    whole = resolve_kb("open")
    rng = np.random.default_rng(11)
    near = whole.subset(branch=["MESH:D006331", "MESH:D007674"]).indices
    others = rng.choice(len(whole), N_CONCEPTS - len(near), replace=False)
    chosen = sorted({*near.tolist(), *others.tolist()})
    place = tempfile.TemporaryDirectory()
    KEPT.append(place)
    return built(map(whole.concept, chosen), Path(place.name))


KEPT: list[tempfile.TemporaryDirectory] = []


def part_of(kb: KnowledgeBase, drawn: tuple[str, int]) -> KbSubset:
    kind, seed = drawn
    rng = np.random.default_rng(seed)
    mask = np.zeros(len(kb), bool)
    if kind == "type":
        return kb.subset(types=[kb.manifest.types[seed % len(kb.manifest.types)]])
    if kind == "branch":
        roots = [i for i in range(len(kb)) if len(kb.hierarchy.descendants(i))]
        return kb.subset(branch=[kb.id_of(roots[seed % len(roots)])])
    if kind in ("one", "few"):
        mask[rng.choice(len(kb), 1 if kind == "one" else 20, replace=False)] = True
        return KbSubset(kb.fingerprint, mask)
    share = {"half": 0.5, "most": 0.95, "all": 1.0}[kind]
    return KbSubset(kb.fingerprint, rng.random(len(kb)) < share)


def texts_of(kb: KnowledgeBase, part: KbSubset, seed: int, n: int = 12) -> list[str]:
    """:returns: names inside and outside, some misspelt, some turned round, some in capitals."""
    rng = np.random.default_rng(seed)
    inside = part.indices
    drawn = [int(each) for each in rng.choice(len(kb), n // 2)]
    if len(inside):
        drawn += [int(each) for each in rng.choice(inside, n // 2)]
    found = []
    for concept_idx in drawn:
        name = str(rng.choice(kb.names_of(concept_idx)))
        way = int(rng.integers(4))
        if way == 1 and len(name) > 5:
            at = int(rng.integers(1, len(name) - 1))
            name = name[:at] + name[at + 1 :]
        elif way == 2:
            name = " ".join(reversed(name.split()))
        elif way == 3:
            name = name.upper()
        found.append(name)
    return found


def rebuilt(kb: KnowledgeBase, part: KbSubset, folder: str) -> KnowledgeBase:
    return built((kb.concept(idx) for idx in part.indices.tolist()), Path(folder))


@given(PARTS)
@EXAMPLES
def test_dictionary_of_a_part_finds_what_that_of_its_own_kb_finds(drawn):
    kb = real_kb()
    part = part_of(kb, drawn)
    names = texts_of(kb, part, drawn[1], n=40)
    notes = [f"He has {a}, no {b}. Takes {c}; {d}?" for a, b, c, d in zip(*[iter(names)] * 4)]
    with tempfile.TemporaryDirectory() as folder:
        alone = DictionaryDetector(rebuilt(kb, part, folder))
        restricted = DictionaryDetector(kb, subset=part)
        for note in notes:
            found = restricted.detect(note)
            assert found == alone.detect(note)
    everything = [len(DictionaryDetector(kb).detect(note)) for note in notes]
    assert sum(everything), "names of the KB are found in notes that are made of them"


@given(PARTS)
@EXAMPLES
def test_names_of_a_part_match_as_in_its_own_kb(drawn):
    kb = real_kb()
    part = part_of(kb, drawn)
    texts = texts_of(kb, part, drawn[1], n=30)
    with tempfile.TemporaryDirectory() as folder:
        alone = rebuilt(kb, part, folder)
        n_matched = 0
        for text in texts:
            found = [
                (kb.id_of(m.concept_idx), kb.name(m.name_idx), m.route)
                for m in match_names(kb, text, allowed=part.mask)
            ]
            assert found == [
                (alone.id_of(m.concept_idx), alone.name(m.name_idx), m.route)
                for m in match_names(alone, text)
            ]
            n_matched += len(found)
        assert n_matched


@cache
def neighbours(kind: str) -> NeighbourSearch:
    kb = real_kb()
    keys = [kb.keys("plural").key(idx) for idx in range(len(kb.keys("plural")))]
    if kind == "words":
        return NeighbourSearch(kb, WordIndex(build_words(keys)))
    return NeighbourSearch(kb, NgramIndex(build_postings(keys)))


@pytest.mark.parametrize("kind", ["ngram", "words"])
@given(drawn=PARTS)
@EXAMPLES
def test_neighbours_in_a_part_are_those_of_the_whole_that_lie_in_it(kind, drawn):
    kb, search = real_kb(), neighbours(kind)
    part = part_of(kb, drawn)
    keys = kb.keys("plural")
    for text in texts_of(kb, part, drawn[1]):
        everything = search.search(plural_key(text), k=len(keys), min_score=0.2)
        inside = [
            hit
            for hit in everything
            if any(int(kb.name_concepts[row]) in part for row in keys.rows_of(hit.key_idx))
        ]
        assert search.search(plural_key(text), k=len(keys), min_score=0.2, subset=part) == inside


@cache
def vectors() -> np.ndarray:
    kb = real_kb()
    return LetterEncoder().encode(list(kb.iter_names())[:6000]).astype(np.float16)


@pytest.mark.parametrize("kind", ["exact", "flat", "sq8", "ivf"])
@given(drawn=PARTS)
@EXAMPLES
def test_vectors_of_a_part_are_searched_as_if_there_were_no_others(kind, drawn):
    kb, stored = real_kb(), vectors()
    part = part_of(kb, drawn)
    allowed = part.mask[kb.name_concepts[: len(stored)]]
    rows = np.flatnonzero(allowed)
    queries = LetterEncoder().encode(texts_of(kb, part, drawn[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faiss_index, "_FEW_ROWS", 5)  # so that FAISS itself is asked
        patch.setattr(faiss_index, "_FEW_SHARE", 0.0)
        found = index_of(kind).search(queries, k=7, allowed=allowed)
    alone = ExactIndex(stored[rows]).search(queries, k=7)
    assert ((found.rows >= 0) == (alone.rows >= 0)).all()
    assert allowed[found.rows[found.rows >= 0]].all()
    # Cosines, not rows: names of the same letters stand at the same place.
    there = alone.rows >= 0
    if kind in ("exact", "flat"):
        np.testing.assert_allclose(found.scores[there], alone.scores[there], atol=1e-5)
    own = np.einsum("qd,qkd->qk", queries, stored[found.rows].astype(np.float32))
    np.testing.assert_allclose(found.scores[there], own[there], atol=1e-5)
    if kind in ("sq8", "ivf"):  # where one may be overlooked, none comes in its place from outside
        assert (found.scores[there] <= alone.scores[there] + 1e-5).all()
    if kind == "sq8" and there.any():
        assert np.isclose(found.scores[there], alone.scores[there], atol=1e-5).mean() > 0.9


@cache
def index_of(kind: str) -> ExactIndex | FaissIndex:
    stored = vectors()
    return ExactIndex(stored) if kind == "exact" else FaissIndex(build_faiss(stored, kind), stored)


def names_below(trie, view, kb) -> set[tuple[tuple[int, ...], tuple[str, ...]]]:
    """:returns: every path of tokens that may be written, and the concepts at its end."""
    found, paths, nodes = set(), [()], np.array([trie.root])
    while len(nodes):
        for at in np.flatnonzero(view.is_terminal(nodes)).tolist():
            concepts = sorted({kb.id_of(int(idx)) for idx in view.concepts_at(int(nodes[at]))})
            found.add((paths[at], tuple(concepts)))
        children = view.children(nodes)
        steps = zip(children.rows.tolist(), children.tokens.tolist(), strict=True)
        paths = [(*paths[row], token) for row, token in steps]
        nodes = children.nodes
    return found


def short_generator(normalisation: str = "trie", **given):
    """:returns: a generator of names that leave room for a mention, its positions being few."""
    return replace(tiny_generator(normalisation, **given), longest_name=30)


@given(PARTS)
@settings(max_examples=5)
def test_trie_of_a_part_holds_what_that_of_its_own_kb_holds(drawn):
    kb, generator = real_kb(), tiny_generator()
    part = part_of(kb, drawn)
    with tempfile.TemporaryDirectory() as folder:
        alone = rebuilt(kb, part, folder)
        tries = [open_kb_trie(each, generator.form, cleaning="genbioel") for each in (kb, alone)]
        restricted = names_below(tries[0], tries[0].subset(part), kb)
        assert restricted == names_below(tries[1], tries[1], alone)
        assert restricted


@given(st.tuples(st.sampled_from(["one", "few"]), st.integers(0, 2**16)))
@settings(max_examples=5)
def test_decoder_of_a_part_writes_what_that_of_its_own_kb_writes(drawn):
    # By the mean over tokens of a whole vocabulary: the other normalisation leaves to names outside
    # what the model gives them, and calls it NIL. With beams for all names nothing is overlooked.
    kb, generator = real_kb(), short_generator("vocabulary", beams=120)
    part = part_of(kb, drawn)
    config = GenerativeConfig(n_best=4)
    queries = [Query(text[:9]) for text in texts_of(kb, part, drawn[1], n=4)]
    # A name that is too long for the model is in no trie, and a concept may have no other.
    has_names = any(len(name) < 25 for idx in part.indices for name in kb.names_of(int(idx)))
    with tempfile.TemporaryDirectory() as folder:
        alone = GenerativeLinker(rebuilt(kb, part, folder), generator, config=config)
        restricted = GenerativeLinker(kb, generator, subset=part, config=config)
        for one, other in zip(restricted.link_batch(queries), alone.link_batch(queries)):
            best = [[c.score for c in link.candidates[:4]] for link in (one, other)]
            assert best[0] == pytest.approx(best[1], abs=2e-4)
            assert bool(one.candidates) >= has_names and one.is_nil == other.is_nil
            assert one.concept_id == other.concept_id or one.candidates[0].tied


def nearest_concepts(hits, n: int) -> list[float]:
    """:returns: the cosines of the nearest concepts, whatever names of theirs are seen beside."""
    best: dict[int, float] = {}
    for hit in hits:
        best[hit.concept_idx] = max(hit.cosine, best.get(hit.concept_idx, -1.0))
    return sorted(best.values(), reverse=True)[:n]


@given(PARTS)
@settings(max_examples=5)
def test_near_names_of_a_part_are_those_of_its_own_kb(drawn):
    kb = real_kb()
    part = part_of(kb, drawn)
    texts = texts_of(kb, part, drawn[1])
    with tempfile.TemporaryDirectory() as folder:
        alone = rebuilt(kb, part, folder)
        own = open_dense(alone, LetterEncoder()).search(texts, k=5)
        found = open_dense(kb, LetterEncoder()).search(texts, k=5, subset=part)
        for one, other in zip(found, own):
            assert all(hit.concept_idx in part for hit in one)
            nearest = [nearest_concepts(hits, 5) for hits in (one, other)]
            assert nearest[0] == pytest.approx(nearest[1], abs=1e-4)


@cache
def options(kind: str) -> LinkerOptions:
    return {
        "lexical": LinkerOptions(),
        "cascade": LinkerOptions(model=short_generator()),
        "generative": LinkerOptions(model=short_generator()),
        "dense": LinkerOptions(encoder=LetterEncoder()),
        "fused": LinkerOptions(model=short_generator(), encoder=LetterEncoder()),
    }[kind]


@pytest.mark.parametrize("nil", [None, "none", "prune"])
@pytest.mark.parametrize("kind", ["lexical", "cascade", "generative", "dense", "fused"])
@given(drawn=PARTS)
@settings(max_examples=3)
def test_no_link_ever_falls_outside_the_part(kind, nil, drawn):
    kb = real_kb()
    part = part_of(kb, drawn)
    linker = make_linker(kind, kb, subset=part, options=replace(options(kind), nil=nil))
    types = (None, "Disease", "Chemical")
    queries = [
        Query(text[:9], types[n % 3]) for n, text in enumerate(texts_of(kb, part, drawn[1], n=6))
    ]
    for link in linker.link_batch(queries, exhaustive=True):
        assert link.is_nil or kb.index_of(link.concept_id) in part
        if nil != "prune":  # which shows what the whole KB would have answered
            assert all(kb.index_of(c.concept_id) in part for c in link.candidates)


@pytest.mark.parametrize("kind", ["lexical", "cascade", "generative", "dense", "fused"])
def test_everything_is_nil_in_an_empty_part_and_that_is_told_once(kind, caplog):
    kb = real_kb()
    gc.collect()  # an empty part of an earlier test
    empty = kb.subset() - kb.subset()
    assert not DictionaryDetector(kb, subset=empty).detect("Heart failure and chest pain.")
    linker = make_linker(kind, kb, subset=empty, options=options(kind))
    for link in linker.link_batch([Query("heart failure"), Query(""), Query("x", "Disease")]):
        assert link.is_nil and not link.candidates and link.reasons["nil"]
    told = [each.getMessage() for each in caplog.records if "empty" in each.getMessage()]
    assert told == [
        "the part of the KB 'part' is empty: nothing will be found, and every mention is NIL"
    ]
