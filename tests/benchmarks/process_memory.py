"""Memory of processes as Linux counts it: private, shared, and the peak of a whole tree."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def smaps(pid: int | str = "self") -> dict[str, float]:
    """Read ``smaps_rollup``.

    A page of a mapped file that one process alone has touched counts as ``private_clean``: it is
    shared as soon as a second one touches it, and costs nothing to give back. What a process has
    for itself is ``private_dirty``.

    :returns: megabytes: ``rss``, ``pss``, ``shared``, ``private_clean``, ``private_dirty``.
    """
    kilobytes: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        kilobytes[name] = int(value.split()[0])
    return {
        "rss": kilobytes["Rss"] / 1024,
        "pss": kilobytes["Pss"] / 1024,
        "shared": (kilobytes["Shared_Clean"] + kilobytes["Shared_Dirty"]) / 1024,
        "private_clean": kilobytes["Private_Clean"] / 1024,
        "private_dirty": kilobytes["Private_Dirty"] / 1024,
    }


def rounded(megabytes: Mapping[str, float]) -> dict[str, float]:
    """:returns: the same to a tenth."""
    return {name: round(value, 1) for name, value in megabytes.items()}


def growth(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """:returns: how much more of each there is, in MB."""
    return rounded({name: after[name] - before[name] for name in after})


def _tree(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            waiting.extend(map(int, task.read_text().split()))
    return found


def _status(pid: int) -> tuple[int, int]:
    """:returns: resident kilobytes, and those of them that are no file's."""
    rss = anonymous = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            rss = int(line.split()[1])
        elif line.startswith("RssAnon:"):
            anonymous = int(line.split()[1])
    return rss, anonymous


class PeakMemory:
    """Watches a process and its children, several times a second.

    :param pid: the process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.rss_mb = self.anonymous_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            try:
                pairs = [_status(pid) for pid in _tree(self.pid)]
            except (OSError, ValueError):
                continue  # one of them has ended while it was looked at
            self.rss_mb = max(self.rss_mb, sum(rss for rss, _ in pairs) / 1024)
            self.anonymous_mb = max(self.anonymous_mb, sum(anon for _, anon in pairs) / 1024)


def run_watched(command: Sequence[str]) -> tuple[str, dict[str, float]]:
    """Run a command, its errors going where ours go.

    :returns: what it printed; seconds, and the peaks of it with its children in MB.
    :raises subprocess.CalledProcessError: it failed.
    """
    start = time.perf_counter()
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        PeakMemory(process.pid) as peak,
    ):
        output = process.communicate()[0]
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return output, {
        "seconds": round(time.perf_counter() - start, 2),
        "peak_rss_mb": round(peak.rss_mb, 1),
        "peak_anonymous_mb": round(peak.anonymous_mb, 1),
    }


def forget_pages(folder: Path) -> None:
    """Ask the system to drop what it keeps of a folder's files, as after a restart."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
