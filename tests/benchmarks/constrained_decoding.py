"""Constrained decoding beside today's way: transformers' generate over a trie of nested dicts.

The same model of random weights, the same trie of the names of ``kb/open``, the same mentions, five
beams, one process. ``generate`` gets the allowed tokens from ``prefix_allowed_tokens_fn``, which
walks the nested dicts from the root, as GENRE and GenBioEL do; it runs at batch 1, as they run it,
and at larger ones. All prefixes have one length: it could not fill a batch otherwise. Both are
timed in turns, and the best of each is taken.

Random weights are hard on ``vocabulary``: next to no probability is on names, so that nothing can
be dropped early, and which name is best is a close call.

    python tests/benchmarks/constrained_decoding.py [--mentions 200] [--shapes t5 bart]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import defaultdict

import numpy as np
import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.index.token_trie import TokenTrie
from biotk.kb.default import resolve_kb
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.seq2seq import Seq2Seq

VOCABULARY, END, BEAMS = 16_000, 2, 5
N_WORD = 40  # tokens of context round a mention
N_PREFIX = 4  # tokens of the mention on the decoder's side


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
) -> list[tuple[tuple[int, ...], float]]:
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


def run_ours(search: ConstrainedSearch, inputs) -> list[tuple[tuple[int, ...], float]]:
    best = [decoded.names[0] for decoded in search.search(inputs)]
    return [(tuple(search.trie.sequence_of(name.ranks[0])), name.score) for name in best]


def compare(ours, theirs, score_them) -> dict[str, float]:
    """:returns: how often the name is the same, and how often it is, or has a better score."""
    other = [i for i, (a, b) in enumerate(zip(ours, theirs)) if a[0] != b[0]]
    scores = score_them(other)
    better = sum(ours[i][1] > score for i, score in zip(other, scores))
    n = len(ours)
    return {"same": 1 - len(other) / n, "same_or_better": 1 - (len(other) - better) / n}


def timed(run) -> tuple[float, object]:
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


class Shares:
    """Where the time of a search goes, by wrapping what it calls."""

    def __init__(self, model: Seq2Seq) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        for name, part in (
            ("encode", "encoder"), ("feed", "decoder"), ("logits", "output layer"),
            ("logits_of", "output layer"), ("normaliser", "output layer"),
        ):  # fmt: skip
            setattr(model, name, self._wrap(getattr(model, name), part))

    def _wrap(self, call, part):
        def wrapped(*args, **kwargs):
            seconds, result = timed(lambda: call(*args, **kwargs))
            self.seconds[part] += seconds
            return result

        return wrapped


def measure(shape: str, n: int, repeats: int) -> dict:
    model = make_model(shape)
    names = [list(name) for name in sorted(set(map(tuple, token_names())))]
    trie, root = TokenTrie.from_sequences(names), nested(names)
    inputs = make_inputs(n, names)
    few = inputs[: max(n // 5, 20)]
    half = Seq2Seq(make_model(shape).to(torch.bfloat16))
    report: dict = {
        "parameters": sum(p.numel() for p in model.parameters()),
        "names": len(names), "mentions": n, "threads": torch.get_num_threads(),
    }  # fmt: skip
    for normalisation in ("vocabulary", "trie"):
        best: dict[str, float] = {}
        answers: dict[str, list] = {}

        def race(label, run, count, best=best, answers=answers):
            seconds, answers[label] = timed(run)
            best[label] = max(best.get(label, 0.0), count / seconds)

        def ours(seq2seq, size, normalisation=normalisation):
            options = SearchOptions(normalisation=normalisation, beams=BEAMS, batch_size=size)
            return ConstrainedSearch(seq2seq, trie, options)

        exact = Seq2Seq(model)
        for _ in range(repeats):
            for batch, part in ((1, few), (16, inputs), (64, inputs)):
                race(
                    f"generate, batch {batch}",
                    lambda part=part, batch=batch, kind=normalisation: run_generate(
                        model, part, root, batch=batch, normalisation=kind
                    ),
                    len(part),
                )
            for name, seq2seq in (("fp32", exact), ("bf16", half)):
                for size, part in ((1, few), (64, inputs)):
                    search = ours(seq2seq, size)
                    race(
                        f"biotk {name}, batch {size}",
                        lambda search=search, part=part: run_ours(search, part),
                        len(part),
                    )
        theirs = answers["generate, batch 64"]

        def score_them(rows, normalisation=normalisation):
            part = [inputs[i] for i in rows]
            again = run_generate(
                model, part, root, batch=8, normalisation=normalisation, scores=True
            )
            return [score for _, score in again]

        same = {
            label: compare(found, theirs[: len(found)], score_them)
            for label, found in answers.items()
            if label.startswith("biotk fp32")
        }
        same |= {
            label: {"same": float(np.mean([a[0] == b[0] for a, b in zip(found, theirs)]))}
            for label, found in answers.items()
            if label.startswith("biotk bf16")
        }
        measured = Seq2Seq(model)
        shares = Shares(measured)
        total, _ = timed(lambda m=measured: run_ours(ours(m, 64), inputs))
        shares.seconds["trie and bookkeeping"] = total - sum(shares.seconds.values())
        one, top = best["generate, batch 1"], max(best[k] for k in best if k.startswith("gen"))
        report[normalisation] = {
            "mentions_per_second": best,
            "top_1_beside_generate": same,
            "times_generate_at_batch_1": {k: best[k] / one for k in same},
            "times_generate_at_its_best": {k: best[k] / top for k in same},
            "shares_fp32_batch_64": {k: v / total for k, v in shares.seconds.items()},
        }
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mentions", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--shapes", nargs="+", default=["t5", "bart"], choices=["t5", "bart"])
    arguments = parser.parse_args()
    report = {
        shape: measure(shape, arguments.mentions, arguments.repeats) for shape in arguments.shapes
    }
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
