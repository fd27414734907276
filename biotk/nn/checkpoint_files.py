"""The files of a checkpoint: found in a folder, or fetched where a hub model is named.

Nothing is read here but the first bytes and headers, which tell what is no checkpoint at all.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from biotk.errors import InputError

SAFE, SAFE_INDEX = "model.safetensors", "model.safetensors.index.json"
BIN, BIN_INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"
CONFIG = "config.json"
#: The files of a hub model that are fetched: each kind of weights, whole or in parts.
SAFE_PATTERNS = (SAFE, SAFE_INDEX, "model-*-of-*.safetensors")
BIN_PATTERNS = (BIN, BIN_INDEX, "pytorch_model-*-of-*.bin")

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_LFS = b"version https://git-lfs"
_AGAIN = "Fetch or copy the checkpoint again"


def find_folder(name: str | Path) -> Path | None:
    """:returns: the folder that a name stands for; None where it stands for a hub model.

    :raises InputError: it is neither.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if isinstance(name, str) and _HUB_NAME.fullmatch(name) and not folder.exists():
        return None
    found = "that is a file" if folder.is_file() else "there is no such folder"
    raise InputError(
        f"model {name}: {found}. Give a folder that holds config.json and model.safetensors, or "
        "the name of a hub model: owner/name"
    )


def safetensors_files(folder: Path) -> tuple[Path, ...]:
    """:returns: the files that hold the weights as safetensors; none if there are none.

    :raises InputError: one of them is missing or damaged.
    """
    from safetensors import SafetensorError, safe_open

    files = _files(folder, SAFE, SAFE_INDEX)
    for path in files:
        try:
            with safe_open(path, framework="np"):
                pass  # the header says how long the file must be
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path}: the weights are damaged: {told(error)}. {_AGAIN}") from None
    return files


def bin_files(folder: Path) -> tuple[Path, ...]:
    """:returns: the files that hold the weights as PyTorch pickles; none if there are none.

    :raises InputError: one of them is missing.
    """
    return _files(folder, BIN, BIN_INDEX)


def _files(folder: Path, single: str, index: str) -> tuple[Path, ...]:
    files: tuple[Path, ...] = ()
    if (folder / single).exists():
        files = (folder / single,)
    elif (folder / index).exists():
        files = _of_index(folder / index)
    for path in files:
        _check_file(path)
    return files


def _of_index(index: Path) -> tuple[Path, ...]:
    _check_file(index)
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        # A name with a path in it would lead out of the folder.
        if not names or any(Path(name).name != name for name in names):
            raise ValueError("it names no files of its folder")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{index} cannot be read: {told(error)}. {_AGAIN}") from None
    return tuple(index.parent / name for name in names)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} is missing or is no file. {_AGAIN}")
    try:
        with path.open("rb") as file:
            first = file.read(len(_LFS))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {told(error)}") from None
    if not first:
        raise InputError(f"{path} is empty. {_AGAIN}")
    if first == _LFS:
        raise InputError(
            f"{path} holds no weights, but where Git LFS has them: run `git lfs pull` in its folder"
        )


def locate(
    name: str | Path,
    patterns: Sequence[str],
    *,
    revision: str | None = None,
    local_files_only: bool = False,
) -> Path:
    """Find the folder of a checkpoint; files of a hub model are fetched into the local cache.

    transformers could fetch them too, but where a model has no safetensors it asks a service of the
    hub to make some, and takes what that proposes.

    :param name: a folder, or the name of a hub model, ``owner/name``.
    :param patterns: names of the files to fetch; not all need be there.
    :param revision: of a hub model.
    :param local_files_only: take a hub model from the local cache or not at all.
    :raises InputError: there is no such folder, or the hub model cannot be had.
    """
    folder = find_folder(name)
    if folder is not None:
        return folder
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                str(name), revision=revision, allow_patterns=list(patterns),
                local_files_only=local_files_only,
            )
        )  # fmt: skip
    except Exception as error:  # the hub's own, its HTTP library's, the system's
        raise _unreachable(str(name), error, local_only=local_files_only) from None


def _unreachable(name: str, error: Exception, *, local_only: bool) -> InputError:
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if not (HF_HUB_OFFLINE or local_only):
        return InputError(
            f"model {name}: it could not be fetched from the hub: {told(error)} Check its name and "
            "the network"
        )
    why = "HF_HUB_OFFLINE is set" if HF_HUB_OFFLINE else "local_files_only"
    return InputError(
        f"model {name}: it is not in the local cache, and the hub may not be asked ({why}). Where "
        f"a hub can be reached, run: {convert_command(name)}. Then copy that folder to this "
        "machine and give its place"
    )


def convert_command(name: str | Path) -> str:
    """:returns: the command that makes safetensors of a checkpoint.

    >>> convert_command("GanjinZero/biobart-base")
    'biotk convert checkpoint GanjinZero/biobart-base biobart-base'
    """
    source = Path(name).expanduser()
    if source.is_dir():
        own = source if source.name not in {"", ".."} else source.resolve()
        target = str(own.with_name(f"{own.name}-safetensors")) if own.name else "model-safetensors"
    else:
        target = source.name
    return f"biotk convert checkpoint {shlex.quote(str(name))} {shlex.quote(target)}"


def told(error: BaseException) -> str:
    """:returns: the first lines of what an error says, as one short line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:2]) or type(error).__name__
    if isinstance(error, KeyError):  # whose text is the key alone
        text = f"KeyError {text}"
    return text if len(text) <= 300 else f"{text[:299]}…"
