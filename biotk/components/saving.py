"""Saving that all components with a KB share."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from biotk.components.kb import KbHandle


class KbComponent:
    """Saves and loads the KB's place; what is built from it is made anew when needed.

    :param name: the component's name in the pipeline.
    :param handle: its KB.
    """

    def __init__(self, name: str, handle: KbHandle) -> None:
        self.name = name
        self.handle = handle
        self._forget()

    def _forget(self) -> None:
        """Drop what was built from the KB."""

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_built"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget()

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Save into a folder."""
        self.handle.to_disk(Path(path))

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_disk` saved."""
        self.handle.from_disk(Path(path))
        self._forget()
        return self

    def to_plain(self) -> dict[str, str]:
        """:returns: the KB's place and fingerprint."""
        return self.handle.to_plain()

    def from_plain(self, plain: dict[str, str]) -> None:
        """Take what :meth:`to_plain` gave."""
        self.handle.from_plain(plain)

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """:returns: the KB's place and fingerprint."""
        return json.dumps(self.to_plain()).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_bytes` gave."""
        self.from_plain(json.loads(data))
        self._forget()
        return self


def absolute_model(model: str | None) -> str | None:
    """:returns: a model's name, or its folder in a form that holds in every working directory."""
    if model is None or not Path(model).expanduser().is_dir():
        return model
    return str(Path(model).expanduser().absolute())
