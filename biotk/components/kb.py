"""The KB of a component: opened when it is first needed, saved as a path or as a copy."""

from __future__ import annotations

import base64
import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from biotk.errors import ConceptNotFoundError, InputError, KbMismatchError
from biotk.kb import KbSubset, KnowledgeBase, read_subset, write_subset
from biotk.kb.default import embedded_kbs, resolve_kb

_FILE = "kb.json"
_COPY = "kb"
#: Where a saved component keeps its subset.
SUBSET_FILE = "subset.txt"
_IN_BYTES = ("concepts", "subset")


class KbHandle:
    """Names a KB and a part of it.

    Opening waits until a document comes: a pipeline that was saved with its KB is made by spaCy
    before its folder is read.

    :param kb: the KB's directory, or the name of an embedded one.
    :param types: semantic types.
    :param sources: source names.
    :param branch: ids of concepts, meant with all that is narrower.
    :param ids: ids of concepts.
    :param part: a subset, or the file of one; it is saved along.
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
        part: KbSubset | str | Path | None = None,
        include: bool = False,
    ) -> None:
        self.name = kb
        self.types, self.sources, self.branch, self.ids = types, sources, branch, ids
        self.part: KbSubset | Path | None = (
            Path(part).absolute() if isinstance(part, str | Path) else part
        )
        self._part_named = str(part) if isinstance(part, str | Path) else ""
        self.include = include
        self._fingerprint: str | None = None
        self._kb: KnowledgeBase | None = None
        self._empty: KbSubset | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kb": None, "_empty": None}

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
        :raises InputError: an id that the KB does not have, or no such subset file.
        :raises KbMismatchError: the subset belongs to another KB.
        """
        conditions = {
            "types": self.types,
            "sources": self.sources,
            "branch": self.branch,
            "ids": self.ids,
        }
        given = {name: value for name, value in conditions.items() if value is not None}
        part = self._read_part()
        if part is None and not given:
            return None
        subset = named_part(self.kb, given)
        subset = subset if part is None else subset & part
        if not subset:
            told = [f"{name} ({_shown(value)})" for name, value in given.items()]
            told += [] if part is None else ["the subset"]
            subset.tell_if_empty(
                f"no concept of the KB {self.kb.manifest.name!r} meets all of {', '.join(told)}"
            )
            self._empty = subset  # it is told once as long as someone has it
        return subset

    def _read_part(self) -> KbSubset | None:
        if isinstance(self.part, Path):
            # Read once: a file may change, and another process may not have it.
            self.part = read_subset(self.kb, self.part)
        if self.part is not None:
            self.part.check(self.kb.fingerprint)
        return self.part

    def to_plain(self) -> dict[str, str]:
        """:returns: the KB's place and fingerprint, and the subset."""
        # Another process may have another working directory.
        named = self.name in embedded_kbs()
        place = self.name if named else str(Path(self.name).expanduser().absolute())
        plain = {"kb": place, "fingerprint": self.kb.fingerprint}
        part = self._read_part()
        if part is not None:
            bits = base64.b64encode(np.packbits(part.mask).tobytes()).decode()
            plain |= {"concepts": str(len(part.mask)), "subset": bits}
        return plain

    def from_plain(self, plain: dict[str, str]) -> None:
        """Take what :meth:`to_plain` gave."""
        self.name, self._fingerprint, self._kb = plain["kb"], plain["fingerprint"], None
        if "subset" in plain:
            packed = np.frombuffer(base64.b64decode(plain["subset"]), np.uint8)
            mask = np.unpackbits(packed, count=int(plain["concepts"])).astype(bool)
            self.part = KbSubset(plain["fingerprint"], mask)

    def to_disk(self, folder: Path) -> None:
        """Write place, fingerprint and subset and, with ``include``, a copy of the KB."""
        folder.mkdir(parents=True, exist_ok=True)
        plain = {key: value for key, value in self.to_plain().items() if key not in _IN_BYTES}
        plain["subset_named"] = self._part_named
        (folder / _FILE).write_text(json.dumps(plain) + "\n", encoding="utf-8")
        part = self._read_part()
        if part is not None:
            write_subset(self.kb, part, folder / SUBSET_FILE, made_by="saved with a pipeline")
        else:
            (folder / SUBSET_FILE).unlink(missing_ok=True)
        copy = folder / _COPY
        if self.kb.path.resolve() == copy.resolve():
            return  # saved where it was loaded from: the copy is the KB itself
        temporary = folder / f".{_COPY}-{uuid.uuid4().hex[:8]}.tmp"
        try:
            if self.include:
                shutil.copytree(self.kb.path, temporary, ignore=shutil.ignore_patterns(".*.tmp"))
            shutil.rmtree(copy, ignore_errors=True)
            if self.include:
                temporary.rename(copy)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)  # a full disk leaves part of a copy

    def from_disk(self, folder: Path) -> None:
        """Read what :meth:`to_disk` wrote; a copy of the KB goes before its old place."""
        plain = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        self.from_plain(plain)
        if (folder / _COPY).is_dir():
            self.name = str(folder / _COPY)
        # A subset that the config names now, and did not when it was saved, is meant.
        same = self._part_named == plain.get("subset_named", "")
        if (folder / SUBSET_FILE).is_file() and (same or self.part is None):
            self.part = folder / SUBSET_FILE


def named_part(kb: KnowledgeBase, given: Mapping[str, Sequence[str]]) -> KbSubset:
    """Make a part of a KB from conditions, as :meth:`KnowledgeBase.subset` takes them.

    :raises UnknownNameError: a type or source that the KB does not have.
    :raises InputError: an id that the KB does not have.
    """
    try:
        return kb.subset(**given)
    except ConceptNotFoundError as error:
        # spaCy takes a KeyError for a component that was not initialised.
        raise InputError(str(error)) from error


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
