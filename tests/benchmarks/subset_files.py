"""What the subsets of a large KB cost: made from many ids, as files, taken out.

Usage: ``subset_files.py KB``; ``any_size.py --keep FOLDER`` leaves one of a million concepts.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
from any_size_steps import IN_MS, SEED, times


def main() -> None:
    from biotk.kb import KbSubset, open_kb, read_subset, write_subset
    from biotk.kb.export import iter_part, write_jsonl

    kb = open_kb(Path(sys.argv[1]))
    chance = random.Random(SEED)
    ids = [kb.id_of(idx) for idx in chance.sample(range(len(kb)), min(100_000, len(kb)))]
    draws = np.random.default_rng(SEED).random(len(kb))
    tenth = KbSubset(kb.fingerprint, draws < 0.1)
    whole, two = kb.subset(), range(2)
    with tempfile.TemporaryDirectory() as folder:
        path, rows = Path(folder) / "whole.subset", Path(folder) / "tenth.jsonl"
        report = {
            "concepts": len(kb),
            "ids": len(ids),
            "from_ids_ms": times(lambda _: kb.subset(ids=ids), two, IN_MS),
            "write_ms": times(lambda _: write_subset(kb, whole, path), two, IN_MS),
            "read_ms": times(lambda _: read_subset(kb, path), two, IN_MS),
            "match_ms": times(lambda _: read_subset(kb, path, match_ids=True), two, IN_MS),
            "tenth_as_jsonl_ms": times(lambda _: write_jsonl(iter_part(kb, tenth), rows), [0],
                                       IN_MS),
            "file_mb": round(path.stat().st_size / 2**20, 1),
        }  # fmt: skip
    print(json.dumps(report))


if __name__ == "__main__":
    main()
