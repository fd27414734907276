"""Finds the data that travels with BioTK, and the folder for what it computes.

In a checkout the three data folders ``kb/``, ``models/`` and ``pipelines/`` stand next to the
package; the wheel carries them inside it, under ``biotk/_data/``. Nobody else has to know which.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from biotk.errors import InputError, UnknownNameError

#: The folders of data; each has one subfolder a name, and no Python.
KINDS = ("kb", "models", "pipelines")


def list_resources(kind: str) -> list[str]:
    """List what there is of a kind.

    :param kind: one of :data:`KINDS`.
    :returns: the names, sorted.
    :raises UnknownNameError: for another kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of resource", kind, KINDS)
    return _names(_data_root() / kind, folders_only=True)


def resource_path(kind: str, name: str, *parts: str) -> Path:
    """Find a resource, or a file in it.

    :param kind: one of :data:`KINDS`.
    :param name: its name, one of :func:`list_resources`.
    :param parts: the way from there to a file or a folder in it.
    :returns: the place, which exists.
    :raises UnknownNameError: when it does not; the error lists what does.

    >>> resource_path("pipelines", "clinical", "config.cfg").name
    'config.cfg'
    """
    known = list_resources(kind)
    if name not in known:
        raise UnknownNameError(kind, name, known)
    path = _data_root() / kind / name
    shown = f"{kind}/{name}"
    for part in parts:
        # Only names that are listed, so that ".." and absolute paths lead nowhere.
        known = _names(path)
        if part not in known:
            raise UnknownNameError(f"file of {shown}", part, known)
        path, shown = path / part, f"{shown}/{part}"
    return path


def find_file(kind: str, name: str | Path, file: str, *, missing: str) -> Path:
    """Find a file that is given by its path, by its folder, or by the name of a resource.

    :param kind: one of :data:`KINDS`.
    :param name: the file, a folder that holds it, or the name of a resource that does.
    :param file: what it is called there.
    :param missing: what to say where there is none, and what makes one.
    :raises InputError: there is none.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    folder = resource_path(kind, str(name)) if str(name) in list_resources(kind) else path
    if (folder / file).is_file():
        return folder / file
    raise InputError(missing)


def cache_dir() -> Path:
    r"""Tell where compiled knowledge bases and indexes are kept; the folder may not exist yet.

    The environment variable ``BIOTK_CACHE`` decides, else the custom of the platform:
    ``$XDG_CACHE_HOME/biotk`` or ``~/.cache/biotk``, ``~/Library/Caches/biotk`` on macOS,
    ``%LOCALAPPDATA%\biotk\Cache`` on Windows.

    :returns: an absolute path.
    """
    if chosen := os.environ.get("BIOTK_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "biotk" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "biotk"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    return (Path(xdg) if Path(xdg).is_absolute() else Path.home() / ".cache") / "biotk"


def _data_root() -> Path:
    package = Path(__file__).resolve().parent
    carried = package / "_data"
    return carried if carried.is_dir() else package.parent


def _names(folder: Path, *, folders_only: bool = False) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if not entry.name.startswith((".", "__")) and (entry.is_dir() or not folders_only)
    )
