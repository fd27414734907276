"""A synonym encoder in small, and a training of one: invented names, a random BERT, a recipe."""

from __future__ import annotations

from pathlib import Path

import torch
from tiny_mini import read_tiny_encoder, tiny_pieces, write_encoder
from tiny_training import write_training

from biotk.kb.manifest import sha256_file
from biotk.nn.mini_format import MiniFormat
from biotk.nn.synonym_files import load_synonym_encoder, save_synonym_encoder
from biotk.nn.synonym_network import SynonymConfig, SynonymNetwork, new_synonym_network

RECIPE = """\
name = "tiny-encoder"
seed = 5

[model]
encoder = "encoder"
max_pieces = 24
tuned_layers = 2
dim = 8

[training]
steps = {steps}
batch = 6
lr = 5e-3
warmup = 4
near = 2
pool = 8
held = 7
bf16 = false
checkpoint_every = 8
evaluate_every = 16

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

[[feed]]
kb = "tiny"
weight = 3
shares = {{ "HGNC:" = 0.5 }}

[[feed]]
corpus = "notes"
kb = "tiny"
weight = 1
"""


def tiny_synonym_network(folder: Path, *, seed: int = 0, **shape) -> SynonymNetwork:
    """:returns: a network with random weights on a new encoder."""
    encoder = read_tiny_encoder(write_encoder(folder, seed=seed))
    torch.manual_seed(seed)
    return new_synonym_network(encoder, SynonymConfig(**{"tuned_layers": 2, "dim": 8, **shape}))


def write_synonym_encoder(folder: Path, *, seed: int = 0, storage: str = "int8", **shape) -> Path:
    """:returns: the folder of an encoder that ``load_synonym_encoder`` takes, its base beside it.

    :param seed: another makes other vectors.
    """
    beside = folder / "encoder"
    beside.mkdir(parents=True)
    network = tiny_synonym_network(beside, seed=seed, **shape)
    save_synonym_encoder(
        network,
        folder,
        form=MiniFormat(tiny_pieces()),
        max_pieces=24,
        encoder_sha256=sha256_file(beside / "model.safetensors"),
        storage=storage,
    )
    return folder


def tiny_synonym_encoder(folder: Path, *, seed: int = 0, **shape):
    """:returns: such an encoder, loaded."""
    return load_synonym_encoder(write_synonym_encoder(folder, seed=seed, **shape))


def write_encoder_training(folder: Path, *, steps: int) -> Path:
    """:returns: a recipe, with all that it names beside it."""
    return write_training(folder, recipe=RECIPE.format(steps=steps))
