"""The manifest of an artifact: what it holds, what built it, and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from biotk.errors import KbCorruptError, KbNotFoundError, KbVersionError
from biotk.text.normalize import NORMALIZER_VERSION

FORMAT = "biotk-kb"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
#: The files that every artifact has beside its manifest.
FILES = frozenset(
    "concepts.arrow names.arrow ids.marisa ids.arrow id_targets.arrow plural.marisa plural.arrow "
    "bag.marisa bag.arrow".split()
)

_REMEDY = "Build the KB again."


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Where part of a KB comes from.

    :param name: the vocabulary, such as ``MeSH``.
    :param file: the name of the file that was read.
    :param format: the reader that read it.
    :param sha256: checksum of that file.
    :param release: the release, where known.
    :param licence: the licence, where known.
    :param n_concepts: how many concepts it gave.
    :param n_problems: how many of its rows were wrong.
    :param left_out: what its reader left out on purpose, by reason.
    """

    name: str
    file: str
    format: str
    sha256: str
    release: str = ""
    licence: str = ""
    n_concepts: int = 0
    n_problems: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileInfo:
    """Size in bytes and checksum of one file of the artifact."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in ``manifest.json``; see ``docs/formats/kb.md``."""

    name: str
    fingerprint: str
    counts: Mapping[str, int]
    types: tuple[str, ...]
    source_names: tuple[str, ...]
    prefixes: tuple[str, ...]
    sources: tuple[SourceInfo, ...]
    files: Mapping[str, FileInfo]
    format: str = FORMAT
    format_version: int = FORMAT_VERSION
    normalizer_version: int = NORMALIZER_VERSION
    extra: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write ``manifest.json``, a checksum of itself put into ``extra``."""
        content = asdict(self)
        content["extra"] = {**content["extra"], "checksum": ""}
        content["extra"]["checksum"] = _digest(_to_json(content))
        (folder / MANIFEST).write_bytes(_to_json(content))


def _to_json(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    # Names of files may hold half a surrogate pair, which stays an escape of JSON.
    return f"{text}\n".encode(errors="backslashreplace")


def sha256_file(path: Path) -> str:
    """:returns: the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_files(folder: Path) -> dict[str, FileInfo]:
    """:returns: size and checksum of every file in a folder, by name."""
    return {
        path.name: FileInfo(path.stat().st_size, sha256_file(path))
        for path in sorted(folder.iterdir())
    }


def has_own_checksum(data: bytes, content: Mapping[str, Any]) -> bool | None:
    """Check a manifest against the checksum of itself that it holds.

    :param data: the bytes of ``manifest.json``.
    :param content: what they say.
    :returns: whether it is right; None if there is none.
    """
    extra = content.get("extra")
    checksum = extra.get("checksum") if isinstance(extra, Mapping) else None
    if not isinstance(checksum, str):
        return None
    own = f'"checksum": "{checksum}"'.encode()
    return _digest(data.replace(own, b'"checksum": ""', 1)) == checksum


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fingerprint_of(files: Mapping[str, FileInfo], vocabularies: object) -> str:
    """:returns: 16 hex digits that change with any content of the KB, and with nothing else."""
    content = {
        "format": [FORMAT, FORMAT_VERSION, NORMALIZER_VERSION],
        "files": {name: info.sha256 for name, info in sorted(files.items())},
        "vocabularies": vocabularies,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def read_manifest(folder: Path) -> Manifest:
    """Read and check a manifest.

    :raises KbNotFoundError: there is no KB in that folder.
    :raises KbVersionError: it was written in another version.
    :raises KbCorruptError: the manifest cannot be read, or a file's size is not what it says.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise KbNotFoundError(
            f"no knowledge base at {folder}: it has no {MANIFEST}. "
            f"Build one with: biotk kb build SOURCE... -o {folder}"
        )
    try:
        data = path.read_bytes()
        raw = json.loads(data)
        if raw["format"] != FORMAT:
            raise KbCorruptError(f"{path} describes {raw['format']!r}, not {FORMAT!r}")
        _check_versions(folder, raw["format_version"], raw["normalizer_version"])
        if has_own_checksum(data, raw) is False:
            raise KbCorruptError(f"{path} is damaged or was changed. Build the KB again.")
        manifest = Manifest(
            **{
                **_known(raw, Manifest),
                "types": tuple(raw["types"]),
                "source_names": tuple(raw["source_names"]),
                "prefixes": tuple(raw["prefixes"]),
                "sources": tuple(
                    SourceInfo(**_known(source, SourceInfo)) for source in raw["sources"]
                ),
                "files": {name: FileInfo(**info) for name, info in raw["files"].items()},
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KbCorruptError(
            f"{path} cannot be read ({type(error).__name__}: {error}). {_REMEDY}"
        ) from error
    if missing := FILES - manifest.files.keys():
        raise KbCorruptError(f"{path} does not name {', '.join(sorted(missing))}. {_REMEDY}")
    for name, info in manifest.files.items():
        _check_size(folder / name, info.bytes)
    return manifest


def _known(raw: Mapping[str, Any], cls: type) -> dict[str, Any]:
    """:returns: what this BioTK knows of; a newer one may have written more."""
    names = {entry.name for entry in fields(cls)}
    return {key: value for key, value in raw.items() if key in names}


def _check_versions(folder: Path, version: int, normalizer: int) -> None:
    if (version, normalizer) == (FORMAT_VERSION, NORMALIZER_VERSION):
        return
    newer = version > FORMAT_VERSION or normalizer > NORMALIZER_VERSION
    remedy = "Update BioTK" if newer else "Build it again with: biotk kb build"
    raise KbVersionError(
        f"the knowledge base at {folder} has format {version} and normalisation {normalizer}; "
        f"this BioTK reads {FORMAT_VERSION} and {NORMALIZER_VERSION}. {remedy}."
    )


def _check_size(path: Path, expected: int) -> None:
    if not path.is_file():
        raise KbCorruptError(f"{path} is missing. {_REMEDY}")
    size = path.stat().st_size
    if size != expected:
        raise KbCorruptError(f"{path} has {size} bytes, its manifest says {expected}. {_REMEDY}")
