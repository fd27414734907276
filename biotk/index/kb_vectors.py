"""Vectors of all names of a KB: built by streaming, kept beside the KB, memory-mapped.

One vector for each normalised name, made of the first name that is normalised so. Loading an
encoder is not done here: whoever has one hands it in as a :class:`TextEncoder`.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from biotk.errors import (
    InputError,
    KbCorruptError,
    KbMismatchError,
    KbNotFoundError,
    UnknownNameError,
)
from biotk.index.faiss_index import (
    KINDS,
    FaissIndex,
    Kind,
    Progress,
    build_faiss,
    choose_kind,
    read_faiss,
    write_faiss,
)
from biotk.index.vector_index import ExactIndex, Floats, VectorIndex
from biotk.kb import KnowledgeBase
from biotk.kb.derived import can_keep, derived_folder, describe_file, read_seal, write_derived

logger = logging.getLogger(__name__)

VERSION = 1
_VECTORS, _INDEX, _INFO = "vectors.npy", "index.faiss", "info.json"
_BLOCK = 8192  # names that are encoded at once
_TIMED = 256
#: A build that takes longer is told beforehand.
_LONG = 60.0


@runtime_checkable
class TextEncoder(Protocol):
    """Makes vectors of names."""

    @property
    def dim(self) -> int:
        """The length of vectors."""

    @property
    def fingerprint(self) -> str:
        """Letters and digits that change when any vector does."""

    def encode(self, texts: Sequence[str], *, fast: bool = False) -> Floats:
        """:returns: vectors of unit length. *Shape*: (texts, dim)."""


def open_kb_vectors(
    kb: KnowledgeBase,
    encoder: TextEncoder,
    *,
    kind: Kind | None = None,
    progress: Progress = lambda step, done, total: None,
) -> VectorIndex:
    """Open the vectors of a KB's names, building them beside the KB the first time.

    A build that takes more than a minute is told in a warning before it begins, with the time that
    it is going to take. Where the KB's folder cannot be written to, vectors are kept for this
    process alone. Names are encoded once for indexes of all kinds.

    :param kb: the knowledge base.
    :param encoder: what makes the vectors.
    :param kind: of the index, one of :data:`~biotk.index.faiss_index.KINDS`; by default one that
        suits their number.
    :param progress: told how far building is.
    :returns: row by row the keys of ``kb.keys("plural")``.
    :raises UnknownNameError: there is no such kind.
    :raises KbCorruptError: what stands there is damaged.
    :raises InputError: there is no room for them anywhere.

    >>> index = open_kb_vectors(kb, encoder)                # doctest: +SKIP
    """
    if kind is not None and kind not in KINDS:
        raise UnknownNameError("kind of index", kind, KINDS)
    chosen = _kind_of(kb, kind)
    name = vectors_name(encoder, chosen)
    folder = derived_folder(kb, name)
    if not folder.is_dir():
        made = _made_before(kb, encoder)
        if made is None:
            _tell_time(kb, encoder)
        write = partial(_write, kb=kb, encoder=encoder, kind=chosen, made=made, progress=progress)
        if write_derived(kb, name, write) is None:
            return _of_this_process(kb, write, chosen)
    return open_vectors(folder, kb=kb, encoder=encoder)


def _of_this_process(kb: KnowledgeBase, write: Callable[[Path], None], kind: Kind) -> VectorIndex:
    """:returns: vectors that are kept nowhere: mapped from a folder that is gone at once."""
    try:
        with tempfile.TemporaryDirectory(prefix="biotk-vectors-") as folder:
            write(Path(folder))
            return _opened(Path(folder), kind)
    except OSError as error:
        raise InputError(
            f"the vectors of {kb.path} cannot be kept beside it, nor in {tempfile.gettempdir()}: "
            f"{error.strerror or type(error).__name__}; TMPDIR names another place"
        ) from error


def _kind_of(kb: KnowledgeBase, kind: Kind | None) -> Kind:
    """:returns: the kind that was asked for, or else suits; FAISS makes none of nothing."""
    n_rows = len(kb.keys("plural"))
    return choose_kind(n_rows) if kind is None or not n_rows else kind


def _made_before(kb: KnowledgeBase, encoder: TextEncoder) -> Path | None:
    """:returns: the very vectors, made for an index of another kind; None where there are none."""
    for kind in KINDS:
        folder = derived_folder(kb, vectors_name(encoder, kind))
        try:
            if describe_file(folder / _VECTORS) == read_seal(folder)[_VECTORS]:
                return folder / _VECTORS
        except (OSError, ValueError, KeyError):
            continue  # not there, or damaged
    return None


def vectors_name(encoder: TextEncoder, kind: Kind) -> str:
    """:returns: what the vectors are called in the KB's ``derived`` folder."""
    return f"vectors-{kind}-{encoder.fingerprint}-{VERSION}"


def has_vectors(kb: KnowledgeBase, encoder: TextEncoder, *, kind: Kind | None = None) -> bool:
    """:returns: whether vectors of a KB stand there, so that opening takes no time."""
    return derived_folder(kb, vectors_name(encoder, _kind_of(kb, kind))).is_dir()


def open_vectors(
    folder: Path, *, kb: KnowledgeBase | None = None, encoder: TextEncoder | None = None
) -> VectorIndex:
    """Memory-map vectors.

    :param folder: what :func:`open_kb_vectors` wrote.
    :param kb: the KB that they are to be used with; None for any.
    :param encoder: the encoder that they are to be used with; None for any.
    :raises KbNotFoundError: there are none.
    :raises KbMismatchError: they are of another KB or encoder.
    :raises KbCorruptError: they are damaged.
    """
    if not folder.is_dir():
        raise KbNotFoundError(
            f"no vectors at {folder}: make them with biotk.index.kb_vectors.open_kb_vectors"
        )
    try:
        info = json.loads((folder / _INFO).read_text(encoding="utf-8"))
        for file, expected in read_seal(folder).items():
            # Sizes, not checksums: reading gigabytes at each start would take longer than linking.
            if (folder / file).stat().st_size != expected.bytes:
                raise ValueError(f"{file} has another size than it had when it was written")
        found = str(info["kb"]), str(info["encoder"]), info["kind"]
        if found[2] not in KINDS:
            raise ValueError(f"{_INFO} names the kind {found[2]!r}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error
    for what, has, wanted in (("KB", found[0], kb), ("encoder", found[1], encoder)):
        if wanted is not None and has != wanted.fingerprint:
            raise KbMismatchError(
                f"the vectors at {folder} are of {what} {has}, not of {wanted.fingerprint}: make "
                "them with biotk.index.kb_vectors.open_kb_vectors(kb, encoder)"
            )
    index = _opened(folder, found[2])
    if kb is not None and len(index) != len(kb.keys("plural")):
        raise _damaged(folder, f"there are {len(index)} vectors")
    return index


def verify_vectors(folder: Path) -> None:
    """Compare checksums; reads all files once.

    :raises KbCorruptError: a file is not what it was when it was written.
    """
    try:
        bad = [n for n, seal in read_seal(folder).items() if describe_file(folder / n) != seal]
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from error
    if bad:
        raise _damaged(folder, f"the checksum of {bad[0]} is another")


def _damaged(folder: Path, why: object) -> KbCorruptError:
    return KbCorruptError(
        f"the vectors at {folder} are damaged: {why}. Remove that folder, it is made again."
    )


def _opened(folder: Path, kind: Kind) -> VectorIndex:
    try:
        vectors = _mapped(folder / _VECTORS)
        if kind == "exact":
            return ExactIndex(vectors)
        index = read_faiss(folder / _INDEX, kind)
        if index.ntotal != len(vectors) or index.d != vectors.shape[1]:
            raise ValueError(f"{_INDEX} and {_VECTORS} do not fit together")
    except (OSError, ValueError, RuntimeError) as error:
        raise _damaged(folder, error) from error
    return FaissIndex(index, vectors)


def _mapped(path: Path) -> NDArray[Any]:
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        found = np.load(path, allow_pickle=False)  # no rows: nothing that could be mapped
    if found.ndim != 2 or found.dtype != np.float16:
        raise ValueError(f"{path.name} holds no vectors")
    return found


def _write(
    folder: Path,
    *,
    kb: KnowledgeBase,
    encoder: TextEncoder,
    kind: Kind,
    made: Path | None,
    progress: Progress,
) -> None:
    n_rows = len(kb.keys("plural"))
    path = folder / _VECTORS
    if made is None:
        _write_rows(path, kb=kb, encoder=encoder, progress=progress)
    else:
        try:
            os.link(made, path)
        except OSError:  # a file system without links
            shutil.copyfile(made, path)
    if kind != "exact":
        write_faiss(folder / _INDEX, build_faiss(_mapped(path), kind, progress=progress))
    info = {"kb": kb.fingerprint, "encoder": encoder.fingerprint, "kind": kind, "rows": n_rows}
    text = json.dumps({"version": VERSION, **info, "dim": encoder.dim}, indent=1)
    (folder / _INFO).write_text(text + "\n", encoding="utf-8")


def _write_rows(path: Path, *, kb: KnowledgeBase, encoder: TextEncoder, progress: Progress) -> None:
    """Write the vectors of all names, a block after the other.

    Not through a mapped file: that is as long as it is going to be before there is any room for
    it, and a disk that is full then ends the process by a signal.
    """
    n_rows = len(kb.keys("plural"))
    descr = np.lib.format.dtype_to_descr(np.dtype(np.float16))
    header = {"descr": descr, "fortran_order": False, "shape": (n_rows, encoder.dim)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for first in range(0, n_rows, _BLOCK):
            rows = range(first, min(first + _BLOCK, n_rows))
            vectors = encoder.encode(_texts(kb, rows), fast=True)
            file.write(np.ascontiguousarray(vectors, np.float16).tobytes())
            progress("encoding names", rows.stop, n_rows)


def _texts(kb: KnowledgeBase, keys: Sequence[int]) -> list[str]:
    """:returns: for each key the first name that is normalised so."""
    table = kb.keys("plural")
    return [kb.name(int(table.rows_of(key)[0])) for key in keys]


def _tell_time(kb: KnowledgeBase, encoder: TextEncoder) -> None:
    """Tell how long encoding is going to take, if it takes long."""
    n_rows = len(kb.keys("plural"))
    if n_rows <= _BLOCK:
        return
    some = np.linspace(0, n_rows - 1, _TIMED).astype(int).tolist()
    texts = _texts(kb, some)
    encoder.encode(texts[:16], fast=True)  # what is done once, at the first call
    start = time.perf_counter()
    encoder.encode(texts, fast=True)
    seconds = (time.perf_counter() - start) / len(texts) * n_rows
    if seconds > _LONG:
        kept = "once; the vectors are kept beside the KB"
        if not can_keep(kb):
            kept = "each time: the KB's folder cannot be written to, so that nothing is kept"
        logger.warning(
            "encoding the %s names of %s takes about %d minutes, %s",
            f"{n_rows:,}", kb.path, round(seconds / 60) or 1, kept,
        )  # fmt: skip
