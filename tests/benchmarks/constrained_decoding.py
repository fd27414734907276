"""Constrained decoding beside today's way: transformers' generate over a trie of nested dicts.

The same model of random weights, the same trie of the names of ``kb/open``, the same mentions, five
beams, one process. ``generate`` gets the allowed tokens from ``prefix_allowed_tokens_fn``, which
walks the nested dicts from the root, as GENRE and GenBioEL do; it runs at batch 1, as they run it,
and at larger ones. All prefixes have one length: it could not fill a batch otherwise.

Everything is timed once in each round, and ratios are taken within a round: the least and the
median of them are told, by the clock and by the processor's time. The latter is what counts on a
machine that others use as well; the load is told too.

Random weights are hard on ``vocabulary``: next to no probability is on names, so that nothing can
be dropped early, and which name is best is a close call.

    python tests/benchmarks/constrained_decoding.py [--mentions 128] [--rounds 3] [--shapes t5 bart]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import torch
from constrained_decoding_sides import (
    BEAMS,
    make_inputs,
    make_model,
    nested,
    run_generate,
    run_ours,
    token_names,
)

from biotk.decoding import SearchOptions
from biotk.decoding.search import ConstrainedSearch
from biotk.index.token_trie import TokenTrie
from biotk.nn.seq2seq import Seq2Seq

GENERATE_BATCHES, OUR_BATCHES = (1, 16, 64), (1, 64)
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
#: What a search calls, and the part of the table that its time belongs to.
MODEL_PARTS = {
    "encode": "encoder", "feed": "decoder", "normaliser": "normaliser over the vocabulary",
    "logits": "output layer for the root", "logits_of": "output layer for children",
}  # fmt: skip
TRIE_CALLS = ("children", "forced_runs", "child_counts", "is_terminal", "remaining")


class Seconds(NamedTuple):
    """How long something took."""

    clock: float
    processor: float


def timed(run) -> tuple[Seconds, object]:
    clock, processor = time.perf_counter(), time.process_time()
    result = run()
    return Seconds(time.perf_counter() - clock, time.process_time() - processor), result


class Bench:
    """One model shape.

    :param shape: ``t5`` or ``bart``.
    :param names: as tokens.
    :param n: how many mentions.
    """

    def __init__(self, shape: str, names: list[list[int]], n: int) -> None:
        self.models = {name: make_model(shape).to(dtype) for name, dtype in DTYPES.items()}
        self.trie, self.root = TokenTrie.from_sequences(names), nested(names)
        self.inputs = make_inputs(n, names)

    def contenders(self, normalisation: str) -> dict:
        """:returns: what is timed, by name. Each takes mentions."""

        def generate(dtype, size):
            return lambda inputs: run_generate(
                self.models[dtype], inputs, self.root, batch=size, normalisation=normalisation
            )

        def ours(dtype, size):
            search = self.search(Seq2Seq(self.models[dtype]), normalisation, size)
            return lambda inputs: run_ours(search, inputs)

        kinds = (("generate", generate, GENERATE_BATCHES), ("biotk", ours, OUR_BATCHES))
        return {
            f"{kind} {dtype}, batch {size}": make(dtype, size)
            for kind, make, sizes in kinds
            for dtype in DTYPES
            for size in sizes
        }

    def search(self, model: Seq2Seq, normalisation: str, size: int) -> ConstrainedSearch:
        options = SearchOptions(normalisation=normalisation, beams=BEAMS, batch_size=size)
        return ConstrainedSearch(model, self.trie, options)

    def shares(self, dtype: str, normalisation: str, size: int) -> dict[str, float]:
        """:returns: where the processor's time of our search goes."""
        model, seconds = Seq2Seq(self.models[dtype]), defaultdict(float)
        search = self.search(model, normalisation, size)
        run_ours(search, self.inputs)
        parts = [(model, name, part) for name, part in MODEL_PARTS.items()]
        parts += [(self.trie, name, "trie") for name in TRIE_CALLS]
        for owner, name, part in parts:
            setattr(owner, name, _counted(getattr(owner, name), part, seconds))
        total, _ = timed(lambda: run_ours(search, self.inputs))
        for name in TRIE_CALLS:
            delattr(self.trie, name)  # the method of the class is back
        seconds["bookkeeping"] = total.processor - sum(seconds.values())
        return {part: spent / total.processor for part, spent in seconds.items()}

    def same(self, ours: list, theirs: list, normalisation: str) -> dict[str, float]:
        """:returns: how often the name is the same, and how often it is or has a better score."""
        other = [i for i, (a, b) in enumerate(zip(ours, theirs)) if a[0] != b[0]]
        scored = run_generate(
            self.models["fp32"], [self.inputs[i] for i in other], self.root,
            batch=8, normalisation=normalisation, scores=True,
        )  # fmt: skip
        better = sum(ours[i][1] > score for i, (_, score) in zip(other, scored))
        n = len(ours)
        return {"same": 1 - len(other) / n, "same_or_better": 1 - (len(other) - better) / n}


def _counted(call, part: str, seconds: dict[str, float]):
    def wrapped(*args, **kwargs):
        spent, result = timed(lambda: call(*args, **kwargs))
        seconds[part] += spent.processor
        return result

    return wrapped


def ratios(rounds: list[dict[str, Seconds]], ours: str) -> dict[str, dict]:
    """:returns: how many times as fast as generate one of ours is, within the rounds."""
    found = {}
    for dtype in DTYPES:
        theirs = [f"generate {dtype}, batch {size}" for size in GENERATE_BATCHES]
        for label, some in ((theirs[0], theirs[:1]), (f"generate {dtype}, best batch", theirs)):
            found[label] = {}
            for field in Seconds._fields:
                each = [
                    min(getattr(one[name], field) for name in some) / getattr(one[ours], field)
                    for one in rounds
                ]
                found[label][field] = {"least": min(each), "median": statistics.median(each)}
    return found


def measure(shape: str, names: list[list[int]], n: int, n_rounds: int) -> dict:
    bench = Bench(shape, names, n)
    report: dict = {"parameters": sum(p.numel() for p in bench.models["fp32"].parameters())}
    for normalisation in ("vocabulary", "trie"):
        rounds, answers, loads = [], {}, []
        contenders = bench.contenders(normalisation)
        for run in contenders.values():
            run(bench.inputs[:4])  # what is set up once is set up
        for _ in range(n_rounds):
            rounds.append({})
            for label, run in contenders.items():
                rounds[-1][label], answers[label] = timed(lambda run=run: run(bench.inputs))
            loads.append(round(os.getloadavg()[0], 1))
        ours = [label for label in contenders if label.startswith("biotk")]
        theirs = answers["generate fp32, batch 64"]
        report[normalisation] = {
            "load_after_each_round": loads,
            "mentions_per_second_median": {
                label: n / statistics.median(one[label].clock for one in rounds)
                for label in contenders
            },
            "times_as_fast_as": {label: ratios(rounds, label) for label in ours},
            "top_1_beside_generate_fp32": {
                label: bench.same(answers[label], theirs, normalisation) for label in ours
            },
            "shares_of_processor_time": {
                f"biotk {dtype}, batch {size}": bench.shares(dtype, normalisation, size)
                for dtype in DTYPES
                for size in OUR_BATCHES
            },
        }
    return report


def processor() -> str:
    """:returns: what the machine is."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return f"{os.cpu_count()} x {names[0] if names else 'unknown'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mentions", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shapes", nargs="+", default=["t5", "bart"], choices=["t5", "bart"])
    arguments = parser.parse_args()
    names = [list(name) for name in sorted(set(map(tuple, token_names())))]
    report: dict = {
        "machine": processor(), "threads": torch.get_num_threads(), "torch": torch.__version__,
        "load_before": os.getloadavg(), "names": len(names), "mentions": arguments.mentions,
        "rounds": arguments.rounds,
    }  # fmt: skip
    for shape in arguments.shapes:
        report[shape] = measure(shape, names, arguments.mentions, arguments.rounds)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
