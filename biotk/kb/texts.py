"""Columns of texts, read one by one from the mapped file.

pyarrow trusts what it maps: an offset that damage has changed would take the whole process down.
Here every offset is checked before it is used, which costs no more than pyarrow's own way.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from biotk.errors import KbCorruptError
from biotk.kb.arrow import numbers


class Texts:
    """A column of strings.

    :param column: a large-string column that is no slice of another.
    :param path: the file that it is in, for messages.

    >>> texts = Texts(pa.array(["fever", None], pa.large_string()), Path("x"))
    >>> texts[0], texts.get(1)
    ('fever', None)
    """

    def __init__(self, column: pa.Array, path: Path) -> None:
        self._column, self._path = column, path
        self._checked = False
        validity, offsets, data = column.buffers()
        self._valid = None if validity is None else memoryview(validity).cast("B")
        self._offsets = memoryview(offsets or b"").cast("B").cast("q")
        self._data = memoryview(data or b"").cast("B")
        self._n, self._size = len(column), len(self._data)

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, row: int) -> str:
        if not 0 <= row < self._n:
            raise IndexError(f"row {row} of {self._n}")
        start, end = self._offsets[row], self._offsets[row + 1]
        if not 0 <= start <= end <= self._size:
            raise self._damage(f"row {row} lies outside the file")
        try:
            return str(self._data[start:end], "utf-8")
        except UnicodeDecodeError as error:
            raise self._damage(f"row {row} is no UTF-8") from error

    def get(self, row: int) -> str | None:
        """:returns: one text, or None where there is none."""
        text = self[row]
        if self._valid is not None and not self._valid[row >> 3] >> (row & 7) & 1:
            return None
        return text

    def column(self) -> pa.Array:
        """:returns: the Arrow column, all of which is checked at the first call.

        :raises KbCorruptError: it is damaged.
        """
        if not self._checked:
            try:
                self._column.validate(full=True)
            except pa.ArrowInvalid as error:
                raise self._damage(str(error)) from error
            self._checked = True
        return self._column

    def _damage(self, what: str) -> KbCorruptError:
        return KbCorruptError(f"{self._path} is damaged: {what}. Build the KB again.")


class TextLists:
    """A column of lists of strings.

    :param column: a list column of large strings that is no slice of another.
    :param path: the file that it is in, for messages.
    """

    def __init__(self, column: pa.Array, path: Path) -> None:
        self._path = path
        self._offsets = numbers(column.offsets)
        self._texts = Texts(column.values, path)

    def __getitem__(self, row: int) -> tuple[str, ...]:
        start, end = int(self._offsets[row]), int(self._offsets[row + 1])
        if not 0 <= start <= end <= len(self._texts):
            raise KbCorruptError(
                f"{self._path} is damaged: row {row} lies outside the file. Build the KB again."
            )
        return tuple(self._texts[at] for at in range(start, end))
