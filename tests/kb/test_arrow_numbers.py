"""Columns of numbers are seen as pyarrow gives them, without the pandas that it would import."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from tiny import build_tiny

from biotk.kb.arrow import numbers


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.int64(), pa.uint16(), pa.float32()])
def test_numbers_are_those_of_pyarrow(kind) -> None:
    column = pa.array([3, 1, 4, 1, 5, 9], kind)
    for part in (column, column[2:], column[1:4], column[6:], pa.array([], kind)):
        got = numbers(part)
        assert got.dtype == part.to_numpy().dtype
        np.testing.assert_array_equal(got, part.to_numpy())
    assert np.shares_memory(numbers(column), column.to_numpy())


def test_missing_number_is_refused() -> None:
    with pytest.raises(ValueError, match="1 of 3 numbers are missing"):
        numbers(pa.array([1, None, 3]))


def test_open_kb_is_read_without_pandas(tmp_path) -> None:
    pytest.importorskip("pandas", reason="nothing could be imported")
    code = (
        "import sys\nfrom biotk.kb import open_kb\n"
        f"kb = open_kb({str(build_tiny(tmp_path))!r})\n"
        "assert kb.concept(kb.index_of('D005334')).name\n"
        "assert 'pandas' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
