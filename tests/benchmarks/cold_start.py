"""From nothing to an annotated note: time and peak memory, with an empty cache and a full one.

The alternative is what a user pays for importing the libraries alone: ``import torch, spacy``.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOTE = ROOT / "docs" / "examples" / "discharge_summary.txt"


def measure(arguments: list[str], cache: str) -> dict[str, float]:
    """Run a command as a process of its own.

    :returns: seconds, and the peak memory of any child so far, in MB.
    """
    environment = {**os.environ, "BIOTK_CACHE": cache}
    start = time.perf_counter()
    subprocess.run(arguments, check=True, env=environment, stdout=subprocess.DEVNULL)
    return {
        "seconds": time.perf_counter() - start,
        "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def main() -> None:
    annotate = [sys.executable, "-c", "from biotk.cli import main; main()", "annotate", "--view"]
    annotate.append(str(NOTE))
    with tempfile.TemporaryDirectory() as cache:
        # Peaks only grow: the small one has to come first.
        report = {
            "import_torch_and_spacy": measure([sys.executable, "-c", "import torch, spacy"], cache),
            "first_run": measure(annotate, cache),
            "second_run": measure(annotate, cache),
        }
        files = [path for path in Path(cache).rglob("*") if path.is_file()]
        report["cache_mb"] = sum(path.stat().st_size for path in files) / 2**20
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
