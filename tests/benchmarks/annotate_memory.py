"""Memory and speed of ``annotate`` over many short notes: resident memory must not grow with them.

Run by ``make bench``::

    python tests/benchmarks/annotate_memory.py --notes 100000 --pipeline clinical
    python tests/benchmarks/annotate_memory.py --notes 100000 --workers 2 --fake

Prints a line of JSON every so many notes and one at the end, with the growth of memory between the
first fifth of the notes and the last. No two notes are the same: every one has words and numbers
of its own, which spaCy would keep for ever but for its memory zones.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from biotk.batch import Annotator, AnnotatorSpec, BatchOptions, annotate_files, make_annotator
from biotk.batch.progress import Tally
from biotk.document import Document, Link, Mention

WORDS = (
    "patient presents with chest pain and shortness of breath denies fever started on aspirin "
    "metformin for type 2 diabetes history of hypertension chronic kidney disease no nausea "
    "follow up in two weeks given lasix for heart failure stable at discharge"
).split()


class FakeAnnotator:
    """Links every "fever": what the engine itself costs."""

    def annotate(self, batch: Sequence[Document]) -> list[Document]:
        """Annotate documents."""
        return [replace(document, mentions=self._mentions(document.text)) for document in batch]

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        start = text.find("fever")
        link = Link("MESH:D005334", "Fever", "fever", 1.0, "exact")
        span = (start, start + len("fever"))
        return () if start < 0 else (Mention((span,), "fever", "Disease", (link,)),)


def make_fake(spec: AnnotatorSpec) -> Annotator:
    """Make the fake annotator; worker processes find it here."""
    return FakeAnnotator()


def iter_notes(n: int) -> Iterator[str]:
    """:returns: lines of JSON, one a note."""
    chance = random.Random(0)
    for index in range(n):
        own = f"Ref{chance.getrandbits(48):x} {chance.random():.6f}."
        text = f"{' '.join(chance.choices(WORDS, k=chance.randint(15, 45)))}. {own}"
        yield json.dumps({"id": f"note-{index}", "text": text}) + "\n"


def rss_mib(pid: int) -> float:
    """:returns: the resident memory of a process in MiB, where the system tells it."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def children() -> list[int]:
    """:returns: the processes that this one has started."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


class MemoryReporter:
    """Prints memory at intervals.

    :param every: how many notes lie between two lines.
    """

    def __init__(self, every: int) -> None:
        self.every, self.next = every, every
        self.seen: list[tuple[int, float, float]] = []
        self.began = time.perf_counter()
        self.first: tuple[int, float] | None = None

    def start(self, inputs: Sequence[str | Path], limit: int | None) -> None:
        """Do nothing."""

    def update(self, tally: Tally) -> None:
        """Print a line, if it is time."""
        self.first = self.first or (tally.words, tally.seconds)
        if tally.documents < self.next:
            return
        self.next += self.every
        own, workers = rss_mib(os.getpid()), sum(map(rss_mib, children()))
        self.seen.append((tally.documents, own, workers))
        row = {
            "notes": tally.documents,
            "rss_mib": round(own, 1),
            "workers_rss_mib": round(workers, 1),
            "words_per_second": self.speed(tally),
        }
        print(json.dumps(row), flush=True)

    def speed(self, tally: Tally) -> int:
        """:returns: words per second since the first batch, which has waited for the pipeline."""
        words, seconds = self.first or (0, 0.0)
        return round((tally.words - words) / max(tally.seconds - seconds, 1e-9))

    def stop(self, tally: Tally) -> None:
        """Print the end."""
        fifth = max(1, len(self.seen) // 5)
        growth = [
            max((row[part] for row in self.seen[-fifth:]), default=0.0)
            - max((row[part] for row in self.seen[:fifth]), default=0.0)
            for part in (1, 2)
        ]
        row = {
            "notes": tally.documents,
            "failed": tally.failed,
            "words_per_second": self.speed(tally),
            "seconds_with_start": round(time.perf_counter() - self.began, 1),
            "growth_mib": round(growth[0], 1),
            "workers_growth_mib": round(growth[1], 1),
        }
        print(json.dumps(row), flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--notes", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=5_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--pipeline", default="clinical")
    parser.add_argument("--kb", help="another KB than the pipeline's own")
    parser.add_argument("--fake", action="store_true", help="measure the engine alone")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.jsonl"
        with notes.open("w", encoding="utf-8") as file:
            file.writelines(iter_notes(given.notes))
        annotate_files(
            [notes],
            AnnotatorSpec(given.pipeline, {"kb": given.kb} if given.kb else {}),
            out=Path(folder) / "out.jsonl",
            options=BatchOptions(workers=given.workers, batch_size=given.batch_size),
            make=make_fake if given.fake else make_annotator,
            reporter=MemoryReporter(given.every),
        )


if __name__ == "__main__":
    main()
