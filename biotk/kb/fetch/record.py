"""``NAME.fetched.json``: what was downloaded, when, from where, and under which licence."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from biotk.kb.manifest import sha256_file


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """What stands beside a downloaded file.

    :param url: the address that was asked.
    :param final_url: the one that redirects led to.
    :param sha256: checksum of the file.
    :param bytes: its size.
    :param fetched: when, UTC, ISO 8601.
    :param release: its release, where a certain one was asked for.
    :param etag: the server's name for this content.
    :param last_modified: when the server says that it changed.
    :param vocabulary: the name of the vocabulary.
    :param licence: the name of its licence.
    :param licence_url: where the licence stands.
    :param obligation: what it asks for.
    :param citation: what to cite.
    """

    url: str
    final_url: str
    sha256: str
    bytes: int
    fetched: str
    release: str = ""
    etag: str = ""
    last_modified: str = ""
    vocabulary: str = ""
    licence: str = ""
    licence_url: str = ""
    obligation: str = ""
    citation: str = ""

    def write(self, path: Path) -> None:
        """Write this beside the file at ``path``, whole or not at all."""
        out = record_path(path)
        temporary = out.with_name(f"{out.name}.tmp")
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(out)


def record_path(path: Path) -> Path:
    """:returns: where the record of a downloaded file stands."""
    return path.with_name(f"{path.name}.fetched.json")


def read_record(path: Path) -> FetchRecord | None:
    """:returns: the record of the file at ``path``; None if there is none that can be read."""
    known = {entry.name for entry in fields(FetchRecord)}
    try:
        raw = json.loads(record_path(path).read_text(encoding="utf-8"))
        return FetchRecord(**{key: value for key, value in raw.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def find_record(path: Path, *, sha256: str | None = None) -> FetchRecord | None:
    """Find what is known of a file that may have been downloaded.

    :param path: the file.
    :param sha256: its checksum, if that is known already.
    :returns: its record; None if there is none, or if the file has changed since.
    """
    record = read_record(path)
    if record is None or not path.is_file():
        return None
    return record if record.sha256 == (sha256 or sha256_file(path)) else None
