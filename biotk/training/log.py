"""What a training tells: lines, how far it is, and the log of a stage.

That log is figures as JSON lines, which a stage that goes on takes up again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from biotk.io.files import atomic_writer

LOG = "log.jsonl"

#: Told what somebody should know.
Say = Callable[[str], None]
#: Told how far it is: what is being done, how much of it, and how much there is.
ShowProgress = Callable[[str, int, int], None]


class Log:
    """Writes figures, each as a line.

    :param folder: of the stage.
    :param step: what was told after this step is forgotten: it will be told again.
    """

    def __init__(self, folder: Path, *, step: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / LOG
        kept = [each for each in read_log(folder) if each.get("step", 0) <= step]
        with atomic_writer(self.path) as file:
            file.writelines(_line(each) for each in kept)

    def add(self, figures: Mapping[str, Any]) -> None:
        """Write figures that have a ``step``."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line(figures))


def read_log(folder: Path) -> list[dict[str, Any]]:
    """:returns: what the log of a stage holds; a last line that was cut off is left out."""
    path = folder / LOG
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def _line(figures: Mapping[str, Any]) -> str:
    rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()}
    return json.dumps(rounded) + "\n"
