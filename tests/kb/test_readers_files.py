from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import FormatError, InputError, Problems, strict
from biotk.kb.readers.delimited import iter_rows, split_row
from biotk.kb.readers.files import iter_lines, open_text, read_head
from biotk.kb.readers.json_stream import _items, _Tape, first_item, iter_json_items


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_iter_lines_opens_gzip_by_content(tmp_path: Path) -> None:
    packed = write(tmp_path / "plain.txt", gzip.compress(b"fever\ncough\n"))
    plain = write(tmp_path / "packed.gz", b"fever\ncough\n")
    expected = [(1, "fever"), (2, "cough")]
    assert list(iter_lines(packed, problems=strict())) == expected
    assert list(iter_lines(plain, problems=strict())) == expected


def test_iter_lines_strips_bom_and_crlf_but_keeps_other_breaks(tmp_path: Path) -> None:
    data = "\ufeffa\u2028b\r\nc\x0bd\x85\n𝛼".encode()
    lines = list(iter_lines(write(tmp_path / "x", data), problems=strict()))
    assert lines == [(1, "a\u2028b"), (2, "c\x0bd\x85"), (3, "𝛼")]


def test_iter_lines_tells_the_line_of_a_wrong_byte(tmp_path: Path) -> None:
    path = write(tmp_path / "x", b"one\ntwo\nM\xe9ni\xe8re\nfour\n")
    problems = Problems()
    assert [text for _, text in iter_lines(path, problems=problems)] == ["one", "two", "four"]
    assert problems.count == 1
    assert problems.kept[0].line == 3
    assert "0xe9" in problems.kept[0].message
    with pytest.raises(FormatError, match=r"x:3: byte 0xe9"):
        list(iter_lines(path, problems=strict()))


def test_iter_lines_reads_what_stands_before_a_cut(tmp_path: Path) -> None:
    rows = [f"{n * 7919 % 10007}\tname {n * 31 % 997}" for n in range(40_000)]
    packed = gzip.compress("\n".join(rows).encode())
    path = write(tmp_path / "cut.gz", packed[: len(packed) * 3 // 4])
    problems = Problems()
    lines = [text for _, text in iter_lines(path, problems=problems)]
    assert lines == rows[: len(lines)]
    assert len(lines) > 20_000
    assert problems.count == 1
    assert "cut off" in problems.kept[0].message
    assert problems.kept[0].line == len(lines) + 1


def test_iter_lines_reports_a_wrong_checksum(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"fever\n" * 10))
    packed[-6] ^= 0xFF
    problems = Problems()
    list(iter_lines(write(tmp_path / "x.gz", bytes(packed)), problems=problems))
    assert "damaged" in problems.kept[0].message


def test_open_text_turns_damage_into_a_format_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="UTF-8"), open_text(write(tmp_path / "x", b"\xff")) as f:
        f.read()
    with open_text(write(tmp_path / "y", b"\xef\xbb\xbfa\r\nb")) as text:
        assert text.read() == "a\r\nb"


@pytest.mark.parametrize("magic", [b"PK\x03\x04", b"BZh91AY", b"\xfd7zXZ\x00"])
def test_open_text_names_other_archives(tmp_path: Path, magic: bytes) -> None:
    with (
        pytest.raises(InputError, match="unpack it first"),
        open_text(write(tmp_path / "x", magic + b"rest")),
    ):
        pass


def test_read_head_passes_over_damage(tmp_path: Path) -> None:
    packed = gzip.compress(b"id\tname\n" * 1000)
    assert read_head(write(tmp_path / "x", packed[:-9])).startswith("id\tname\n")


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n\r", codec="utf-8")).map(
            lambda text: text.lstrip("\ufeff")
        )
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_iter_lines_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, packed: bool
) -> None:
    data = "".join(line + end for line in lines).encode()
    path = tmp_path_factory.mktemp("lines") / "x"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert [text for _, text in iter_lines(path, problems=strict())] == lines


def test_split_row_takes_quotes_literally_in_tsv_only() -> None:
    assert split_row('"Q" fever\tx', "\t") == ['"Q" fever', "x"]
    assert split_row('5" nail\tx', "\t") == ['5" nail', "x"]
    assert split_row('"a\tb"\tc', "\t") == ["a\tb", "c"]
    assert split_row('"a,b","c ""d"""', ",") == ["a,b", 'c "d"']


def test_iter_rows_reads_quoted_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "x", b'1,"a\nb"\n\n2,c\n')
    rows = [(line, cells) for line, cells, _ in iter_rows(path, ",", problems=strict())]
    assert rows == [(1, ["1", "a\nb"]), (4, ["2", "c"])]


def test_iter_rows_loses_one_row_to_an_open_quote(tmp_path: Path) -> None:
    text = '1,a\n2,"open\n3,c\n4,d\n' + "".join(f"{n},x\n" for n in range(5, 300))
    problems = Problems()
    rows = list(iter_rows(write(tmp_path / "x", text.encode()), ",", problems=problems))
    assert [cells[0] for _, cells, _ in rows] == [str(n) for n in range(1, 300) if n != 2]
    assert [(p.line, p.text) for p in problems] == [(2, '2,"open')]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(json_values) | st.dictionaries(st.text(), json_values),
    st.integers(1, 7),
    st.sampled_from([None, 1]),
)
def test_json_items_equal_json_load_at_any_chunking(value: object, size: int, indent: int) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    chunks = (text[n : n + size] for n in range(0, len(text), size))
    items = [(key, item) for _, key, item in _items(_Tape(chunks))]
    if isinstance(value, dict):
        assert dict(items) == value
    else:
        assert [item for _, item in items] == value


def test_json_items_tell_the_line_of_each_item(tmp_path: Path) -> None:
    path = write(tmp_path / "x", b'\xef\xbb\xbf[\n {"a": 1},\n\n {"b":\n 2}\n]\n')
    assert list(iter_json_items(path, problems=strict())) == [
        (2, None, {"a": 1}),
        (4, None, {"b": 2}),
    ]


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'[{"a": 1},\n {"b": ', 2, "ends too early"),
        (b'[{"a": 1},\n {"b": }, {"c": "' + b"x" * 100 + b'"}]', 2, "not JSON"),
        (b'[{"a": 1}\n {"b": 2}]', 2, "expected ',' or ']'"),
        (b'[{"a": 1}]\nmore', 2, "after the end"),
        (b'[{"a": 1},\n {"b": "\xff"}]', 1, "0xff"),
        (b'[{"a": 1},' + b"[" * 200_000, 1, "nested too deep"),
    ],
)
def test_json_items_end_where_the_json_is_broken(
    tmp_path: Path, data: bytes, line: int, message: str
) -> None:
    problems = Problems()
    items = list(iter_json_items(write(tmp_path / "x", data), problems=problems))
    assert items == [(1, None, {"a": 1})] or "0xff" in message
    assert problems.count == 1
    assert problems.kept[0].line == line
    assert message in problems.kept[0].message


def test_first_item_reads_cut_json() -> None:
    assert first_item('{"MONDO:1": {"label": "x"}, "MONDO:2": {"la') == ("MONDO:1", {"label": "x"})
    assert first_item('{"MONDO:1": {"label": ') is None
    assert first_item("<xml>") is None
    assert first_item("[]") is None
