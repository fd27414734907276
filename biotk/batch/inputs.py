"""The inputs in their order: documents, and the rows that could not be read, each with its index.

The index of an input is what resuming stands on, so that a row that could not be read has one too.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from biotk.batch.results import Item
from biotk.document import Document
from biotk.errors import FormatError, Problem, Problems
from biotk.io import iter_inputs

#: What readers report about a document that they yield nevertheless: its own mentions and
#: relations, which are made anew. Whatever else they report has cost an input.
_KEPT = re.compile(
    r"mention|^(sections|abbreviations)\b|columns, expected|a line of another document"
    r"|a link to a folder"
)


class InputProblems(Problems):
    """Keeps problems until the next input is asked for; tells lost inputs from small faults.

    :ivar faults: how many problems there were with documents that were read nevertheless.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lost: deque[Problem] = deque()
        self.faults = 0

    def add(self, path: str | Path, line: int, message: str, text: str = "") -> None:
        """Take a problem; the row's text is not kept."""
        if _KEPT.search(message):
            self.faults += 1
        else:
            self.lost.append(Problem(str(path), line, message))


def iter_items(
    paths: Iterable[str | Path],
    *,
    problems: InputProblems,
    limit: int | None = None,
    encoding: str = "utf-8",
) -> Iterator[Item]:
    """Read the inputs.

    :param paths: files and folders.
    :param problems: takes what is wrong.
    :param limit: how many inputs to read at most.
    :param encoding: of plain texts.
    :raises InputError: at once, if a path or the encoding does not exist.
    """
    return _numbered(iter_inputs(paths, problems=problems, encoding=encoding), problems, limit)


def _numbered(
    documents: Iterator[Document], problems: InputProblems, limit: int | None
) -> Iterator[Item]:
    index = 0
    while limit is None or index < limit:
        document = next(documents, None)
        while problems.lost and (limit is None or index < limit):
            error = FormatError(problems.lost.popleft())
            yield Item(index, error=f"FormatError: {error}")
            index += 1
        if document is None:
            return
        if limit is None or index < limit:
            yield Item(index, document)
            index += 1


def iter_batches(
    items: Iterable[Item], *, size: int, max_characters: int = 1_000_000
) -> Iterator[list[Item]]:
    """Part the inputs into batches.

    :param size: how many inputs are in one at most.
    :param max_characters: how long their texts are together at most, so that a batch of very
        long ones does not fill the memory; a single longer one is a batch of its own.
    """
    batch: list[Item] = []
    characters = 0
    for item in items:
        length = 0 if item.document is None else len(item.document.text)
        if batch and (len(batch) >= size or characters + length > max_characters):
            yield batch
            batch, characters = [], 0
        batch.append(item)
        characters += length
    if batch:
        yield batch
