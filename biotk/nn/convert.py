"""Checkpoints made into what :class:`biotk.nn.seq2seq.Seq2Seq` loads: safetensors, and checked."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from biotk.errors import BioTKError, InputError, KbWriteError, UnknownNameError
from biotk.kb.manifest import sha256_file
from biotk.kb.place import draft_folder
from biotk.nn.architecture import Architecture, architecture_of, read_config
from biotk.nn.checkpoint import ZERO_WHEN_MISSING, load_model
from biotk.nn.checkpoint_files import CONFIG, SAFE, locate
from biotk.nn.convert_source import CARRIED, Source, find_source, read_weights
from biotk.nn.convert_weights import Fitted, Renaming, fit_weights
from biotk.nn.tokenizer_files import PIECES, SETTINGS, load_tokenizer

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
#: The checksum of every file, as ``sha256sum -c`` reads it.
SUMS = "SHA256SUMS"

#: Told what is being done, how much of it, and how much there is; 0 if nobody knows.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What became of a checkpoint.

    :param folder: where it is now.
    :param files: those that the weights were read from.
    :param n_parameters: how many numbers are learnt.
    :param n_bytes: the size of the weights.
    :param sha256: of the weights.
    :param renaming: what was taken off the names of the weights, and put there.
    :param shared: other names of weights, and the ones under which those are stored.
    :param left_out: weights that the model has no place for.
    :param passed_over: what the files held beside weights.
    :param made: weights that were not there, and are zeros by their definition.
    """

    folder: Path
    files: tuple[Path, ...]
    dtype: str
    n_parameters: int
    n_bytes: int
    sha256: str
    renaming: Renaming
    shared: dict[str, str]
    left_out: tuple[str, ...]
    passed_over: tuple[str, ...]
    made: tuple[str, ...]


def convert_checkpoint(
    source: str | Path,
    target: str | Path,
    *,
    dtype: str = "float32",
    tokenizer: str | Path | None = None,
    revision: str | None = None,
    drop_extra: bool = False,
    overwrite: bool = False,
    progress: Progress = lambda step, done, total: None,
) -> Conversion:
    """Make a checkpoint that can be loaded of one that is in pickles, or in other names or dtypes.

    The result is loaded once, and compared with what was read, before it gets its name.

    :param source: a folder with ``config.json`` and ``pytorch_model.bin`` (in parts, too) or
        ``model.safetensors``, or the name of a hub model, ``owner/name``.
    :param target: the folder to make.
    :param dtype: of the weights, a key of :data:`DTYPES`.
    :param tokenizer: another folder or hub model, to take the tokenizer from.
    :param revision: of a hub model.
    :param drop_extra: leave out weights that the model has no place for.
    :param overwrite: replace a checkpoint that is there.
    :param progress: told how far it is.
    :raises InputError: something is wrong with the source, or the target cannot be written.
    :raises UnknownNameError: there is no such dtype, or it is of an architecture that we do not
        run.

    >>> convert_checkpoint("runs/checkpoint-20000", "models/mine",
    ...     tokenizer="facebook/bart-large")                         # doctest: +SKIP
    """
    if dtype not in DTYPES:
        raise UnknownNameError("dtype", dtype, DTYPES)
    out = _check_target(Path(target).expanduser(), overwrite=overwrite)
    found = find_source(source, revision=revision)
    _check_apart(found.folder, out)
    config: Any = read_config(found.name, found.folder)
    architecture = architecture_of(found.name, config)
    raw = json.loads((found.folder / CONFIG).read_text(encoding="utf-8"))
    with _draft(out, _needed(architecture, DTYPES[dtype])) as draft:
        _write_config(draft, raw, kind=architecture.kind, dtype=dtype)
        _copy_tokenizer(draft, found, tokenizer)
        load_tokenizer(tokenizer or source, draft, vocabulary_size=config.vocab_size)
        progress("reading", 0, 0)
        weights = read_weights(found)
        fitted = fit_weights(
            found.name, weights.tensors, architecture,
            dtype=DTYPES[dtype], may_differ=_may_differ(raw), drop_extra=drop_extra,
            progress=lambda done, total: progress("checking", done, total),
        )  # fmt: skip
        progress("writing", 0, 0)
        _write_weights(draft, fitted.tensors)
        progress("loading it", 0, 0)
        _compare(found.name, draft, fitted, DTYPES[dtype])
        sums = _write_sums(draft)
        n_bytes = (draft / SAFE).stat().st_size
        _move(draft, out, overwrite=overwrite)
    learnt = (tensor for key, tensor in fitted.tensors.items() if key != ZERO_WHEN_MISSING)
    return Conversion(
        folder=out, files=found.weights, dtype=dtype, n_bytes=n_bytes, sha256=sums[SAFE],
        n_parameters=sum(tensor.numel() for tensor in learnt), renaming=fitted.renaming,
        shared=fitted.shared, left_out=fitted.left_out, passed_over=weights.passed_over,
        made=fitted.made,
    )  # fmt: skip


def _check_target(target: Path, *, overwrite: bool) -> Path:
    """:returns: the place, by a name of its own."""
    out = target if target.name not in {"", ".."} else target.resolve()
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise InputError(f"{target} is no folder: choose another place")
    if out.is_dir() and any(out.iterdir()):
        if not (out / CONFIG).is_file():
            raise InputError(f"{target} exists and is no checkpoint: choose another place")
        if not overwrite:
            raise InputError(f"{target} exists: choose another place, or replace it with --force")
    return out


def _check_apart(source: Path, target: Path) -> None:
    one, other = source.resolve(), target.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise InputError(
            f"{target} cannot be made from {source}: one is or lies in the other. Choose another "
            "place"
        )


@contextmanager
def _draft(out: Path, needed: int) -> Iterator[Path]:
    """A folder beside the target that is gone in the end, moved or not."""
    try:
        with draft_folder(out, needed=needed, what="checkpoint") as draft:
            if shutil.disk_usage(draft).free < needed:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            yield draft
    except KbWriteError as error:
        raise InputError(str(error)) from error


def _needed(architecture: Architecture, dtype: torch.dtype) -> int:
    stored = (architecture.shapes[keys[0]] for keys in architecture.same)
    return sum(shape.numel() for shape in stored) * dtype.itemsize


def _may_differ(raw: dict[str, Any]) -> bool:
    """:returns: whether a configuration says that the output layer has weights of its own."""
    # transformers 5 writes it in the second way for T5, and never for mT5, which always has them.
    keys = ("tie_word_embeddings", "scale_decoder_outputs")
    return raw["model_type"] == "mt5" or any(raw.get(key) is False for key in keys)


def _write_config(draft: Path, raw: dict[str, Any], *, kind: str, dtype: str) -> None:
    """Write the configuration as it was but for the dtype, and the class that we load."""
    kept = {key: value for key, value in raw.items() if key not in {"torch_dtype", "auto_map"}}
    text = json.dumps(kept | {"architectures": [kind], "dtype": dtype}, indent=2, sort_keys=True)
    (draft / CONFIG).write_text(text + "\n", encoding="utf-8")


def _copy_tokenizer(draft: Path, source: Source, tokenizer: str | Path | None) -> None:
    folder = source.folder
    if tokenizer is not None:
        folder = locate(tokenizer, (*PIECES, *SETTINGS))
    if not any((folder / file).is_file() for file in PIECES):
        raise InputError(
            f"{folder} holds no tokenizer ({', '.join(PIECES[:2])} …). Name a folder or hub model "
            "that has the one that the model was trained with: --tokenizer PLACE; for GenBioEL's "
            "trainings that is facebook/bart-large"
        )
    for file in (*PIECES, *SETTINGS):
        if (folder / file).is_file():
            shutil.copyfile(folder / file, draft / file)
    for pattern in CARRIED:
        for path in source.folder.glob(pattern):
            if path.is_file():
                shutil.copyfile(path, draft / path.name)


def _write_weights(draft: Path, tensors: dict[str, Tensor]) -> None:
    path = draft / SAFE
    try:
        save_file(tensors, path, metadata={"format": "pt"})
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code)) from error
    # It comes with the mode of a temporary file, which others may not read.
    path.chmod((draft / CONFIG).stat().st_mode & 0o777)


def _compare(name: str, draft: Path, fitted: Fitted, dtype: torch.dtype) -> None:
    """Load the result as it will be loaded, and hold it to what was read."""
    try:
        loaded = load_model(draft, dtype=dtype).state_dict()
    except BioTKError as error:
        raise InputError(f"model {name}: the result cannot be loaded: {error}") from error
    stored = {key: key for key in fitted.tensors} | fitted.shared
    for key, where in stored.items():
        if not torch.equal(loaded[key], fitted.tensors[where]):
            raise InputError(
                f"model {name}: {key} is not loaded as it was read; this version of transformers "
                "makes something else of it. Take another version"
            )


def _write_sums(draft: Path) -> dict[str, str]:
    """:returns: the checksum of each file, which are written beside them."""
    sums = {path.name: sha256_file(path) for path in sorted(draft.iterdir())}
    lines = "".join(f"{digest}  {file}\n" for file, digest in sums.items())
    (draft / SUMS).write_text(lines, encoding="utf-8")
    return sums


def _move(draft: Path, out: Path, *, overwrite: bool) -> None:
    """Give the result its name; a checkpoint that it replaces is there until then."""
    old = draft.with_suffix(".old")
    if overwrite and out.is_dir():
        out.rename(old)
    try:
        draft.rename(out)
    except OSError:
        if old.is_dir():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
