"""The wheel, not only the checkout: what is in it, and that it works where nothing else of us is.

The wheel is installed into an environment of its own. Third-party libraries are borrowed from the
environment that runs the tests, which saves a gigabyte and a minute: a ``.pth`` file puts that
one's ``site-packages`` behind. Python does not process ``.pth`` files of a folder added so, and
the checkout's editable install is one of them; a test makes sure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

import biotk

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).resolve().parents[1]
MAX_BYTES = 100_000_000
BIN = "Scripts" if os.name == "nt" else "bin"

NOTE = ROOT / "docs" / "examples" / "discharge_summary.txt"
#: A user's own pipeline: spaCy finds the component by the wheel's entry point.
ENTRY_POINT = """
import spacy
nlp = spacy.blank("en")
nlp.add_pipe("biotk_detector")
nlp.add_pipe("biotk_linker")
print([ent.kb_id_ for ent in nlp("No fever.").ents])
"""

#: Command lines that must end well in the new environment, and what they must print.
SMOKE = [
    (["biotk", "--version"], biotk.__version__),
    (["biotk", "--help"], "annotate"),
    (["biotk", "annotate", str(NOTE), "--view"], "[congestive heart failure|MESH:D006333]"),
    (["biotk", "kb", "search", "open", "lasix"], "MESH:D005665"),
    (["python", "-c", ENTRY_POINT], "MESH:D005334"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without a network."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    run([*build, str(ROOT)], cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The names of all files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it and our third-party libraries behind it."""
    folder = tmp_path_factory.mktemp("environment")
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], cwd=folder)
    python = folder / BIN / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    run([*install, "--no-deps", "--no-index", str(wheel)], cwd=folder)
    # After pip, which would else find the editable install and try to remove it.
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    ours = Path(run([str(python), "-c", ask], cwd=folder).strip())
    borrowed = dict.fromkeys(sysconfig.get_path(key) for key in ("purelib", "platlib"))
    (ours / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")
    return folder


def run(command: list[str], *, cwd: Path) -> str:
    """Run a command that must succeed, without PYTHONPATH and the like.

    :returns: what it wrote to stdout.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean |= {"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        command, cwd=cwd, env=clean, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, f"{command} → {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_wheel_is_small_enough(wheel: Path) -> None:
    assert wheel.stat().st_size < MAX_BYTES


def test_wheel_has_the_whole_package(names: list[str]) -> None:
    files = {path for path in (ROOT / "biotk").rglob("*") if path.is_file()}
    ours = {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"}
    assert "biotk/py.typed" in ours
    assert ours <= set(names)


@pytest.mark.parametrize("folder", ["kb/open", "pipelines/clinical", "pipelines/literature"])
def test_wheel_has_the_data(names: list[str], folder: str) -> None:
    wanted = {path for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert wanted
    assert {f"biotk/_data/{path.relative_to(ROOT).as_posix()}" for path in wanted} <= set(names)


def test_wheel_has_the_licences(names: list[str]) -> None:
    inside = {name.partition(".dist-info/")[2] for name in names}
    assert {"licenses/LICENSE", "licenses/kb/open/NOTICE"} <= inside


def test_wheel_has_nothing_else(names: list[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"biotk", f"biotk-{biotk.__version__}.dist-info"}
    data = [name for name in names if name.startswith("biotk/_data/")]
    assert not [name for name in data if name.endswith((".py", ".pyc"))]
    assert not [name for name in names if "/test" in name]


def test_environment_imports_the_wheel(environment: Path, tmp_path: Path) -> None:
    ask = "import biotk, sys; print(biotk.__file__, *sys.path, sep='\\n')"
    file, *path = run([str(environment / BIN / "python"), "-c", ask], cwd=tmp_path).splitlines()
    assert Path(file).is_relative_to(environment)
    assert str(ROOT) not in path


def test_environment_finds_its_own_data(environment: Path, tmp_path: Path) -> None:
    ask = "from biotk.resources import resource_path; print(resource_path('kb', 'open'))"
    place = run([str(environment / BIN / "python"), "-c", ask], cwd=tmp_path).strip()
    assert Path(place).is_relative_to(environment)


def test_environment_registers_the_components(environment: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = sorted(project["entry-points"]["spacy_factories"])
    ask = f"import spacy; nlp = spacy.blank('en'); print([nlp.has_factory(n) for n in {names}])"
    assert names
    said = run([str(environment / BIN / "python"), "-c", ask], cwd=tmp_path)
    assert said.strip() == str([True] * len(names))


@pytest.mark.parametrize(("command", "expected"), SMOKE)
def test_environment_runs(
    environment: Path, tmp_path: Path, command: list[str], expected: str
) -> None:
    program, *options = command
    assert expected in run([str(environment / BIN / program), *options], cwd=tmp_path)
