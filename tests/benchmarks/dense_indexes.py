"""The indexes of ``dense.py``: drawing vectors, building an index, asking all of them.

Usage: ``dense_indexes.py VECTORS KIND OUT`` builds one, and prints how long it took.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from biotk.index.faiss_index import FaissIndex, build_faiss, read_faiss, write_faiss
from biotk.index.vector_index import ExactIndex, VectorIndex

Report = dict[str, Any]

#: Rows that are drawn at once, and mentions that are searched at once, as a linker's batches are.
_BLOCK, _BATCH = 1 << 16, 256
#: How long what is added to a vector is, beside it: the cosine of the two is then about 0.78.
_NOISE = 0.8


def write_blocks(path: Path, blocks: Iterable[Any], shape: tuple[int, int]) -> None:
    """Write vectors as the KB's are kept: in float16, a block after the other."""
    part = path.with_suffix(".part")
    file = np.lib.format.open_memmap(part, mode="w+", dtype=np.float16, shape=shape)
    first = 0
    for block in blocks:
        file[first : first + len(block)] = block
        first += len(block)
    file.flush()
    part.rename(path)


def draw(real: Any, out: Path, n: int, *, seed: int) -> None:
    """Draw vectors at random around real ones.

    :param real: of unit length. *Shape*: (names, dim).
    :param out: the file that is written.
    :param n: how many.
    :param seed: another gives others.
    """
    rng = np.random.default_rng(seed)
    dim = real.shape[1]

    def blocks() -> Iterator[Any]:
        for first in range(0, n, _BLOCK):
            around = real[rng.integers(0, len(real), min(_BLOCK, n - first))]
            noise = rng.standard_normal(around.shape, np.float32) * (_NOISE / dim**0.5)
            drawn = around + noise
            yield drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    write_blocks(out, blocks(), (n, dim))


def opened(vectors: Path, kind: str, path: Path) -> VectorIndex:
    """:returns: an index over mapped vectors, itself mapped."""
    mapped = np.load(vectors, mmap_mode="r")
    if kind == "exact":
        return ExactIndex(mapped)
    return FaissIndex(read_faiss(path, kind), mapped)


def asked(
    indexes: Mapping[str, VectorIndex], queries: Any, *, k: int, rounds: int
) -> dict[str, Report]:
    """Ask all indexes the same, the exact one among them, in turn.

    :returns: for each the mentions a second, how many times as many as by exact search these are,
        and the share of its first and of all its nearest that are found.
    """
    per_s: dict[str, list[float]] = defaultdict(list)
    found: dict[str, Any] = {}
    for _ in range(rounds):
        for kind, index in indexes.items():
            start = time.process_time()
            batches = [
                index.search(queries[first : first + _BATCH], k=k).rows
                for first in range(0, len(queries), _BATCH)
            ]
            per_s[kind].append(len(queries) / (time.process_time() - start))
            found[kind] = np.concatenate(batches)
    exact = found["exact"]
    report: dict[str, Report] = {}
    for kind, rows in found.items():
        shares = [np.isin(nearest, mine).mean() for nearest, mine in zip(exact, rows)]
        times = [mine / its for mine, its in zip(per_s[kind], per_s["exact"])]
        report[kind] = {
            "mentions_per_s": round(statistics.median(per_s[kind]), 1),
            "times_exact": {
                "least": round(min(times), 2),
                "median": round(statistics.median(times), 2),
            },
            "recall": {
                "at_1": round(float((rows[:, 0] == exact[:, 0]).mean()), 4),
                f"at_{k}": round(float(np.mean(shares)), 4),
            },
        }
    return report


def main() -> None:
    vectors, kind, out = sys.argv[1:]
    clock, processor = time.perf_counter(), time.process_time()
    index = build_faiss(np.load(vectors, mmap_mode="r"), kind)  # type: ignore[arg-type]
    write_faiss(Path(out), index)
    report = {
        "build_s": round(time.perf_counter() - clock, 2),
        "build_processor_s": round(time.process_time() - processor, 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
