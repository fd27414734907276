"""A generator of a tiny BART with random weights, and its checkpoint: fast, and sure of nothing."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tiny_bpe import tiny_bpe
from tiny_models import tiny_model
from transformers import PreTrainedTokenizerFast

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.linking import Generator
from biotk.nn.genbioel_format import GenbioelFormat
from biotk.nn.seq2seq import Seq2Seq

VOCABULARY = 300
#: A token that is part of no name.
NIL = 299


def tiny_generator(
    normalisation: str = "trie",
    *,
    seed: int = 0,
    nil: int | None = NIL,
    beams: int = 5,
    spread: float = 0.3,
) -> Generator:
    """:returns: a generator; with a small ``spread`` it gives NIL and all names their share."""
    model = Seq2Seq(tiny_model("bart", vocabulary=VOCABULARY, seed=seed, spread=spread))
    return Generator(
        name="tiny",
        form=GenbioelFormat(tiny_bpe(), max_tokens=64),
        make_search=partial(ConstrainedSearch, model),
        options=SearchOptions(normalisation=normalisation, nil_id=nil, beams=beams),
        cleaning="genbioel",
    )


def write_checkpoint(folder: Path, *, vocabulary: int = VOCABULARY) -> Path:
    """:returns: the folder, with a checkpoint as transformers writes it."""
    tiny_model("bart", vocabulary=vocabulary).save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tiny_bpe()).save_pretrained(folder)
    return folder
