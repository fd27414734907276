"""The documentation is right: blocks run, generated parts are current, links lead somewhere."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from docs_cli import PAGE, page
from docs_runner import (
    RUNNABLE,
    Block,
    DocsError,
    check_page,
    find_blocks,
    shell_environment,
)

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

#: How many blocks of a page are exempt from being run. Each one more is a decision: raise it here.
# docs/sections.md: a training of minutes on notes of the reader's own.
EXEMPT: dict[str, int] = {
    "README.md": 2,
    "docs/quickstart.md": 1,
    "docs/sections.md": 1,
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def environment(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """An empty current folder with the examples in it, and the environment of its shell."""
    examples = ROOT / "docs" / "examples"
    if examples.is_dir():
        shutil.copytree(examples, tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    return shell_environment(tmp_path_factory.mktemp("bin"), ROOT)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_does_what_it_shows(path: Path, environment: dict[str, str]) -> None:
    check_page(path, environment=environment)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_exempts_no_more_blocks_than_agreed(path: Path) -> None:
    blocks = find_blocks(path.read_text("utf-8"))
    exempt = [block.line for block in blocks if block.exempt]
    assert len(exempt) == EXEMPT.get(name_of(path), 0), f"exempt blocks at lines {exempt}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_links_to_files_that_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    for block in find_blocks(text):
        text = text.replace(block.text, "")
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_cli_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def check(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> None:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    check_page(path, environment=environment or {})


PYTHON = "```python\n{}\n```\n"
OUTPUT = "\n```text\n{}\n```\n"
CONSOLE = "```console\n{}\n```\n"


def test_find_blocks_sees_language_line_and_exemption() -> None:
    text = "# Hi\n\n<!-- docs: no-run -->\n\n```python\nx\n```\n- a\n\n  ```console\n  $ y\n  ```\n"
    first, second = find_blocks(text)
    assert first == Block("python", "x\n", 6, "# Hi\n\n<!-- docs: no-run -->\n\n")
    assert (second.language, second.text, second.line) == ("console", "$ y\n", 11)
    assert (first.exempt, second.exempt) == (True, False)
    assert first.language in RUNNABLE


def test_find_blocks_lets_a_longer_fence_hold_a_shorter_one() -> None:
    (block,) = find_blocks("````markdown\n```python\nx\n```\n````\n")
    assert block.text == "```python\nx\n```\n"


def test_block_without_end_fails() -> None:
    with pytest.raises(DocsError, match="line 2"):
        find_blocks("a\n```python\nx\n")


def test_python_blocks_share_a_namespace(tmp_path: Path) -> None:
    check(tmp_path, PYTHON.format("x = 1") + "and\n" + PYTHON.format("assert x == 1"))


@pytest.mark.parametrize("expected", ["a b\nc", "a ...\nc", "...c"])
def test_right_output_passes(tmp_path: Path, expected: str) -> None:
    check(tmp_path, PYTHON.format("print('a b ')\nprint('c')") + OUTPUT.format(expected))


@pytest.mark.parametrize("expected", ["a", "a b", "a b\nc\nd", "a\nb\nc", ""])
def test_wrong_output_fails(tmp_path: Path, expected: str) -> None:
    with pytest.raises(DocsError, match=r"page\.md:7"):
        check(tmp_path, PYTHON.format("print('a b')\nprint('c')") + OUTPUT.format(expected))


def test_output_after_other_text_belongs_to_nothing(tmp_path: Path) -> None:
    check(tmp_path, PYTHON.format("print(1)") + "A file:\n" + OUTPUT.format("2"))


def test_error_in_python_names_the_line_of_the_page(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        check(tmp_path, "# Title\n\n" + PYTHON.format("x = 0\n1 / x"))
    assert caught.traceback[-1].lineno + 1 == 5


def test_exempt_block_is_not_run(tmp_path: Path) -> None:
    check(tmp_path, "<!-- docs: no-run -->\n" + PYTHON.format("1 / 0"))


@pytest.mark.parametrize("language", ["bash", "sh", "pycon", "py"])
def test_language_that_nothing_checks_fails(tmp_path: Path, language: str) -> None:
    with pytest.raises(DocsError, match=language):
        check(tmp_path, f"```{language}\nx\n```\n")


def test_console_runs_biotk(tmp_path: Path, environment: dict[str, str]) -> None:
    check(
        tmp_path, CONSOLE.format("$ biotk --version\nbiotk ...\n$ biotk \\\n  --help"), environment
    )


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("$ echo a\nb", "echo a"),  # another output
        ("$ echo a\na\n$ echo b\nc", "echo b"),
        ("$ false", "exit code 1"),
        ("$ false | cat", "exit code 1"),
        ("$ no-such-command", "exit code 127"),
        ("echo a", "begins with"),
    ],
)
def test_console_that_goes_wrong_fails(
    tmp_path: Path, environment: dict[str, str], block: str, complaint: str
) -> None:
    with pytest.raises(DocsError, match=complaint):
        check(tmp_path, CONSOLE.format(block), environment)
