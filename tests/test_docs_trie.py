"""The picture of a trie and a beam: its figures add up, and its names are those of the KB."""

from __future__ import annotations

import dataclasses
import math
import re
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import pytest
from docs_trie import (
    ALLOWED,
    BRANCH,
    BRANCHES,
    CONCEPT,
    CUT_OFF,
    MENTION,
    NIL,
    PICTURE,
    SUMS,
    figures,
    fill,
    probabilities,
    weights,
)
from tiny_mini import tiny_form, tiny_network

from biotk import LexicalLinker, open_kb
from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.linking import Generator
from biotk.nn.mini import MiniModel
from biotk.resources import resource_path

#: What shows for probabilities too small for the digits.
SMALL = {"<0.001": 0.0005, "<0.01": 0.005}


def shown() -> dict[str, float]:
    """:returns: the figures of the picture as it is."""
    found: dict[str, float] = {}
    for element in ElementTree.parse(PICTURE).iter():
        key = element.get("data-figure")
        if key is None:
            continue
        text = str(element.text).replace("\N{MINUS SIGN}", "-")
        value = SMALL[text] if text in SMALL else float(text)
        assert found.setdefault(key, value) == value, f"two figures for {key}"
    return found


def test_picture_needs_nothing_from_elsewhere_and_is_small() -> None:
    text = PICTURE.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|@import|url\(|<script|<image|href", text)
    assert len(text.encode()) < 25_000


def test_figures_shown_of_all_names_and_nil_sum_to_one() -> None:
    found = shown()
    leaves = [f"p:{key}" for key, (_, names) in BRANCHES.items() if len(names) == 1]
    assert len(leaves) == len(ALLOWED) + len(CUT_OFF) + 1
    assert sum(found[key] for key in leaves) == pytest.approx(1, abs=0.006)
    for key, names in SUMS.items():
        parts = [found[f"p:{k}"] for k, (_, own) in BRANCHES.items() if own[0] in names
                 and len(own) == 1]  # fmt: skip
        assert len(parts) == len(names)
        assert found[f"p:{key}"] == pytest.approx(sum(parts), abs=0.003)


@pytest.mark.parametrize("parent", sorted({before for before, _ in BRANCHES.values()}))
def test_shares_shown_at_a_node_sum_to_one(parent: str) -> None:
    children = [key for key, (before, _) in BRANCHES.items() if before == parent != key]
    assert sum(shown()[f"share:{key}"] for key in children) == pytest.approx(1, abs=0.025)


def test_probabilities_shown_are_products_of_shares() -> None:
    found = shown()
    for key in [key.removeprefix("p:") for key in found if key.startswith("p:")]:
        if key in SUMS:
            continue
        product, at = 1.0, key
        while at != "root":
            product, at = product * found[f"share:{at}"], BRANCHES[at][0]
        assert found[f"p:{key}"] == pytest.approx(product, abs=0.01), key


def test_log_probabilities_shown_are_those_of_the_names_below() -> None:
    found = shown()
    logs = [key.removeprefix("log:") for key in found if key.startswith("log:")]
    assert logs
    for key in logs:
        below = [k for k, (_, own) in BRANCHES.items() if len(own) == 1
                 and own[0] in BRANCHES[key][1]]  # fmt: skip
        mass = sum(found[f"p:{k}"] for k in below)
        assert math.exp(found[f"log:{key}"]) == pytest.approx(mass, abs=0.006), key


def test_bars_shown_are_as_wide_as_their_probabilities() -> None:
    bars = [each for each in ElementTree.parse(PICTURE).iter() if each.get("data-bar")]
    assert bars
    for bar in bars:
        expected = 240 * shown()[str(bar.get("data-bar"))]
        assert float(str(bar.get("width"))) == pytest.approx(expected, abs=0.2)


def test_names_shown_are_in_the_embedded_kb_and_in_its_branch_or_not() -> None:
    kb = open_kb("open")
    branch = kb.subset(branch=BRANCH)
    text = PICTURE.read_text("utf-8")
    linker = LexicalLinker(kb)
    for name in (*ALLOWED, *CUT_OFF):
        link = linker.link(name)
        assert (link.matched, link.is_tied) == (name, False)
        assert (kb.index_of(str(link.concept_id)) in branch) == (name in ALLOWED)
        assert (link.concept_id == BRANCH) == (name in CONCEPT)
        assert f">{name}</text>" in text


def test_figures_shown_are_of_the_model_that_comes_with_biotk() -> None:
    if not (resource_path("models", "biotk-mini") / "config.json").is_file():
        pytest.skip("the model is not trained yet")
    drawn = ElementTree.parse(PICTURE).getroot().get("data-weights")
    assert drawn == weights("biotk-mini"), "run: python tests/docs_trie.py"


def test_page_quotes_figures_that_the_picture_shows() -> None:
    page = (PICTURE.parents[1] / "constrained-decoding.md").read_text("utf-8")
    assert f"images/{PICTURE.name}" in page and f"{MENTION.split()[0]} " in page and BRANCH in page
    quoted = re.findall(r"\b0\.\d{3}\b", page)
    assert len(quoted) >= 5
    assert set(map(float, quoted)) <= set(shown().values())


@pytest.fixture
def generator(tmp_path: Path) -> Generator:
    form = tiny_form()
    network = tiny_network(tmp_path, spread=0.2)
    model = MiniModel(network, end_id=form.end_id, nil_id=form.nil_id)
    return Generator(
        name="tiny",
        form=form,
        make_search=partial(ConstrainedSearch, model),
        options=SearchOptions(nil_id=form.nil_id),
    )


def test_figures_of_a_model_fill_the_picture(generator: Generator) -> None:
    given = probabilities(generator)
    assert set(given) == {*ALLOWED, *CUT_OFF, NIL}
    assert sum(given.values()) == pytest.approx(1, abs=1e-5)
    values = figures(given)
    old = PICTURE.read_text("utf-8")
    new = fill(old, values, whose="0123")
    assert f'data-figure="p:NIL">{given[NIL]:.3f}<' in new
    assert 'data-weights="0123"' in new
    assert new != old and fill(new, values, whose="0123") == new
    ElementTree.fromstring(new)


def test_model_without_nil_is_refused(generator: Generator) -> None:
    without = dataclasses.replace(generator, options=SearchOptions())
    with pytest.raises(SystemExit, match="no NIL"):
        probabilities(without)


def test_figure_that_nobody_computes_is_told() -> None:
    values = figures(dict.fromkeys(BRANCHES["root"][1], 0.1))
    with pytest.raises(KeyError, match="p:else"):
        fill('<text data-figure="p:else">1</text>', values, whose="")
