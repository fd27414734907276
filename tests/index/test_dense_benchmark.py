"""The benchmark of dense candidates runs, and what it draws is what it says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tiny import build_tiny
from tiny_encoder import write_synonym_encoder

from biotk.index.faiss_index import KINDS

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A KB, an encoder, and no corpora: names with errors are asked for."""
    folder = tmp_path_factory.mktemp("dense")
    kb, encoder = build_tiny(folder), write_synonym_encoder(folder / "encoder")
    (folder / "data").mkdir()
    found = {"--kb": kb, "--encoder": encoder, "--data": folder / "data"}
    return [str(each) for pair in found.items() for each in pair]


@pytest.fixture(autouse=True)
def beside_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks find one another in their own folder."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.setenv("PYTHONPATH", str(BENCHMARKS.parents[1]))  # of the processes they start


@pytest.fixture
def report(places, monkeypatch, capsys) -> Callable[..., dict]:
    """What the benchmark prints."""

    def run(*arguments: str) -> dict:
        import dense

        asked = ["--rounds", "1", "--mentions", "40", "--k", "5"]
        monkeypatch.setattr(sys, "argv", ["dense.py", *places, *asked, *arguments])
        dense.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_benchmark_compares_all_kinds_on_drawn_vectors(report) -> None:
    found = report("--names", "3000")
    assert found["vectors"]["n"] == 3000
    assert found["mentions"]["n"] == 40
    assert tuple(found["kinds"]) == KINDS
    dim = found["encoder"]["dim"]
    for kind, told in found["kinds"].items():
        numbers = {"exact": 2, "flat": 6}.get(kind, 3)
        assert told["bytes_a_name"] == pytest.approx(dim * numbers, abs=20), kind
        assert told["recall"]["at_1"] >= 0.8, kind
    assert found["kinds"]["flat"]["recall"] == {"at_1": 1.0, "at_5": 1.0}
    assert found["kinds"]["exact"]["times_exact"] == {"least": 1.0, "median": 1.0}


def test_benchmark_leaves_out_what_takes_too_much_memory(report, tmp_path: Path) -> None:
    found = report("--memory", "1e-9", "--keep", str(tmp_path / "kept"))
    assert found["vectors"] == {
        "n": found["kb"]["distinct_names"], "are": "encoded", "kind_by_default": "flat",
    }  # fmt: skip
    assert [kind for kind, told in found["kinds"].items() if "left_out" not in told] == ["exact"]
    (kept,) = (tmp_path / "kept").iterdir()
    assert len(np.load(kept)) == found["vectors"]["n"]


def test_drawn_vectors_lie_around_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dense_indexes._BLOCK", 7)
    from dense_indexes import draw

    real = np.eye(64, dtype=np.float32)[:3]
    for name in ("one", "again"):
        draw(real, tmp_path / name, 500, seed=3)
    one, again = (np.load(tmp_path / name) for name in ("one", "again"))
    assert np.array_equal(one, again)
    assert (one.shape, one.dtype) == ((500, 64), np.float16)
    assert np.linalg.norm(one, axis=1) == pytest.approx(1, abs=2e-3)
    nearest = (one.astype(np.float32) @ real.T).max(axis=1)
    assert np.median(nearest) == pytest.approx(0.78, abs=0.03)
    assert set((one @ real.T.astype(np.float16)).argmax(axis=1)) == {0, 1, 2}
