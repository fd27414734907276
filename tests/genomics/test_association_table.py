"""The association table as a file: what is written is read; what is none is refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import InputError
from biotk.genomics.associations import (
    CHROMOSOMES,
    KINDS,
    SCHEMA,
    Association,
    AssociationInfo,
    AssociationWriter,
    SourceTable,
    from_batch,
    iter_associations,
    iter_batches,
    read_associations,
    read_info,
    to_batch,
    write_associations,
)

GOLDEN = Path(__file__).parent / "golden" / "associations-1.parquet"
ROW = Association(
    rsid="rs7903146",
    trait="type 2 diabetes",
    p=0.0,
    source="own",
    licence="CC0-1.0",
    gene="TCF7L2",
    gene_id="HGNC:11641",
    chromosome="10",
    position=112998590,
    build="GRCh38",
    concept_id="MONDO:0005148",
    other_concept_ids=("EFO:0004465",),
    effect_allele="T",
    effect=0.31,
    unit="log_odds",
    se=0.01,
    neg_log10_p=400.0,
    pmid="1",
)
INFO = AssociationInfo(
    sources=(SourceTable("own.tsv", "summary", "ab", "own", "CC0-1.0", 2, 1),),
    kbs={"efo": "0123456789abcdef"},
    report={"dropped": {"no rsID": 1}},
)

floats = st.none() | st.floats(allow_nan=False)
# Half a surrogate pair is no text that a UTF-8 file can hold.
words = st.text(st.characters(exclude_categories=["Cs"]))
some = st.none() | words
rows = st.builds(
    Association,
    rsid=st.integers(1, 10**12).map("rs{}".format),
    trait=words,
    p=st.none() | st.floats(0, 1),
    kind=st.sampled_from(KINDS),
    source=words,
    licence=words,
    gene=some,
    gene_id=some,
    chromosome=st.none() | st.sampled_from(CHROMOSOMES),
    position=st.none() | st.integers(1, 3 * 10**9),
    build=some,
    concept_id=some,
    other_concept_ids=st.lists(words).map(tuple),
    effect_allele=some,
    effect=floats,
    unit=some,
    se=floats,
    neg_log10_p=floats,
    pmid=some,
)


def test_row_has_the_columns_of_the_schema() -> None:
    assert sorted(Association._fields) == sorted(SCHEMA.names)


@given(st.lists(rows))
def test_rows_come_back_from_arrow(written: list[Association]) -> None:
    assert list(from_batch(to_batch(written))) == written


def test_rows_come_back_from_a_file(tmp_path: Path) -> None:
    written = [ROW, Association("rs1", "height", 1e-8), ROW._replace(p=None, kind="correlation")]
    write_associations(tmp_path / "a.parquet", iter(written), INFO)
    assert list(iter_associations(tmp_path / "a.parquet")) == written
    assert read_info(tmp_path / "a.parquet") == INFO
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.parquet"]


def test_file_is_read_in_batches_and_by_column(tmp_path: Path) -> None:
    written = [ROW._replace(rsid=f"rs{n}") for n in range(1, 8)]
    write_associations(tmp_path / "a.parquet", written)
    batches = list(iter_batches(tmp_path / "a.parquet", rows=3))
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert [row for batch in batches for row in from_batch(batch)] == written
    table = read_associations(tmp_path / "a.parquet", ["rsid", "p"])
    assert table.to_pydict() == {"rsid": [row.rsid for row in written], "p": [0.0] * 7}


def test_file_of_the_first_version_is_read_for_ever() -> None:
    """Made once with what is now ROW and INFO; a new version gets a file of its own beside it."""
    assert list(iter_associations(GOLDEN)) == [ROW, ROW._replace(p=None, kind="correlation")]
    info = read_info(GOLDEN)
    assert (info.sources, info.kbs, info.report) == (INFO.sources, INFO.kbs, INFO.report)


def test_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    write_associations(tmp_path / "a.parquet", [])
    assert read_associations(tmp_path / "a.parquet").schema == SCHEMA
    assert read_associations(tmp_path / "a.parquet", ["p"]).schema.names == ["p"]


def test_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_associations(tmp_path / name, [ROW], INFO)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_associations(path, [ROW])
    with pytest.raises(ZeroDivisionError), AssociationWriter(path) as out:
        out.write([ROW, ROW])
        raise ZeroDivisionError
    assert list(iter_associations(path)) == [ROW]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.parquet"]


def test_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"a\.parquet cannot be written"):
        write_associations(tmp_path / "file" / "a.parquet", [ROW])


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.parquet: cannot be read"):
        read_info(tmp_path / "none.parquet")


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("SNP,p\nrs1,1e-8\n")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"no Parquet file.*biotk snp associations"):
        read_info(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"no biotk-associations.*biotk snp associations"):
        list(iter_batches(tmp_path / "a.parquet"))


def test_other_version_is_refused(tmp_path: Path) -> None:
    for version, columns in ((2, SCHEMA), (1, pa.schema([SCHEMA.field("rsid")]))):
        content = f'{{"format": "biotk-associations", "format_version": {version}}}'
        table = columns.empty_table().replace_schema_metadata({"biotk": content})
        pq.write_table(table, tmp_path / f"{version}.parquet")
    with pytest.raises(InputError, match="biotk-associations 2, this BioTK reads"):
        read_info(tmp_path / "2.parquet")
    with pytest.raises(InputError, match="other columns"):
        read_info(tmp_path / "1.parquet")


def test_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    write_associations(path, [ROW._replace(rsid=f"rs{n}") for n in range(5000)])
    content = bytearray(path.read_bytes())
    for at in range(1000, 1200):
        content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.parquet: is damaged"):
        read_associations(path)
