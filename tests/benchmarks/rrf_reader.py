"""What reading UMLS costs: a made-up release is read, file by file more of it, in fresh processes.

A concept has five rows in MRCONSO (one in Spanish, one suppressed), one in MRSTY, ten in MRREL (two
of them parents), and one concept in eight a definition. Private memory is asked for at every tenth
of the concepts, so that growth would be seen.

Usage: ``rrf_reader.py [--concepts N] [--folder DIR]``.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "kb")]

import rrf_files as rrf  # noqa: E402

from biotk.kb.readers import read_concepts  # noqa: E402

WORDS = (
    "acute chronic glimmer lumen shimmer organ disorder left right inflamed congenital severe mild "
    "recurrent tissue fibre lobe vessel"
).split()
TUIS = ("T047", "T191", "T109", "T121", "T028", "T184", "T023", "T061")
STAGES = (("MRCONSO",), ("MRCONSO", "MRSTY", "MRDEF"), ("MRCONSO", "MRSTY", "MRDEF", "MRREL"))


def make(folder: Path, concepts: int) -> None:
    """Write a release of so many concepts; the same number gives the same bytes."""
    chance = random.Random(1)
    files = {name: (folder / f"{name}.RRF").open("w") for name in STAGES[-1]}
    for cui in range(1, concepts + 1):
        for n, sab in enumerate(("MSH", "NCI", "OMIM", "MSHSPA", "SNOMEDCT_US")):
            name = f"{' '.join(chance.choices(WORDS, k=chance.randint(2, 6)))} {cui % 977}"
            more = {"LAT": "SPA"} if n == 3 else {"SUPPRESS": "O"} if n == 4 else {}
            row = rrf.preferred if n == 0 else rrf.conso
            row = row(cui, cui * 5 + n, name, sab, CODE=f"D{cui % 10**6:06d}", **more)
            files["MRCONSO"].write(row + "\n")
        files["MRSTY"].write(rrf.sty(cui, chance.choice(TUIS)) + "\n")
        if cui % 8 == 0:
            text = " ".join(chance.choices(WORDS, k=20))
            files["MRDEF"].write(rrf.definition(cui, cui * 5, text) + "\n")
        for n in range(10):
            what = ("PAR", "") if n < 2 else ("RO", "has_finding_site")
            files["MRREL"].write(rrf.rel(cui, what[0], max(1, cui // 2 - n), what[1]) + "\n")
    for file in files.values():
        file.close()


def private_mib() -> float:
    """:returns: the memory of this process that is its own."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


def read(folder: Path, concepts: int) -> dict[str, object]:
    """:returns: seconds of processor time, and memory above the start at every tenth."""
    before, start, memory = private_mib(), time.process_time(), []
    n = 0
    for n, _ in enumerate(read_concepts(folder), 1):
        if n % (concepts // 10) == 0:
            memory.append(round(private_mib() - before, 1))
    return {"concepts": n, "seconds": round(time.process_time() - start, 1), "MiB": memory}


def main() -> None:
    """Make the release, and read more and more of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts", type=int, default=400_000)
    parser.add_argument("--folder", type=Path, help="read this folder, and make nothing")
    given = parser.parse_args()
    if given.folder is not None:
        print(json.dumps(read(given.folder, given.concepts)))
        return
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place) / "all"
        whole.mkdir()
        make(whole, given.concepts)
        for files in STAGES:
            part = Path(place) / files[-1]
            part.mkdir()
            for name in files:
                (part / f"{name}.RRF").symlink_to(whole / f"{name}.RRF")
            command = [sys.executable, __file__, "--folder", str(part)]
            done = subprocess.run(
                [*command, "--concepts", str(given.concepts)], check=True, capture_output=True
            )
            print(" ".join(files), done.stdout.decode().strip())


if __name__ == "__main__":
    main()
