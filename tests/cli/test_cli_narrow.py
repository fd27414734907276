"""What people see in a terminal of 80 columns: no line is wider, long lists are cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.kb import KbBuilder
from biotk.types import Concept

LONG = "a name of a good many words that goes on and on until the line is full and then some"
CONCEPTS = [
    Concept("X:1", LONG, tuple(f"synonym {n}" for n in range(50)), ("Disease",), definition=LONG),
    *(Concept(f"X:1{n:02}", f"{LONG} {n}", parents=("X:1",)) for n in range(30)),
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    builder = KbBuilder("wide")
    builder.report.problems.add("x.tsv", 7, LONG, LONG)
    builder.add(CONCEPTS)
    return builder.write(tmp_path_factory.mktemp("kb") / "wide")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    builder = KbBuilder("other")
    builder.add([Concept(c.concept_id, c.name + " x", parents=c.parents) for c in CONCEPTS[:9]])
    return builder.write(tmp_path_factory.mktemp("kb") / "other")


def biotk(*arguments: object, columns: int = 80) -> Result:
    runner = CliRunner(env={"COLUMNS": str(columns)})
    return runner.invoke(app, ["kb", *map(str, arguments)])


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", ["show {} X:1 --all", "report {}", "tree {} X:1", "diff {} {}",
                                     "lca {} X:100 X:1", "info {}"])  # fmt: skip
def test_no_line_is_wider_than_the_terminal(
    kb: Path, other: Path, command: str, columns: int
) -> None:
    done = biotk(*command.format(kb, other).split(), columns=columns)
    assert done.exit_code == 0, done.output
    assert max(map(len, done.stdout.splitlines())) <= columns


def test_what_does_not_fit_stands_below_indented(kb: Path) -> None:
    lines = biotk("tree", kb, "X:1").stdout.splitlines()
    assert lines[0].startswith("X:1  a name")
    assert lines[1].startswith("    ")
    assert lines[2].startswith("  X:100")
    assert lines[3].startswith("      ")


def test_show_cuts_long_lists_unless_told_not_to(kb: Path) -> None:
    cut = " ".join(biotk("show", kb, "X:1").stdout.split())
    assert "… and 30 more, --all" in cut
    assert "narrower: … and 20 more, --all" in cut
    whole = " ".join(biotk("show", kb, "X:1", "--all").stdout.split())
    assert ("more, --all" in whole, "synonym 49" in whole, "X:129" in whole) == (False, True, True)


def test_show_takes_several_ids(kb: Path) -> None:
    done = biotk("show", kb, "X:101", "X:102", "--types", "Disease")
    assert done.stdout.count("broader: X:1") == 2
    assert done.stdout.count("not in --types Disease") == 2
    told = json.loads(biotk("show", kb, "X:101", "X:102", "--json").stdout)
    assert [entry["concept_id"] for entry in told] == ["X:101", "X:102"]


def test_search_takes_limit_as_k(kb: Path) -> None:
    rows = json.loads(biotk("search", kb, "synonym", "--limit", "1", "--json").stdout)
    assert len(rows) <= 1
    assert biotk("search", kb, LONG, "--limit", "2").exit_code == 0


def test_first_use_of_an_embedded_kb_is_told_once_where_no_bar_is(
    kb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from biotk.kb import KnowledgeBase, default, open_kb

    def compiled(name: str, *, progress: default.Progress) -> KnowledgeBase:
        progress("reading", 1, 2)
        progress("writing", 2, 2)
        return open_kb(kb)

    monkeypatch.setattr(default, "resolve_kb", compiled)
    done = biotk("info", "open")
    assert done.stderr == "compiling the knowledge base 'open', once; this takes some seconds\n"
