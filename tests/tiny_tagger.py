"""``biotk-tagger`` in small: a network on a random encoder, notes, and a recipe for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch
from tiny_mini import read_tiny_encoder, tiny_pieces, write_encoder

from biotk.document import Document, Mention
from biotk.io import write_documents
from biotk.nn.mini_format import MiniFormat
from biotk.nn.tagger import Labelled
from biotk.nn.tagger_files import new_tagger, save_tagger
from biotk.nn.tagger_format import TaggerFormat
from biotk.nn.tagger_network import TaggerConfig, TaggerNetwork

TYPES = ("Disease", "Chemical", "Gene")
WINDOW, OVERLAP = 36, 8

RECIPE = """\
name = "tiny"
seed = 5

[model]
types = ["Disease", "Chemical"]
encoder = "encoder"
tuned_layers = 2
inner = 16
window = 36
overlap = 8

[[corpus]]
name = "notes"
paths = ["train.jsonl"]
weight = 2.0

[[corpus]]
name = "drugs"
paths = ["drugs.jsonl"]
types = { Drug = "Chemical" }
held = 0.2

[[held]]
name = "dev"
paths = ["dev.jsonl"]

[train]
steps = STEPS
batch = 4
lr = 1e-2
encoder_lr = 2e-3
warmup = 4
dropout = 0.0
bf16 = false
average = 0.9
evaluate_every = 16
"""

DISEASES = ("fever", "gout", "chest pain", "copd")
DRUGS = ("aspirin", "il-2", "zinc")


def tiny_tagger_form() -> TaggerFormat:
    """:returns: the format with a tokenizer of letters."""
    return TaggerFormat(MiniFormat(tiny_pieces()))


def tiny_tagger(
    folder: Path, *, seed: int = 0, spread: float = 1.0, types: tuple[str, ...] = TYPES
) -> TaggerNetwork:
    """:returns: a network on a new encoder; the greater ``spread``, the surer it is."""
    encoder = read_tiny_encoder(write_encoder(folder, seed=seed))
    torch.manual_seed(seed)
    network = new_tagger(encoder, TaggerConfig(types, tuned_layers=2, inner=16))
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if not name.startswith("encoder."):
                weight.add_(spread * 0.5 * torch.randn_like(weight))
    return network.eval()


def write_tagger(
    folder: Path, *, seed: int = 0, spread: float = 1.0, types: tuple[str, ...] = TYPES
) -> Path:
    """:returns: the folder of a model, with its encoder beside the weights."""
    beside = folder.with_name(f"{folder.name}-encoder")
    network = tiny_tagger(beside, seed=seed, spread=spread, types=types)
    save_tagger(
        network, folder, form=tiny_tagger_form(), window=WINDOW, overlap=OVERLAP,
        encoder_sha256=read_tiny_encoder(beside).sha256,
    )  # fmt: skip
    shutil.copytree(beside, folder / "encoder")
    return folder


def note(number: int, *, split: str) -> Document:
    """:returns: a note with a disease and a drug."""
    parts = [f"{split} {number}: ", DISEASES[number % 4], ", takes ", DRUGS[number % 3], "."]
    text = "".join(parts)
    mentions = []
    for name, type_ in ((parts[1], "Disease"), (parts[3], "Chemical")):
        start = text.index(name, len(parts[0]))
        mentions.append(Mention(((start, start + len(name)),), name, type_))
    return Document(f"{split}-{number}", text, tuple(mentions))


def write_tagger_training(folder: Path, *, steps: int = 32, recipe: str = RECIPE) -> Path:
    """:returns: a recipe whose data lie beside it."""
    write_encoder(folder / "encoder")
    for split, n in (("train", 40), ("dev", 24)):
        documents = [note(number, split=split) for number in range(n)]
        write_documents(documents, folder / f"{split}.jsonl")
    drugs = []
    for number in range(30):
        each = note(number, split="drugs")
        (drug,) = (m for m in each.mentions if m.type == "Chemical")
        drugs.append(Document(each.id, each.text, (Mention(drug.spans, drug.text, "Drug"),)))
    write_documents(drugs, folder / "drugs.jsonl")
    path = folder / "recipe.toml"
    path.write_text(recipe.replace("STEPS", str(steps)))
    return path


class WordModel:
    """In a model's place: labels the words that it is told of, and how sure of each it is."""

    types = TYPES

    def __init__(self, **words: dict[str, float]) -> None:
        self.words = words

    def label(self, texts):
        return [self._labelled(text) for text in texts]

    def _labelled(self, text: str) -> Labelled:
        units = tiny_tagger_form().units_of(text)
        rows = np.full((len(units), len(TYPES), 3), 1e-6)
        rows[..., 0] = 1
        for type_, words in self.words.items():
            column = TYPES.index(type_)
            for word, sure in words.items():
                start = text.find(word)
                if start < 0:
                    continue
                inside = (units.starts >= start) & (units.ends <= start + len(word))
                for at in np.flatnonzero(inside):
                    first = units.starts[at] == start
                    rows[at, column] = [1 - sure, sure if first else 0, 0 if first else sure]
        rows = np.clip(rows, 1e-6, None)
        return Labelled(units, np.log(rows / rows.sum(-1, keepdims=True)).astype(np.float32))
