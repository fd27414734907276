"""Going on where a run was ended: what it was, and how far it came."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import biotk
from biotk.batch.engine import AnnotatorSpec
from biotk.batch.outputs import OutputFiles, iter_complete, parse_line
from biotk.batch.results import Item, Want
from biotk.document import Document
from biotk.errors import InputError, KbError
from biotk.io import document_from_dict

RECORD_FORMAT = 1
_MANY = 50  # more values than a message can show


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an earlier run has done.

    :param documents: how many inputs are done.
    :param failed: how many of them failed.
    """

    documents: int = 0
    failed: int = 0


def run_record(
    spec: AnnotatorSpec, want: Want, inputs: Sequence[str | Path], *, encoding: str = "utf-8"
) -> dict[str, Any]:
    """:returns: everything that the bytes of an output depend on, to be compared at a resume.

    Inputs count by their names, so that a folder may be mounted elsewhere: ids and texts are
    compared as well. Workers and batch size are not in it: they change nothing.
    """
    return {
        "format": RECORD_FORMAT,
        "biotk": biotk.__version__,
        "pipeline": spec.pipeline,
        "overrides": {key: _plain(value) for key, value in spec.overrides.items()},
        "kb": _kb_fingerprint(spec.overrides.get("kb")),
        "text": want.text,
        "inputs": [Path(path).resolve().name for path in inputs],
        "encoding": encoding,
    }


def _plain(value: Any) -> Any:
    """:returns: an override as JSON's types; what is long, by its digest."""
    fingerprint = getattr(value, "fingerprint", None)
    if fingerprint is not None:
        return str(fingerprint)
    plain = json.loads(json.dumps(value, default=str))
    if isinstance(plain, list) and len(plain) > _MANY:
        digest = hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]
        return f"{len(plain)} values, {digest}"
    return plain


def check_record(path: Path, record: Mapping[str, Any]) -> None:
    """Make sure that a run is the one that began an output.

    :raises InputError: it is another one, or nothing says which one it was.
    """
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"cannot resume: {path} is missing, so that nothing says how the output was made."
            f" Begin anew with --overwrite."
        ) from None
    except ValueError:
        before = None
    if not isinstance(before, dict):
        raise InputError(f"cannot resume: {path} is damaged. Begin anew with --overwrite.")
    keys = dict.fromkeys([*record, *before])
    changed = [
        f"{key} was {json.dumps(before.get(key))}, now is {json.dumps(record.get(key))}"
        for key in keys
        if before.get(key) != record.get(key)
    ]
    if changed:
        raise InputError(
            f"cannot resume: another run began this output ({path}): {'; '.join(changed)}."
            f" Run it as it was, or begin anew with --overwrite."
        )


def replay(
    files: OutputFiles,
    items: Iterator[Item],
    *,
    on_document: Callable[[Document], None] | None = None,
) -> Replayed:
    """Skip the inputs that are done, and cut the files to just these.

    :param files: the files of the earlier run.
    :param items: the inputs; those that are done are taken from it.
    :param on_document: called with each document that is done.
    :raises InputError: the output was made from other inputs.
    """
    done, failures = _Lines(files.path), _Lines(files.failed_path)
    for index in count():
        failure = failures.peek()
        place = None if failure is None else failure.get("index")
        if isinstance(place, int) and place <= index:
            lines = failures
        elif done.peek() is not None:
            lines = done
        else:
            break
        item = next(items, None)
        if item is None:
            raise InputError(
                f"cannot resume: {files.path} has more documents than the inputs, {index}."
                f" Give the inputs that it was made from, or begin anew with --overwrite."
            )
        values = lines.take()
        _check_same(files, item, values, failed=lines is failures)
        if on_document is not None and lines is done and item.document is not None:
            on_document(document_from_dict({**values, "text": item.document.text}))
    files.truncate(done.offset, failures.offset)
    return Replayed(done.taken + failures.taken, failures.taken)


class _Lines:
    """The complete lines of a file, one of them looked at ahead."""

    def __init__(self, path: Path) -> None:
        self.path, self.taken, self.offset = path, 0, 0
        self._lines = iter_complete(path)
        self._next: tuple[int, dict[str, Any]] | None = None

    def peek(self) -> dict[str, Any] | None:
        if self._next is None:
            offset, line = next(self._lines, (0, b""))
            if line:
                self._next = offset, parse_line(self.path, self.taken + 1, line)
        return None if self._next is None else self._next[1]

    def take(self) -> dict[str, Any]:
        values = self.peek()
        if self._next is None or values is None:
            raise IndexError("no line is left")
        self.offset, self._next = self._next[0], None
        self.taken += 1
        return values


def _check_same(files: OutputFiles, item: Item, values: Mapping[str, Any], *, failed: bool) -> None:
    same = values.get("id") == item.id and (
        values.get("index") == item.index if failed else item.document is not None
    )
    if same and item.document is not None and "text" in values:
        same = values["text"] == item.document.text
    if not same:
        raise InputError(
            f"cannot resume: input {item.index} is not the document that"
            f" {files.failed_path if failed else files.path} has there. Give the inputs that it"
            f" was made from, unchanged, or begin anew with --overwrite."
        )


def _kb_fingerprint(kb: object) -> str | None:
    """:returns: the fingerprint of a KB in a folder; else what the embedded ones are made of."""
    from biotk.kb.default import compiled_path, embedded_kbs, recipe_path  # takes pyarrow along
    from biotk.kb.manifest import read_manifest
    from biotk.kb.recipes import read_recipe

    if kb is None or not Path(str(kb)).is_dir():
        recipes = [read_recipe(recipe_path(name)) for name in embedded_kbs()]
        return " ".join(sorted(compiled_path(recipe).name for recipe in recipes))

    try:
        return read_manifest(Path(str(kb))).fingerprint
    except KbError:
        return None  # whoever opens it says what is wrong
