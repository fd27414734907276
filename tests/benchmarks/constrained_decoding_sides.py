"""What both sides of ``constrained_decoding`` are given, and how each of them is run."""

from __future__ import annotations

import random
from collections import defaultdict

import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from biotk.decoding.search import ConstrainedSearch
from biotk.kb.default import resolve_kb
from biotk.nn.inputs import Seq2SeqInput

VOCABULARY, END, BEAMS = 16_000, 2, 5
N_WORD = 40  # tokens of context round a mention
N_PREFIX = 4  # tokens of the mention on the decoder's side

#: The best name of a mention as tokens, and its score.
Found = tuple[tuple[int, ...], float]


def make_model(shape: str):
    """:returns: an encoder–decoder of about 9.5 million parameters, sure of its answers."""
    torch.manual_seed(0)
    if shape == "bart":
        config = BartConfig(
            vocab_size=VOCABULARY, d_model=256, encoder_layers=4, decoder_layers=2,
            encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=1024,
            decoder_ffn_dim=1024, max_position_embeddings=256, forced_eos_token_id=None,
        )  # fmt: skip
        model = BartForConditionalGeneration(config)
    else:
        config = T5Config(
            # As many layers on both sides: the cache of transformers has room for no more.
            vocab_size=VOCABULARY, d_model=256, d_kv=64, d_ff=1024, num_layers=3,
            num_heads=4, pad_token_id=1, eos_token_id=END, decoder_start_token_id=END,
        )  # fmt: skip
        model = T5ForConditionalGeneration(config)
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(3.0 if shape == "t5" else 20.0)
    return model.eval()


def token_names() -> list[list[int]]:
    """:returns: the names of kb/open as tokens: words and their pieces, by frequency."""
    kb = resolve_kb("open")
    texts = sorted({n.lower() for i in range(len(kb)) for n in kb.names_of(i)})
    pieces = [[w[k : k + 6] for w in t.split() for k in range(0, len(w), 6)] for t in texts]
    counts: dict[str, int] = defaultdict(int)
    for row in pieces:
        for piece in row:
            counts[piece] += 1
    first = sorted(counts, key=lambda piece: (-counts[piece], piece))[: VOCABULARY - 1000]
    ids = {piece: 10 + number for number, piece in enumerate(first)}
    rest = VOCABULARY - 1000 + 10  # what is rare shares the ids that are left
    return [[ids.get(p, rest + sum(map(ord, p)) % 900) for p in row] for row in pieces if row]


def nested(names: list[list[int]]) -> dict:
    root: dict = {}
    for name in names:
        node = root
        for token in [*name, END]:
            node = node.setdefault(token, {})
    return root


def make_inputs(n: int, names: list[list[int]]) -> list[Seq2SeqInput]:
    rng = random.Random(0)
    inputs = []
    for name in rng.sample(names, n):
        left, right = ([rng.randrange(10, VOCABULARY) for _ in range(N_WORD // 2)] for _ in "lr")
        prefix = [*name[:N_PREFIX], *left[: max(N_PREFIX - len(name), 0)]]
        inputs.append(Seq2SeqInput((0, *left, *name[:8], *right, END), (END, *prefix, 5)))
    return inputs


def run_generate(
    model, inputs, root, *, batch: int, normalisation: str, scores: bool = False
) -> list[Found]:
    """:returns: the best name of each mention, and its score if that is asked for, else 0."""
    n_prefix, found = N_PREFIX + 2, []

    def allowed(_, ids):
        node = root
        for token in ids[n_prefix:].tolist():
            node = node.get(token, {})
        return list(node) or [END]

    for start in range(0, len(inputs), batch):
        part = inputs[start : start + batch]
        ids = torch.full((len(part), max(len(each.source) for each in part)), 1)
        for row, each in zip(ids, part):
            row[: len(each.source)] = torch.tensor(each.source)
        out = model.generate(
            input_ids=ids, attention_mask=(ids != 1).long(),
            decoder_input_ids=torch.tensor([each.prefix for each in part]),
            prefix_allowed_tokens_fn=allowed, num_beams=BEAMS, do_sample=False,
            early_stopping="never", max_new_tokens=40, eos_token_id=END,
            length_penalty=0.0 if normalisation == "trie" else 1.0,
            renormalize_logits=normalisation == "trie",
            return_dict_in_generate=True, output_scores=scores,
        )  # fmt: skip
        values = out.sequences_scores.tolist() if scores else [0.0] * len(part)
        for row, value in zip(out.sequences.tolist(), values):
            name = row[n_prefix:]
            found.append((tuple(name[: name.index(END)] if END in name else name), value))
    return found


def run_ours(search: ConstrainedSearch, inputs) -> list[Found]:
    best = [decoded.names[0] for decoded in search.search(inputs)]
    return [(tuple(search.trie.sequence_of(name.ranks[0])), name.score) for name in best]
