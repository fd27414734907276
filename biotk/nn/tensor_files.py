"""Tensors in a file: safetensors, written whole or not at all, read with one clear error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from biotk.errors import InputError
from biotk.nn.checkpoint_files import told


class TensorFile(NamedTuple):
    """What stands in a file.

    :param tensors: by name.
    :param metadata: strings that were written beside them.
    """

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


def write_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a file that gets its name only once it is complete; one that is there is replaced.

    The same tensors make the same bytes.

    :param path: the file; its folder is made where there is none.
    :param tensors: by name, none in the memory of another, on any device.
    :param metadata: strings to stand beside them.
    :raises InputError: the file cannot be written.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.touch()
        mode = draft.stat().st_mode & 0o777
        save_file(plain, draft, metadata={"format": "pt", **(metadata or {})})
        draft.chmod(mode)  # safetensors leaves it readable for its owner only
        with draft.open("r+b") as file:
            _sort_metadata(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} cannot be written: {told(error)}") from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _sort_metadata(file: BinaryIO) -> None:
    """Put the metadata of a safetensors file in order, which comes as a hash of the day has it.

    Nothing becomes longer: the header is JSON behind its length, eight bytes, little-endian.
    """
    length = int.from_bytes(file.read(8), "little")
    header = json.loads(file.read(length))
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    file.seek(8)
    file.write(text.ljust(length))


def read_tensors(path: str | Path) -> TensorFile:
    """Read a file whole.

    :param path: the file.
    :raises InputError: there is none, or it is damaged.
    """
    with _opened(path) as file:
        metadata = dict(file.metadata() or {})
        names = list(file.keys())
        return TensorFile({name: file.get_tensor(name) for name in names}, metadata)


def read_metadata(path: str | Path) -> dict[str, str]:
    """Read only what stands beside the tensors, which takes no time however large they are.

    :raises InputError: there is no such file, or it is damaged.
    """
    with _opened(path) as file:
        return dict(file.metadata() or {})


@contextmanager
def _opened(path: str | Path) -> Iterator[Any]:
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is missing or is no file")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(
            f"{path}: the tensors are damaged: {told(error)}. Fetch or copy the file again"
        ) from None


def check_names(path: str | Path, found: Iterable[str], wanted: Iterable[str]) -> None:
    """Make sure that a file has just the tensors that it should have.

    :param path: for the message.
    :raises InputError: some are missing, or have no place.
    """
    has, needs = set(found), set(wanted)
    told_ = []
    for word, names in (("missing", needs - has), ("without a place", has - needs)):
        if names:
            some = ", ".join(sorted(names)[:3]) + (", …" if len(names) > 3 else "")
            told_.append(f"{len(names)} {word}: {some}")
    if told_:
        raise InputError(
            f"{path}: the tensors are not those of this model; {'; '.join(told_)}. Take weights "
            "and config.json from one place"
        )


def check_finite(path: str | Path, tensors: Mapping[str, Tensor]) -> None:
    """Make sure that all numbers are numbers.

    :param path: for the message.
    :raises InputError: some are not finite.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise InputError(f"{path}: {name} holds values that are not finite")
