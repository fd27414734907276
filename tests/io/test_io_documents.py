from __future__ import annotations

import gzip

import pytest

from biotk.document import Document, Mention
from biotk.errors import FormatError, InputError, Problems, UnknownNameError
from biotk.io import iter_inputs, read_documents, sniff_format, write_documents

LINE = '{"id": "j", "text": "x"}\n'


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("a", b"12|t|Title\n", "pubtator"),
        ("a.txt", b"\n12|t|Title\n", "pubtator"),
        ("a.txt", b'  {"id": "1"}', "jsonl"),
        ("a.jsonl", b"", "jsonl"),
        ("a.pubtator.gz", b"", "pubtator"),
        ("a.jsonl", b"broken", "jsonl"),
        ("a", b"", "text"),
        ("a.note", b"{fever} since Monday", "text"),
        ("a.txt", b"Temp|t|x is no title: it has text before\tit", "pubtator"),
        ("a.txt", b"HISTORY:\n12|t|x", "text"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_sniff_looks_at_the_content_first(tmp_path, name, content, format_, pack):
    path = tmp_path / name
    path.write_bytes(pack(content))
    assert sniff_format(path) == format_


def test_read_documents_takes_the_format_that_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(LINE)
    assert list(read_documents(path)) == [Document("j", "x")]
    assert list(read_documents(path, format="text")) == [Document("a", LINE)]
    with pytest.raises(UnknownNameError, match="jsonl, pubtator, text"):
        read_documents(path, format="xml")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "in"
    (root / "b").mkdir(parents=True)
    (root / "z.txt").write_text("z")
    (root / "a.txt.gz").write_bytes(gzip.compress(b"a"))
    (root / "m.jsonl").write_text(LINE)
    (root / "b" / "p.pubtator").write_text("p|t|title\n")
    (root / "b" / "a.txt").write_text("ba")
    return root


def test_iter_inputs_reads_a_folder_sorted(folder):
    ids = [document.id for document in iter_inputs([folder])]
    assert ids == ["a", "j", "z", "b/a", "p"]


def test_iter_inputs_reports_files_it_leaves_out(folder):
    (folder / "scan.pdf").write_bytes(b"%PDF")
    (folder / "b" / "link").symlink_to(folder)
    (folder / "wide.txt").write_bytes("w".encode("utf-16"))
    (folder / "bad.txt.gz").write_bytes(b"\x1f\x8b broken")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    problems = Problems()
    ids = [document.id for document in iter_inputs([folder], problems=problems)]
    assert ids == ["a", "j", "z", "b/a", "p"]
    told = sorted(p.path.removeprefix(f"{folder}/") for p in problems)
    assert told == ["b/link", "bad.txt.gz", "gone.txt", "scan.pdf", "wide.txt"]
    with pytest.raises(FormatError):
        list(iter_inputs([folder]))


def test_iter_inputs_reads_named_files_whatever_their_name(tmp_path):
    (tmp_path / "x.note").write_text("fever")
    assert list(iter_inputs([tmp_path / "x.note"])) == [Document("x.note", "fever")]


def test_iter_inputs_gives_no_id_twice(folder, tmp_path):
    (tmp_path / "a.txt").write_text("other")
    (tmp_path / "c.txt").write_text("c")
    inputs = [tmp_path / "a.txt", folder / "b" / "a.txt"]
    ids = [document.id for document in iter_inputs(inputs)]
    assert ids == [f"{tmp_path}/a", f"{folder}/b/a"]
    assert [d.id for d in iter_inputs([tmp_path / "a.txt", tmp_path / "c.txt"])] == ["a", "c"]
    mixed = [d.id for d in iter_inputs([tmp_path / "a.txt", folder])]
    assert len(set(mixed)) == len(mixed)


def test_iter_inputs_refuses_a_missing_path_at_once(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        iter_inputs([tmp_path, tmp_path / "nowhere"])
    with pytest.raises(UnknownNameError):
        iter_inputs([tmp_path], format="xml")


def test_iter_inputs_is_lazy(folder):
    (folder / "zz.txt").write_bytes(b"\xff")
    documents = iter_inputs([folder])
    assert next(documents).id == "a"  # the broken file comes later
    with pytest.raises(FormatError):
        list(documents)


@pytest.mark.parametrize("name", ["o.jsonl", "o.jsonl.gz", "o.pubtator", "o.pubtator.gz"])
def test_write_documents_by_name_reads_back(tmp_path, name):
    document = Document("1", "fever", (Mention(((0, 5),), "fever"),), meta={"title_end": 5})
    assert write_documents([document], tmp_path / name) == 1
    assert list(read_documents(tmp_path / name)) == [document]
    assert ((tmp_path / name).read_bytes()[:2] == b"\x1f\x8b") == name.endswith(".gz")


def test_write_documents_needs_a_format_that_it_can_tell(tmp_path):
    with pytest.raises(InputError, match="format="):
        write_documents([], tmp_path / "out.txt")
    with pytest.raises(UnknownNameError):
        write_documents([], tmp_path / "out", format="xml")
    assert write_documents([Document("a", "x")], tmp_path / "out", format="text") == 1
    assert (tmp_path / "out" / "a.txt").read_text() == "x"
