"""Merged rsIDs, beside a dict that is followed step by step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import FormatError, InputError, Problems
from biotk.genomics.merged import MergedRsids, read_merged_rsids


@given(st.dictionaries(st.integers(1, 60), st.integers(1, 60)), st.integers(1, 60))
def test_current_rsid_is_that_of_following_a_dict(table: dict[int, int], rsid: int) -> None:
    merges = {old: new for old, new in table.items() if new < old}  # no circles
    want = rsid
    while want in merges:
        want = merges[want]
    pairs = np.array(list(merges.items()), np.int64).reshape(-1, 2)
    assert MergedRsids(pairs[:, 0], pairs[:, 1])[f"rs{rsid}"] == f"rs{want}"


def test_circle_is_an_error() -> None:
    merged = MergedRsids(np.array([1, 2]), np.array([2, 1]))
    with pytest.raises(InputError, match="circles: rs1 "):
        merged["rs1"]


@pytest.mark.parametrize(
    "text",
    [
        "old\tnew\nrs9\trs7\nrs7\trs4\n",
        "rs9,rs7\nrs7,rs4\n",
        "9 7\n7 4\n",
        # dbSNP's archive: merged, into, build, strand, times, current, strand, comment.
        "9\t7\t1\t0\ta\tb\t4\t0\t\n7\t4\t1\t0\ta\tb\t4\t0\t\n",
    ],
)
def test_tables_of_merges_are_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "merged.txt").write_text(text)
    merged = read_merged_rsids(tmp_path / "merged.txt")
    assert len(merged) == 2
    assert [merged[rsid] for rsid in ("rs9", "rs7", "rs4", "rs5")] == ["rs4", "rs4", "rs4", "rs5"]


def test_empty_table_merges_nothing(tmp_path: Path) -> None:
    (tmp_path / "merged.txt").write_text("old\tnew\n")
    assert read_merged_rsids(tmp_path / "merged.txt")["rs9"] == "rs9"


def test_bad_row_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "merged.txt"
    path.write_text("rs9\trs7\nrs8\trsx\nrs7\trs4\n")
    with pytest.raises(FormatError, match=r"merged\.txt:2: expected an old and a current rsID"):
        read_merged_rsids(path)
    problems = Problems()
    assert len(read_merged_rsids(path, problems=problems)) == 2
    assert problems.count == 1
