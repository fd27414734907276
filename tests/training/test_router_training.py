"""Routers fitted to which linker was right, and the commands that do so and show the rule."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tiny import build_tiny
from tiny_encoder import write_synonym_encoder
from tiny_generator import tiny_generator, write_checkpoint
from tiny_router import made_router
from typer.testing import CliRunner

from biotk.cli import app
from biotk.document import Document, Link, Mention
from biotk.errors import InputError, UnknownNameError
from biotk.evaluation.linking import best_rank
from biotk.io import write_documents
from biotk.kb import open_kb
from biotk.linking import CascadeLinker, LexicalLinker, Query, RoutedLinker
from biotk.linking.registry import LinkerOptions, make_linker
from biotk.linking.route_features import FEATURES, NAME_FEATURES
from biotk.linking.routed import WAY
from biotk.linking.router_words import in_words
from biotk.linking.routing import NAMES, RIGHT, Router
from biotk.training.calibrate import FOLDS, fold_of
from biotk.training.router import (
    DIALS,
    Judged,
    curve_of,
    fit_router,
    fit_ways,
    highest_price,
    is_right,
    joined,
    judge,
    out_of_fold,
    read_router_recipe,
)

NAMES_OF = {
    "heart failure": "MESH:D006333",
    "kidney cancers": "MESH:D007680",
    "pyrexi": "MESH:D005334",
    "coughs": "MESH:D003371",
    "attack of the heart": "MESH:D006333",
    "acetylsalicylic acids": "MESH:D001241",
    "diabetes sickness": "MESH:D003920",
    "yeti disease": None,
    "renumbered disease": "MESH:D777777",
}


UNSURE = ("kidney cancers", "yeti disease", "attack of the heart")


def note(number: int) -> Document:
    names = [list(NAMES_OF)[(number + step) % len(NAMES_OF)] for step in range(3)]
    text, mentions = "", []
    for name in names:
        text += "He has "
        span = ((len(text), len(text) + len(name)),)
        mentions.append(Mention(span, name, "Disease", (Link(NAMES_OF[name], route="gold"),)))
        text += f"{name}. "
    return Document(f"n{number}", text, tuple(mentions))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("router")
    build_tiny(made)
    write_documents([note(number) for number in range(40)], made / "dev.jsonl")
    write_checkpoint(made / "model")
    recipe = f'model = "{made / "model"}"\n\n[[set]]\nname = "dev"\ncorpus = "dev.jsonl"\n'
    (made / "recipe.toml").write_text(recipe + 'kb = "tiny"\n')
    return made


def drawn(n: int = 600) -> Judged:
    """:returns: mentions of which a model is right where names say NIL, and else seldom."""
    rng = np.random.default_rng(4)
    values = np.full((n, len(FEATURES)), np.nan)
    values[:, : len(NAME_FEATURES)] = rng.random((n, len(NAME_FEATURES)))
    values[:, 0] = rng.random(n) < 0.4
    nil, chance = values[:, 0] == 1, rng.random(n)
    right = {NAMES: ~nil & (chance < 0.9), "cascade": np.where(nil, chance < 0.6, chance < 0.88)}
    return Judged(values, right, [f"d{at // 5}" for at in range(n)], 300, 290)


def test_judged_are_what_each_linker_says_alone(folder):
    kb = open_kb(folder / "tiny")
    generator, documents = tiny_generator(), [note(number) for number in range(9)]
    judged = judge(RoutedLinker(kb, generator, made_router()), documents)
    alone = {NAMES: LexicalLinker(kb), "cascade": CascadeLinker(kb, generator)}
    n_kept = n_right = at = 0
    for document in documents:
        for mention in document.mentions:
            if mention.text == "renumbered disease":
                continue
            query = Query(mention.text, "Disease", None, document.text, mention.start, mention.end)
            links = {way: linker.link_batch([query])[0] for way, linker in alone.items()}
            gold = {NAMES_OF[mention.text]} - {None}
            right = {
                way: (link.is_nil and not gold)
                or (not link.is_nil and best_rank(link.candidates, gold) == 1)
                for way, link in links.items()
            }
            if links[NAMES].score >= 0.97:
                n_kept, n_right = n_kept + 1, n_right + right[NAMES]
                continue
            assert {way: bool(own[at]) for way, own in judged.right.items()} == right
            assert judged.documents[at] == document.id
            at += 1
    assert (at, n_kept, n_right) == (
        len(judged.documents), judged.n_kept, judged.n_kept_right
    )  # fmt: skip
    assert n_kept and 0 < judged.right[NAMES].sum() < at
    assert len(joined([judged, judged]).values) == 2 * at
    assert judge(RoutedLinker(kb, generator, made_router()), documents, types=["Gene"]).n_kept == 0


def test_nil_is_right_where_there_is_nothing():
    nil = Link(None, route="nil")
    assert is_right(nil, frozenset()) and not is_right(nil, frozenset({"A"}))
    assert not is_right(Link("A", route="exact"), frozenset())


def test_fitted_router_asks_where_that_helps():
    judged = drawn()
    router = fit_ways(judged, ["cascade"], encoder=False)
    ways = [choice.way for choice in router.choose(judged.values, dial=0.3)]
    nil = judged.values[:, 0] == 1
    assert np.mean([way == "cascade" for way in np.array(ways)[nil]]) > 0.95
    assert np.mean([way == "cascade" for way in np.array(ways)[~nil]]) < 0.05
    expected = router.expected(judged.values)
    for way in (NAMES, "cascade"):
        assert expected[way].mean() == pytest.approx(judged.right[way].mean(), abs=0.02)


def test_out_of_fold_is_by_models_of_other_documents():
    judged = drawn()
    right = out_of_fold(judged, ["cascade"])
    folds = np.array([fold_of(each) for each in judged.documents])
    for fold in range(FOLDS):
        own, rest = folds == fold, folds != fold
        others = Judged(
            judged.values[rest],
            {way: flags[rest] for way, flags in judged.right.items()},
            list(np.array(judged.documents)[rest]),
            0,
            0,
        )
        expected = fit_ways(others, ["cascade"], encoder=False).expected(judged.values[own])
        for way in (NAMES, "cascade"):
            assert right[way][own] == pytest.approx(expected[way])


def test_price_is_the_highest_that_loses_no_more(folder):
    judged = drawn()
    router = fit_ways(judged, ["cascade"], encoder=False)
    right = router.expected(judged.values)

    def share(price):
        asked = right["cascade"] - right[NAMES] > price + 1e-6
        hits = np.where(asked, judged.right["cascade"], judged.right[NAMES]).sum()
        return (judged.n_kept_right + hits) / (judged.n_kept + len(asked))

    everything = (judged.n_kept_right + judged.right["cascade"].sum()) / 900
    for loss in (-0.01, 0.0, 0.3):
        price = highest_price(judged, right, router, loss=loss)
        good = [each for each in (0.3, 0.2, 0.1, 0.05, 0.01) if share(each) >= everything - loss]
        assert price >= max(good, default=0.01)
        assert share(price) >= everything - loss or price == 0.01


def test_curve_ends_with_names_alone_and_with_everything():
    judged = drawn()
    router = fit_ways(judged, ["cascade"], encoder=False)
    curve = curve_of(judged, router)
    assert [row["dial"] for row in curve] == list(DIALS)
    names = (290 + judged.right[NAMES].sum()) / 900
    everything = (290 + judged.right["cascade"].sum()) / 900
    assert curve[0] == {"dial": 0.0, "right": round(names, 4), "cost": 0.0}
    assert curve[-1] == {"dial": 1.0, "right": round(everything, 4), "cost": 1.0}
    costs = [row["cost"] for row in curve]
    assert costs == sorted(costs)


def test_router_is_fitted_by_the_command_shown_and_used(folder, tmp_path):
    out = tmp_path / "router.json"
    runner = CliRunner()
    done = runner.invoke(app, ["train", "router", str(folder / "recipe.toml"), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(out)
    assert "dev: " in done.stderr and "of 0 others" not in done.stderr
    assert "dial 0.5: right " in done.stderr
    assert out.with_suffix(".svg").read_text().startswith("<svg")
    router = Router.read(out)
    assert set(router.made_with) == {"model", "sets", "curve"}
    assert list(router.made_with["sets"]["dev"]["sha256"]) == ["dev.jsonl"]
    # The same again is the same file.
    again = tmp_path / "again.json"
    runner.invoke(app, ["train", "router", str(folder / "recipe.toml"), "-o", str(again)])
    assert again.read_text() == out.read_text()
    done = runner.invoke(app, ["router", str(out), "--dial", "0.8"])
    assert done.stdout == in_words(router, dial=0.8)
    link = ["link", "attack of the heart", "--kb", str(folder / "tiny"), "--linker", "routed"]
    link += ["--model", str(folder / "model"), "--router", str(out), "--json"]
    for dial, way in (("0", "names"), ("1", "cascade")):
        done = runner.invoke(app, [*link, "--dial", dial])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["reasons"]["way"].startswith(f"{way}: ")
    done = runner.invoke(app, [*link[:-3], "--router", str(tmp_path / "none.json")])
    assert done.exit_code == 2 and "there is no router" in done.stderr


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ('ways = ["magic"]', UnknownNameError, "unknown way in .*recipe.toml: 'magic'"),
        ('ways = ["fused"]', InputError, "the way fused needs an encoder"),
        ("loss = 2.0", InputError, "recipe.toml: loss is 2.0"),
        ("ridge = 0.0", InputError, "recipe.toml: ridge is 0.0"),
        ("loses = 2.0", UnknownNameError, "Did you mean 'loss'"),
    ],
)
def test_router_recipe_that_makes_no_sense_is_refused(folder, tmp_path, more, error, message):
    path = tmp_path / "recipe.toml"
    path.write_text(f"{more}\n{(folder / 'recipe.toml').read_text()}")
    with pytest.raises(error, match=message):
        read_router_recipe(path)


def test_router_recipe_names_its_ways(folder, tmp_path):
    assert read_router_recipe(folder / "recipe.toml").ways == ("quick", "cascade")
    path = tmp_path / "recipe.toml"
    text = (folder / "recipe.toml").read_text()
    path.write_text(f'encoder = "e"\n{text}')
    assert read_router_recipe(path).ways == ("quick", "cascade", "dense", "fused")
    path.write_text(f'ways = ["listed", "cascade"]\n{text}')
    assert read_router_recipe(path).ways == ("listed", "cascade")


def test_router_with_an_encoder_looks_at_vectors(folder, tmp_path):
    encoder = write_synonym_encoder(tmp_path / "encoder")
    path = tmp_path / "recipe.toml"
    path.write_text(f'encoder = "{encoder}"\n{(folder / "recipe.toml").read_text()}')
    told: list[str] = []
    router = fit_router(read_router_recipe(path, data=folder), say=told.append)
    assert router.needs_encoder and router.everything == "fused"
    assert list(router.ways) == ["dense", "quick", "cascade", "fused"]
    assert router.names.curves(RIGHT)[1]["cosine"].points
    options = LinkerOptions(model=str(folder / "model"), encoder=encoder, router=router)
    linker = make_linker("routed", open_kb(folder / "tiny"), options=options)
    ways = [link.reasons[WAY] for link in linker.link_batch([Query(name) for name in UNSURE])]
    assert all("fused 0." in way or "fused 1." in way or "fused -0." in way for way in ways)
    with pytest.raises(InputError, match="not for none: fit one"):
        make_linker("routed", linker.kb, options=replace(options, encoder=None))
