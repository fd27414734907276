"""Rows of numbers that are worked out once."""

from __future__ import annotations

import numpy as np
import pytest

from biotk.sections import rows as module
from biotk.sections.rows import Rows


def test_rows_are_made_once_for_each_key(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def make(keys: list[str]) -> np.ndarray:
        asked.extend(keys)
        return np.array([[len(key), ord(key[0])] for key in keys])

    rows = Rows(make, 2)
    assert rows.of([]).shape == (0, 2)
    for keys in (["ab", "c", "ab"], ["c", "d"], ["d"]):
        expected = np.array([[len(key), ord(key[0])] for key in keys], np.float32)
        np.testing.assert_array_equal(rows.of(keys), expected)
    assert asked == ["ab", "c", "d"]
    monkeypatch.setattr(module, "MOST", 2)
    assert rows.of(["e", "c"]).tolist() == [[1, ord("e")], [1, ord("c")]]
    assert asked == ["ab", "c", "d", "e", "c"]
