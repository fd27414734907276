"""``kb/<name>/recipe.toml`` of a vocabulary that can be downloaded, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from biotk.errors import InputError, UnknownNameError
from biotk.kb.toml_values import read_toml
from biotk.resources import list_resources, resource_path

RECIPE = "recipe.toml"
_RELEASE = "{release}"
_RELEASE_NAME = re.compile(r"[\w][\w.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FetchLicence:
    """The licence of a vocabulary, and in one sentence what it asks for."""

    name: str
    url: str
    obligation: str


@dataclass(frozen=True, slots=True)
class FetchFile:
    """One file of a vocabulary.

    :param file: the name it gets.
    :param url: where its newest release is.
    :param format: its reader, as ``biotk kb build --format`` takes it.
    :param prefix: the prefix of its ids.
    :param megabytes: about how big it is.
    :param release_url: where a certain release is, with ``{release}`` in place of its name.
    :param sha256: release → checksum, where known.
    :param release: the release that :attr:`url` stands for; empty for the newest.
    """

    file: str
    url: str
    format: str
    prefix: str = ""
    megabytes: float = 0
    release_url: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    release: str = ""

    def of_release(self, release: str) -> FetchFile:
        """:returns: the file of a certain release, its address in :attr:`url`.

        :raises InputError: that is no name of a release, or releases have no address of their own.
        """
        if not self.release_url:
            raise InputError(f"{self.file}: its releases have no address of their own")
        # The name becomes part of an address and must not lead elsewhere.
        if not _RELEASE_NAME.fullmatch(release) or ".." in release:
            raise InputError(f"{release!r} is no name of a release; expected one as in 2026-05-05")
        url = self.release_url.replace(_RELEASE, quote(release))
        # desc2026.gz of the release 2025 is desc2025.gz; a name that holds no release stays.
        own = self.release_url.rpartition("/")[2]
        name = url.rpartition("/")[2] if _RELEASE in own else self.file
        return replace(self, file=name, url=url, release=release)


@dataclass(frozen=True, slots=True)
class FetchSource:
    """A vocabulary that can be downloaded.

    :param name: as ``biotk kb fetch`` takes it.
    :param title: its name for people.
    :param vocabulary: its name in a KB.
    :param homepage: where people read about it.
    :param citation: what to cite.
    :param licence: its licence.
    :param files: what it consists of.
    """

    name: str
    title: str
    vocabulary: str
    homepage: str
    citation: str
    licence: FetchLicence
    files: tuple[FetchFile, ...]


def list_sources() -> list[FetchSource]:
    """:returns: the vocabularies that can be downloaded, by name."""
    paths = [resource_path("kb", name) / RECIPE for name in list_resources("kb")]
    return [read_source(path) for path in paths if path.is_file() and "files" in read_toml(path)]


def read_source(path: Path) -> FetchSource:
    """Read a recipe.

    :raises InputError: it cannot be read, or something in it is missing or wrong.
    :raises UnknownNameError: it holds a key that there is not.
    """
    raw = read_toml(path)
    try:
        source = FetchSource(
            **{
                **_known(FetchSource, raw),
                "licence": FetchLicence(**_known(FetchLicence, raw["licence"])),
                "files": tuple(FetchFile(**_known(FetchFile, file)) for file in raw["files"]),
            }
        )
    except KeyError as error:
        raise InputError(f"{path}: {error.args[0]!r} is missing") from error
    except (TypeError, AttributeError) as error:
        raise InputError(f"{path}: {error}") from error
    for file in source.files:
        if "/" in file.file or "\\" in file.file or not file.file.strip("."):
            raise InputError(f"{path}: {file.file!r} is no plain file name")
        for release, digest in file.sha256.items():
            if not _SHA256.fullmatch(digest):
                raise InputError(f"{path}: sha256 of {release} should be 64 hex digits")
    return source


def _known(cls: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    known = [entry.name for entry in fields(cls)]
    for key in raw:
        if key not in known:
            raise UnknownNameError("key of a recipe", key, known)
    return dict(raw)
