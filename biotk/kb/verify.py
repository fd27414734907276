"""Check a KB on disk file by file, so that all that is damaged is told at once.

Works without opening the KB: a damaged one does not open, and one of a newer format may still
have its checksums checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from biotk.errors import KbCorruptError, KbNotFoundError
from biotk.kb.derived import DERIVED, SEAL, describe_file, iter_files, read_seal
from biotk.kb.manifest import (
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    FileInfo,
    fingerprint_of,
    has_own_checksum,
)
from biotk.text.normalize import NORMALIZER_VERSION

_REMEDY = "remove its folder, it is made again"
_CHUNK = 1 << 20

#: ``ok``; ``damaged``, not what the manifest says; ``missing``; ``stale``, derived from another
#: content of the KB; ``unknown``, a file that the manifest does not name.
Status = Literal["ok", "damaged", "missing", "stale", "unknown"]

#: Told how many bytes are checked, and how many there are.
ShowBytes = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What came of checking one file.

    :param name: the file, seen from the KB's folder.
    :param status: how it is; see :data:`Status`.
    :param message: what is wrong with it, or how it was checked.
    """

    name: str
    status: Status
    message: str

    @property
    def bad(self) -> bool:
        """Whether the KB cannot be relied on because of it."""
        return self.status in ("damaged", "missing")


@dataclass(frozen=True, slots=True)
class KbVersions:
    """The versions that a KB was written in."""

    format: int
    normalizer: int

    @property
    def readable(self) -> bool:
        """Whether this BioTK opens such a KB."""
        return (self.format, self.normalizer) == (FORMAT_VERSION, NORMALIZER_VERSION)

    @property
    def newer(self) -> bool:
        """Whether a newer BioTK wrote it."""
        return self.format > FORMAT_VERSION or self.normalizer > NORMALIZER_VERSION


def kb_versions(folder: Path) -> KbVersions:
    """:returns: the versions that a KB was written in.

    :raises KbNotFoundError: there is none.
    :raises KbCorruptError: its manifest cannot be read.
    """
    raw, _ = _load_manifest(folder)
    return KbVersions(raw["format_version"], raw["normalizer_version"])


def iter_checks(
    folder: Path, *, progress: ShowBytes = lambda done, total: None
) -> Iterator[FileCheck]:
    """Check the files of a KB one by one: those of the manifest, then what is derived from it.

    Files of the manifest are compared with its checksums. What is derived is not in the manifest:
    it has to belong to this content of the KB, and has checksums of its own.

    :param folder: the KB.
    :param progress: told how far it is.
    :raises KbNotFoundError: there is no KB.
    :raises KbCorruptError: its manifest cannot be read.
    """
    raw, data = _load_manifest(folder)
    files = {name: FileInfo(**info) for name, info in raw["files"].items()}
    yield _check_manifest(raw, data, files)
    done, total = 0, sum(info.bytes for info in files.values())
    for name, info in sorted(files.items()):
        start = done
        yield _check_file(folder, name, info, lambda n, start=start: progress(start + n, total))  # type: ignore[misc]
        done += info.bytes
        progress(done, total)
    yield from _check_derived(folder, raw["fingerprint"])
    for path in sorted(folder.iterdir()):
        if path.name not in files and path.name not in (MANIFEST, DERIVED):
            yield FileCheck(path.name, "unknown", "the manifest does not name it")


def _load_manifest(folder: Path) -> tuple[dict[str, Any], bytes]:
    """What is common to all versions of the format, more is not asked for; and the bytes of it."""
    path = folder / MANIFEST
    if not path.is_file():
        raise KbNotFoundError(f"no knowledge base at {folder}: it has no {MANIFEST}")
    try:
        data = path.read_bytes()
        raw: dict[str, Any] = json.loads(data)
        if raw["format"] != FORMAT:
            raise KbCorruptError(f"{path} describes {raw['format']!r}, not {FORMAT!r}")
        fits = isinstance(raw["format_version"], int) and isinstance(raw["normalizer_version"], int)
        for info in raw["files"].values():
            fits = fits and isinstance(info["bytes"], int) and isinstance(info["sha256"], str)
            fits = fits and len(info) == 2
        if not fits or not isinstance(raw["fingerprint"], str):
            raise TypeError("a value of another type than it has to be")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KbCorruptError(
            f"{path} cannot be read ({type(error).__name__}: {error}). Build the KB again."
        ) from error
    return raw, data


def _check_manifest(raw: dict[str, Any], data: bytes, files: dict[str, FileInfo]) -> FileCheck:
    whole = has_own_checksum(data, raw)
    if whole is False:
        return FileCheck(MANIFEST, "damaged", "its checksum of itself is wrong")
    versions = KbVersions(raw["format_version"], raw["normalizer_version"])
    if not versions.readable:
        return FileCheck(MANIFEST, "ok", "of another version: its fingerprint was not checked")
    vocabularies = [raw.get(key) for key in ("types", "source_names", "prefixes")]
    if fingerprint_of(files, vocabularies) != raw["fingerprint"]:
        return FileCheck(MANIFEST, "damaged", "its fingerprint is not that of its content")
    if whole is None:
        return FileCheck(MANIFEST, "damaged", "its checksum of itself is missing")
    return FileCheck(MANIFEST, "ok", f"fingerprint {raw['fingerprint']}")


def _check_file(
    folder: Path, name: str, info: FileInfo, progress: Callable[[int], None]
) -> FileCheck:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return FileCheck(name, "damaged", "the manifest names a file outside the KB")
    if not path.is_file():
        return FileCheck(name, "missing", "is missing")
    size = path.stat().st_size
    if size != info.bytes:
        return FileCheck(name, "damaged", f"has {size:,} bytes, its manifest says {info.bytes:,}")
    digest = hashlib.sha256()
    done = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                done += len(chunk)
                progress(done)
    except OSError as error:
        return FileCheck(name, "damaged", f"cannot be read: {error.strerror}")
    if digest.hexdigest() != info.sha256:
        return FileCheck(name, "damaged", "its checksum is not the manifest's")
    return FileCheck(name, "ok", f"{info.bytes:,} bytes, SHA-256 {info.sha256}")


def _check_derived(folder: Path, fingerprint: str) -> Iterator[FileCheck]:
    derived = folder / DERIVED
    if not derived.is_dir():
        return
    for path in sorted(derived.iterdir()):
        name = f"{DERIVED}/{path.name}"
        if path.name.startswith("."):
            yield FileCheck(name, "stale", "is left from a build that was broken off: remove it")
        elif not path.name.endswith(f"-{fingerprint}"):
            yield FileCheck(name, "stale", "belongs to another content of this KB: remove it")
        else:
            yield from _check_sealed(path, name)


def _check_sealed(folder: Path, name: str) -> Iterator[FileCheck]:
    if not (folder / SEAL).is_file():
        message = f"was made by an earlier BioTK, it has no {SEAL}: remove it"
        yield FileCheck(name, "stale", message)
        return
    try:
        seal = read_seal(folder)
    except ValueError as error:
        yield FileCheck(f"{name}/{SEAL}", "damaged", f"{error}; {_REMEDY}")
        return
    there = dict(iter_files(folder))
    for file in sorted(seal.keys() | there.keys()):
        full = f"{name}/{file}"
        if file not in there:
            yield FileCheck(full, "missing", f"is missing; {_REMEDY}")
        elif file not in seal:
            yield FileCheck(full, "unknown", f"{SEAL} does not name it")
        elif describe_file(there[file]) != seal[file]:
            yield FileCheck(full, "damaged", f"its checksum is not that of {SEAL}; {_REMEDY}")
        else:
            yield FileCheck(full, "ok", f"{seal[file].bytes:,} bytes, SHA-256 {seal[file].sha256}")
