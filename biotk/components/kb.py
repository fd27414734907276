"""The KB of a component: opened when it is first needed, saved as a path or as a copy."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from biotk.errors import ConceptNotFoundError, InputError, KbMismatchError
from biotk.kb import KbSubset, KnowledgeBase
from biotk.kb.default import embedded_kbs, resolve_kb

_FILE = "kb.json"
_COPY = "kb"


class KbHandle:
    """Names a KB and a part of it.

    Opening waits until a document comes: a pipeline that was saved with its KB is made by spaCy
    before its folder is read.

    :param kb: the KB's directory, or the name of an embedded one.
    :param types: semantic types.
    :param sources: source names.
    :param branch: ids of concepts, meant with all that is narrower.
    :param ids: ids of concepts.
    :param include: whether saving copies the KB.
    """

    def __init__(
        self,
        kb: str,
        *,
        types: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
        branch: Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
        include: bool = False,
    ) -> None:
        self.name = kb
        self.types, self.sources, self.branch, self.ids = types, sources, branch, ids
        self.include = include
        self._fingerprint: str | None = None
        self._kb: KnowledgeBase | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kb": None}

    @property
    def kb(self) -> KnowledgeBase:
        """The KB.

        :raises KbNotFoundError: there is none at that place.
        :raises KbMismatchError: it is not the one that the pipeline was saved with.
        """
        if self._kb is None:
            kb = resolve_kb(self.name)
            if self._fingerprint not in (None, kb.fingerprint):
                raise KbMismatchError(
                    f"the pipeline was saved with the KB {self._fingerprint}, but {self.name} is "
                    f"now {kb.fingerprint}: build that KB again, or make the pipeline anew"
                )
            self._kb = kb
        return self._kb

    @property
    def subset(self) -> KbSubset | None:
        """The part of the KB that was asked for; None for the whole.

        :raises UnknownNameError: a type or source that the KB does not have.
        :raises InputError: an id that the KB does not have.
        """
        parts = {
            "types": self.types,
            "sources": self.sources,
            "branch": self.branch,
            "ids": self.ids,
        }
        if all(part is None for part in parts.values()):
            return None
        try:
            return self.kb.subset(**parts)
        except ConceptNotFoundError as error:
            # spaCy takes a KeyError for a component that was not initialised.
            raise InputError(str(error)) from error

    def to_plain(self) -> dict[str, str]:
        """:returns: the KB's place and fingerprint."""
        # Another process may have another working directory.
        place = self.name if self.name in embedded_kbs() else str(Path(self.name).absolute())
        return {"kb": place, "fingerprint": self.kb.fingerprint}

    def from_plain(self, plain: dict[str, str]) -> None:
        """Take the place and the fingerprint from what :meth:`to_plain` gave."""
        self.name, self._fingerprint, self._kb = plain["kb"], plain["fingerprint"], None

    def to_disk(self, folder: Path) -> None:
        """Write place and fingerprint and, with ``include``, a copy of the KB."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(json.dumps(self.to_plain()) + "\n", encoding="utf-8")
        copy = folder / _COPY
        if self.include and self.kb.path.resolve() == copy.resolve():
            return  # saved where it was loaded from: the copy is the KB itself
        temporary = folder / f".{_COPY}-{uuid.uuid4().hex[:8]}.tmp"
        if self.include:
            shutil.copytree(self.kb.path, temporary, ignore=shutil.ignore_patterns(".*.tmp"))
        shutil.rmtree(copy, ignore_errors=True)
        if self.include:
            temporary.rename(copy)

    def from_disk(self, folder: Path) -> None:
        """Read what :meth:`to_disk` wrote; a copy of the KB goes before its old place."""
        self.from_plain(json.loads((folder / _FILE).read_text(encoding="utf-8")))
        if (folder / _COPY).is_dir():
            self.name = str(folder / _COPY)
