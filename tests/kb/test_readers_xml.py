"""The XML stream that MeSH's and ICD-10-CM's readers share."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import FormatError, Problems, strict
from biotk.kb.readers.xml_stream import iter_xml_records, root_tag

ROWS = "<all>\n" + "".join(f"<row n='{n}'><name>n{n}</name></row>\n" for n in range(5)) + "</all>"


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def names(path: Path, problems: Problems | None = None) -> list[str | None]:
    records = iter_xml_records(path, ("row",), problems=strict() if problems is None else problems)
    return [record.element.findtext("name") for record in records]


def test_records_come_with_line_ancestors_and_the_lines_within(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x",
        "<?xml version='1.0'?>\n<all>\n<part><title>A</title>\n<row><row>\n<x/></row>\n<row/></row>"
        "\n</part></all>",
    )
    first, second = iter_xml_records(path, ("row", "part"), problems=strict())
    assert (first.line, first.lines) == (4, (4, 4, 6))
    assert [e.tag for e in first.ancestors] == ["all", "part"]
    assert first.ancestors[1].findtext("title") == "A"
    assert (second.element.tag, second.line) == ("part", 3)
    assert second.element.find("row") is None  # taken out, or memory would grow with the file


def test_records_do_not_pile_up_under_the_root(tmp_path: Path) -> None:
    path = write(tmp_path / "x", ROWS)
    roots = [record.ancestors[0] for record in iter_xml_records(path, ("row",), problems=strict())]
    assert [len(root) for root in roots] == [0] * 5


@given(st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"]))))
def test_records_give_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    # XML makes one line end of \r, \x85 and the like; those are no part of a name.
    texts = [re.sub(r"[\x7f-\x9f\ufffe\uffff]", "", text) for text in texts]
    body = "".join(f"<row><name>{escape(text)}</name></row>" for text in texts)
    path = tmp_path_factory.mktemp("xml") / "x"
    path.write_bytes(gzip.compress(f"<all>{body}</all>".encode()))
    assert names(path) == texts


BOMB = """<?xml version="1.0"?>
<!DOCTYPE all [
<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<all><row><name>&c;</name></row></all>
"""


@pytest.mark.parametrize("declared", [BOMB, BOMB.replace('"aaaaaaaaaa"', 'SYSTEM "file:///x"')])
def test_a_file_that_declares_entities_is_refused_whatever_problems_say(
    tmp_path: Path, declared: str
) -> None:
    with pytest.raises(FormatError, match=r"x:3: declares the entity 'a': refused"):
        names(write(tmp_path / "x", declared), Problems())


def test_a_dtd_is_never_fetched_and_its_entities_are_told(tmp_path: Path) -> None:
    outside = write(tmp_path / "x.dtd", '<!ENTITY eacute "SECRET">')
    text = f'<!DOCTYPE all SYSTEM "{outside.as_uri()}">\n<all>\n<row><name>M&eacute;n</name></row>'
    path = write(tmp_path / "x", text + "</all>")
    problems = Problems()
    assert names(path, problems) == ["M&eacute;n"]
    assert [(p.line, "&eacute;" in p.message) for p in problems] == [(3, True)]


@pytest.mark.parametrize(
    ("data", "count", "line", "message"),
    [
        (ROWS.replace("n3</name>", "n3</nome>"), 3, 5, "mismatched tag"),
        (ROWS.replace("n3", "n & 3"), 3, 5, "not well-formed"),
        (ROWS[: ROWS.index("n3")], 3, 5, "ends too early"),
        (ROWS.replace("</all>", ""), 5, 7, "ends too early"),
        (ROWS + "<more/>", 5, 7, "junk after document element"),
        ("", 0, 1, "ends too early"),
        ("id\tname\n", 0, 1, "syntax error"),
        (ROWS.encode().replace(b"n3<", b"n\xe93<"), 3, 5, "byte 0xe9 is not UTF-8"),
        ('<?xml version="1.0" encoding="klingon"?>' + ROWS, 0, 1, "klingon"),
        ('<?xml version="1.0" encoding="shift_jis"?>' + ROWS, 0, 1, "multi-byte"),
        ('<?xml version="1.0" encoding="utf-16"?>' + ROWS, 0, 1, "declares: correct line 1"),
        (
            '<?xml version="1.0" encoding="ISO-8859-1"?>' + ROWS.replace("n3", "é"),
            5,
            1,
            "declares ISO-8859-1 but is UTF-8",
        ),
    ],
)
def test_broken_xml_is_told_with_its_line_and_what_stands_before_is_read(
    tmp_path: Path, data: str | bytes, count: int, line: int, message: str
) -> None:
    path = write(tmp_path / "x", data)
    problems = Problems()
    assert len(names(path, problems)) == count
    assert [(p.line, message in p.message) for p in problems] == [(line, True)], problems.kept
    with pytest.raises(FormatError, match=rf"x:{line}: "):
        names(path)


def test_a_cut_off_gzip_is_told_once(tmp_path: Path) -> None:
    rows = "".join(f"<row><name>{n * 7919 % 10007} {n}</name></row>\n" for n in range(20_000))
    packed = gzip.compress(f"<all>\n{rows}</all>".encode())
    problems = Problems()
    found = names(write(tmp_path / "x.gz", packed[: len(packed) // 2]), problems)
    assert 5_000 < len(found) < 20_000
    assert ["cut off" in p.message for p in problems] == [True]
    assert abs(problems.kept[0].line - len(found)) < 50


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read_as_they_are_declared(tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>' + ROWS.replace("n3", "Ménière")
    assert names(write(tmp_path / "x", text.encode(encoding)))[3] == "Ménière"


def test_root_tag_passes_over_what_stands_before_the_root() -> None:
    assert (
        root_tag('\ufeff\n<?xml version="1.0"?><!-- <no> --><!DOCTYPE a [<!ELEMENT b>]><a>') == "a"
    )
    assert root_tag("<!-- a --><!-- <b> --> <c>") == "c"
    assert root_tag("<!-- <b>") == ""  # the comment goes on after the head
    assert root_tag("{}") == ""
    assert root_tag("<?xml") == ""
    assert root_tag("id < 5") == ""
