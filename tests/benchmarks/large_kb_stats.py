"""What a KB file is like: names a concept, length of names, homonyms, depth and fan-out.

Usage: ``large_kb_stats.py KB.jsonl`` prints JSON with two parts side by side: the real concepts,
and those that were combined from them.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from large_kb_families import FAMILIES

COMBINED = frozenset(family.prefix for family in FAMILIES)
#: Distinct trigrams grow with the number of names: both parts are counted over as many.
SAMPLE = 300_000


class Part:
    """Counts of one part of a KB."""

    def __init__(self) -> None:
        self.names_a_concept: list[int] = []
        self.parents_a_concept: list[int] = []
        self.names: list[str] = []

    def summary(self, chance: random.Random) -> dict[str, object]:
        """:returns: what the part is like; percentiles are the 50th, 90th, 99th and the most."""
        sample = chance.sample(self.names, min(SAMPLE, len(self.names)))
        trigrams = {name[i : i + 3] for n in sample for name in [n.lower()] for i in range(len(n))}
        counts = Counter(min(n, 41) for n in self.names_a_concept)
        total = len(self.names_a_concept)
        return {
            "concepts": total,
            "names": len(self.names),
            "names_a_concept": spread(self.names_a_concept),
            "share_with_one_name": round(counts[1] / total, 3),
            "share_with_ten_or_more": round(sum(counts[n] for n in range(10, 42)) / total, 3),
            "characters_a_name": spread([len(name) for name in sample]),
            "words_a_name": spread([name.count(" ") + 1 for name in sample]),
            "distinct_trigrams_in_sample": len(trigrams),
            "sample": len(sample),
            "parents_a_concept": spread(self.parents_a_concept),
        }


def spread(values: Sequence[int]) -> dict[str, float]:
    """:returns: mean, percentiles and the greatest."""
    array = np.asarray(values)
    p50, p90, p99 = np.percentile(array, [50, 90, 99])
    return {
        "mean": round(float(array.mean()), 2),
        "p50": float(p50), "p90": float(p90), "p99": float(p99), "max": int(array.max()),
    }  # fmt: skip


def homonyms(names: list[int], concepts: list[int]) -> dict[str, float]:
    """:returns: how many names, by their hashes, belong to several concepts."""
    pairs = np.unique(np.stack([np.array(names), np.array(concepts)]), axis=1)
    _, counts = np.unique(pairs[0], return_counts=True)
    return {
        "distinct_names_but_for_case": len(counts),
        "of_several_concepts": int((counts > 1).sum()),
        "share": round(float((counts > 1).mean()), 4),
        "most_concepts": int(counts.max()),
    }


def depths(parents: dict[str, list[str]]) -> dict[str, object]:
    """:returns: how long the longest way to a root is, and how many children concepts have."""
    children: dict[str, list[str]] = {}
    open_parents: dict[str, int] = {}
    for child, above in parents.items():
        known = [parent for parent in above if parent in parents]
        open_parents[child] = len(known)
        for parent in known:
            children.setdefault(parent, []).append(child)
    depth = dict.fromkeys((c for c, n in open_parents.items() if not n), 0)
    waiting = list(depth)
    for concept in waiting:  # grows while it is walked: a concept comes after all its parents
        for child in children.get(concept, ()):
            depth[child] = max(depth.get(child, 0), depth[concept] + 1)
            open_parents[child] -= 1
            if not open_parents[child]:
                waiting.append(child)
    return {
        "depth": spread(list(depth.values())),
        "in_cycles_or_below": len(parents) - len(waiting),
        "children_of_those_that_have_any": spread([len(c) for c in children.values()]),
    }


def main() -> None:
    parts = {"real": Part(), "combined": Part()}
    name_hashes: list[int] = []
    name_concepts: list[int] = []
    parents: dict[str, list[str]] = {}
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        for idx, line in enumerate(file):
            row = json.loads(line)
            names = [row["canonical_name"], *row["aliases"]]
            combined = row["concept_id"].partition(":")[0] in COMBINED
            part = parts["combined" if combined else "real"]
            part.names_a_concept.append(len(names))
            part.parents_a_concept.append(len(row["parents"]))
            part.names.extend(names)
            name_hashes.extend(hash(name.lower()) for name in names)
            name_concepts.extend([idx] * len(names))
            parents[row["concept_id"]] = row["parents"]
    chance = random.Random(0)
    report: dict[str, object] = {
        name: part.summary(chance) for name, part in parts.items() if part.names
    }
    report["homonyms"] = homonyms(name_hashes, name_concepts)
    report["hierarchy"] = depths(parents)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
