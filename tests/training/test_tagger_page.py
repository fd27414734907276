"""docs/tagger.md names every key of a recipe, with the default that it has."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from biotk.training.tagger_recipe import TaggerCorpus, TaggerShape, TaggerTraining

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tagger.md"
TABLES = {
    "`[model]`": TaggerShape,
    "`[[corpus]]` and `[[held]]`": TaggerCorpus,
    "`[train]`": TaggerTraining,
}


def told(entry) -> str:
    if entry.default is entry.default_factory is MISSING:
        return "\u2014"
    if entry.default is None or entry.default is MISSING:
        return "\u2205"
    return f"`{json.dumps(entry.default)}`"


@pytest.mark.parametrize("heading", TABLES)
def test_page_has_all_keys_with_their_defaults(heading) -> None:
    _, _, rest = PAGE.read_text("utf-8").partition(f"### {heading}\n")
    assert rest, heading
    section = re.split(r"(?m)^##", rest)[0]
    found = dict(re.findall(r"(?m)^\| `(\w+)` \| (\S+) \|", section))
    assert found == {each.name: told(each) for each in fields(TABLES[heading])}
