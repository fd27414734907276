"""A file of a vocabulary: downloaded, checked, described, and only then given its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, cast

from biotk.errors import FetchError, InputError
from biotk.kb.fetch.download import (
    PATIENT,
    Download,
    Patience,
    ShowBytes,
    download,
    state_path,
)
from biotk.kb.fetch.http import RefusedError, UnreachableError
from biotk.kb.fetch.record import FetchRecord, find_record, read_record
from biotk.kb.fetch.source import FetchFile, FetchSource
from biotk.kb.manifest import sha256_file

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_WEB_PAGE = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
#: A file of less than this share of its usual size is told to be small.
_SMALL = 0.2


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch came to.

    :param path: the file.
    :param record: what is known of it.
    :param status: ``"new"``; ``"changed"``, where another content was there before; or
        ``"unchanged"``, where nothing had to come.
    :param note: what is odd about it; empty as a rule.
    """

    path: Path
    record: FetchRecord
    status: Literal["new", "changed", "unchanged"]
    note: str = ""


def fetch_file(
    source: FetchSource,
    file: FetchFile,
    to: Path,
    *,
    sha256: str | None = None,
    patience: Patience = PATIENT,
    progress: ShowBytes = lambda done, total: None,
) -> Fetched:
    """Download a file of a vocabulary. This needs the network.

    A checksum that is given, that the recipe pins, or that an earlier fetch of the same release
    recorded is enforced. The newest release is asked for with the ETag of the last fetch: what has
    not changed does not come again.

    :param source: the vocabulary.
    :param file: the file, of a certain release or the newest.
    :param to: the folder to put it into; made if need be.
    :param sha256: the checksum that it must have.
    :param patience: when to give up.
    :param progress: told how far it is.
    :raises FetchError: it failed, or what came is not what should come; nothing is at its place
        then that was not there before.
    :raises InputError: another file is at its place, or the checksum is none.
    """
    path = to / file.file
    wanted, told_by = _wanted(path, file, sha256)
    here = find_record(path)
    if path.exists() and here is None:
        raise InputError(
            f"{path} is there and was not put there by this command, or has changed since: "
            "remove it, or choose another folder with --to"
        )
    if here is not None and here.sha256 == wanted:
        return Fetched(path, here, "unchanged")
    part = path.with_name(f"{path.name}.part")
    known = here.etag if here is not None and here.url == file.url and not wanted else ""
    with _explained(source, file, to):
        to.mkdir(parents=True, exist_ok=True)
        with _only_one(part):
            said = download(file.url, part, known_etag=known, patience=patience, progress=progress)
            if said is not None:
                _check(part, file, wanted, told_by)
                record = _describe(source, file, said, part)
                part.replace(path)
                record.write(path)
                state_path(part).unlink(missing_ok=True)
    if said is None:
        # It is what is here: only its ETag can have been sent.
        return Fetched(path, cast(FetchRecord, here), "unchanged")
    changed = here is not None and here.sha256 != record.sha256
    return Fetched(path, record, "changed" if changed else "new", _small(file, record.bytes))


@contextmanager
def _explained(source: FetchSource, file: FetchFile, to: Path) -> Iterator[None]:
    """Add to an error what to do."""
    try:
        yield
    except UnreachableError as error:
        raise FetchError(f"{file.url} cannot be reached ({error}). {by_hand(file, to)}") from error
    except RefusedError as error:
        raise FetchError(
            f"{error}: it may have moved. Look for it on {source.homepage}. {by_hand(file, to)}"
        ) from error
    except FetchError:
        raise
    except OSError as error:
        raise InputError(f"{to}: cannot be written ({error.strerror})") from error


@contextmanager
def _only_one(part: Path) -> Iterator[None]:
    """Keep a second process from writing the same part; the lock ends with the process."""
    if fcntl is None:  # Windows
        yield
        return
    lock = part.with_name(f"{part.name}.lock")
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FetchError(f"{part} is being downloaded by another process just now") from error
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def by_hand(file: FetchFile, to: Path) -> str:
    """:returns: what to do where there is no network, in a sentence."""
    return (
        f"By hand: download it on another machine, put it at {to / file.file}, then: "
        f"biotk kb build {to / file.file} -o DIR"
    )


def _wanted(path: Path, file: FetchFile, given: str | None) -> tuple[str, str]:
    """:returns: the checksum that the file must have, and who says so; empty for any."""
    if given is not None:
        if not _SHA256.fullmatch(given.strip().lower()):
            raise InputError(f"--sha256 {given!r}: expected 64 hex digits")
        return given.strip().lower(), "the one given"
    if pinned := file.sha256.get(file.release):
        return pinned, f"that of the release {file.release}"
    before = read_record(path)
    if file.release and before is not None and before.url == file.url:
        return before.sha256, f"that of {before.fetched}, when this release was fetched"
    return "", ""


def _check(part: Path, file: FetchFile, wanted: str, told_by: str) -> None:
    with part.open("rb") as handle:
        head = handle.read(200)
    problem = ""
    if not head:
        problem = "the file that came is empty"
    elif _WEB_PAGE.match(head):
        problem = "a web page came instead of the file (the log-in of a proxy?)"
    elif wanted and (found := sha256_file(part)) != wanted:
        problem = f"its SHA-256 is {found}, and {told_by} is {wanted}"
    if problem:
        # Kept, it would be gone on from the next time.
        part.unlink()
        state_path(part).unlink(missing_ok=True)
        raise FetchError(f"{file.url}: {problem}; it was thrown away")


def _describe(source: FetchSource, file: FetchFile, said: Download, part: Path) -> FetchRecord:
    return FetchRecord(
        url=file.url,
        final_url=said.final_url,
        sha256=sha256_file(part),
        bytes=part.stat().st_size,
        fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        release=file.release,
        etag=said.etag,
        last_modified=said.last_modified,
        vocabulary=source.vocabulary,
        licence=source.licence.name,
        licence_url=source.licence.url,
        obligation=source.licence.obligation,
        citation=source.citation,
    )


def _small(file: FetchFile, size: int) -> str:
    usual = file.megabytes * 1e6
    if size >= _SMALL * usual:
        return ""
    return f"{file.file} has {size:,} bytes, and usually about {usual:,.0f}: look at it before use"
