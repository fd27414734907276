from __future__ import annotations

import pytest
from tiny import open_tiny
from tiny_generator import tiny_generator

from biotk.candidates.learned import LearnedNames
from biotk.errors import InputError, UnknownNameError
from biotk.linking import (
    CascadeConfig,
    CascadeLinker,
    GenerativeConfig,
    GenerativeLinker,
    LexicalConfig,
    LexicalLinker,
    Query,
)
from biotk.linking.combining import CombiningConfig, combine
from biotk.linking.registry import LINKERS, LinkerOptions, make_linker

SURE = tiny_generator(nil=None)
NEAR = "congestive heart failur"  # a neighbour only
UNLIKE = CombiningConfig(fit=0.0)  # how names look does not matter


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture
def asked(kb, monkeypatch):
    """:returns: a cascade, and the mentions that each of its searches was given."""
    linker = CascadeLinker(kb, SURE)
    batches = []
    link_batch = linker.generative.link_batch

    def noted(queries, **options):
        batches.append([query.text for query in queries])
        return link_batch(queries, **options)

    monkeypatch.setattr(linker.generative, "link_batch", noted)
    return linker, batches


def test_names_are_answered_by_names_and_the_rest_in_one_search(asked):
    linker, batches = asked
    texts = ["fever", NEAR, "Cold", "heart falure", "type 2 diabetes mellitus"]
    links = linker.link_batch([Query(text) for text in texts])
    assert batches == [[NEAR, "heart falure", "type 2 diabetes mellitus"]]
    assert [links[0].route, links[2].route] == ["case", "identical"]
    lexical = LexicalLinker(linker.kb)
    assert links[0] == lexical.link("fever")


@pytest.mark.parametrize("config", [CombiningConfig(), UNLIKE], ids=["default", "model first"])
def test_what_is_not_sure_is_answered_by_both_together(kb, config):
    link = CascadeLinker(kb, SURE, config=CascadeConfig(combining=config)).link(NEAR)
    generated = GenerativeLinker(kb, SURE).link(NEAR)
    near = LexicalLinker(kb).link(NEAR)
    nil = generated.nil_interval[0]
    found = combine(near.candidates, generated.candidates, nil, config)
    assert link.candidates == found.candidates
    best = found.candidates[0]
    assert (link.concept_id, link.score, link.matched, link.route, link.log_prob) == (
        best.concept_id, best.score, best.name, best.route, best.log_prob
    )  # fmt: skip
    assert link.nil_interval == generated.nil_interval
    # A word misspelt is the names' business, and what the model says is that of this model.
    first = near if config is not UNLIKE else generated
    assert link.concept_id == first.concept_id


def test_nil_of_the_model_takes_part(kb):
    unsure = tiny_generator(beams=60)
    (link,) = CascadeLinker(kb, unsure).link_batch([Query("heart attack of the old")])
    bold = CascadeConfig(generative=GenerativeConfig(least_share=0.0))
    answered = CascadeLinker(kb, unsure, config=bold).link("heart attack of the old")
    assert answered.concept_id == link.candidates[0].concept_id
    wary = CascadeConfig(combining=CombiningConfig(nil_fit=1.0))
    told = CascadeLinker(kb, unsure, config=wary).link("heart attack of the old")
    assert told.is_nil
    assert told.reasons["nil"].startswith("NIL has a share of")
    assert told.candidates[0].score < link.candidates[0].score


def test_good_neighbour_is_kept_where_the_configuration_says_so(kb):
    score = LexicalLinker(kb).link(NEAR).score
    assert 0.65 < score < 0.9
    for keep, route in ((score, "ngram"), (score + 0.01, "generated")):
        linker = CascadeLinker(kb, SURE, config=CascadeConfig(keep=keep, combining=UNLIKE))
        assert linker.link(NEAR).route == route


def test_short_form_that_is_another_s_name_is_left_to_the_model(asked):
    linker, batches = asked
    link = linker.link("CAT", long_form="computed axial thing")
    assert batches == [["CAT"]]
    assert link.query == "computed axial thing"


def test_learned_names_answer_before_the_model(kb):
    learned = LearnedNames(kb)
    learned.add("sugar sickness", "MESH:D003920")
    linker = CascadeLinker(kb, SURE, learned=learned)
    link = linker.link("sugar sickness")
    assert (link.concept_id, link.route) == ("MESH:D003920", "training")


def test_exhaustive_asks_the_model_for_runners_up_only(asked, kb):
    linker, batches = asked
    (link,) = linker.link_batch([Query("cold")], exhaustive=True)
    assert batches == [["cold"]]
    assert (link.concept_id, link.route) == ("MESH:D000001", "case")
    routes = [candidate.route for candidate in link.candidates]
    # What is sure, then what the model wrote, then what is left of the neighbours.
    assert routes[:2] == ["case", "case"]
    assert routes[2] == "generated"
    assert routes == sorted(routes, key=["case", "generated", "ngram"].index)


def test_mention_that_the_model_cannot_be_given_stays_with_the_lexical_linker(kb):
    linker = CascadeLinker(kb, SURE, config=CascadeConfig(combining=UNLIKE))
    long = "heart falure of " + "zyx " * 40
    near, blank, other = linker.link_batch([Query(NEAR), Query(" "), Query(long)])
    assert near.route == "generated"
    lexical = LexicalLinker(kb).link(long)
    assert (other.concept_id, other.route, other.candidates) == (
        lexical.concept_id,
        lexical.route,
        lexical.candidates,
    )
    assert other.reasons["refused"]
    assert other.reasons["nil"] == lexical.reasons["nil"]
    # What is blank has nothing to ask for.
    assert blank == LexicalLinker(kb).link(" ")


def test_refused_mention_keeps_an_uncertain_lexical_answer(kb):
    linker = CascadeLinker(kb, SURE, config=CascadeConfig(keep=2.0))
    text = " ".join(["fever"] * 40)
    assert "refused" in linker.link(text).reasons
    # A name is never too long for being looked up.
    config = CascadeConfig(keep=2.0)
    short = CascadeLinker(kb, tiny_generator(nil=None), config=config)
    short.generative.generator.form._max_tokens = 3
    link = short.link("fever")
    assert (link.concept_id, link.route) == ("MESH:D005334", "case")
    assert "the model has room for 3" in link.reasons["refused"]


def test_model_that_ranks_by_means_keeps_its_order(kb):
    model = tiny_generator("vocabulary", nil=None)
    linker = CascadeLinker(kb, model, config=CascadeConfig(keep=2.0, combining=UNLIKE))
    generated = GenerativeLinker(kb, model).link("heart falure")
    link = linker.link("heart falure")
    ids = [each.concept_id for each in generated.candidates]
    assert len(ids) > 2
    assert [each.concept_id for each in link.candidates][: len(ids)] == ids


def test_nil_says_what_both_linkers_found(kb):
    strict = CascadeConfig(generative=GenerativeConfig(threshold=1.0))
    linker = CascadeLinker(kb, SURE, config=strict)
    unknown, near = linker.link("xylophone"), linker.link(NEAR)
    assert unknown.is_nil
    assert near.is_nil
    assert unknown.reasons["nil"].endswith("is below 1.00")
    assert unknown.reasons["model"].startswith("the model's best score")
    assert unknown.reasons["lexical"] == LexicalLinker(kb).link("xylophone").reasons["nil"]
    assert near.reasons["lexical"].startswith("MESH:D006333 with a score of 0.")
    assert near.candidates


def test_candidates_are_cut_after_both_were_heard(kb):
    linker = CascadeLinker(kb, SURE, config=CascadeConfig(n_kept=2))
    assert all(len(linker.link(text).candidates) <= 2 for text in ("cold", NEAR, "xylophone"))


# The registry


def test_registry_makes_each_linker_with_its_options(kb):
    options = LinkerOptions(model=SURE, k=7, threshold=0.2, n_best=3, n_kept=4, keep=0.95)
    made = make_linker("generative", kb, options=options)
    assert made.config == GenerativeConfig(
        shortlist_size=7, threshold=0.2, n_best=3, n_kept=4, shortlist=None
    )
    made = make_linker("cascade", kb, options=options)
    assert (made.config.keep, made.config.n_kept) == (0.95, 4)
    assert made.generative.config.threshold == 0.2
    assert made.lexical.config == LexicalConfig(k=7)
    made = make_linker("lexical", kb, options=LinkerOptions(threshold=0.5, n_kept=1))
    assert made.config == LexicalConfig(threshold=0.5, n_kept=1)
    assert set(LINKERS) == {"lexical", "generative", "cascade", "dense", "fused", "routed"}


def test_registry_refuses_what_does_not_go_together(kb):
    with pytest.raises(UnknownNameError, match="cascade, dense, fused, generative, lexical"):
        make_linker("lexicl", kb)
    with pytest.raises(InputError, match="choose the linker generative or cascade"):
        make_linker("lexical", kb, options=LinkerOptions(model="x"))


def test_model_is_loaded_when_names_do_not_answer(kb):
    loaded = []

    def load():
        loaded.append(1)
        return SURE

    linker = CascadeLinker(kb, load)
    assert linker.link("fever").concept_id == "MESH:D005334"
    assert not loaded
    for _ in range(2):
        assert linker.link(NEAR).candidates == CascadeLinker(kb, SURE).link(NEAR).candidates
    assert loaded == [1]


def test_model_that_cannot_be_loaded_is_told_at_once(kb, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no model 'mime'"):
        make_linker("cascade", kb, options=LinkerOptions(model="mime"))
    (tmp_path / "config.json").write_text('{"format": "biotk-maxi"}')
    with pytest.raises(UnknownNameError, match="biotk-maxi"):
        make_linker("cascade", kb, options=LinkerOptions(model=tmp_path))
    (tmp_path / "config.json").write_text('{"format": "biotk-mini"}')
    monkeypatch.setattr("biotk.nn.encoder_files.locate", _not_there)
    monkeypatch.setattr("biotk.nn.encoder_files.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"Install it: pip install 'biotk\[models\]'"):
        make_linker("cascade", kb, options=LinkerOptions(model=tmp_path))


def _not_there(*told, **options):
    raise InputError("not there")
