"""The routed linker answers each mention as the linker of its way would alone."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tiny import open_tiny
from tiny_generator import tiny_generator
from tiny_router import made_router
from tiny_vectors import LetterEncoder

from biotk.document import Candidate, Link
from biotk.errors import InputError, UnknownNameError
from biotk.linking import (
    CascadeConfig,
    CascadeLinker,
    FusedLinker,
    GenerativeConfig,
    LexicalLinker,
    Query,
    RoutedConfig,
    RoutedLinker,
)
from biotk.linking.registry import LinkerOptions, check_linker, made_of, make_linker
from biotk.linking.route_features import FEATURES, NAME_FEATURES, route_features
from biotk.linking.routed import WAY
from biotk.linking.router_words import in_words
from biotk.linking.routing import (
    COSTS,
    DEFAULT_DIAL,
    GAINED,
    LOST,
    NAMES,
    RIGHT,
    Router,
    find_router,
    untaught,
)

TEXTS = (
    "fever", "heart failures", "congestive heart failur", "kidney cancr", "yeti disease", "KC",
    "type 2 diabetes mellitus", "attack of the heart", "", "  ", "cold", "IL 2 gene",
)  # fmt: skip
ENCODED = ("dense", "cascade", "fused")


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


def asked():
    return [*(Query(text) for text in TEXTS), Query("KC", "Disease", "kidney cancer")]


def slow_way(router, kb, query, link, near, dial):
    """:returns: the way, worked out a feature at a time from what the router writes to its file."""
    if link.score >= 0.97 or not query.looked_up.strip() or dial == 0:
        return NAMES
    if dial == 1:
        return router.everything
    told = json.loads(router.to_json())
    values = route_features(kb, [query], [link], None if near is None else [near])[0]

    def odds(model, n):
        rows, sums, at = model["weights"], list(model["weights"][0]), 1
        for (_, knots), value in zip(model["knots"].items(), values):
            hats = [0.0] * len(knots) + [float(np.isnan(value))]
            if not np.isnan(value) and len(knots) < 2:
                hats[:-1] = [1.0] * len(knots)
            elif not np.isnan(value):
                for each in range(len(knots)):
                    unit = [float(other == each) for other in range(len(knots))]
                    hats[each] = float(np.interp(value, knots, unit))
            for hat in hats:
                sums = [s + hat * w for s, w in zip(sums, rows[at])]
                at += 1
        powers = [*np.exp(sums), 1.0]
        return [power / sum(powers) for power in powers][:n]

    named = odds(told["names"], 2)[RIGHT]
    best, best_way = named, NAMES
    for way in told["ways"]:
        shares = odds(told["ways"][way], 3)
        price = told["price"] * (1 - dial) / dial * told["costs"][way]
        worth = named + shares[GAINED] - shares[LOST] - price
        if worth > best + 1e-6:
            best, best_way = worth, way
    return best_way


def without_way(link):
    return replace(link, reasons={k: v for k, v in link.reasons.items() if k != WAY})


@pytest.mark.parametrize(
    "ways", [("cascade",), ("quick", "cascade"), ("cascade", "listed"), ENCODED], ids=str
)
@pytest.mark.parametrize("dial", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_each_mention_is_answered_as_by_the_linker_of_its_way(kb, ways, dial):
    encoder = LetterEncoder() if "fused" in ways else None
    router = made_router(*ways, vectors=encoder is not None)
    generator = tiny_generator()
    config = RoutedConfig(dial=dial)
    linker = RoutedLinker(kb, generator, router, encoder=encoder, config=config)
    lexical = LexicalLinker(kb)
    short = CascadeConfig(generative=GenerativeConfig(shortlist="trie"))
    few = CascadeConfig(generative=GenerativeConfig(n_best=2))
    narrow = replace(generator.options, beams=2)
    alone = {
        NAMES: lexical,
        "cascade": CascadeLinker(kb, generator),
        "listed": CascadeLinker(kb, generator, config=short),
        "quick": CascadeLinker(kb, replace(generator, options=narrow), config=few),
    }
    if encoder is not None:
        alone["fused"] = FusedLinker(kb, encoder, generator)
        alone["dense"] = alone["fused"].dense
    gone = set()
    for query, link in zip(asked(), linker.link_batch(asked()), strict=True):
        (named,) = lexical.link_batch([query])
        near = None if encoder is None else alone["dense"].link_batch([query])[0]
        way = slow_way(router, kb, query, named, near, dial)
        gone.add(way)
        assert without_way(link) == alone[way].link_batch([query])[0]
        if WAY in link.reasons:
            assert link.reasons[WAY].startswith(f"{way}: names are right with ")
        else:
            assert way == NAMES and (named.score >= 0.97 or not query.looked_up.strip())
    assert gone == {NAMES} if dial == 0 else len(gone) > 1


def test_dial_asks_more_the_farther_it_is_turned(kb):
    queries, costs = asked(), []
    for dial in (0, 0.05, 0.2, 0.5, 0.8, 0.95, 1):
        linker = RoutedLinker(kb, tiny_generator(), made_router(), config=RoutedConfig(dial=dial))
        links = linker.link_batch(queries)
        costs.append(sum(link.reasons.get(WAY, "").startswith("cascade") for link in links))
    assert costs == sorted(costs)
    assert costs[0] == 0 < costs[3] < costs[-1]


def test_model_is_not_loaded_where_names_answer(kb):
    def load():
        raise AssertionError("the model is loaded")

    linker = RoutedLinker(kb, load, made_router(), config=RoutedConfig(dial=0))
    assert len(linker.link_batch(asked())) == len(asked())
    assert RoutedLinker(kb, load, made_router()).link("fever").concept_id == "MESH:D005334"


def test_way_is_told_in_figures(kb):
    linker = RoutedLinker(kb, tiny_generator(), made_router())
    reasons = linker.link("yeti disease").reasons
    assert reasons[WAY].startswith("cascade: names are right with 0.0")
    assert reasons[WAY].endswith("; 0.20 more is enough")


def test_router_that_looks_at_vectors_needs_an_encoder(kb):
    for router in (made_router("cascade", vectors=True), made_router("fused")):
        with pytest.raises(InputError, match="name the encoder"):
            RoutedLinker(kb, tiny_generator(), router)


@pytest.mark.parametrize("dial", [-0.1, 1.1])
def test_dial_out_of_range_is_refused(dial):
    with pytest.raises(InputError, match="dial must be between 0 and 1"):
        RoutedConfig(dial=dial)


def test_features_tell_what_names_say(kb):
    lexical = LexicalLinker(kb)
    queries = [
        Query("heart failures", "Disease"),
        Query("KC", "Disease", "kidney cancer"),
        Query("IL-99X"),
        Query("Cold"),
    ]
    rows = route_features(kb, queries, lexical.link_batch(queries))
    plural, long, unknown, cold = (dict(zip(FEATURES, row)) for row in rows.tolist())
    assert (plural["nil"], plural["score"], plural["name"], plural["type"]) == (0, 0.96, 1, 1)
    assert plural["words"] == 2 and plural["letters"] == pytest.approx(np.log(13))
    assert (long["written_out"], long["words"]) == (1, 2)
    assert (unknown["nil"], unknown["short"], unknown["similarity"]) == (1, 0, 0)
    assert unknown["digits"] == pytest.approx(2 / 5)
    assert cold["homonyms"] == pytest.approx(np.log(2))
    assert all(np.isnan(plural[name]) for name in set(FEATURES) - set(NAME_FEATURES))


def test_features_tell_what_vectors_say(kb):
    link = Link(None, route="nil", candidates=(Candidate("MESH:D005334", "Fever", 0.5, "ngram"),))
    near = [
        replace(link, candidates=(*link.candidates, Candidate("MESH:D003371", "Cough", 0.3, "x"))),
        replace(link, candidates=()),
    ]
    rows = route_features(kb, [Query("fevr")] * 2, [link] * 2, near)[:, len(NAME_FEATURES) :]
    assert rows.tolist() == [[0.5, pytest.approx(0.2), 1.0], [0.0, 0.0, 0.0]]


def test_router_reads_what_it_wrote(tmp_path):
    router = made_router("listed", "cascade", encoder="letters")
    path = tmp_path / "router.json"
    path.write_text(router.to_json())
    read = Router.read(path)
    assert read.to_json() == router.to_json()
    assert read.fingerprint == router.fingerprint
    assert list(read.ways) == ["cascade", "listed"]
    values = np.random.default_rng(1).random((20, len(FEATURES)))
    chosen = [choice.way for choice in read.choose(values, dial=0.3)]
    assert chosen == [choice.way for choice in Router.read(path).choose(values, dial=0.3)]
    assert find_router(path) == path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "it is no biotk-router of version 1"),
        ({"costs": {"cascade": 0}}, "at a cost of 0.0 is none"),
        ({"costs": {"magic": 1}}, "the way 'magic'"),
        ({"costs": {}}, "do not fit together"),
        ({"names": {"knots": {"nil": []}, "weights": [[0], [0]]}}, "other features"),
    ],
)
def test_damaged_router_is_refused(tmp_path, change, message):
    path = tmp_path / "router.json"
    path.write_text(json.dumps(json.loads(made_router().to_json()) | change))
    with pytest.raises(InputError, match=message):
        Router.read(path)


def test_router_of_another_model_is_refused(kb):
    generator = tiny_generator()
    options = LinkerOptions(model=generator, router=made_router())
    assert isinstance(make_linker("routed", kb, options=options), RoutedLinker)
    told = made_of("routed", options)
    assert told == {"linker": "routed", "model": "tiny", "router": made_router().fingerprint}
    for other in ({"model": "mini"}, {"encoder": "letters"}):
        options = LinkerOptions(model=generator, router=made_router(**other))
        with pytest.raises(InputError, match="fit one with biotk train router"):
            make_linker("routed", kb, options=options)


def test_options_that_make_no_sense_are_refused(tmp_path):
    check_linker("routed", LinkerOptions(dial=0.2))
    for options, message in (
        (LinkerOptions(dial=2.0), "dial must be"),
        (LinkerOptions(model="none"), "needs a model"),
        (LinkerOptions(router="nonesuch"), "there is no router nonesuch"),
        (LinkerOptions(fusion="weights.json"), "without an encoder"),
    ):
        with pytest.raises(InputError, match=message):
            check_linker("routed", options)
    for options in (LinkerOptions(dial=0.2), LinkerOptions(router="r.json")):
        with pytest.raises(InputError, match="choose the linker routed"):
            check_linker("cascade", options)
    with pytest.raises(UnknownNameError):
        check_linker("rooted")


def test_rule_in_words_is_the_rule(kb):
    router = made_router("cascade", "listed")
    text = in_words(router, dial=0.25)
    assert f"  listed: {3 * 0.2 * COSTS['listed']:.3f} (at a cost of 2.8)" in text
    constant, curves = router.ways["cascade"].curves(GAINED)
    assert f"log odds: cascade gains, against no change: {constant:+.2f}, and" in text
    lines = text.split("log odds: ")[2].splitlines()
    # What tells the most comes first.
    assert lines[1].split()[0] == "nil"
    (no, yes) = curves["nil"].points
    assert lines[1].split(maxsplit=1)[1] == f"0: {no[1]:+.2f}, 1: {yes[1]:+.2f}"
    assert "names answer all the rest" in in_words(router, dial=0)
    assert "goes the way cascade" in in_words(router, dial=1)


def test_curves_add_up_to_the_log_odds():
    model = made_router().ways["cascade"]
    values = np.random.default_rng(2).random((5, len(NAME_FEATURES)))
    values[0, 3] = np.nan
    shares = model.probabilities(values)
    for row, share in zip(values, shares):
        total, curves = model.curves(LOST)
        for value, curve in zip(row, curves.values()):
            xs, ys = zip(*curve.points)
            total += curve.missing if np.isnan(value) else float(np.interp(value, xs, ys))
        assert total == pytest.approx(np.log(share[LOST] / share[-1]))


def test_untaught_router_knows_nothing():
    router = untaught(["cascade"], encoder=False)
    values = np.zeros((2, len(FEATURES)))
    assert [choice.way for choice in router.choose(values)] == [NAMES, NAMES]
    assert router.expected(values)[NAMES].tolist() == [0.5, 0.5]
    assert router.choose(values[:0]) == []
    assert router.least_gain(DEFAULT_DIAL) == router.price
