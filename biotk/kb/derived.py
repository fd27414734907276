"""What is derived from a KB and kept beside it: made once, bound to the KB's content, checked.

``derived/<name>-<fingerprint>/`` holds one such thing. The fingerprint in its name binds it to this
content of the KB; ``files.json`` has the size and checksum of each of its files.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from biotk.kb.manifest import FileInfo, sha256_file

if TYPE_CHECKING:
    from biotk.kb.knowledge_base import KnowledgeBase

logger = logging.getLogger(__name__)

DERIVED = "derived"
SEAL = "files.json"
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def derived_folder(kb: KnowledgeBase, name: str) -> Path:
    """:returns: where something derived from a KB stands, made or not.

    :param name: what it is, with the version of its format, as in ``ngram-2``.
    """
    return kb.path / DERIVED / f"{name}-{kb.fingerprint}"


def can_keep(kb: KnowledgeBase) -> bool:
    """:returns: whether something derived from a KB can be kept beside it."""
    folder = kb.path / DERIVED
    return os.access(folder if folder.is_dir() else kb.path, os.W_OK)


def write_derived(kb: KnowledgeBase, name: str, write: Callable[[Path], None]) -> Path | None:
    """Write something derived from a KB beside it: whole, or not at all.

    :param name: as in :func:`derived_folder`.
    :param write: writes its files into an empty folder.
    :returns: its folder; None where the KB's place cannot be written to.
    """
    folder = derived_folder(kb, name)
    temporary = folder.parent / f".{folder.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp"
    try:
        temporary.mkdir(parents=True)
        write(temporary)
        _seal(temporary)
        temporary.rename(folder)
    except OSError as error:
        # Another process may have been faster; what it wrote is the same.
        if not folder.is_dir():
            if error.errno not in _NOT_WRITABLE:
                raise
            logger.warning("%s cannot be written to: its %s stays in memory", kb.path, name)
            return None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _seal(folder: Path) -> None:
    files = {name: asdict(describe_file(path)) for name, path in iter_files(folder)}
    text = json.dumps(files, indent=1, sort_keys=True)
    (folder / SEAL).write_text(text + "\n", encoding="utf-8")


def iter_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """:returns: the files of something derived, by their names from its folder; not the seal."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SEAL:
            yield path.relative_to(folder).as_posix(), path


def describe_file(path: Path) -> FileInfo:
    """:returns: size and checksum of a file."""
    return FileInfo(path.stat().st_size, sha256_file(path))


def read_seal(folder: Path) -> dict[str, FileInfo]:
    """:returns: size and checksum that each file should have.

    :raises ValueError: the seal is missing or cannot be read.
    """
    try:
        raw = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return {name: FileInfo(**info) for name, info in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{SEAL} is missing or cannot be read") from error
