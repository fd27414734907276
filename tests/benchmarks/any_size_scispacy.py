"""scispaCy's KnowledgeBase class over the same names: load time, memory, look-ups.

Run by ``any_size.py`` in the scispaCy environment, which needs no BioTK for it. Usage:
``any_size_scispacy.py KB.jsonl GIGABYTES``: more memory than that and it gives up.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from scispacy.linking_utils import KnowledgeBase


def resident_mb() -> float:
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS:"))


def main() -> None:
    path, limit = sys.argv[1], float(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (int(limit * 2**30),) * 2)
    before = resident_mb()
    start = time.perf_counter()
    try:
        kb = KnowledgeBase(path)
    except MemoryError:
        print(json.dumps({"out_of_memory": f"more than {limit:g} GB"}))
        return
    report = {
        "load_s": round(time.perf_counter() - start, 2),
        "memory_mb": round(resident_mb() - before, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "concepts": len(kb.cui_to_entity),
        "aliases": len(kb.alias_to_cuis),
    }
    names = list(kb.alias_to_cuis)[:: max(1, len(kb.alias_to_cuis) // 200_000)]
    start = time.perf_counter()
    for name in names:
        kb.alias_to_cuis[name]
    report["identical_names_per_s"] = round(len(names) / (time.perf_counter() - start))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
