"""Writing a text file all or nothing."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from biotk.errors import BioTKError, InputError


@contextmanager
def atomic_text(path: Path) -> Iterator[TextIO]:
    """Write a file that gets its name only once it is complete; one that is there is replaced.

    :param path: the file; gzipped where its name ends with ``.gz``, without a time stamp, so that
        the same text makes the same bytes.
    :raises InputError: the file cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path} cannot be written: it is a directory")
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            raw = stack.enter_context(draft.open("wb"))
            packed = (
                stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
                if path.suffix == ".gz"
                else raw
            )
            yield stack.enter_context(io.TextIOWrapper(packed, encoding="utf-8", newline="\n"))
        draft.replace(path)
    except BioTKError:
        raise  # some of them are an OSError too
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink()
