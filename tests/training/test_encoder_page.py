"""docs/training-encoder.md names every key of a recipe, and nothing else, with its default."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from biotk.linking.features import FEATURES
from biotk.nn.synonym_network import SynonymConfig
from biotk.training.encoder_recipe import EncoderRecipe, PairFeed, PairTraining

DOCS = Path(__file__).resolve().parents[2] / "docs"
OF_THE_MODEL = ("encoder", "max_pieces")
TABLES = {
    "[model]": [
        *(each for each in fields(EncoderRecipe) if each.name in OF_THE_MODEL),
        *fields(SynonymConfig),
    ],
    "[training]": fields(PairTraining),
    "[[feed]]": fields(PairFeed),
}


def told(entry) -> str:
    if entry.default is entry.default_factory is MISSING:
        return "—"
    if entry.default is None or entry.default is MISSING:
        return "∅"
    return f"`{json.dumps(entry.default)}`"


@pytest.mark.parametrize("heading", TABLES)
def test_page_names_every_key_with_its_default(heading) -> None:
    _, _, rest = (DOCS / "training-encoder.md").read_text("utf-8").partition(f"### `{heading}`\n")
    section = re.split(r"(?m)^##", rest)[0]
    page = dict(re.findall(r"(?m)^\| `(\w+)` \| (\S+) \|", section))
    assert page == {entry.name: told(entry) for entry in TABLES[heading]}


def test_page_names_every_feature() -> None:
    _, _, rest = (DOCS / "dense.md").read_text("utf-8").partition("| feature | |\n")
    table = rest.partition("\n\n")[0]
    named = [
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])
    ]
    assert sorted(named) == sorted(FEATURES)
