"""What the generative linker answers, held to the scores of every name one by one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial

import pytest
from oracles import score_names
from tiny import open_tiny
from tiny_generator import NIL, tiny_generator, write_checkpoint
from tiny_models import tiny_model

from biotk.candidates.learned import LearnedNames
from biotk.decoding import Decoded, DecodedName
from biotk.decoding.search import ConstrainedSearch
from biotk.errors import InputError, KbMismatchError, UnknownNameError
from biotk.index.token_trie import TokenTrie
from biotk.kb import KbBuilder, open_kb
from biotk.linking import GenerativeConfig, GenerativeLinker, LexicalConfig, LexicalLinker, Query
from biotk.linking.generator import FORMATS, load_generator
from biotk.linking.ranking import rank_concepts
from biotk.nn.seq2seq import Seq2Seq
from biotk.text.cleaning import clean_genbioel
from biotk.types import Concept

TEXT = "He has had a fever since Monday; no cough, but cold feet."
ALL = GenerativeConfig(n_best=0, n_kept=100)


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


def ask(mention, **known):
    start = TEXT.index(mention)
    return Query(mention, passage=TEXT, start=start, end=start + len(mention), **known)


def sequences(kb, form):
    """:returns: the tokens of each name of the KB."""
    return [tuple(ids) for ids in form.encode_batch(list(map(clean_genbioel, kb.iter_names())))]


def enumerated(kb, query, *, normalisation, concepts=None, only_these=False):
    """Score all names of the KB, and make concepts of them, without any search.

    :param concepts: those that may be answered.
    :param only_these: whether nothing else is in the trie.
    :returns: the score of each concept, and of NIL.
    """
    generator = tiny_generator()
    names = sequences(kb, generator.form)
    concepts = set(range(len(kb))) if concepts is None else set(concepts)
    within = [i for i in range(len(names)) if int(kb.name_concepts[i]) in concepts]
    pool = sorted({names[i] for i in (within if only_these else range(len(names)))})
    passage, start, end = query.place
    each = generator.form.encode(passage, start=start, end=end)
    model = tiny_model("bart", vocabulary=300, spread=0.3)
    scores = score_names(model, each, pool, end=2, normalisation=normalisation, nil=NIL)
    merged: dict[int, dict] = {}
    for i in within:
        merged.setdefault(int(kb.name_concepts[i]), {})[names[i]] = scores[names[i]]
    combine = max if normalisation == "vocabulary" else lambda v: math.log(sum(map(math.exp, v)))
    found = {kb.id_of(c): math.exp(combine(list(own.values()))) for c, own in merged.items()}
    outside = [s for name, s in scores.items() if name and name not in {names[i] for i in within}]
    nil = math.exp(scores[()])
    return found, nil, nil + sum(map(math.exp, outside))


@pytest.mark.parametrize("normalisation", ["trie", "vocabulary"])
def test_candidates_are_those_of_full_enumeration(kb, normalisation):
    linker = GenerativeLinker(kb, tiny_generator(normalisation, beams=60), config=ALL)
    for query in (ask("fever"), ask("cough"), Query("cold")):
        (link,) = linker.link_batch([query])
        want, nil, _ = enumerated(kb, query, normalisation=normalisation)
        got = {c.concept_id: c.score for c in link.candidates}
        assert got == pytest.approx(want, abs=2e-4)
        if link.is_nil:
            assert max(want.values()) < nil + 2e-4
        else:
            assert want[link.concept_id] == pytest.approx(max(want.values()), abs=2e-4)
            assert link.score > nil - 2e-4
        assert (link.nil_interval is None) == (normalisation == "vocabulary")
        if link.nil_interval:
            assert link.nil_interval == pytest.approx((nil, nil), abs=2e-4)


def test_answers_differ_with_the_passage(kb):
    linker = GenerativeLinker(kb, tiny_generator(nil=None), config=ALL)
    alone, within = linker.link_batch([Query("cold"), ask("cold")])
    assert [c.score for c in alone.candidates] != [c.score for c in within.candidates]


def test_nil_is_what_the_subset_cuts_off(kb):
    subset = kb.subset(types=["Chemical"])
    linker = GenerativeLinker(kb, tiny_generator(beams=60), subset=subset, config=ALL)
    (link,) = linker.link_batch([ask("fever")])
    want, _, outside = enumerated(
        kb, ask("fever"), normalisation="trie", concepts=subset.indices.tolist()
    )
    assert {c.concept_id: c.score for c in link.candidates} == pytest.approx(want, abs=2e-4)
    assert link.nil_interval == pytest.approx((outside, outside), abs=2e-4)
    assert outside > max(want.values())
    assert link.is_nil
    assert link.reasons["nil"].startswith("the model gives NIL at least")
    # The threshold is the one of the configuration.
    bold = GenerativeLinker(
        kb, tiny_generator(beams=60), subset=subset, config=replace(ALL, least_share=0.0)
    )
    (link,) = bold.link_batch([ask("fever")])
    assert link.concept_id == link.candidates[0].concept_id in want


@pytest.mark.parametrize("shortlist", [None, "trie", "subset"])
@pytest.mark.parametrize("part", [None, ["Chemical", "Gene"]])
def test_type_of_a_mention_is_a_condition(kb, shortlist, part):
    subset = None if part is None else kb.subset(types=part)
    within = replace(ALL, shortlist=shortlist, shortlist_size=100)
    found = []
    for config in (within, replace(within, within_type=False)):
        linker = GenerativeLinker(kb, tiny_generator(beams=60), subset=subset, config=config)
        found.append(linker.link_batch([ask("cold"), ask("cold", type="Chemical")]))
    (untyped, typed), (loose, mixed) = found
    types = {c.concept_id: kb.types_of(kb.index_of(c.concept_id)) for c in untyped.candidates}
    assert part or {"Chemical" in each for each in types.values()} == {True, False}
    fitting = [c for c in untyped.candidates if "Chemical" in types[c.concept_id]]
    assert [c.concept_id for c in typed.candidates] == [c.concept_id for c in fitting]
    # What the others had is shared out, by the same factor for all; a trie of its own is another.
    more = [two.log_prob - one.log_prob for two, one in zip(typed.candidates, fitting, strict=True)]
    assert shortlist == "trie" or more == pytest.approx([more[0]] * len(more), abs=1e-3)
    assert shortlist == "trie" or more[0] > 0.1
    # Without the condition the type only puts concepts of a name in order.
    assert {c.concept_id: c.score for c in mixed.candidates} == pytest.approx(
        {c.concept_id: c.score for c in loose.candidates}
    )


@pytest.mark.parametrize("shortlist", ["trie", "subset"])
@pytest.mark.parametrize("typed", [None, "Chemical"])
def test_shortlist_is_full_enumeration_of_the_candidates(kb, shortlist, typed):
    config = replace(ALL, shortlist=shortlist, shortlist_size=3)
    subset = None if typed is None else kb.subset(types=[typed])
    linker = GenerativeLinker(kb, tiny_generator(beams=60), subset=subset, config=config)
    lexical = LexicalLinker(kb, subset=subset, config=LexicalConfig(k=3))
    queries = [Query("cold"), Query("heart diseas"), Query("diabetes type 2"), Query("xylophon")]
    seen = 0
    for query, link in zip(queries, linker.link_batch(queries), strict=True):
        near = [kb.index_of(c.concept_id) for c in lexical.candidates(query.text)]
        seen += bool(near)
        assert {c.concept_id for c in link.candidates} == set(map(kb.id_of, near))
        if not near:
            assert link.reasons["nil"] == "the model found no name that may be answered"
            continue
        want, nil, outside = enumerated(
            kb, query, normalisation="trie", concepts=near, only_these=shortlist == "trie"
        )
        assert {c.concept_id: c.score for c in link.candidates} == pytest.approx(want, abs=2e-4)
        low = nil if shortlist == "trie" else outside
        assert link.nil_interval == pytest.approx((low, low), abs=2e-4)
    assert seen >= (3 if typed is None else 1)


def test_unknown_shortlist_is_refused():
    with pytest.raises(UnknownNameError, match="subset, trie"):
        GenerativeConfig(shortlist="tri")  # type: ignore[arg-type]


# Homonyms


HOMONYMS = [
    Concept("A:1", "gout", types=("Gene",)),
    Concept("A:2", "gout", types=("Disease",)),
    Concept("A:3", "gout", types=("Disease",)),
    Concept("A:4", "podagra", ("gout", "big toe"), ("Disease",)),
]


@pytest.fixture(scope="module")
def gout(tmp_path_factory):
    builder = KbBuilder("gout")
    builder.add(HOMONYMS)
    return open_kb(builder.write(tmp_path_factory.mktemp("kb") / "gout"))


def ranked_gout(
    gout,
    names=((5,), (5,), (5,), (6,), (5,), (7,)),
    likely=(((5,), 0.5), ((7,), 0.25)),
    **known,
):
    trie = TokenTrie.from_sequences(names, concepts=[0, 1, 2, 3, 3, 3])
    found = [
        DecodedName(trie.find(tokens), range(0), math.log(p), math.log(p)) for tokens, p in likely
    ]
    mass = sum(p for _, p in likely)
    decoded = Decoded(
        names=tuple(found), nil_log_prob=None, mass_in=mass, mass_out=0.0, normalisation="trie"
    )
    return rank_concepts(decoded, trie, gout, **known)


def test_of_equally_likely_homonyms_preferred_names_go_first(gout):
    got = [(c.concept_id, c.score, c.tied) for c in ranked_gout(gout, likely=[((5,), 0.5)])]
    assert got == [("A:1", 0.5, True), ("A:2", 0.5, True), ("A:3", 0.5, True), ("A:4", 0.5, False)]


def test_homonyms_share_out_the_places_of_their_scores(gout):
    """The likeliest concept is answered, unless a homonym of it is meant by the mention."""
    names = [(5,), (9,), (8,), (10,), (5,), (6,)]
    likely = [((8,), 0.4), ((5,), 0.3), ((6,), 0.25)]
    got = ranked_gout(gout, names=names, likely=likely)
    assert [(c.concept_id, c.score) for c in got] == [("A:4", 0.55), ("A:3", 0.4), ("A:1", 0.3)]
    got = ranked_gout(gout, names=names, likely=likely, shares={0: 1.0})
    assert [(c.concept_id, c.score) for c in got] == [("A:1", 0.3), ("A:3", 0.4), ("A:4", 0.55)]


def test_homonyms_go_by_preferred_name_then_by_id_and_ties_are_told(gout):
    got = [(c.concept_id, c.name, c.score, c.tied) for c in ranked_gout(gout)]
    assert got == [
        ("A:4", "gout", 0.75, False),
        ("A:1", "gout", 0.5, True),
        ("A:2", "gout", 0.5, True),
        ("A:3", "gout", 0.5, True),
    ]


def test_homonyms_go_by_type_first(gout):
    got = [(c.concept_id, c.tied) for c in ranked_gout(gout, wanted="Disease")]
    assert got == [("A:4", False), ("A:2", True), ("A:3", True), ("A:1", False)]


def test_homonyms_go_by_what_annotators_meant(gout):
    got = [c.concept_id for c in ranked_gout(gout, wanted="Disease", shares={3: 1.0, 0: 1.0})]
    assert got == ["A:4", "A:2", "A:3", "A:1"]
    linker = GenerativeLinker(gout, tiny_generator(nil=None), config=ALL)
    (first,) = linker.link_batch([Query("gout", "Disease")])
    assert first.is_tied == (first.matched == "gout" and first.concept_id == "A:2")
    learned = LearnedNames(gout)
    learned.add("my gout", "A:3")
    linker = GenerativeLinker(gout, tiny_generator(nil=None), learned=learned, config=ALL)
    (link,) = linker.link_batch([Query("my gout", "Disease")])
    order = [c.concept_id for c in link.candidates if c.name == "gout"]
    assert order.index("A:3") < order.index("A:2")


def test_log_prob_is_that_of_all_names_of_a_concept(gout):
    (best,) = [c for c in ranked_gout(gout) if c.concept_id == "A:4"]
    assert best.log_prob == pytest.approx(math.log(0.75), abs=1e-4)


def test_threshold_makes_nil(kb):
    linker = GenerativeLinker(
        kb, tiny_generator(nil=None), config=GenerativeConfig(threshold=0.999)
    )
    link = linker.link("fever")
    assert link.is_nil
    assert "is below" in link.reasons["nil"]
    assert link.candidates


# What cannot be given to the model


def test_half_a_surrogate_pair_costs_nobody_an_answer(kb):
    linker = GenerativeLinker(kb, tiny_generator(nil=None))
    links = linker.link_batch([Query("fever"), Query("\ud800 hart"), Query("cough")])
    unreadable = linker.link("\ufffd hart")
    alone = [linker.link("fever"), unreadable, linker.link("cough")]
    assert [(each.concept_id, each.score) for each in links] == [
        (each.concept_id, pytest.approx(each.score, abs=2e-4)) for each in alone
    ]


def test_name_that_the_model_has_no_room_for_is_left_out_alone(tmp_path, caplog):
    builder = KbBuilder("long")
    builder.add([Concept("A:1", "fever"), Concept("A:2", "cough", ("cough " * 40,))])
    with_long = open_kb(builder.write(tmp_path / "long"))
    folder = write_checkpoint(tmp_path / "model")  # with 64 positions
    linker = GenerativeLinker(with_long, load_generator(folder))
    link = linker.link("fever")
    assert "refused" not in link.reasons
    assert {each.concept_id for each in link.candidates} == {"A:1", "A:2"}
    assert "1 left out, of more than 32 tokens" in caplog.text


def test_mention_without_memory_is_told_and_the_rest_answered(kb, monkeypatch):
    linker = GenerativeLinker(kb, tiny_generator(nil=None))
    asked = [Query("fever"), Query("cough"), Query("cold")]
    want = [linker.link(query.text) for query in asked]
    search = linker._search.search
    large = linker._asking.inputs(asked[1:2])[0].input

    def limited(inputs, **options):
        if large in inputs:
            raise MemoryError("no memory for one mention")
        return search(inputs, **options)

    monkeypatch.setattr(linker._search, "search", limited)
    links = linker.link_batch(asked)
    assert [each.concept_id for each in links] == [want[0].concept_id, None, want[2].concept_id]
    assert links[1].reasons["refused"] == "there is no memory for it"


@pytest.mark.parametrize(
    "setting", [{"n_best": -1}, {"n_kept": 0}, {"shortlist_size": 0}, {"least_share": 2.0}]
)
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(InputError, match=f"{next(iter(setting))} must be"):
        GenerativeConfig(**setting)


def test_mention_that_is_too_long_is_nil_and_the_rest_goes_on(kb):
    linker = GenerativeLinker(kb, tiny_generator(nil=None))
    long = " ".join(["zyx"] * 40)
    asked = [Query("fever"), Query(long), Query(""), Query(" \n"), Query("cough")]
    links = linker.link_batch(asked)
    assert [link.is_nil for link in links] == [False, True, True, True, False]
    assert "the model has room for 64" in links[1].reasons["refused"]
    assert "zyx" not in str(links[1].reasons)
    assert links[2].reasons["refused"] == "the mention is blank"
    assert links[0] == linker.link("fever")
    assert links[4] == linker.link("cough")


def test_mention_that_leaves_no_room_for_names_is_refused(kb):
    linker = GenerativeLinker(kb, tiny_generator(nil=None))
    link = linker.link(
        "zyxzyxzyxzyxzyxzyxzyxzyxzyxzyxzyxzyxzyxzyx"
    )  # its source fits, its prefix not
    assert "its prefix has" in link.reasons["refused"]


def test_place_that_is_none_is_refused(kb):
    linker = GenerativeLinker(kb, tiny_generator(nil=None))
    (link,) = linker.link_batch([Query("fever", passage="no", start=1, end=7)])
    assert "name no mention" in link.reasons["refused"]


def test_subset_without_names_is_nil(kb):
    linker = GenerativeLinker(kb, tiny_generator(), subset=kb.subset(ids=[]))
    link = linker.link("fever")
    assert link.is_nil
    assert link.candidates == ()


def test_subset_of_another_kb_is_refused(kb, gout):
    with pytest.raises(KbMismatchError, match="make it from this KB"):
        GenerativeLinker(kb, tiny_generator(), subset=gout.subset())


def test_discontinuous_mention_is_given_without_what_stands_between(kb):
    text = "kidney and liver diseases"
    linker = GenerativeLinker(kb, tiny_generator(nil=None), config=ALL)
    apart = Query("kidney diseases", passage=text, start=0, end=len(text))
    (link,) = linker.link_batch([apart])
    assert link.query is None
    assert link == linker.link("kidney diseases")


# Loading


def test_checkpoint_of_transformers_is_genbioel_s(kb, tmp_path):
    generator = load_generator(write_checkpoint(tmp_path / "bart"))
    assert (generator.options.normalisation, generator.cleaning) == ("vocabulary", "genbioel")
    link = GenerativeLinker(kb, generator).link("fever")
    assert link.route == "generated"
    assert link.matched in (*kb[link.concept_id].synonyms, kb[link.concept_id].name)
    assert link.log_prob < math.log(link.score) < 0


def test_format_of_a_folder_chooses_what_loads_it(tmp_path, monkeypatch):
    (tmp_path / "config.json").write_text(json.dumps({"format": "mine"}))
    with pytest.raises(UnknownNameError, match=r"format of the model .* 'mine'.*genbioel"):
        load_generator(tmp_path)
    made = tiny_generator()
    asked = []
    monkeypatch.setitem(FORMATS, "mine", lambda *given: asked.append(given) or made)
    assert load_generator(tmp_path, device="cuda") is made
    assert asked == [(str(tmp_path), "cuda")]


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "has no config.json"), ("{", "cannot be read"), ('{"format": 1}', "none of a model")],
)
def test_folder_that_is_no_model_says_why(tmp_path, content, told):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(InputError, match=told):
        load_generator(tmp_path)


def test_unknown_model_lists_what_there_is():
    with pytest.raises(InputError, match="no model 'nonesuch': it is no folder"):
        load_generator("nonesuch")


def test_tokenizer_that_does_not_fit_the_model_is_refused(kb, tmp_path):
    with pytest.raises(InputError, match="Take the tokenizer that it was trained with"):
        load_generator(write_checkpoint(tmp_path / "bart", vocabulary=100))
    small = partial(ConstrainedSearch, Seq2Seq(tiny_model("bart", vocabulary=100)))
    generator = replace(tiny_generator(nil=None), make_search=small)
    with pytest.raises(InputError, match=r"does not fit the names.*model and tokenizer from one"):
        GenerativeLinker(kb, generator)


def test_trie_of_another_tokenizer_is_refused_with_the_remedy(kb, tmp_path):
    own = open_tiny(tmp_path)
    GenerativeLinker(own, tiny_generator())
    (info,) = own.path.glob("derived/token-trie-*/trie.json")
    told = json.loads(info.read_text())
    text = json.dumps({**told, "tokenizer": "f" * 16}, indent=1, sort_keys=True) + "\n"
    info.write_text(text)
    with pytest.raises(KbMismatchError, match=r"cannot be used with tokenizer .*make one with"):
        GenerativeLinker(own, tiny_generator())
