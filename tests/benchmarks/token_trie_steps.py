"""The steps of ``token_trie.py``, each run in a process of its own; each prints one JSON object.

Usage: ``token_trie_steps.py STEP PATH…``.
"""

from __future__ import annotations

import gc
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from process_memory import growth, smaps

Report = dict[str, Any]
Tokens = Sequence[int]

SEED, WALKS, BEAMS, ROUNDS = 7, 1600, 160, 5
#: marisa is asked so many times, no longer: near the root once takes seconds.
MARISA_WALKS, MARISA_S = 100, 60.0
NS, MB = 1e9, 2**20


class Encoder:
    """A file of the ``tokenizers`` library as a :class:`biotk.index.kb_trie.NameEncoder`."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        self.fingerprint = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.unknown_id = self._tokenizer.token_to_id("[UNK]")
        self.seconds = 0.0

    def encode_batch(self, texts: list[str], /) -> list[list[int]]:
        start = time.perf_counter()
        found = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        tokens = [encoding.ids for encoding in found]
        self.seconds += time.perf_counter() - start
        return tokens


def kb(source: Path, out: Path) -> Report:
    """Build a KB."""
    from biotk.kb import KbBuilder
    from biotk.kb.manifest import SourceInfo
    from biotk.kb.readers import read_concepts

    builder = KbBuilder(out.name)
    info = SourceInfo(name="made", file=source.name, format="scispacy-jsonl", sha256="")
    builder.add(read_concepts(source), info)
    builder.write(out)
    return {}


def train(path: Path, out: Path) -> Report:
    """Train a tokenizer on the names of a KB; what ``out`` is called says which."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    from biotk.kb import open_kb

    if out.stem == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=50_000, initial_alphabet=alphabet, show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=30_000, special_tokens=["[UNK]"], show_progress=False
        )
    tokenizer.train_from_iterator(open_kb(path).iter_names(), trainer)
    tokenizer.save(str(out))
    return {}


def build(path: Path, tokenizer: Path) -> Report:
    """Make the trie of a KB beside it."""
    from biotk.index.kb_trie import open_kb_trie
    from biotk.kb import open_kb

    encoder = Encoder(tokenizer)
    opened = open_kb(path)
    start = time.perf_counter()
    steps: dict[tuple[str, bool], float] = {}
    trie = open_kb_trie(
        opened,
        encoder,
        cleaning="genbioel",
        unknown_id=encoder.unknown_id,
        progress=lambda name, done, total: steps.__setitem__(
            (name, done == total), time.perf_counter()
        ),
    )
    end = time.perf_counter()
    sorting, sorted_ = steps["sorting", False], steps["sorting", True]
    assert trie.folder is not None
    on_disk = sum(file.stat().st_size for file in trie.folder.iterdir())
    report = trie.info.report
    return {
        "names": report.names,
        "sequences": report.sequences,
        "nodes": trie.n_nodes,
        "names_with_unknown_pieces": report.unknown,
        "names_left_out": report.empty + report.too_long,
        "build_s": round(end - start, 2),
        "phases_s": {
            "tokenizer": round(encoder.seconds, 2),
            "names_and_arrays": round(sorting - start - encoder.seconds, 2),
            "trie": round(sorted_ - sorting, 2),
            "writing": round(end - sorted_, 2),
        },
        "on_disk_mb": round(on_disk / MB, 1),
        "bytes_a_name": round(on_disk / max(report.names, 1), 1),
        "bytes_a_node": round(on_disk / trie.n_nodes, 2),
        "folder": str(trie.folder),
    }


def open_once(path: Path, folder: Path) -> Report:
    """Open in a process that has done nothing yet, look at the root, make a subset."""
    from biotk.index.kb_trie import open_token_trie
    from biotk.kb import open_kb

    opened = open_kb(path)
    half = opened.subset() - opened.subset(types=opened.manifest.types[0])
    before = smaps()
    start = time.perf_counter()
    trie = open_token_trie(folder, kb=opened)
    at_open = time.perf_counter()
    n_children = len(trie.children([trie.root]).tokens)
    at_root = time.perf_counter()
    growth_mb = growth(before, smaps())
    subset_ms = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        trie.subset(half)
        subset_ms.append(round((time.perf_counter() - begun) * 1e3, 1))
    return {
        "open_ms": round((at_open - start) * 1e3, 2),
        "root_ms": round((at_root - at_open) * 1e3, 2),
        "root_children": n_children,
        "growth_mb": growth_mb,
        "subset_ms": {"first": subset_ms[0], "then": min(subset_ms[1:])},
    }


def walk(folder: Path) -> Report:
    """Walk along names: the ways on from each node, and the step to the next."""
    from biotk.index.kb_trie import open_token_trie

    trie = open_token_trie(folder)
    chance = random.Random(SEED)
    names = [trie.sequence_of(chance.randrange(len(trie))) for _ in range(WALKS)]
    prefixes = [name[:depth] for name in names for depth in range(1, len(name))]
    chance.shuffle(prefixes)
    prefixes = prefixes[: len(prefixes) // BEAMS * BEAMS]
    report: Report = {
        "tokens_a_name": round(sum(map(len, names)) / len(names), 2),
        "nodes_asked": len(prefixes),
        "trie_mb": round(trie.n_bytes / MB, 1),
    }
    before = smaps()
    start = time.perf_counter()
    root: dict[int, Any] = {}
    for tokens, _ in trie:
        node = root
        for token in tokens:
            node = node.setdefault(token, {})
        node[-1] = {}  # END
    report["dict"] = {
        "build_s": round(time.perf_counter() - start, 2),
        "mb": growth(before, smaps())["private_dirty"],
    }
    report["children_ns"] = _children(trie, root, prefixes)
    report["step_ns"] = _steps(trie, root, names)
    report["marisa"] = _marisa(trie, prefixes[:MARISA_WALKS])
    ours, theirs = report["children_ns"], report["marisa"]
    report["marisa / ours, ways on from a node"] = round(
        theirs["children_ns"] / ours["ours, one node, child_tokens()"]
    )
    return report


def _children(trie: Any, root: dict[int, Any], prefixes: Sequence[Tokens]) -> Report:
    nodes = np.array([trie.find(prefix) for prefix in prefixes])
    singly, plain = [nodes[at : at + 1] for at in range(len(nodes))], nodes.tolist()
    groups = [nodes[at : at + BEAMS] for at in range(0, len(nodes), BEAMS)]
    ends = [_descend(root, prefix) for prefix in prefixes]
    found = trie.children(nodes)
    for at, end in enumerate(ends):
        tokens = found.tokens[found.offsets[at] : found.offsets[at + 1]].tolist()
        assert tokens == sorted(set(end) - {-1})
    return _timed(
        len(nodes),
        {
            "ours, one node, child_tokens()": lambda: [trie.child_tokens(node) for node in plain],
            "ours, one at a time, children()": lambda: [trie.children(node) for node in singly],
            f"ours, {BEAMS} at a time, children()": lambda: [
                trie.children(group) for group in groups
            ],
            "dict, from the root (GENRE)": lambda: [list(_descend(root, p)) for p in prefixes],
            "dict, node kept": lambda: [list(end) for end in ends],
        },
    )


def _steps(trie: Any, root: dict[int, Any], names: Sequence[Tokens]) -> Report:
    def walks(size: int) -> list[list[tuple[Any, Any]]]:
        """For each group of names, which of them go on at each depth, and with what token."""
        found = []
        for first in range(0, len(names), size):
            group = names[first : first + size]
            depths = []
            for depth in range(max(map(len, group))):
                rows = np.array([row for row, name in enumerate(group) if len(name) > depth])
                depths.append((rows, np.array([group[row][depth] for row in rows])))
            found.append(depths)
        return found

    def follow(groups: list[list[tuple[Any, Any]]]) -> None:
        for depths in groups:
            nodes = np.zeros(len(depths[0][0]), np.int64)
            for rows, tokens in depths:
                nodes[rows] = trie.step(nodes[rows], tokens)

    singly, together = walks(1), walks(BEAMS)
    return _timed(
        sum(map(len, names)),
        {
            "ours, one node, child()": lambda: [trie.find(name) for name in names],
            "ours, one at a time, step()": lambda: follow(singly),
            f"ours, {BEAMS} at a time, step()": lambda: follow(together),
            "dict": lambda: [_descend(root, name) for name in names],
        },
    )


def _descend(root: dict[int, Any], tokens: Tokens) -> dict[int, Any]:
    node = root
    for token in tokens:
        node = node[token]
    return node


def _timed(count: int, ways: dict[str, Callable[[], object]]) -> Report:
    """:returns: the best of some rounds for each way, in ns a node; the ways take turns."""
    best = dict.fromkeys(ways, float("inf"))
    gc.collect()
    gc.disable()
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - start)
    gc.enable()
    return {name: round(seconds / count * NS) for name, seconds in best.items()}


def _marisa(trie: Any, prefixes: Sequence[Tokens]) -> Report:
    """marisa-trie used for stepping: children are the next letters of all completions."""
    import marisa_trie

    start = time.perf_counter()
    names = marisa_trie.Trie(_letters(tokens) for tokens, _ in trie)
    built = time.perf_counter()

    def children(prefix: str) -> set[str]:
        return {name[len(prefix)] for name in names.keys(prefix) if len(name) > len(prefix)}

    taken = []
    for prefix in map(_letters, prefixes):
        begun = time.perf_counter()
        children(prefix)
        taken.append(time.perf_counter() - begun)
        if sum(taken) > MARISA_S:
            break
    begun = time.perf_counter()
    n_root = len(children(""))
    assert n_root == len(trie.children([trie.root]).tokens)
    return {
        "build_s": round(built - start, 2),
        "mb": round(len(names.tobytes()) / MB, 1),
        "asked": len(taken),
        "children_ns": round(sum(taken) / len(taken) * NS),
        "children_median_ns": round(sorted(taken)[len(taken) // 2] * NS),
        "root_s": round(time.perf_counter() - begun, 2),
    }


def _letters(tokens: Tokens) -> str:
    # Surrogates are no letters.
    return "".join(chr(token + 1 if token < 0xD7FF else token + 0x2001) for token in tokens)


if __name__ == "__main__":
    name, *paths = sys.argv[1:]
    run = {"kb": kb, "train": train, "build": build, "open": open_once, "walk": walk}[name]
    json.dump(run(*map(Path, paths)), sys.stdout)  # type: ignore[operator]
