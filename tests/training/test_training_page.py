"""docs/training.md names every key of a recipe, and nothing else, with the default that it has."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from biotk.nn.mini_network import MiniConfig
from biotk.training.corpus_samples import CorpusSampling
from biotk.training.kb_samples import KbSampling
from biotk.training.recipe import (
    DocumentsRecipe,
    FeedRecipe,
    HeldRecipe,
    KbRecipe,
    MiniRecipe,
    Seq2SeqRecipe,
    StageRecipe,
)
from biotk.training.schedule import Schedule
from biotk.training.text_samples import TextSampling

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training.md"

#: For each heading the dataclasses of its table, and fields that are no keys.
TABLES = {
    "`[model]` of kind `biotk-mini`": ([MiniRecipe, MiniConfig], {"shape"}),
    "`[model]` of kind `seq2seq`": ([Seq2SeqRecipe], set()),
    "`[[corpus]]` and `[[text]]`": ([DocumentsRecipe], set()),
    "`[[held]]`": ([HeldRecipe], set()),
    "`[[stage]]`": ([StageRecipe, Schedule],
                    {"feeds", "schedule", "corpus", "kb", "text", "seed"}),
    "`[[stage.feed]]`": ([FeedRecipe], set()),
    "`[stage.kb]`": ([KbSampling], set()),
    "`[stage.corpus]`": ([CorpusSampling], set()),
    "`[stage.text]`": ([TextSampling], set()),
}  # fmt: skip


def table(heading: str) -> dict[str, str]:
    """:returns: the default of each key, as it stands in the table below a heading."""
    _, _, rest = PAGE.read_text("utf-8").partition(f"### {heading}\n")
    assert rest, heading
    section = re.split(r"(?m)^##", rest)[0]
    return dict(re.findall(r"(?m)^\| `(\w+)` \| (\S+) \|", section))


def told(entry) -> str:
    if entry.default is entry.default_factory is MISSING:
        return "—"
    if entry.default is None or entry.default is MISSING:
        return "∅"
    return f"`{json.dumps(entry.default)}`"


@pytest.mark.parametrize("heading", TABLES)
def test_page_has_all_keys_with_their_defaults(heading) -> None:
    classes, no_keys = TABLES[heading]
    wanted = {each.name: told(each) for cls in classes for each in fields(cls)}
    for name in no_keys:
        del wanted[name]
    assert table(heading) == wanted


def test_page_has_the_keys_of_kbs() -> None:
    assert table("`[[kb]]`").keys() == {each.name for each in fields(KbRecipe)} - {"build"} | {
        "sources", "merge"
    }  # fmt: skip
