"""Ways to decide NIL over one linker: what each answers, and what each refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import open_tiny
from tiny_calibration import made_calibration
from tiny_generator import tiny_generator

from biotk.document import Candidate, Link
from biotk.errors import InputError, KbMismatchError, UnknownNameError
from biotk.linking import LexicalLinker, Query
from biotk.linking.calibration import Calibration, view_of
from biotk.linking.nil import STRATEGIES, NilConfig, NilLinker
from biotk.linking.nil_evidence import FEATURES, evidence_of, nil_features, similarity
from biotk.linking.registry import LinkerOptions, made_of, make_linker

DISEASES = ["MESH:D006331", "MESH:D006333", "MESH:D005334"]
TEXTS = ["heart failure", "fever", "Lasix", "kidney cancer", "congestive heart failur", "yeti"]


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def part(kb):
    return kb.subset(ids=DISEASES)


@pytest.fixture(scope="module")
def calibration():
    return made_calibration()


def linked(kb, part, strategy, calibration=None, **options):
    given = LinkerOptions(nil=strategy, calibration=calibration, **options)
    linker = make_linker("lexical", kb, subset=part, options=given)
    return linker.link_batch([Query(text) for text in TEXTS])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nothing_outside_the_part_is_ever_answered(kb, part, calibration, strategy):
    for link in linked(kb, part, strategy, calibration):
        assert link.concept_id is None or kb.index_of(link.concept_id) in part
        assert link.is_nil == ("nil" in link.reasons)


def test_none_answers_whatever_is_nearest(kb, part):
    links = linked(kb, part, "none")
    direct = LexicalLinker(kb, subset=part)
    for text, link in zip(TEXTS, links):
        best = direct.candidates(text)
        assert link.concept_id == (best[0].concept_id if best else None)


def test_threshold_is_the_score_below_which_it_is_nil(kb, part, calibration):
    free = linked(kb, part, "none")
    for least in (0.3, 0.7, 0.995):
        links = linked(kb, part, "threshold", threshold=least)
        assert [link.is_nil for link in links] == [link.score < least for link in free]
    own = linked(kb, part, "threshold", calibration)
    assert [link.is_nil for link in own] == [link.score < 0.6 for link in free]


def test_prune_answers_what_the_whole_would_if_it_is_in_the_part(kb, part):
    whole = linked(kb, None, "none")
    for link, free in zip(linked(kb, part, "prune"), whole):
        inside = free.concept_id is not None and kb.index_of(free.concept_id) in part
        assert link.concept_id == (free.concept_id if inside else None)


def test_mass_compares_the_best_with_what_the_model_gives_to_none(kb, part):
    generator = tiny_generator()
    options = LinkerOptions(model=generator, nil="mass")
    linker = make_linker("generative", kb, subset=part, options=options)
    found = {True: 0, False: 0}
    for text in TEXTS:
        link = linker.link(text)
        best, (low, high) = link.candidates[0], link.nil_interval
        assert link.is_nil == (np.exp(best.log_prob) < (low + high) / 2)
        found[link.is_nil] += 1
    assert found[True]


def test_calibrated_answers_what_is_likelier_right_than_nil(kb, part, calibration):
    links = linked(kb, part, "calibrated", calibration)
    assert [link.is_nil for link in links] == [False, False, True, True, True, True]
    assert links[0].probability == pytest.approx(0.9, abs=0.08)
    assert links[3].probability == pytest.approx(0.7, abs=0.15)
    assert links[0].candidate_set(coverage=0.5) == (links[0].concept_id,)
    assert all(link.probability is not None and link.sets is not None for link in links)


def test_reason_names_what_it_is_not_in(kb, part, calibration):
    for subset, where in ((part, "this part"), (None, "the KB")):
        options = LinkerOptions(calibration=calibration, threshold=0.0)
        linker = make_linker("lexical", kb, subset=subset, options=options)
        linker.config = NilConfig(least_share=0.999999)
        (link,) = linker.link_batch([Query("fever")])
        assert link.reasons["nil"].startswith(f"not in {where} with a probability of ")


def test_share_that_is_needed_moves_the_decision(kb, part, calibration):
    linker = make_linker("lexical", kb, subset=part, options=LinkerOptions(calibration=calibration))
    given = linker.evidence([Query(text) for text in TEXTS])
    counts = []
    for least in (0.01, 0.5, 0.99):
        linker.config = NilConfig(least_share=least)
        counts.append(sum(link.is_nil for link in linker.decide(given)))
    assert counts[0] < counts[1] < counts[2]


def test_views_are_told_apart(kb, part, calibration):
    def view(strategy, subset):
        options = LinkerOptions(nil=strategy, calibration=calibration)
        linker = make_linker("lexical", kb, subset=subset, options=options)
        return view_of(linker.evidence([Query("fever")])[0])

    assert view("calibrated", part) == "whole"
    assert view("calibrated-part", part) == "part"
    assert view("calibrated", None) == "kb"


def test_sets_of_a_link_that_lost_candidates_promise_less(kb, calibration):
    table = calibration.views["kb"].coverage
    options = LinkerOptions(calibration=calibration)
    linker = make_linker("lexical", kb, options=options)
    (each,) = linker.evidence([Query("heart diseas")])
    assert len(each.inside.candidates) > 1
    linker.config = NilConfig(n_kept=1)
    (cut,) = linker.decide([each])
    linker.config = NilConfig()
    (full,) = linker.decide([each])
    assert len(cut.candidates) == 1 and len(cut.sets.levels) == 2
    assert cut.sets.reached == min(full.sets.levels[1:-1]) < table.reached


def test_what_a_strategy_needs_is_told(kb, part, calibration):
    inside = LexicalLinker(kb, subset=part)
    for strategy, message in (
        ("prune", "needs the whole KB"),
        ("calibrated", "biotk calibrate makes one"),
        ("threshold", "needs a threshold"),
    ):
        with pytest.raises(InputError, match=message):
            NilLinker(inside, subset=part, config=NilConfig(strategy=strategy))
    with pytest.raises(UnknownNameError, match="Did you mean 'prune'"):
        make_linker("lexical", kb, options=LinkerOptions(nil="pruned"))
    with pytest.raises(InputError, match="no calibration nonesuch"):
        make_linker("lexical", kb, options=LinkerOptions(calibration="nonesuch"))


def test_calibration_of_something_else_is_refused(kb, tmp_path):
    used = made_of("lexical", LinkerOptions())
    made_calibration(kb=kb.fingerprint).check(kb, used)
    with pytest.raises(KbMismatchError, match="biotk calibrate --kb"):
        made_calibration(kb="another").check(kb, used)
    with pytest.raises(InputError, match="for the linker cascade, not for lexical"):
        replace(made_calibration(), made_with={"linker": "cascade"}).check(kb, used)
    with pytest.raises(InputError, match="for the model mine, not for none"):
        made_calibration(model="mine").check(kb, used)


def test_calibration_survives_its_file(kb, part, calibration, tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text(calibration.to_json())
    options = LinkerOptions(calibration=path)
    linker = make_linker("lexical", kb, subset=part, options=options)
    for link, known in zip(
        linker.link_batch([Query(text) for text in TEXTS]),
        linked(kb, part, "calibrated", calibration),
        strict=True,
    ):
        assert link.concept_id == known.concept_id
        assert link.probability == pytest.approx(known.probability, abs=0.01)


@pytest.mark.parametrize("damage", ["", "{}", '{"format": "biotk-fusion", "version": 1}', "cut"])
def test_damaged_calibration_is_one_error(calibration, tmp_path, damage):
    path = tmp_path / "calibration.json"
    path.write_text(calibration.to_json()[:5000] if damage == "cut" else damage)
    with pytest.raises(InputError, match=r"calibration\.json cannot be read.*biotk calibrate"):
        Calibration.read(path)


def test_features_tell_what_is_known(kb, part):
    inside = Link(
        "MESH:D006333",
        candidates=(
            Candidate("MESH:D006333", "Heart Failure", 0.8, "generated", log_prob=-0.5),
            Candidate("MESH:D006331", "Heart Diseases", 0.1, "ngram"),
        ),
        nil_interval=(0.1, 0.3),
    )
    whole = Link("MESH:D001241", candidates=(Candidate("MESH:D001241", "Aspirin", 0.9, "exact"),))
    query = Query("HF", type="Disease", score=0.7)
    seen = [
        evidence_of(query, inside, whole, subset=part, kb=kb),
        evidence_of(query, inside, subset=part, kb=kb),
        evidence_of(Query("x"), Link(None), Link(None), subset=part, kb=kb),
    ]
    rows = [dict(zip(FEATURES, row)) for row in nil_features(kb, seen).tolist()]
    assert rows[0]["margin"] == pytest.approx(0.7) and rows[0]["written"] == 1
    assert (rows[0]["nil_low"], rows[0]["nil_high"], rows[0]["detector"]) == (0.1, 0.3, 0.7)
    assert rows[0]["short"] == 1 and rows[0]["type"] == 1
    assert rows[0]["whole_inside"] == 0 and rows[0]["outside_share"] == 1
    assert rows[0]["lead"] == pytest.approx(0.1)
    assert np.isnan(rows[1]["whole_score"]) and rows[1]["score"] == 0.8
    assert rows[2]["score"] == 0 and rows[2]["whole_score"] == 0 and np.isnan(rows[2]["detector"])


def test_similarity_counts_letters_in_common():
    assert similarity("Heart-failure", "heart failure") == 1
    assert similarity("abc", "xyz") < 0.3 < similarity("kidney cancer", "kidney cancers") < 1
    assert similarity("", "heart") == 0
