"""How many inputs there are, for the ETA: a quick look that parses nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from biotk.errors import InputError
from biotk.io import sniff_format
from biotk.io.files import iter_lines

_TITLE = re.compile(rb"[^|\t]+\|t\|")
_ENDINGS = {".jsonl", ".pubtator", ".txt"}


def count_inputs(paths: Sequence[str | Path]) -> int | None:
    """Count documents without reading them; rows that are wrong may make it a little off.

    :param paths: files and folders, as for :func:`biotk.io.iter_inputs`.
    :returns: how many there are; None where one of them cannot be read twice.
    """
    total = 0
    for given in map(Path, paths):
        files = sorted(given.rglob("*")) if given.is_dir() else [given]
        for path in files:
            if not given.is_dir() and not path.is_file():
                return None  # a pipe: reading it would take it away from the run
            if path.is_file() and (path == given or _is_named(path)):
                total += _count(path)
    return total


def _is_named(path: Path) -> bool:
    return Path(path.name.removesuffix(".gz")).suffix.lower() in _ENDINGS


def _count(path: Path) -> int:
    try:
        if path.name.removesuffix(".gz").endswith(".txt"):
            return 1
        kind = sniff_format(path)
        if kind == "text":
            return 1
        if kind == "jsonl":
            return sum(1 for _, line in iter_lines(path) if not line.isspace() and line)
        return sum(1 for _, line in iter_lines(path) if _TITLE.match(line))
    except (OSError, InputError):
        return 1  # the run itself will say what is wrong with it
