"""A byte-level BPE made by hand, so that its ids can be told by looking at it."""

from __future__ import annotations

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
#: Blanks are Ġ. The n-th merge makes id ``5 + 256 + n``.
MERGES = [("Ġ", "i"), ("Ġi", "s"), ("f", "e"), ("Ġ", "fe"), ("v", "e"), ("ve", "r")]
FIRST_MERGED = len(SPECIAL) + 256


def tiny_bpe() -> Tokenizer:
    """:returns: 5 special tokens, then the 256 bytes in order of their characters, then merges."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = [*SPECIAL, *alphabet, *("".join(pair) for pair in MERGES)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, MERGES))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def byte(character: str) -> int:
    """:returns: the id of a single character of ASCII."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return len(SPECIAL) + alphabet.index("Ġ" if character == " " else character)
