"""Downloads against a server on this machine; no test asks the real network."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fetch_server import CONTENT, Site, serve

from biotk.errors import FetchError, InputError, UnknownNameError
from biotk.kb.fetch import (
    FetchFile,
    FetchSource,
    Patience,
    fetch_file,
    find_record,
    list_sources,
    read_source,
    record_path,
)
from biotk.kb.fetch.source import FetchLicence
from biotk.kb.readers import FORMATS

QUICK = Patience(attempts=3, wait=0, timeout=5)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


def source_of(url: str, **more: Any) -> FetchSource:
    file = FetchFile(file="x.obo", url=url, format="obo", **more)
    licence = FetchLicence("CC0", "https://example.org/cc0", "None.")
    return FetchSource("x", "The X", "X", "https://example.org", "X et al.", licence, (file,))


def fetch(url: str, to: Path, **more: Any) -> Any:
    source = more.pop("source", None) or source_of(url)
    return fetch_file(source, source.files[0], to, patience=QUICK, **more)


def left_over(to: Path) -> list[str]:
    return sorted(path.name for path in to.iterdir())


def test_whole_download_is_described_beside_the_file(site: Site, tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []
    fetched = fetch(site.url, tmp_path / "to", progress=lambda n, total: shown.append((n, total)))
    assert fetched.path.read_bytes() == CONTENT
    assert fetched.status == "new"
    assert left_over(tmp_path / "to") == ["x.obo", "x.obo.fetched.json"]
    assert shown[0] == (0, len(CONTENT))
    assert shown[-1] == (len(CONTENT), len(CONTENT))
    record = json.loads(record_path(fetched.path).read_text(encoding="utf-8"))
    assert (record["url"], record["sha256"], record["bytes"]) == (site.url, DIGEST, len(CONTENT))
    assert (record["etag"], record["licence"], record["vocabulary"]) == ('"one"', "CC0", "X")
    assert find_record(fetched.path) == fetched.record


def test_cut_download_goes_on_in_the_same_run(site: Site, tmp_path: Path) -> None:
    site.cuts = [1000, 70_000]
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT
    assert [seen.get("Range") for seen in site.seen] == [None, "bytes=1000-", "bytes=71000-"]
    assert site.seen[1]["If-Range"] == '"one"'


def test_cut_download_goes_on_in_a_later_run(site: Site, tmp_path: Path) -> None:
    site.cuts = [1000, 0, 0, 0]
    with pytest.raises(FetchError, match=r"broke 3 times in a row.*1,000 bytes"):
        fetch(site.url, tmp_path)
    assert not (tmp_path / "x.obo").exists()
    site.cuts = []
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT
    assert site.seen[-1]["Range"] == "bytes=1000-"


def test_date_serves_where_there_is_no_etag_or_a_weak_one(site: Site, tmp_path: Path) -> None:
    site.etag, site.modified = 'W/"weak"', "Tue, 05 May 2026 10:00:00 GMT"
    site.cuts = [1000]
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT
    assert site.seen[1]["If-Range"] == site.modified


def test_without_etag_and_date_a_cut_download_begins_anew(site: Site, tmp_path: Path) -> None:
    site.etag, site.cuts = "", [1000]
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT
    assert "Range" not in site.seen[1]


def test_server_without_ranges_sends_it_all_again(site: Site, tmp_path: Path) -> None:
    site.ranges, site.cuts = False, [1000]
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT
    assert site.seen[1]["Range"] == "bytes=1000-"


def test_server_without_ranges_that_always_breaks_is_given_up(site: Site, tmp_path: Path) -> None:
    # Now a little more comes and now a little less: that is no progress.
    site.ranges, site.cuts = False, [2000, 1000] * 6
    with pytest.raises(FetchError, match="broke 3 times in a row"):
        fetch(site.url, tmp_path)
    assert len(site.seen) == 4


def test_server_that_does_not_tell_the_length(site: Site, tmp_path: Path) -> None:
    site.length = False
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT


@pytest.mark.parametrize("keep_range", [False, True])
def test_content_that_changes_in_the_middle_is_not_mixed(
    site: Site, tmp_path: Path, keep_range: bool
) -> None:
    other = b"x" * len(CONTENT)
    site.cuts = [1000]
    site.after_cut = {"content": other, "etag": '"two"', "keep_range": keep_range}
    fetched = fetch(site.url, tmp_path)
    assert fetched.path.read_bytes() == other
    assert fetched.record.etag == '"two"'


def test_part_from_another_place_is_not_taken(site: Site, tmp_path: Path) -> None:
    site.wrong_range, site.cuts = True, [1000]
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT
    assert "Range" not in site.seen[2]


def test_part_that_is_whole_needs_no_more(site: Site, tmp_path: Path) -> None:
    site.cuts = [len(CONTENT) - 1, 0, 0, 0]
    with pytest.raises(FetchError):
        fetch(site.url, tmp_path)
    with (tmp_path / "x.obo.part").open("ab") as file:
        file.write(CONTENT[-1:])
    site.cuts = []
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT


def test_busy_server_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.statuses = [503, 429]
    assert fetch(site.url, tmp_path).path.read_bytes() == CONTENT


@pytest.mark.parametrize("told", ["given", "pinned"])
def test_wrong_checksum_leaves_nothing(site: Site, tmp_path: Path, told: str) -> None:
    more: dict[str, Any] = {"sha256": "0" * 64}
    if told == "pinned":
        source = source_of(site.url, sha256={"1": "0" * 64}, release="1")
        more = {"source": source}
    with pytest.raises(FetchError, match=f"{DIGEST}.*{'0' * 64}"):
        fetch(site.url, tmp_path, **more)
    assert left_over(tmp_path) == []


def test_right_checksum_is_taken_in_capitals_too(site: Site, tmp_path: Path) -> None:
    assert fetch(site.url, tmp_path, sha256=DIGEST.upper()).record.sha256 == DIGEST


def test_checksum_that_is_none_is_refused_before_anything(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="64 hex digits"):
        fetch(site.url, tmp_path, sha256="abc")
    assert site.seen == []


def test_newest_release_does_not_come_again_unless_it_changed(site: Site, tmp_path: Path) -> None:
    fetch(site.url, tmp_path)
    again = fetch(site.url, tmp_path)
    assert (again.status, again.record.sha256) == ("unchanged", DIGEST)
    assert site.seen[1]["If-None-Match"] == '"one"'
    site.content, site.etag = b"other", '"two"'
    changed = fetch(site.url, tmp_path)
    assert (changed.status, changed.path.read_bytes()) == ("changed", b"other")


def test_server_that_says_unchanged_unasked_is_not_believed(site: Site, tmp_path: Path) -> None:
    site.statuses = [304]
    with pytest.raises(FetchError, match="304 Not Modified"):
        fetch(site.url, tmp_path)
    assert left_over(tmp_path) == []
    fetch(site.url, tmp_path)
    site.statuses = [304]
    with pytest.raises(FetchError, match="304 Not Modified"):
        fetch(site.url, tmp_path, sha256="0" * 64)  # what is there is not what is wanted


def test_release_that_is_there_is_not_asked_for(site: Site, tmp_path: Path) -> None:
    source = source_of(site.url, release="1")
    fetch(site.url, tmp_path, source=source)
    assert fetch(site.url, tmp_path, source=source).status == "unchanged"
    assert len(site.seen) == 1


def test_release_whose_content_changed_is_refused(site: Site, tmp_path: Path) -> None:
    source = source_of(site.url, release="1")
    fetch(site.url, tmp_path, source=source).path.unlink()
    site.content, site.etag = b"other", '"two"'
    with pytest.raises(FetchError, match=f"{DIGEST}.*thrown away"):
        fetch(site.url, tmp_path, source=source)


def test_file_of_somebody_else_is_not_replaced(site: Site, tmp_path: Path) -> None:
    (tmp_path / "x.obo").write_text("mine")
    with pytest.raises(InputError, match="not put there by this command"):
        fetch(site.url, tmp_path)
    assert (tmp_path / "x.obo").read_text() == "mine"


def test_missing_page_says_where_to_look_and_what_to_do(site: Site, tmp_path: Path) -> None:
    site.statuses = [404]
    with pytest.raises(FetchError, match=r"404 Not Found.*https://example.org.*biotk kb build"):
        fetch(site.url, tmp_path)
    assert len(site.seen) == 1


def test_redirect_is_followed_and_recorded(site: Site, tmp_path: Path) -> None:
    site.to = "/moved"
    record = fetch(site.url, tmp_path).record
    assert record.url == site.url
    assert record.final_url.endswith("/moved")


@pytest.mark.parametrize(
    "to", ["http://example.org/x.obo", "file:///etc/hostname", "ftp://127.0.0.1/x"]
)
def test_redirect_to_what_is_not_https_is_refused(site: Site, tmp_path: Path, to: str) -> None:
    site.to = to
    with pytest.raises(FetchError, match=r"redirects, but .*not an https address|302"):
        fetch(site.url, tmp_path)
    assert not (tmp_path / "x.obo").exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "file:///etc/hostname",
        "ftp://127.0.0.1/x",
        "http://127.0.0.1.evil/x",
    ],
)
def test_address_that_is_not_https_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError, match="not an https address"):
        fetch(url, tmp_path)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_offline_says_in_one_line_what_to_do_by_hand(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/x.obo"
    with pytest.raises(FetchError) as caught:
        fetch(url, tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    assert f"{url} cannot be reached (127.0.0.1: connection refused)" in message
    assert f"put it at {tmp_path / 'x.obo'}, then: biotk kb build {tmp_path / 'x.obo'}" in message


def test_name_that_nobody_knows_is_offline_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nobody(host: str, *more: Any, **options: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(FetchError, match=r"purl\.example\.org is not known here.*By hand"):
        fetch("https://purl.example.org/x.obo", tmp_path)
    assert asked == ["purl.example.org"]


def test_proxy_of_the_environment_is_used(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", site.url.removesuffix("/x.obo"))
    assert fetch("http://localhost:9/x.obo", tmp_path).path.read_bytes() == CONTENT
    assert site.seen[0]["path"] == "http://localhost:9/x.obo"


def test_web_page_instead_of_the_file_is_refused(site: Site, tmp_path: Path) -> None:
    site.content = b"\n<!DOCTYPE html><title>Log in</title>"
    with pytest.raises(FetchError, match="a web page came"):
        fetch(site.url, tmp_path)
    assert left_over(tmp_path) == []


def test_file_much_smaller_than_usual_is_told(site: Site, tmp_path: Path) -> None:
    note = fetch(site.url, tmp_path, source=source_of(site.url, megabytes=50)).note
    assert "usually about 50,000,000" in note


def test_disk_without_room_is_told_before_anything_is_written(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr("shutil.disk_usage", lambda path: full)
    with pytest.raises(FetchError, match="room for 10 bytes"):
        fetch(site.url, tmp_path)


def test_second_process_does_not_write_the_same_part(site: Site, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    with (tmp_path / "x.obo.part.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(FetchError, match="another process"):
            fetch(site.url, tmp_path)


def test_record_of_a_changed_file_is_not_believed(site: Site, tmp_path: Path) -> None:
    path = fetch(site.url, tmp_path).path
    path.write_bytes(b"edited")
    assert find_record(path) is None
    record_path(path).write_text("[1]")
    assert find_record(path) is None


# The recipes


def test_recipes_have_all_that_is_asked_for() -> None:
    sources = list_sources()
    assert {s.name for s in sources} == {
        "chebi", "cl", "doid", "go", "hgnc", "hpo", "mesh", "mondo", "uberon"
    }  # fmt: skip
    page = (ROOT / "docs" / "kb" / "licences.md").read_text(encoding="utf-8")
    for source in sources:
        assert read_source(ROOT / "kb" / source.name / "recipe.toml") == source
        assert source.licence.url.startswith("https://")
        assert source.licence.obligation.endswith(".")
        assert f"`{source.name}`" in page
        assert source.citation
        for file in source.files:
            assert file.url.startswith("https://")
            assert file.format in FORMATS
            other = file.of_release("2024-01-02")
            assert "2024-01-02" in other.url
            assert other.url.startswith("https://")


def test_release_of_mesh_renames_the_file_and_of_mondo_does_not() -> None:
    sources = {source.name: source for source in list_sources()}
    assert sources["mesh"].files[0].of_release("2025").file == "desc2025.gz"
    assert sources["mondo"].files[0].of_release("2026-05-05").file == "mondo.obo"


@pytest.mark.parametrize("release", ["../x", "a/b", "", "a b", "..", "1..2"])
def test_release_cannot_lead_elsewhere(release: str) -> None:
    file = replace(source_of("https://x").files[0], release_url="https://x/{release}/x.obo")
    with pytest.raises(InputError, match="no name of a release"):
        file.of_release(release)


RECIPE = """
name = "x"
title = "X"
vocabulary = "X"
homepage = "https://example.org"
citation = "X et al."
[licence]
name = "CC0"
url = "https://example.org/cc0"
obligation = "None."
[[files]]
file = "x.obo"
url = "https://example.org/x.obo"
format = "obo"
"""


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ('citation = "X et al."', "", InputError, "citation"),
        ("[licence]", "[license]", UnknownNameError, "licence"),
        ("obligation", "obligations", UnknownNameError, "obligation"),
        ('file = "x.obo"', 'file = "../x.obo"', InputError, "no plain file name"),
        ('format = "obo"', 'format = "obo"\nsha256 = { 1 = "ab" }', InputError, "64 hex"),
        ('name = "x"', "name = x", InputError, "not TOML"),
    ],
)
def test_wrong_recipe_is_refused(
    tmp_path: Path, old: str, new: str, error: type[Exception], message: str
) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE, encoding="utf-8")
    assert read_source(path).files[0].file == "x.obo"
    path.write_text(RECIPE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(error, match=message):
        read_source(path)


def test_nothing_else_in_biotk_knows_the_network() -> None:
    network = {"socket", "http", "urllib.request", "ssl", "ftplib", "requests", "httpx", "urllib3"}
    found = set()
    for path in (ROOT / "biotk").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name in network or name.partition(".")[0] in network for name in names):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == {"biotk/kb/fetch/http.py", "biotk/kb/fetch/download.py"}
