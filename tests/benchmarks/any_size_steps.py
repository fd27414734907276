"""The steps of ``any_size.py``, each run in a process of its own; each prints one JSON object.

Usage: ``any_size_steps.py STEP KB_OR_JSONL [OUT]``.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from large_kb import DATA
from large_kb_mentions import corpus_mentions, corrupted
from process_memory import growth, rounded, smaps

Report = dict[str, Any]

SEED = 7
#: No search is timed for longer: what was done by then is told.
SECONDS = 60.0
IN_MS, IN_US = 1e3, 1e6


def rate(run: Callable[[Any], object], items: Sequence[Any], seconds: float = SECONDS) -> Report:
    """Run over items one by one, without the garbage collector, as ``timeit`` does.

    :returns: how many were done in the time there was; how many a second, and how many a second of
        the processor's own time, which tells the same on a machine that others use as well.
    """
    gc.collect()
    gc.disable()
    done = 0
    start, own = time.perf_counter(), time.process_time()
    for done, item in enumerate(items, 1):
        run(item)
        if not done & 15 and time.perf_counter() - start > seconds:
            break
    taken, own = time.perf_counter() - start, time.process_time() - own
    gc.enable()
    return {"n": done, "per_s": round(done / taken, 1), "per_cpu_s": round(done / own, 1)}


def times(run: Callable[[Any], object], items: Iterable[Any], unit: float) -> Report:
    """:returns: median, 95th percentile and greatest of the time that each item takes."""
    taken = []
    for item in items:
        start = time.perf_counter()
        run(item)
        taken.append((time.perf_counter() - start) * unit)
    p50, p95 = np.percentile(taken, [50, 95])
    return {
        "n": len(taken),
        "p50": round(p50, 2),
        "p95": round(p95, 2),
        "max": round(max(taken), 2),
    }


def build(jsonl: Path, out: Path) -> Report:
    """Run ``biotk kb build``; the time of each phase is that between two messages."""
    from biotk.cli import kb_build
    from biotk.kb import open_kb

    steps: list[tuple[str, float]] = []

    def progress(step: str, done: int, total: int) -> None:
        if not steps or steps[-1][0] != step:
            print(f"  {step}", file=sys.stderr, flush=True)
            steps.append((step, time.perf_counter()))

    kb_build.progress_bar = lambda: nullcontext(progress)
    start = time.perf_counter()
    with redirect_stdout(sys.stderr):
        kb_build.build_cli([jsonl], out)
    end = time.perf_counter()
    files = [path for path in out.rglob("*") if path.is_file()]
    return {
        "counts": dict(open_kb(out).manifest.counts),
        "seconds": round(end - start, 2),
        "phases_s": {
            step: round(after - begun, 2)
            for (step, begun), after in zip(steps, [*(at for _, at in steps[1:]), end])
        },
        "files_mb": {str(p.relative_to(out)): round(p.stat().st_size / 2**20, 1) for p in files},
        "on_disk_mb": round(sum(p.stat().st_size for p in files) / 2**20, 1),
    }


def sample_names(kb: Any, count: int, chance: random.Random) -> list[str]:
    """:returns: names of the KB as their sources write them, any of them as likely."""
    return [kb.name(chance.randrange(kb.n_names)) for _ in range(count)]


def open_once(path: Path) -> Report:
    """Open in a process that has done nothing yet; memory after each further use."""
    from biotk.candidates.names import match_names
    from biotk.candidates.neighbours import open_neighbours
    from biotk.kb import open_kb

    corpus_mentions(DATA, 1, random.Random(SEED))  # what reading a corpus imports
    before = smaps()
    start = time.perf_counter()
    kb = open_kb(path)
    opened = time.perf_counter()
    match_names(kb, "diabetes mellitus")
    used = time.perf_counter()
    report: Report = {
        "open_s": round(opened - start, 4),
        "first_look_up_s": round(used - opened, 4),
        "process_before_mb": rounded(before),
        "growth_mb": {"opened": growth(before, smaps())},
    }
    chance = random.Random(SEED)
    for name in sample_names(kb, 10_000, chance):
        match_names(kb, name)
    report["growth_mb"]["after_10000_look_ups"] = growth(before, smaps())
    start = time.perf_counter()
    search = open_neighbours(kb)
    report["open_ngram_index_s"] = round(time.perf_counter() - start, 4)
    report["growth_mb"]["ngram_index_opened"] = growth(before, smaps())
    for mention in corpus_mentions(DATA, 500, chance):
        search.search(mention.lower(), k=20, min_score=0.35)
    report["growth_mb"]["after_500_searches"] = growth(before, smaps())
    return report


def hold(path: Path) -> Report:
    """Open, look up, search, say so, and stay until standard input is closed."""
    from biotk.candidates.names import match_names
    from biotk.candidates.neighbours import open_neighbours
    from biotk.kb import open_kb

    kb = open_kb(path)
    chance = random.Random(SEED)
    for name in sample_names(kb, 10_000, chance):
        match_names(kb, name)
    search = open_neighbours(kb)
    for mention in corpus_mentions(DATA, 200, chance):
        search.search(mention.lower(), k=20, min_score=0.35)
    print("ready", flush=True)
    sys.stdin.read()
    return {}


def look_up(path: Path) -> Report:
    """Exact look-ups of 200,000 names, and of ids."""
    from biotk.candidates.names import match_names
    from biotk.kb import open_kb
    from biotk.text.normalize import plural_key

    kb = open_kb(path)
    chance = random.Random(SEED)
    names = sample_names(kb, 200_000, chance)
    table, concepts = kb.keys("plural"), kb.name_concepts
    keys = [plural_key(name) for name in names[:1000]]
    rate(table.rows, keys)  # the first pages

    def normalise_and_find(name: str) -> object:
        return concepts[table.rows(plural_key(name))]

    report = {"pages_cold_words_cold": rate(normalise_and_find, names)}
    for part in (plural_key, *_word_caches()):
        getattr(part, "cache_clear", lambda: None)()
    report["words_cold"] = rate(normalise_and_find, names)
    report["words_warm"] = rate(normalise_and_find, names)
    report["same_1000_again"] = rate(normalise_and_find, names[:1000] * 100)
    keys = [plural_key(name) for name in names]
    report["keys_given"] = rate(lambda key: concepts[table.rows(key)], keys)
    report["match_names_with_route"] = rate(lambda name: match_names(kb, name), names)
    ids = [kb.id_of(chance.randrange(len(kb))) for _ in range(100_000)]
    report["resolve_id"] = rate(kb.resolve, ids)
    return report


def _word_caches() -> list[Any]:
    from biotk.text import normalize

    return [part for part in vars(normalize).values() if hasattr(part, "cache_clear")]


def in_dict(path: Path) -> Report:
    """A plain dict from the same keys to concept indices: what one would write without BioTK."""
    from biotk.kb import open_kb
    from biotk.text.normalize import plural_key

    kb = open_kb(path)
    concepts = kb.name_concepts.tolist()
    chance = random.Random(SEED)
    names = sample_names(kb, 200_000, chance)
    before = smaps()
    start = time.perf_counter()
    table: dict[str, list[int]] = {}
    for name, concept_idx in zip(kb.iter_names(), concepts):
        table.setdefault(plural_key(name), []).append(concept_idx)
    built = time.perf_counter() - start
    memory = growth(before, smaps())
    keys = [plural_key(name) for name in names]
    return {
        "build_s": round(built, 2),
        "keys": len(table),
        "growth_mb": memory,
        "words_warm": rate(lambda name: table.get(plural_key(name)), names),
        "keys_given": rate(table.get, keys),
    }


def search(path: Path) -> Report:
    """N-gram candidates a second, for the whole KB and parts, and how many known answers."""
    from biotk.candidates.neighbours import open_neighbours
    from biotk.kb import KbSubset, open_kb
    from biotk.linking.lexical import LexicalLinker
    from biotk.text.normalize import plural_key

    kb = open_kb(path)
    neighbours = open_neighbours(kb)
    chance = random.Random(SEED)
    mentions = corpus_mentions(DATA, 5000, chance)
    keys = [plural_key(mention) for mention in mentions]
    rate(lambda key: neighbours.search(key, k=20, min_score=0.35), keys[-50:])  # the first pages
    draws = np.random.default_rng(SEED).random(len(kb))
    report: Report = {"mentions": len(mentions)}
    for part, share in (("whole", 1.0), ("10 %", 0.1), ("1 %", 0.01)):
        print(f"  searching, {part} of the KB", file=sys.stderr, flush=True)
        subset = None if share == 1.0 else KbSubset(kb.fingerprint, draws < share)
        linker = LexicalLinker(kb, subset=subset)
        linker.link("diabetis melitus")  # what is made once a subset

        def find(key: str, least: float, subset: KbSubset | None = subset) -> object:
            return neighbours.search(key, k=20, min_score=least, subset=subset)

        report[part] = {
            "search_cosine_0.35": rate(lambda key: find(key, 0.35), keys),
            "search_cosine_0.45": rate(lambda key: find(key, 0.45), keys),
            "candidates": rate(linker.candidates, mentions),
            "link": rate(linker.link, mentions),
        }
    report["known_answers"] = _known_answers(kb, LexicalLinker(kb), chance)
    return report


def _known_answers(kb: Any, linker: Any, chance: random.Random) -> Report:
    names = sample_names(kb, 20_000, chance)
    found: dict[str, list[tuple[bool, bool]]] = {}
    start = time.perf_counter()
    for kind, name, wrong in corrupted(names, 2000, chance):
        expected = {kb.id_of(idx) for idx in _concepts(kb, name)}
        answers = [candidate.concept_id for candidate in linker.candidates(wrong)]
        hits = found.setdefault(kind, [])
        hits.append((bool(expected & set(answers[:1])), bool(expected & set(answers))))
        if time.perf_counter() - start > 2 * SECONDS:
            break
    return {
        kind: {
            "n": len(hits),
            "recall_at_1": round(sum(first for first, _ in hits) / len(hits), 4),
            "recall_at_20": round(sum(among for _, among in hits) / len(hits), 4),
        }
        for kind, hits in found.items()
    }


def _concepts(kb: Any, name: str) -> list[int]:
    from biotk.candidates.names import match_names

    return [match.concept_idx for match in match_names(kb, name)]


def parts(path: Path) -> Report:
    """Subsets by each condition, in ms; the hierarchy, in µs."""
    from biotk.kb import open_kb

    kb = open_kb(path)
    chance = random.Random(SEED)
    ids = [kb.id_of(chance.randrange(len(kb))) for _ in range(1000)]
    types, sources = kb.manifest.types, kb.manifest.source_names
    indices = [chance.randrange(len(kb)) for _ in range(2000)]
    above = [kb.id_of(idx) for idx in indices if kb.hierarchy.children(idx)][:20]
    broader = Counter(a for idx in indices[:500] for a in kb.hierarchy.ancestors(idx).tolist())
    roots = [idx for idx, _ in broader.most_common(50)]
    widest = kb.id_of(max(roots, key=lambda idx: len(kb.hierarchy.descendants(idx))))
    conditions: dict[str, dict[str, Any]] = {
        "one type": {"types": ["Disease"]},
        "all types but one": {"types": list(types[1:])},
        "one source": {"sources": [sources[0]]},
        "one id": {"ids": ids[:1]},
        "1000 ids": {"ids": ids},
        "the widest branch": {"branch": [widest]},
        "20 branches": {"branch": above},
        "type and source and branch": {
            "types": ["Disease"], "sources": list(sources), "branch": [widest],
        },
    }  # fmt: skip
    report: Report = {"subset_ms": {}, "concepts": {}}
    for name, condition in conditions.items():
        report["subset_ms"][name] = times(lambda c: kb.subset(**c), [condition] * 7, IN_MS)
        report["concepts"][name] = len(kb.subset(**condition))
    one, other = kb.subset(types=["Disease"]), kb.subset(branch=[widest])
    report["subset_ms"]["union"] = times(lambda _: one | other, range(7), IN_MS)
    report["subset_ms"]["fingerprint"] = times(
        lambda _: kb.subset(types=["Disease"]).fingerprint, range(7), IN_MS
    )
    report["hierarchy_us"] = {
        "ancestors": times(kb.hierarchy.ancestors, indices, IN_US),
        "descendants": times(kb.hierarchy.descendants, indices, IN_US),
        "descendants of the widest": times(
            kb.hierarchy.descendants, [kb.index_of(widest)] * 7, IN_US
        ),
        "parents": times(kb.hierarchy.parents, indices, IN_US),
    }
    return report


STEPS: dict[str, Callable[..., Report]] = {
    "build": build, "open": open_once, "hold": hold, "look_up": look_up, "dict": in_dict,
    "search": search, "parts": parts,
}  # fmt: skip

if __name__ == "__main__":
    json.dump(STEPS[sys.argv[1]](*map(Path, sys.argv[2:])), sys.stdout)
    print()
