"""Nearest vectors: the exact index against plain sums, the others against the exact one."""

from __future__ import annotations

import numpy as np
import pytest

from biotk.errors import InputError, UnknownNameError
from biotk.index import faiss_index
from biotk.index.faiss_index import (
    FaissIndex,
    build_faiss,
    choose_kind,
    read_faiss,
    write_faiss,
)
from biotk.index.vector_index import ExactIndex, VectorIndex

faiss = pytest.importorskip("faiss", reason="one of the extras cpu and gpu brings it")

N, DIM = 3000, 16


def unit(rng: np.random.Generator, n: int) -> np.ndarray:
    vectors = rng.normal(size=(n, DIM)) + 2 * rng.normal(size=(40, DIM))[rng.integers(40, size=n)]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def stored() -> np.ndarray:
    vectors = unit(np.random.default_rng(0), N)
    vectors[7] = vectors[1500]  # equals stand in order of rows
    return vectors.astype(np.float16)


@pytest.fixture(scope="module")
def queries(stored) -> np.ndarray:
    return np.concatenate([unit(np.random.default_rng(1), 30), stored[[7, 1500]]]).astype(
        np.float32
    )


def plain(stored: np.ndarray, query: np.ndarray, rows: list[int]) -> list[tuple[float, int]]:
    """:returns: all rows with their cosines, best first, worked out one by one."""
    found = [(float(np.dot(query, stored[row].astype(np.float32))), row) for row in rows]
    return sorted(found, key=lambda each: (-each[0], each[1]))


def test_exact_index_finds_what_plain_sums_find(stored, queries, monkeypatch) -> None:
    monkeypatch.setattr("biotk.index.vector_index._BLOCK", 20_000)  # many blocks
    found = ExactIndex(stored).search(queries, k=9)
    for place, query in enumerate(queries):
        wanted = plain(stored, query, list(range(N)))[:9]
        np.testing.assert_allclose(found.scores[place], [s for s, _ in wanted], atol=1e-5)
    assert found.rows[-1, :2].tolist() == [7, 1500]
    assert isinstance(ExactIndex(stored), VectorIndex)


def some_rows(n: int) -> np.ndarray:
    allowed = np.zeros(N, bool)
    allowed[np.random.default_rng(n).choice(N, n, replace=False)] = True
    return allowed


@pytest.mark.parametrize("kind", ["flat", "sq8", "ivf"])
@pytest.mark.parametrize("n_allowed", [None, N, 2400, 40, 1, 0])
def test_index_of_faiss_gives_the_cosines_of_exact_search(
    stored, queries, kind, n_allowed, monkeypatch
) -> None:
    monkeypatch.setattr(faiss_index, "_FEW_ROWS", 100)
    exact, index = ExactIndex(stored), FaissIndex(build_faiss(stored, kind), stored)
    allowed = None if n_allowed is None else some_rows(n_allowed)
    wanted = exact.search(queries, k=10, allowed=allowed)
    found = index.search(queries, k=10, allowed=allowed)
    assert len(index) == N
    assert index.dim == DIM
    n_there = (wanted.rows >= 0).sum(1)
    assert ((found.rows >= 0).sum(1) == n_there).all()
    if allowed is not None:
        assert allowed[found.rows[found.rows >= 0]].all()
    # What both found has the same cosine, and nearly all is found by both.
    common = 0
    for place in range(len(queries)):
        own = dict(zip(wanted.rows[place].tolist(), wanted.scores[place].tolist()))
        for row, score in zip(found.rows[place].tolist(), found.scores[place].tolist()):
            if row >= 0 and row in own:
                common += 1
                assert score == pytest.approx(own[row], abs=1e-5)
    assert common >= (0.9 if kind == "ivf" else 0.999) * n_there.sum()
    assert (np.diff(np.where(np.isfinite(found.scores), found.scores, -9)) <= 0).all()


class Watched(np.ndarray):
    """Tells how much of it is looked at, at once."""

    def __getitem__(self, key):
        found = np.asarray(super().__getitem__(key))
        Watched.most = max(Watched.most, found.size)
        return found


@pytest.mark.parametrize("n_allowed", [None, 2400])
@pytest.mark.parametrize("n_queries", [1, 30])
def test_exact_search_looks_at_a_block_at_a_time(
    stored, queries, n_queries, n_allowed, monkeypatch
) -> None:
    allowed = None if n_allowed is None else some_rows(n_allowed)
    wanted = ExactIndex(stored).search(queries[:n_queries], k=9, allowed=allowed)
    monkeypatch.setattr("biotk.index.vector_index._BLOCK", 20_000)
    Watched.most = 0
    index = ExactIndex(stored.view(Watched))
    found = index.search(queries[:n_queries], k=9, allowed=allowed)
    assert 5_000 < Watched.most <= 20_000
    np.testing.assert_array_equal(found.rows, wanted.rows)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-6)


def test_candidates_of_faiss_are_compared_some_queries_at_a_time(
    stored, queries, monkeypatch
) -> None:
    built = build_faiss(stored, "flat")
    wanted = FaissIndex(built, stored).search(queries, k=10)
    monkeypatch.setattr(faiss_index, "_COMPARED", 5)
    Watched.most = 0
    found = FaissIndex(built, stored.view(Watched)).search(queries, k=10)
    assert 0 < Watched.most <= 5 * 38 * DIM  # three times as many are fetched, and eight more
    np.testing.assert_array_equal(found.rows, wanted.rows)
    np.testing.assert_array_equal(found.scores, wanted.scores)


def test_ivf_looks_into_more_cells_until_enough_are_found(stored, queries, monkeypatch) -> None:
    monkeypatch.setattr(faiss_index, "_FEW_ROWS", 0)
    monkeypatch.setattr(faiss_index, "_FEW_SHARE", 0.0)
    built = build_faiss(stored, "ivf")
    built.nprobe = 1
    allowed = some_rows(60)
    found = FaissIndex(built, stored).search(queries, k=20, allowed=allowed)
    assert (found.rows >= 0).all()
    assert allowed[found.rows].all()


@pytest.mark.parametrize("kind", ["flat", "sq8", "ivf"])
def test_index_that_was_written_and_mapped_answers_the_same(
    stored, queries, kind, tmp_path
) -> None:
    built = build_faiss(stored, kind)
    write_faiss(tmp_path / "index", built)
    before = FaissIndex(built, stored).search(queries, k=5)
    after = FaissIndex(read_faiss(tmp_path / "index", kind), stored).search(queries, k=5)
    np.testing.assert_array_equal(before.rows, after.rows)
    np.testing.assert_array_equal(before.scores, after.scores)


def test_kind_follows_the_number_of_vectors(monkeypatch) -> None:
    kinds = [choose_kind(n) for n in (0, 1000, 100_000, 4_000_000)]
    assert kinds == ["exact", "flat", "sq8", "ivf"]
    monkeypatch.setattr(faiss_index, "has_faiss", lambda: False)
    assert choose_kind(4_000_000) == "exact"


def test_searching_nothing_finds_nothing(queries) -> None:
    found = ExactIndex(np.empty((0, DIM), np.float16)).search(queries, k=3)
    assert (found.rows == -1).all()
    assert np.isneginf(found.scores).all()
    none = ExactIndex(np.eye(DIM, dtype=np.float32)).search(np.empty((0, DIM), np.float32), k=3)
    assert none.rows.shape == (0, 3)


def test_search_of_another_shape_is_refused(stored, queries) -> None:
    index = ExactIndex(stored)
    with pytest.raises(InputError, match=r"queries have the shape \(32, 3\), expected \(n, 16\)"):
        index.search(queries[:, :3], k=3)
    with pytest.raises(InputError, match="allowed has the shape"):
        index.search(queries, k=3, allowed=np.ones(5, bool))
    with pytest.raises(InputError, match="k is 0"):
        index.search(queries, k=0)
    with pytest.raises(UnknownNameError, match=r"flat, (ivf, sq8|sq8, ivf)"):
        build_faiss(stored, "hnsw")  # type: ignore[arg-type]
