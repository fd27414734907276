"""In CI a test that reads the real data fails instead of skipping; elsewhere it skips."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
PYPROJECT = CONFTEST.parents[1] / "pyproject.toml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our pytest settings and no data next to it."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    shutil.copy(CONFTEST, folder / "tests")
    shutil.copy(PYPROJECT, folder)
    return folder


def outcome(project: Path, body: str, *, ci: str) -> str:
    test = project / "tests" / "test_it.py"
    test.write_text(f"import pytest\n\n{body}\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=project,
        env=environment | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


DATA = "@pytest.mark.data\n"
USES_FIXTURE = DATA + "def test_it(shared_data): pass"
SKIPS_ITSELF = DATA + "def test_it(): pytest.skip('no table')"
SKIPS_BY_MARK = DATA + "@pytest.mark.skip\ndef test_it(): pass"
SKIPS_IN_TEARDOWN = (
    "@pytest.fixture\ndef late():\n    yield\n    pytest.skip('late')\n\n"
    + DATA
    + "def test_it(late): pass"
)
SKIPS_AS_MODULE = "pytest.skip('all', allow_module_level=True)\n" + DATA + "def test_it(): pass"
OTHER_SKIP = "def test_it(): pytest.skip('not about data')"
EXPECTED_FAILURE = DATA + "@pytest.mark.xfail\ndef test_it(): assert False"


SKIPPING = {
    "fixture": USES_FIXTURE,
    "itself": SKIPS_ITSELF,
    "mark": SKIPS_BY_MARK,
    "teardown": SKIPS_IN_TEARDOWN,
    "module": SKIPS_AS_MODULE,
}


@pytest.mark.parametrize("way", SKIPPING)
def test_data_test_skips_outside_ci(project: Path, way: str) -> None:
    assert "1 skipped" in outcome(project, SKIPPING[way], ci="")


@pytest.mark.parametrize("way", SKIPPING)
def test_data_test_that_skips_fails_in_ci(project: Path, way: str) -> None:
    said = outcome(project, SKIPPING[way], ci="true")
    assert "1 error" in said or "1 failed" in said
    assert "in CI no" in said or "CI has ../shared/data" in said


def test_other_tests_may_skip_in_ci(project: Path) -> None:
    assert "1 skipped" in outcome(project, OTHER_SKIP, ci="true")


def test_expected_failure_is_no_skip(project: Path) -> None:
    assert "1 xfailed" in outcome(project, EXPECTED_FAILURE, ci="true")


def test_data_test_passes_where_the_data_is(project: Path) -> None:
    (project.parent / "shared" / "data").mkdir(parents=True)
    assert "1 passed" in outcome(project, USES_FIXTURE, ci="true")
