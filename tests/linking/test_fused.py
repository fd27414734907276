"""The fused linker: features of candidates, weights fitted to them, and what it answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny import open_tiny
from tiny_generator import tiny_generator
from tiny_vectors import LetterEncoder

from biotk.candidates.dense import DenseHit
from biotk.document import Candidate
from biotk.errors import InputError, UnknownNameError
from biotk.linking import FusedConfig, FusedLinker, GenerativeConfig, GenerativeLinker, Query
from biotk.linking.context import Contexts
from biotk.linking.features import FEATURES, FLOOR, Evidence, Weighable, weighable
from biotk.linking.fusion import (
    DEFAULT_WEIGHTS,
    FusionWeights,
    Judged,
    fit_weights,
    softmax,
    weigh,
)
from biotk.linking.registry import NO_MODEL, LinkerOptions, make_linker

PASSAGE = "Fever and NIDDM. Insulin does not work: the diabetes mellitus is new."


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


def feature(each: Weighable, concept: int | None, name: str) -> float:
    """:returns: a feature of a candidate; of NIL for None."""
    row = -1 if concept is None else each.concepts.index(concept)
    return float(each.features[row, FEATURES.index(name)])


def test_features_are_what_each_side_says(kb) -> None:
    fever, cough, cold = (kb.index_of(f"MESH:{i}") for i in ("D005334", "D003371", "D000001"))
    evidence = Evidence(
        lexical=(
            Candidate("MESH:D005334", "Fever", 0.99, "case"),
            Candidate("MESH:D003371", "Cough", 0.5, "ngram"),
        ),
        dense=(
            DenseHit(fever, "Pyrexia", 0.9, False),
            DenseHit(cold, "colds", 0.8, False, 0.5, True),
        ),
        written=(Candidate("MESH:D003371", "Cough", 0.3, "generated", log_prob=math.log(0.3)),),
        nil=0.2,
        wanted={fever, cold},
    )
    ids = {"MESH:D005334": fever, "MESH:D003371": cough}
    each = weighable(evidence, ids, Contexts(kb))
    assert each.concepts == tuple(sorted((fever, cough, cold)))
    assert feature(each, fever, "name") == 0.99
    assert feature(each, fever, "name_exact") == 1
    assert feature(each, fever, "cosine") == 0.9
    assert feature(each, fever, "nearest") == 1
    assert feature(each, fever, "written") == pytest.approx(math.log(FLOOR))
    assert feature(each, cough, "name_exact") == 0
    assert feature(each, cough, "no_cosine") == 1
    assert feature(each, cough, "written") == pytest.approx(math.log(0.3))
    assert feature(each, cough, "type") == 0
    assert feature(each, cold, "no_name") == 1
    assert feature(each, cold, "cosine_learned") == 0.4
    assert feature(each, None, "nil") == 1
    assert feature(each, None, "nil_name") == 0.99
    assert feature(each, None, "nil_cosine") == 0.9
    assert feature(each, None, "nil_written") == pytest.approx(math.log(0.2))
    routes = {c: s.route for c, s in zip(each.concepts, each.shown)}
    assert routes == {fever: "case", cough: "generated", cold: "training-dense"}


def test_passage_tells_other_names_and_words_of_definitions(kb) -> None:
    contexts = Contexts(kb)
    type2 = kb.index_of("MESH:D003924")
    diabetes = kb.index_of("MESH:D003920")
    start = PASSAGE.index("the diabetes") + 4
    context = contexts.of(Query("diabetes", None, None, PASSAGE, start, start + 8))
    assert contexts.is_named(context, type2)  # NIDDM
    assert not contexts.is_named(context, diabetes)  # that is the mention itself
    assert contexts.is_defined(context, type2) == pytest.approx(1 / 3)  # diabetes, which, insulin
    assert contexts.of(Query("fever")) is None
    assert not contexts.is_named(None, type2)


def some_judged(n: int, seed: int = 0) -> tuple[list[Judged], np.ndarray]:
    """:returns: mentions whose right answer is drawn by known weights."""
    rng = np.random.default_rng(seed)
    wanted = np.zeros(len(FEATURES))
    for name, value in (("cosine", 6.0), ("written", 1.0), ("nil", 2.0)):
        wanted[FEATURES.index(name)] = value
    judged = []
    for _ in range(n):
        features = np.zeros((5, len(FEATURES)))
        features[:4, FEATURES.index("cosine")] = rng.random(4)
        features[:4, FEATURES.index("written")] = -3 * rng.random(4)
        features[4, FEATURES.index("nil")] = 1
        shown = tuple(Candidate("", "", 0.0, "dense") for _ in range(4))
        right = int(rng.choice(5, p=softmax(features @ wanted)))
        judged.append(Judged(Weighable((0, 1, 2, 3), shown, features), (right,)))
    return judged, wanted


def loss(judged: list[Judged], weights: np.ndarray) -> float:
    shares = [softmax(each.mention.features @ weights)[list(each.right)] for each in judged]
    return -float(np.mean([math.log(share.sum()) for share in shares]))


def test_fitted_weights_come_near_those_that_made_the_answers() -> None:
    judged, wanted = some_judged(3000)
    found = fit_weights(judged)
    np.testing.assert_allclose(found, wanted, atol=0.5)
    assert loss(judged, found) <= loss(judged, wanted) + 1e-4
    # No step to any side makes it better: it is the minimum.
    for at in np.flatnonzero(wanted):
        for step in (-0.3, 0.3):
            aside = found.copy()
            aside[at] += step
            assert loss(judged, aside) > loss(judged, found)


def test_mentions_without_a_right_candidate_teach_nothing() -> None:
    judged, _ = some_judged(200)
    lost = [Judged(each.mention, ()) for each in some_judged(50, seed=1)[0]]
    np.testing.assert_array_equal(fit_weights(judged), fit_weights([*judged, *lost]))
    with pytest.raises(InputError, match="no mention has its right concept"):
        fit_weights(lost)


def test_shares_of_candidates_and_nil_sum_to_one() -> None:
    (each, *_), wanted = some_judged(1)
    weighed = weigh(each.mention, wanted)
    assert weighed.shares.sum() + weighed.nil == pytest.approx(1)
    shares = weighed.shares[list(weighed.order)]
    assert (np.diff(shares) <= 0).all()


def test_weights_are_read_as_they_were_written(tmp_path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(DEFAULT_WEIGHTS.to_json())
    assert FusionWeights.read(path) == DEFAULT_WEIGHTS
    assert DEFAULT_WEIGHTS.vector(asked=True).shape == (len(FEATURES),)
    for bad in ("{}", "[]", "no", DEFAULT_WEIGHTS.to_json().replace('"cosine"', '"colour"')):
        path.write_text(bad)
        with pytest.raises((InputError, UnknownNameError), match=r"weights\.json"):
            FusionWeights.read(path)


def test_default_weights_name_known_features_only() -> None:
    assert {*DEFAULT_WEIGHTS.asked, *DEFAULT_WEIGHTS.alone} <= set(FEATURES)


@pytest.mark.parametrize("model", [None, "tiny"])
def test_candidates_of_all_sides_are_there(kb, model) -> None:
    generator = None if model is None else tiny_generator(nil=None)
    linker = FusedLinker(kb, LetterEncoder(), generator)
    link = linker.link_batch([Query("renal cancer of the old")], exhaustive=True)[0]
    ids = {c.concept_id for c in link.candidates}
    sides = [linker.lexical, linker.dense, *([] if model is None else [linker.generative])]
    for side in sides:
        (own,) = side.link_batch([Query("renal cancer of the old")], exhaustive=True)
        assert {c.concept_id for c in own.candidates} <= ids
    assert "MESH:D007680" in ids
    if model is None:
        assert link.candidates[0].concept_id == "MESH:D007680"
        assert link.candidates[0].route == "dense"


def test_names_answer_without_model_and_vectors(kb) -> None:
    def never():
        raise AssertionError("nobody was to ask")

    encoder = LetterEncoder()
    linker = FusedLinker(kb, encoder, never)
    before = encoder.n_encoded
    links = linker.link_batch([Query("fever"), Query("Aspirin"), Query("?!")])
    assert [link.route for link in links] == ["case", "identical", "nil"]
    assert encoder.n_encoded == before


def test_nil_is_a_share_like_any_other(kb) -> None:
    sure_of_nil = FusionWeights(asked={}, alone={"nil": 50.0})
    linker = FusedLinker(kb, LetterEncoder(), config=FusedConfig(weights=sure_of_nil))
    link = linker.link("renal cancer")
    assert link.is_nil
    assert link.reasons["nil"].startswith("NIL weighs 1.00")
    bold = FusedLinker(
        kb, LetterEncoder(), config=FusedConfig(weights=sure_of_nil, least_share=0.0)
    )
    assert not bold.link("renal cancer").is_nil


def test_near_names_are_in_the_small_trie_of_a_shortlist(kb) -> None:
    text = "pyrexia of old"
    config = GenerativeConfig(shortlist="trie", shortlist_size=3)
    lexical = GenerativeLinker(kb, tiny_generator(), config=config)
    options = LinkerOptions(model=tiny_generator(), encoder=LetterEncoder(), shortlist="trie", k=3)
    both = make_linker("generative", kb, options=options)
    ids = [
        {c.concept_id for c in each.link_batch([Query(text)], exhaustive=True)[0].candidates}
        for each in (lexical, both)
    ]
    assert len(ids[1]) <= 3
    near = make_linker("dense", kb, options=LinkerOptions(encoder=LetterEncoder()))
    assert near.candidates(text)[0].concept_id in ids[1]


def test_fused_linker_does_without_a_model(kb) -> None:
    options = LinkerOptions(model=NO_MODEL, encoder=LetterEncoder())
    linker = make_linker("fused", kb, options=options)
    assert isinstance(linker, FusedLinker)
    assert linker.generative is None
    assert linker.link("renal cancer").log_prob is None
