"""The dense linker: nearest names, training mentions, homonyms, and what cannot be linked."""

from __future__ import annotations

import pytest
from tiny import open_tiny
from tiny_vectors import LetterEncoder

from biotk.candidates.dense import open_dense
from biotk.candidates.learned import LearnedNames
from biotk.errors import InputError, KbMismatchError
from biotk.kb import KbBuilder, KbSubset, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.linking import DenseConfig, DenseLinker, Query
from biotk.linking.registry import LinkerOptions, make_linker
from biotk.types import Concept


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def linker(kb):
    return DenseLinker(kb, LetterEncoder())


def test_nearest_name_is_answered_whatever_letters_it_shares(linker) -> None:
    link = linker.link("renal cancer")
    assert (link.concept_id, link.matched, link.route) == ("MESH:D007680", "Kidney Cancer", "dense")
    assert link.score > 0.99
    assert [c.score for c in link.candidates] == sorted(
        (c.score for c in link.candidates), reverse=True
    )


def test_candidates_are_those_of_brute_force(kb, linker) -> None:
    encoder = LetterEncoder()
    # Names of one key have one vector, that of the first of them.
    keys = kb.keys("plural")
    rows = [keys.rows_of(key) for key in range(len(keys))]
    vectors = encoder.encode([kb.name(int(each[0])) for each in rows])
    for text in ("kidney disease", "aspirine", "interleukin", "cardiac attack"):
        cosines = vectors @ encoder.encode([text])[0]
        best: dict[int, float] = {}
        for names, cosine in zip(rows, cosines.tolist()):
            for concept in kb.name_concepts[names].tolist():
                best[concept] = max(best.get(concept, -1.0), cosine)
        ranked = sorted(best.values(), reverse=True)
        found = linker.candidates(text)
        assert len(found) >= 10
        for candidate, wanted in zip(found, ranked):
            assert candidate.score == pytest.approx(wanted, abs=2e-3)  # stored at half precision
            assert candidate.score == pytest.approx(
                best[kb.index_of(candidate.concept_id)], abs=2e-3
            )


@pytest.mark.parametrize("text", ["", " ", "!?", "…—", "\u200b"])
def test_mention_of_only_punctuation_is_nil(linker, text) -> None:
    link = linker.link(text)
    assert link.is_nil
    assert link.candidates == ()
    assert link.reasons == {"nil": "nothing like it"}


def test_far_mention_is_nil_and_says_why(kb) -> None:
    wary = DenseLinker(kb, LetterEncoder(), config=DenseConfig(threshold=0.999))
    link = wary.link("kidneys and cancers")
    assert link.is_nil
    assert link.candidates
    assert link.reasons["nil"].startswith("best score 0.")


def test_homonyms_are_ordered_by_preference_and_type(kb, linker) -> None:
    first, second, *_ = linker.candidates("cold")
    assert (first.concept_id, second.concept_id) == ("MESH:D000001", "MESH:D003080")
    assert not first.tied
    assert linker.link("cold", type="Chemical").concept_id == "MESH:D003080"


def test_training_mentions_are_found(kb) -> None:
    learned = LearnedNames(kb)
    learned.add("water pill", "MESH:D005665", count=3)
    linker = DenseLinker(kb, LetterEncoder(), learned=learned)
    link = linker.link("water pills")
    assert (link.concept_id, link.route) == ("MESH:D005665", "training-dense")
    assert link.matched == "water pill"
    chemicals = kb.subset(ids=["MESH:D001241"])
    part = DenseLinker(kb, LetterEncoder(), learned=learned, subset=chemicals)
    assert {c.concept_id for c in part.candidates("water pills")} == {"MESH:D001241"}


def test_training_mentions_outside_a_part_do_not_crowd_out_those_inside(kb) -> None:
    learned = LearnedNames(kb)
    for number in range(24):  # nearer, and more than are wanted
        learned.add(f"water pill {'x' * number}", "MESH:D005334")
    learned.add("pill of some water", "MESH:D001241")
    inside = kb.subset(ids=["MESH:D001241"])
    for k in (1, 3, 20):
        search = open_dense(kb, LetterEncoder(), learned=learned)
        (hits,) = search.search(["water pill"], k=k, subset=inside)
        (all_hits,) = search.search(["water pill"], k=100)
        taught = [hit for hit in hits if hit.learned]
        assert taught == [hit for hit in all_hits if hit.learned and hit.concept_idx in inside]
        assert [hit.name for hit in taught] == ["pill of some water"]
    linker = DenseLinker(kb, LetterEncoder(), learned=learned)
    assert linker.link("water pill").concept_id == "MESH:D005334"
    assert linker.link("water pill", type="Chemical").matched == "pill of some water"


@pytest.mark.parametrize("n", [0, 1, 5, 14, 15])
def test_part_of_a_kb_answers_as_a_kb_of_that_part(kb, n) -> None:
    ids = kb.concept_ids[:n]
    mask = kb.subset(ids=ids).mask if ids else kb.subset().mask & False
    part = DenseLinker(kb, LetterEncoder(), subset=KbSubset(kb.fingerprint, mask))
    whole = DenseLinker(kb, LetterEncoder(), config=DenseConfig(k=100))
    for text in ("heart failure", "renal cancer", "cold"):
        inside = [c for c in whole.candidates(text) if c.concept_id in ids]
        assert [(c.concept_id, c.score) for c in part.candidates(text)] == [
            (c.concept_id, c.score) for c in inside
        ]
    if not n:
        assert part.link("heart failure").reasons == {"nil": "nothing like it"}


def test_same_mention_is_encoded_once_in_a_batch(kb) -> None:
    encoder = LetterEncoder()
    linker = DenseLinker(kb, encoder)
    before = encoder.n_encoded
    linker.link_batch([Query("fever"), Query("cough"), Query("fever"), Query("!")])
    assert encoder.n_encoded - before == 2


def test_kb_without_names_answers_nil(tmp_path) -> None:
    builder = KbBuilder("bare")
    source = SourceInfo(name="X", file="", format="memory", sha256="")
    builder.add([Concept("X:1", "!?")], source)
    bare = open_kb(builder.write(tmp_path / "bare"))
    assert DenseLinker(bare, LetterEncoder()).link("fever").is_nil
    assert open_dense(bare, LetterEncoder()).search(["fever"], k=3) == [[]]


def test_subset_of_another_kb_is_refused(kb, tmp_path) -> None:
    builder = KbBuilder("other")
    source = SourceInfo(name="X", file="", format="memory", sha256="")
    builder.add([Concept("X:1", "one")], source)
    other = open_kb(builder.write(tmp_path / "other"))
    with pytest.raises(KbMismatchError, match="KbSubset was made from KB"):
        DenseLinker(kb, LetterEncoder(), subset=other.subset())


def test_linker_and_encoder_must_go_together(kb) -> None:
    made = make_linker("dense", kb, options=LinkerOptions(encoder=LetterEncoder(), k=3))
    assert len(made.candidates("kidney")) == 3
    with pytest.raises(InputError, match="the lexical linker has no encoder"):
        make_linker("lexical", kb, options=LinkerOptions(encoder=LetterEncoder()))
    with pytest.raises(InputError, match="the dense linker has no model"):
        make_linker("dense", kb, options=LinkerOptions(model="biotk-mini"))
    with pytest.raises(InputError, match="the dense linker has no weights to fuse by"):
        make_linker("dense", kb, options=LinkerOptions(fusion="any.json"))
    with pytest.raises(InputError, match="the dense linker has no short list"):
        make_linker("dense", kb, options=LinkerOptions(shortlist="trie"))
    with pytest.raises(InputError, match="the fused linker has no short list"):
        make_linker("fused", kb, options=LinkerOptions(shortlist="trie"))
    with pytest.raises(InputError, match=r"for its short list, and makes none"):
        make_linker("generative", kb, options=LinkerOptions(encoder=LetterEncoder()))
    with pytest.raises(InputError, match="no model 'nonesuch'"):
        make_linker("dense", kb, options=LinkerOptions(encoder="nonesuch"))
    with pytest.raises(InputError, match="is not that of a biotk-encoder"):
        make_linker("dense", kb, options=LinkerOptions(encoder="biotk-mini"))
