"""Annotated documents as one HTML page, written document by document."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import IO, Self

from biotk.batch.drawing import page_end, page_head, page_part
from biotk.document import Document


class HtmlPage:
    """A page that grows by one document at a time and gets its name when it is complete.

    :param path: the file; it is replaced if it exists.
    :param title: the title of the page.
    """

    def __init__(self, path: str | Path, *, title: str) -> None:
        self.path, self.title = Path(path), title
        self._draft = self.path.with_name(f"{self.path.name}.part")
        self._file: IO[str] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        # A lone surrogate, which JSON can carry, has no UTF-8: it is shown as "?".
        self._file = self._draft.open("w", encoding="utf-8", errors="replace", newline="\n")
        self._file.write(page_head(self.title))
        return self

    def add(self, document: Document) -> None:
        """Draw a document at the end of the page."""
        if self._file is None:
            raise RuntimeError("an HtmlPage is used within a with statement")
        self._file.write(page_part(document, self._count))
        self._count += 1

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if self._file is None:
            return
        with contextlib.closing(self._file) as file:
            file.write(page_end())
        self._file = None
        if kind is None:
            self._draft.replace(self.path)
        else:
            self._draft.unlink()
