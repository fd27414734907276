"""One file by http: resumed where it was cut, tried again where the connection breaks.

What has come stands in ``NAME.part``, and in ``NAME.part.json`` which content it is a part of: the
server's ETag or date. It goes on only from that same content; if the file has changed meanwhile,
it begins anew (RFC 9110, If-Range).
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from biotk.errors import FetchError
from biotk.kb.fetch.http import BrokenError, RefusedError, UnreachableError, open_url

#: Told how many bytes have come, and how many there are; 0 if the server does not say.
ShowBytes = Callable[[int, int], None]

_CHUNK = 1 << 16
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Download:
    """What the server says of a file.

    :param url: the address that was asked.
    :param final_url: the one that redirects led to.
    :param etag: its name for this content; may be empty.
    :param last_modified: when it changed; may be empty.
    :param total: how many bytes it has; 0 if the server does not say.
    """

    url: str
    final_url: str = ""
    etag: str = ""
    last_modified: str = ""
    total: int = 0

    @property
    def validator(self) -> str:
        """What If-Range takes: a strong ETag, else the date; empty if there is neither."""
        strong = self.etag and not self.etag.startswith("W/")
        return self.etag if strong else self.last_modified


@dataclass(frozen=True, slots=True)
class Patience:
    """When to give up.

    :param attempts: how often in a row the connection may break without more having come than
        ever before.
    :param wait: seconds before the second attempt, twice as many before each further one.
    :param timeout: how long the server may be silent, in seconds.
    """

    attempts: int = 5
    wait: float = 1.0
    timeout: float = 60.0


PATIENT = Patience()


def download(
    url: str,
    part: Path,
    *,
    known_etag: str = "",
    patience: Patience = PATIENT,
    progress: ShowBytes = lambda done, total: None,
) -> Download | None:
    """Download a file, going on from what stands at ``part``.

    :param url: https, or http on this machine.
    :param part: the file to write.
    :param known_etag: the content that is there already and need not come again.
    :param patience: when to give up.
    :param progress: told how far it is.
    :returns: what the server said; None if the content is the known one.
    :raises FetchError: it failed for good; what has come is kept for the next time.
    """
    failed, reached = 0, False
    most = 0  # of all attempts: a server without ranges begins anew each time
    while True:
        before = _size(part)
        try:
            return _attempt(url, part, known_etag, timeout=patience.timeout, progress=progress)
        except UnreachableError:
            # A network that fails in the middle may come back; one that is not there will not.
            if not reached and _size(part) == before:
                raise
            reason = "the network is gone"
        except BrokenError as error:
            reason = str(error)
        reached = reached or _size(part) > before
        failed = 0 if _size(part) > most else failed + 1
        most = max(most, _size(part))
        if failed >= patience.attempts:
            raise FetchError(
                f"{url}: the connection broke {failed} times in a row ({reason}). Run it again: "
                f"it goes on from the {_size(part):,} bytes that have come"
            )
        time.sleep(patience.wait * 2 ** max(failed - 1, 0))


def _attempt(
    url: str, part: Path, known_etag: str, *, timeout: float, progress: ShowBytes
) -> Download | None:
    state = _read_state(part, url)
    have = _size(part) if state else 0
    headers = {}
    if state and have:
        headers = {"Range": f"bytes={have}-", "If-Range": state.validator}
    elif known_etag:
        headers = {"If-None-Match": known_etag}
    with open_url(url, headers, timeout=timeout) as answer:
        if answer.status == 304 and "If-None-Match" in headers:
            return None
        said = _said(url, answer)
        if answer.status == 416 and state and have == said.total:
            return state  # it had come whole, and the end was cut off
        if answer.status == 206 and state and _goes_on(answer, said, state, have):
            said = state if state.total else said
        elif answer.status == 206 or answer.status == 416:
            # The server is not to be trusted with ranges: from the beginning, without one.
            part.unlink(missing_ok=True)
            raise BrokenError("it sent another part than the one that was asked for")
        elif answer.status == 200:
            have = 0
        else:
            raise RefusedError(f"{url} answered {answer.status} {answer.reason}")
        _write_state(part, said)
        _receive(answer, part, have=have, total=said.total, progress=progress)
    return said


def _goes_on(answer: Any, said: Download, state: Download, have: int) -> bool:
    """:returns: whether a part is the one that was asked for, of the same content."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if not found or found[1] is None or int(found[1]) != have:
        return False
    same = not said.validator or said.validator == state.validator
    return same and (not said.total or not state.total or said.total == state.total)


def _said(url: str, answer: Any) -> Download:
    headers = answer.headers
    total = headers.get("Content-Length", "") if answer.status == 200 else ""
    if found := _RANGE.fullmatch(headers.get("Content-Range", "")):
        total = found[2]
    return Download(
        url=url,
        final_url=answer.url,
        etag=headers.get("ETag", ""),
        last_modified=headers.get("Last-Modified", ""),
        total=int(total) if total.isdigit() else 0,
    )


def _receive(answer: Any, part: Path, *, have: int, total: int, progress: ShowBytes) -> None:
    if total and total - have > (free := shutil.disk_usage(part.parent).free):
        raise FetchError(
            f"{part.parent} has room for {free:,} bytes, and {total - have:,} are to come: "
            "make room, or choose another folder with --to"
        )
    progress(have, total)
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        while True:
            try:
                chunk = answer.read1(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise BrokenError(f"{type(error).__name__}: {error}") from error
            if not chunk:
                break
            try:
                file.write(chunk)
            except OSError as error:
                raise FetchError(f"{part} cannot be written: {error.strerror}") from error
            have += len(chunk)
            progress(have, total)
    if total and have < total:
        raise BrokenError(f"it ended after {have:,} of {total:,} bytes")
    if total and have > total:
        part.unlink(missing_ok=True)
        raise BrokenError(f"{have:,} bytes came, and {total:,} were to come")


def state_path(part: Path) -> Path:
    """:returns: where it stands which content a part belongs to."""
    return part.with_name(f"{part.name}.json")


def _read_state(part: Path, url: str) -> Download | None:
    """:returns: what a part belongs to; None if it cannot be gone on from."""
    try:
        state = Download(**json.loads(state_path(part).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return state if state.url == url and state.validator and part.is_file() else None


def _write_state(part: Path, state: Download) -> None:
    state_path(part).write_text(json.dumps(asdict(state)), encoding="utf-8")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
