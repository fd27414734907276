"""``biotk-mini`` in small: a tokenizer of letters, a BERT and a network with random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel

from biotk.nn.mini_encoder import Encoder, read_encoder
from biotk.nn.mini_files import new_network
from biotk.nn.mini_format import MiniFormat
from biotk.nn.mini_network import MiniConfig, MiniNetwork

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
PIECES = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{each}" for each in LETTERS),
    *"-,.()[]", "fever", "##ing", "heart",
]  # fmt: skip


def piece(text: str) -> int:
    """:returns: the id of a piece."""
    return PIECES.index(text)


def tiny_pieces() -> Tokenizer:
    """:returns: a tokenizer as BERT's, with a piece for each letter and few others."""
    vocabulary = {each: number for number, each in enumerate(PIECES)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(PIECES[:5])
    return tokenizer


def tiny_form(*, window: int = 4, max_mention: int = 6) -> MiniFormat:
    """:returns: the format with that tokenizer."""
    return MiniFormat(tiny_pieces(), window=window, max_mention=max_mention)


def write_encoder(folder: Path, *, seed: int = 0) -> Path:
    """:returns: the folder, with a BERT as sentence encoders come, its pooler included."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(PIECES), hidden_size=24, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=40,
    )  # fmt: skip
    model = BertModel(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.2 * torch.randn_like(weight))
    model.save_pretrained(folder)
    tiny_pieces().save(str(folder / "tokenizer.json"))
    return folder


def read_tiny_encoder(folder: Path) -> Encoder:
    """:returns: the encoder in a folder, whatever its checksum."""
    from biotk.kb.manifest import sha256_file

    return read_encoder(folder, sha256=sha256_file(folder / "model.safetensors"))


def tiny_network(folder: Path, *, seed: int = 0, spread: float = 1.0, **shape) -> MiniNetwork:
    """:returns: a network on a new encoder; the greater ``spread``, the surer it is."""
    encoder = read_tiny_encoder(write_encoder(folder, seed=seed))
    torch.manual_seed(seed)
    config = MiniConfig(n_layers=2, n_heads=2, inner=16, n_positions=8, tuned_layers=2, **shape)
    network = new_network(encoder, config)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.startswith("encoder."):
                continue
            if "norm" in name or weight.dim() < 2:  # so that one that is left out shows
                weight.add_(0.3 * torch.randn_like(weight))
            else:
                weight.normal_(std=0.5)
        for query in (network.child_query, network.run_query, network.overlap_query):
            query.weight.mul_(spread)
        network.overlap_query.bias.mul_(spread)
    return network.eval()
