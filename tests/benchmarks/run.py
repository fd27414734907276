"""``make bench``: every benchmark in a process of its own, one after the other.

Each prints one JSON object; figures of the two sides of a comparison come from the same process.
Usage: ``run.py [--scispacy PYTHON] [NAME …]``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: In the main environment, and in scispaCy's.
MAIN = (
    "cold_start", "dictionary", "annotate_memory", "any_size", "token_trie",
    "constrained_decoding", "dense",
)  # fmt: skip
SCISPACY = ("scispacy_linker",)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scispacy",
        default=os.environ.get("BIOTK_SCISPACY_PYTHON"),
        help="the Python of the scispaCy environment",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MAIN + SCISPACY))
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {*MAIN, *SCISPACY}
    if unknown:
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}")
    failed = []
    for name in arguments.names or [*MAIN, *SCISPACY]:
        python = arguments.scispacy if name in SCISPACY else sys.executable
        if python is None:
            print(f"== {name}: left out, no --scispacy PYTHON given", flush=True)
            continue
        print(f"== {name}", flush=True)
        environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}
        if arguments.scispacy is not None:  # for a benchmark that starts a part of it there
            environment["BIOTK_SCISPACY_PYTHON"] = arguments.scispacy
        done = subprocess.run([python, str(HERE / f"{name}.py")], check=False, env=environment)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
