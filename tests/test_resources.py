"""Where BioTK's data and its cache are found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from biotk import resources
from biotk.errors import UnknownNameError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a package whose data we write ourselves."""
    folder = tmp_path / "biotk"
    folder.mkdir()
    monkeypatch.setattr(resources, "__file__", str(folder / "resources.py"))
    return folder


def add(root: Path, path: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x", encoding="utf-8")
    return file


def test_resource_in_a_checkout_is_next_to_the_package(package: Path) -> None:
    file = add(package.parent, "pipelines/clinical/config.cfg")
    assert resources.resource_path("pipelines", "clinical", "config.cfg") == file
    assert resources.resource_path("pipelines", "clinical") == file.parent


def test_resource_in_the_wheel_comes_before_a_folder_next_to_the_package(package: Path) -> None:
    add(package.parent, "kb/stranger/names.tsv")  # site-packages may hold another's kb/
    file = add(package, "_data/kb/open/names.tsv")
    assert resources.resource_path("kb", "open", "names.tsv") == file
    assert resources.list_resources("kb") == ["open"]


def test_list_resources_gives_folders_only(package: Path) -> None:
    for path in ("README.md", "beta/config.json", "alpha/config.json", ".git/x", "__pycache__/x"):
        add(package.parent, f"models/{path}")
    assert resources.list_resources("models") == ["alpha", "beta"]


def test_list_resources_without_the_folder_is_empty(package: Path) -> None:
    assert resources.list_resources("models") == []


def test_unknown_name_lists_the_known_ones(package: Path) -> None:
    add(package.parent, "pipelines/clinical/config.cfg")
    add(package.parent, "pipelines/literature/config.cfg")
    with pytest.raises(UnknownNameError, match="Did you mean 'clinical'") as caught:
        resources.resource_path("pipelines", "clincal")
    assert caught.value.known == ("clinical", "literature")


def test_unknown_file_lists_the_files(package: Path) -> None:
    add(package.parent, "pipelines/clinical/config.cfg")
    with pytest.raises(UnknownNameError, match=r"file of pipelines/clinical 'x'.*config\.cfg"):
        resources.resource_path("pipelines", "clinical", "x")


@pytest.mark.parametrize("parts", [("..",), ("/etc",), ("sub", "..", "..")])
def test_resource_path_does_not_leave_the_folder(package: Path, parts: tuple[str, ...]) -> None:
    add(package.parent, "pipelines/clinical/sub/config.cfg")
    with pytest.raises(UnknownNameError):
        resources.resource_path("pipelines", "clinical", *parts)


def test_unknown_kind_lists_the_kinds() -> None:
    with pytest.raises(UnknownNameError, match="Known: kb, models, pipelines"):
        resources.list_resources("corpora")


def test_checkout_has_its_data_folders() -> None:
    assert "open" in resources.list_resources("kb")
    assert {"clinical", "literature"} <= set(resources.list_resources("pipelines"))


def test_cache_dir_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOTK_CACHE", str(tmp_path / "mine"))
    assert resources.cache_dir() == tmp_path / "mine"
    monkeypatch.setenv("BIOTK_CACHE", "relative")
    assert resources.cache_dir() == Path.cwd() / "relative"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/biotk"),
        ("linux", {"XDG_CACHE_HOME": "not/absolute"}, "/home/ada/.cache/biotk"),
        ("linux", {}, "/home/ada/.cache/biotk"),
        ("darwin", {"XDG_CACHE_HOME": "/xdg"}, "/home/ada/Library/Caches/biotk"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/biotk/Cache"),
        ("win32", {}, "/home/ada/AppData/Local/biotk/Cache"),
    ],
)
def test_cache_dir_follows_the_platform(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BIOTK_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    assert resources.cache_dir() == Path(expected)
