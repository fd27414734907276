"""The place of an artifact: a folder beside it while it is written, its own name once it is whole.

A builder holds a lock on its folder, so that the next one at that place can tell what was left by
a builder that was killed, and takes it away.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from biotk.errors import KbError, KbExistsError, KbWriteError
from biotk.kb.manifest import MANIFEST, read_manifest

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

#: What a broken-off build leaves where nothing can be locked is taken away after a day.
_OLD = 24 * 3600.0
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TRIES = 20


def check_place(out: Path) -> None:
    """Make sure that nothing but a KB will ever be replaced.

    :raises KbExistsError: something else is there.
    """
    if out.exists() and not (out / MANIFEST).is_file():
        raise KbExistsError(f"{out} exists and is no knowledge base: choose another place")


@contextmanager
def draft_folder(out: Path, *, needed: int, what: str = "knowledge base") -> Iterator[Path]:
    """A new folder beside a place, to be filled and moved there; gone in the end, moved or not.

    :param out: the place.
    :param needed: about how many bytes will be written, for the message.
    :param what: is written, likewise.
    :raises KbWriteError: it cannot be written.
    """
    lock = -1
    folder = out.parent / f".{out.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(out)
        while not folder.is_dir():  # another builder may take it for a leftover before the lock
            _unlock(lock)
            folder.mkdir()
            lock = _lock(folder, wait=True) or -1
        yield folder
    except KbError:
        raise  # some are an OSError too
    except OSError as error:
        raise KbWriteError(error.errno or errno.EIO, _explain(out, error, needed, what)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _unlock(lock)


def _explain(out: Path, error: OSError, needed: int, what: str) -> str:
    reason = error.strerror or str(error)
    if error.errno not in _NO_ROOM:
        return f"{out} cannot be written: {reason}. Choose another place"
    if error.errno == errno.EFBIG:
        room = "files may not grow that large here (see `ulimit -f`)"
    else:
        room = f"{_megabytes(shutil.disk_usage(out.parent).free)} are free"
    return (
        f"no room for the {what} at {out}: {reason}. It needs about "
        f"{_megabytes(needed)}, {room}. Make room or choose another place; nothing was left there"
    )


def _megabytes(size: int) -> str:
    return f"{max(size / 1e6, 0.1):,.1f} MB"


def _lock(folder: Path, *, wait: bool) -> int | None:
    """:returns: an open file with a lock on the folder, -1 where there are no locks; None where
    another process has it.
    """
    if fcntl is None:
        return -1
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return -1
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        return None if isinstance(error, BlockingIOError) else -1
    return handle


def _unlock(lock: int) -> None:
    if lock >= 0:
        os.close(lock)


def remove_leftovers(out: Path) -> None:
    """Take away what builders that were killed have left beside a place.

    A KB that one of them had put aside, to replace it, is put back.
    """
    pattern = re.compile(rf"\.{re.escape(out.name)}\.\d+-[0-9a-f]{{8}}\.(?:tmp|old)")
    for folder in out.parent.iterdir():
        if not pattern.fullmatch(folder.name):
            continue
        lock = _lock(folder, wait=False)
        if lock is None:
            continue
        try:
            if lock < 0 and time.time() - _changed(folder) < _OLD:
                continue
            if folder.suffix == ".old" and not out.exists():
                with suppress(OSError):
                    folder.rename(out)
                    logger.warning("%s is back: the build that replaced it was broken off", out)
                    continue
            logger.info("removing %s, left by a build that was broken off", folder)
            _remove(folder)
        finally:
            _unlock(lock)


def _remove(folder: Path) -> None:
    if folder.is_symlink():  # its name alone: what it leads to may be in use by another name
        folder.unlink(missing_ok=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _changed(folder: Path) -> float:
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return 0.0


def move_in_place(draft: Path, out: Path, *, fingerprint: str, overwrite: bool) -> None:
    """Give a finished folder its name.

    Where another process has put the same KB there meanwhile, that one stays.

    :param fingerprint: of the KB in the folder.
    :param overwrite: replace a KB that is there.
    :raises KbExistsError: another KB is there, and not ``overwrite``.
    """
    old = draft.with_suffix(".old")
    for _ in range(_TRIES):
        try:
            if overwrite:
                with suppress(FileNotFoundError):
                    out.rename(old)
            draft.rename(out)
            return
        except OSError:
            if not out.is_dir():
                raise
            if _is_there(out, fingerprint):
                return
            if not overwrite:
                raise KbExistsError(
                    f"{out} holds another knowledge base than the new one ({fingerprint}): "
                    "choose another place or overwrite it (--overwrite)"
                ) from None
            # Another builder was there between our two steps: its KB is replaced as well.
        finally:
            _remove(old)
    raise KbExistsError(f"{out} is being replaced by other builders all the time: try again")


def _is_there(out: Path, fingerprint: str) -> bool:
    try:
        return read_manifest(out).fingerprint == fingerprint
    except KbError:
        return False  # damaged, or of another version
