"""Dense candidates: how fast names are encoded, and each kind of index beside exact search.

A sample of the KB's names is encoded. The indexes are over all its names: vectors that stand beside
the KB are taken as they are, else all names are encoded, ten minutes and more for ``open``. With
``--names N`` the indexes are over N vectors drawn at random around those of the sample: sizes and
speeds are those of N names, and recall is a guide alone (among MEDIC's 56,757 names ``ivf`` finds
0.89 of the 20 nearest, among as many drawn ones 0.92).

Asked for are mentions of four corpora, where they are there, else names of the KB with errors in
them. Exact search is the oracle: recall is the share of its nearest names that a kind finds. All
kinds answer in each round, and ratios are taken within a round. Rates are per second of the
processor's time, on a machine that others use as well.

Each index is built in a process of its own, and memory is what that has for itself. A kind that
would take more than ``--memory`` to build is left out, and told. With vectors of 128 numbers, four
million names take 0.5 GB to build, ``flat`` 1.9 GB, and 1 GB on disk for the vectors.

Usage: ``dense.py [--kb KB] [--encoder FOLDER] [--names N] [--keep FOLDER]``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dense_indexes import asked, draw, opened, write_blocks
from large_kb_mentions import corpus_mentions, corrupted
from process_memory import run_watched

from biotk.index.faiss_index import KINDS, choose_kind
from biotk.index.kb_vectors import TextEncoder, vectors_name
from biotk.kb import KnowledgeBase
from biotk.kb.default import resolve_kb
from biotk.kb.derived import derived_folder
from biotk.linking.encoders import UNTUNED, load_encoder

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
Report = dict[str, Any]

SEED, _BLOCK = 7, 8192


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def names_of(kb: KnowledgeBase, keys: Sequence[int]) -> list[str]:
    """:returns: what is encoded: for each key the first name that is normalised so."""
    table = kb.keys("plural")
    return [kb.name(int(table.rows_of(key)[0])) for key in keys]


def encoded(encoder: TextEncoder, texts: Sequence[str], *, fast: bool) -> tuple[Any, float]:
    """:returns: the vectors, and how many a second."""
    encoder.encode(texts[:16], fast=fast)  # what is done once, at the first call
    start = time.process_time()
    vectors = encoder.encode(texts, fast=fast)
    return vectors, len(texts) / (time.process_time() - start)


def all_vectors(kb: KnowledgeBase, encoder: TextEncoder, folder: Path) -> tuple[Path, str]:
    """:returns: the file of the vectors of all names, and where they are from."""
    for kind in KINDS:
        path = derived_folder(kb, vectors_name(encoder, kind)) / "vectors.npy"
        if path.is_file():
            return path, "those beside the KB"
    path = folder / f"{kb.fingerprint}-{encoder.fingerprint}.npy"
    if not path.exists():
        n = len(kb.keys("plural"))

        def blocks() -> Iterator[Any]:
            for first in range(0, n, _BLOCK):
                say(f"encoding names: {first:,} of {n:,}")
                yield encoder.encode(names_of(kb, range(first, min(first + _BLOCK, n))), fast=True)

        write_blocks(path, blocks(), (n, encoder.dim))
    return path, "encoded"


def mentions(kb: KnowledgeBase, data: Path, count: int) -> tuple[list[str], str]:
    """:returns: what is asked for, and what it is."""
    chance = random.Random(SEED)
    if (data / "corpora").is_dir():
        return corpus_mentions(data, count, chance), "mentions of corpora"
    n = len(kb.keys("plural"))
    names = names_of(kb, chance.sample(range(n), min(4 * count, n)))
    return [wrong for _, _, wrong in corrupted(names, count, chance)], "names with errors"


def build_gb(kind: str, rows: int, dim: int) -> float:
    """:returns: what an index takes in memory, about, while it is built."""
    if kind == "exact":
        return 0.0
    return rows * (dim * (4 if kind == "flat" else 1) + 8) / 2**30


def built(vectors: Path, kind: str, index: Path) -> Report:
    """Build an index in a process of its own, and watch its memory."""
    index.unlink(missing_ok=True)
    say(f"building {kind}")
    command = [sys.executable, str(HERE / "dense_indexes.py"), str(vectors), kind, str(index)]
    output, cost = run_watched(command)
    return {**json.loads(output), "peak_anonymous_mb": cost["peak_anonymous_mb"]}


def compared(vectors: Path, queries: Any, folder: Path, given: argparse.Namespace) -> Report:
    """:returns: for each kind its size, how long building it takes, and how it answers."""
    rows, dim = np.load(vectors, mmap_mode="r").shape
    report: Report = {}
    indexes = {}
    for kind in KINDS:
        index = folder / f"{kind}.faiss"
        if build_gb(kind, rows, dim) > given.memory:
            report[kind] = {"left_out": f"takes more than {given.memory} GB to build"}
            continue
        report[kind] = {} if kind == "exact" else built(vectors, kind, index)
        files = [vectors] if kind == "exact" else [vectors, index]
        size = sum(file.stat().st_size for file in files)
        report[kind]["bytes_a_name"] = round(size / rows, 1)
        indexes[kind] = opened(vectors, kind, index)
    say(f"searching {len(queries):,} mentions, {given.rounds} rounds")
    for kind, answers in asked(indexes, queries, k=given.k, rounds=given.rounds).items():
        report[kind] |= answers
    return report


def measure(given: argparse.Namespace, folder: Path) -> Report:
    """:returns: all figures."""
    kb, encoder = resolve_kb(given.kb), load_encoder(given.encoder)
    n_keys = len(kb.keys("plural"))
    n_sample = min(given.sample, n_keys)
    say(f"encoding {n_sample:,} names")
    sample = np.linspace(0, n_keys - 1, n_sample).astype(int).tolist()
    real, names_per_s = encoded(encoder, names_of(kb, sample), fast=True)
    texts, source = mentions(kb, given.data, given.mentions)
    queries, mentions_per_s = encoded(encoder, texts, fast=False)
    if given.names is None:
        n = n_keys
        vectors, origin = all_vectors(kb, encoder, folder)
    else:
        n, vectors, origin = given.names, folder / "drawn.npy", f"drawn around {n_sample:,}"
        draw(real, vectors, n, seed=SEED)
    return {
        "kb": {"name": kb.manifest.name, "names": kb.n_names, "distinct_names": n_keys},
        "encoder": {"name": given.encoder, "fingerprint": encoder.fingerprint, "dim": encoder.dim},
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "names_encoded_per_s": round(names_per_s, 1),
        "mentions": {"n": len(texts), "are": source, "encoded_per_s": round(mentions_per_s, 1)},
        "vectors": {"n": n, "are": origin, "kind_by_default": choose_kind(n)},
        "k": given.k,
        "kinds": compared(vectors, queries, folder, given),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kb", default="open", help="a folder, or the name of one that ships")
    parser.add_argument("--encoder", default=UNTUNED, help="a folder, or the name of one")
    parser.add_argument("--names", type=int, help="draw so many vectors")
    parser.add_argument("--sample", type=int, default=4096, help="names that are encoded for it")
    parser.add_argument("--mentions", type=int, default=512, help="that are asked for")
    parser.add_argument("--k", type=int, default=20, help="nearest names that are wanted")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=float, default=2.5, help="GB that a build may take")
    parser.add_argument("--data", type=Path, default=DATA, help="where corpora are")
    parser.add_argument("--keep", type=Path, help="use what is in this folder, and leave it there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        json.dump(measure(given, folder), sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()
