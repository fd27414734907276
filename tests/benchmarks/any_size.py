"""A KB of four million names over a million concepts: build, open, look up, search, take parts.

The names are made by ``large_kb.py``. Beside it: a Python dict of the same keys, and scispaCy's
``KnowledgeBase`` loading the same concepts, in its own environment; without that it is left out.
Every step is a process of its own. Takes about eight minutes, 2.5 GB of memory and 2 GB on disk.

Usage: ``any_size.py [--concepts N] [--keep FOLDER]``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from process_memory import forget_pages, rounded, run_watched, smaps

HERE = Path(__file__).parent
Report = dict[str, Any]
#: More memory than this no alternative gets; it is then tried at a tenth of the size.
MOST_GB = 10.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def step(name: str, *arguments: Path) -> Report:
    """Run a step of ``any_size_steps.py`` and watch its memory."""
    say(name)
    output, cost = run_watched([sys.executable, str(HERE / "any_size_steps.py"), name,
                                *map(str, arguments)])  # fmt: skip
    return {**cost, **json.loads(output)}


def generate(path: Path, concepts: int) -> Report:
    """Write the KB's source, unless it is there."""
    say(f"generating {concepts:,} concepts")
    report: Report = {}
    if not path.exists():
        command = [
            sys.executable,
            str(HERE / "large_kb.py"),
            str(path),
            "--concepts",
            str(concepts),
        ]
        report = run_watched(command)[1]
    stats = subprocess.run(
        [sys.executable, str(HERE / "large_kb_stats.py"), str(path)], check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    return {**report, "source_mb": round(path.stat().st_size / 2**20, 1), **json.loads(stats)}


def two_processes(kb: Path) -> Report:
    """Memory in MB of one process that uses the KB, and of each when there are two.

    Python and its libraries, which they share as well, are in it.
    """
    say("two processes")
    command = [sys.executable, str(HERE / "any_size_steps.py"), "hold", str(kb)]
    held: list[subprocess.Popen[str]] = []
    report: Report = {}
    try:
        for case in ("one", "two"):
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            held.append(process)
            assert process.stdout is not None
            process.stdout.readline()  # it is ready
            report[case] = [rounded(smaps(one.pid)) for one in held]
    finally:
        for process in held:
            process.communicate()
    rss = sum(process["rss"] for process in report["two"])
    pss = sum(process["pss"] for process in report["two"])
    report["two_together_mb"] = {"rss_added_up": round(rss, 1), "really_used": round(pss, 1)}
    return report


def scispacy(source: Path, folder: Path) -> Report:
    """Load scispaCy's class; at a tenth of the size where it takes more than it may."""
    python = os.environ.get("BIOTK_SCISPACY_PYTHON")
    if python is None:
        say("scispaCy: left out, BIOTK_SCISPACY_PYTHON is not set")
        return {"left_out": "BIOTK_SCISPACY_PYTHON is not set"}
    report: Report = {}
    for share in (1, 10):
        say(f"scispaCy, 1/{share} of the concepts")
        # Its entities know five keys and refuse a sixth.
        path = folder / "scispacy.jsonl"
        with source.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
            for at, line in enumerate(lines):
                if at % share == 0:
                    row = json.loads(line)
                    row.pop("parents"), row.pop("source")
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
        command = [python, str(HERE / "any_size_scispacy.py"), str(path), str(MOST_GB)]
        output, cost = run_watched(command)
        path.unlink()
        report[f"1/{share}"] = {**cost, **json.loads(output)}
        if "load_s" in report[f"1/{share}"]:
            break
    return report


def ratios(report: Report) -> Report:
    """How many times faster than, or how many times the memory of, each alternative."""
    opened, plain, theirs = report["open"], report["dict"], report["scispacy"]
    private = opened["growth_mb"]["after_10000_look_ups"]["private_dirty"]
    mine, other = report["look_up"], plain["growth_mb"]["private_dirty"]
    first = report["open_after_restart"]
    open_s = first["open_s"] + first["first_look_up_s"]
    result = {
        "dict_build_s / open_and_look_up_s": round(plain["build_s"] / open_s, 1),
        "dict_mb / private_mb": round(other / private, 1),
        "look-ups, keys given, of the dict's": round(
            mine["keys_given"]["per_cpu_s"] / plain["keys_given"]["per_cpu_s"], 3
        ),
        "look-ups with normalising, of the dict's": round(
            mine["words_warm"]["per_cpu_s"] / plain["words_warm"]["per_cpu_s"], 3
        ),
    }
    for share, loaded in theirs.items():
        if isinstance(loaded, dict) and "load_s" in loaded:
            result[f"scispacy_load_s ({share}) / open_and_look_up_s"] = round(
                loaded["load_s"] / open_s, 1
            )
            result[f"scispacy_mb ({share}) / private_mb"] = round(loaded["memory_mb"] / private, 1)
    return result


def measure(folder: Path, concepts: int) -> Report:
    """:returns: all figures."""
    source, kb = folder / f"large-{concepts}.jsonl", folder / f"kb-{concepts}"
    report: Report = {"concepts": concepts, "source": generate(source, concepts)}
    if not kb.exists():
        report["build"] = step("build", source, kb)
    forget_pages(kb)
    report["open_after_restart"] = step("open", kb)
    report["open"] = step("open", kb)
    report["two_processes"] = two_processes(kb)
    for name in ("look_up", "parts", "search", "dict"):
        report[name] = step(name, kb)
    report["scispacy"] = scispacy(source, folder)
    report["ratios"] = ratios(report)
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--concepts", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="use what is in this folder, and leave it there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        json.dump(measure(folder, given.concepts), sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()
