"""A training in small: a KB, corpora of invented notes, a random encoder, and recipes."""

from __future__ import annotations

import random
from pathlib import Path

from tiny import build_tiny
from tiny_mini import write_encoder

from biotk.document import Document, Link, Mention
from biotk.io import write_documents
from biotk.kb import open_kb

RECIPE = """\
name = "tiny"
seed = 5

[model]
kind = "biotk-mini"
encoder = "encoder"
window = 3
max_mention = 24
n_layers = 1
n_heads = 2
inner = 32
tuned_layers = 1
overlap = false

[[kb]]
name = "tiny"
path = "tiny"

[[corpus]]
name = "notes"
path = "train.jsonl"

[[held]]
name = "dev"
path = "dev.jsonl"
kb = "tiny"
whole = true
"""

PRETRAIN = """
[[stage]]
name = "pretrain"
kind = "kb-pretraining"
steps = {steps}
batch = 8
lr = 5e-3
warmup = 4
bf16 = false
evaluate_every = 16

[[stage.feed]]
kb = "tiny"
weight = 1
shares = {{ "HGNC:" = 0.5 }}
"""

FINETUNE = """
[[stage]]
name = "finetune"
kind = "finetune"
steps = {steps}
batch = 8
lr = 5e-3
warmup = 4
bf16 = false
evaluate_every = 16

[stage.corpus]
targets = "top-3"

[[stage.feed]]
corpus = "notes"
kb = "tiny"
weight = 0.7

[[stage.feed]]
kb = "tiny"
weight = 0.3
"""

INFILL = """
[[text]]
name = "text"
path = "train.jsonl"

[[stage]]
name = "infill"
kind = "infilling"
steps = {steps}
batch = 4
bf16 = false
evaluate_every = 16

[stage.text]
length = 24

[[stage.feed]]
text = "text"
weight = 1
"""


def note(number: int, name: str, concept_id: str | None, *, split: str) -> Document:
    """:returns: a note with one mention."""
    before = ("no ", "has ", "known ")[number % 3]
    text = f"{before}{name.lower()} on {split} {number}"
    start = len(before)
    mention = Mention(
        ((start, start + len(name)),),
        text[start : start + len(name)],
        "Disease",
        (Link(concept_id, route="gold"),),
    )
    return Document(f"{split}-{number}", text, (mention,))


def notes(folder: Path, n: int, *, split: str, seed: int) -> list[Document]:
    """:returns: notes about concepts of the KB in a folder, some about what it does not have."""
    kb = open_kb(folder / "tiny")
    rng = random.Random(seed)
    found = []
    for number in range(n):
        at = rng.randrange(len(kb))
        concept = kb.concept(at)
        name = rng.choice([concept.name, *concept.synonyms])
        found.append(note(number, name, concept.concept_id if number % 9 else None, split=split))
    return found


def write_training(folder: Path, *stages: str, steps: int = 16, recipe: str = RECIPE) -> Path:
    """:returns: a recipe whose data lie beside it."""
    build_tiny(folder)
    write_encoder(folder / "encoder")
    for split, n in (("train", 60), ("dev", 30)):
        write_documents(notes(folder, n, split=split, seed=n), folder / f"{split}.jsonl")
    path = folder / "recipe.toml"
    path.write_text(recipe + "".join(stage.format(steps=steps) for stage in stages))
    return path
