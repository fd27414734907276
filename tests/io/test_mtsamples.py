"""MTSamples' reports get their lines back."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import InputError
from biotk.io.mtsamples import flat_starts, read_mtsamples, restore

FLAT = (
    "HISTORY:,  A man, aged 60.,He took 1,000 units,well tolerated.,"
    "PLAN: , Rest.,PHYSICAL EXAMINATION:,GENERAL: Alert."
)


def test_restore_breaks_lines_where_no_blank_follows_a_comma() -> None:
    assert restore(FLAT).text.splitlines() == [
        "HISTORY: A man, aged 60.",
        "He took 1,000 units,well tolerated.",
        "PLAN: Rest.",
        "PHYSICAL EXAMINATION:",
        "GENERAL: Alert.",
    ]


def test_restore_keeps_every_place() -> None:
    restored = restore(FLAT)
    for word in ("HISTORY", "man", "1,000", "PLAN", "Rest", "GENERAL", "Alert"):
        at = restored.place(FLAT.index(word))
        assert restored.text[at : at + len(word)] == word


def test_restore_breaks_where_it_is_told_to() -> None:
    starts = [0, FLAT.index("well")]
    assert restore(FLAT, starts).text.splitlines()[1].startswith("well tolerated.,PLAN: Rest")


@given(st.text(alphabet="aB1:, .", max_size=40))
def test_restore_loses_commas_and_blanks_only(flat: str) -> None:
    kept = [c for c in restore(flat).text if c not in ", \n"]
    assert kept == [c for c in flat if c not in ", "]
    starts = flat_starts(flat)
    assert starts[0] == 0
    assert starts == sorted(set(starts))


def test_read_mtsamples_reads_csv_gzipped_or_not(tmp_path: Path) -> None:
    table = 'note_id,medical_specialty,transcription\n7, Surgery,"PLAN:,  Rest."\n,,x\n'
    (tmp_path / "a.csv").write_text(table)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(table.encode()))
    plain, packed = (list(read_mtsamples(tmp_path / name)) for name in ("a.csv", "a.csv.gz"))
    assert plain == packed
    assert [tuple(each) for each in plain] == [("7", "Surgery", "PLAN:,  Rest."), ("1", "", "x")]


def test_read_mtsamples_refuses_another_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,x\n")
    with pytest.raises(InputError, match="no column 'transcription'"):
        list(read_mtsamples(tmp_path / "a.csv"))
