"""``import biotk`` costs nothing that is not used: heavy libraries wait for whoever needs them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"faiss", "networkx", "numpy", "pyarrow", "scipy", "spacy", "torch", "transformers"}
MUST_NOT_LOAD = {
    "biotk": HEAVY | {"rich", "typer"},
    "biotk.cli": HEAVY,
}


def loaded_by(module: str) -> set[str]:
    """:returns: the top-level modules that a fresh Python has after importing ``module``."""
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", MUST_NOT_LOAD)
def test_import_loads_no_heavy_library(module: str) -> None:
    assert not loaded_by(module) & MUST_NOT_LOAD[module]


def test_loaded_by_sees_what_is_loaded() -> None:
    assert "numpy" in loaded_by("numpy.linalg")
