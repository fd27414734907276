from __future__ import annotations

import gzip
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biotk.document import Document
from biotk.errors import FormatError, InputError, Problems
from biotk.io import iter_inputs, read_documents, read_text, write_text
from biotk.io.files import atomic_writer, iter_lines, open_bytes


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from("a\r\n\t\ufeff😀𝛼"), st.characters(codec="utf-8"))))
def test_text_reads_what_it_wrote(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("text")
    write_text([Document("a", text)], folder)
    assert list(read_text(folder / "a.txt")) == [Document("a", text)]


def test_text_offsets_do_not_count_the_byte_order_mark(tmp_path):
    path = tmp_path / "n.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "𝛼 fever\r\nnone".encode())
    (document,) = read_text(path)
    assert document.text == "𝛼 fever\r\nnone"
    assert document.text[2:7] == "fever"
    assert document.id == "n"


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a", "a.dat"])
def test_text_opens_gzip_by_content_whatever_the_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"\xef\xbb\xbffever"))
    (document,) = read_text(path, document_id="x")
    assert document == Document("x", "fever")


def test_text_of_another_encoding_is_a_problem_without_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("SECRET café".encode("latin-1"))
    problems = Problems()
    assert list(read_text(path, problems=problems)) == []
    (problem,) = map(str, problems)
    assert problem.startswith(f"{path}: not UTF-8 at byte 10; ")
    assert "--encoding latin-1" in problem and "iconv" in problem and "SECRET" not in problem
    with pytest.raises(FormatError):
        list(read_text(path))


@pytest.mark.parametrize(("encoding", "text"), [("latin-1", "café"), ("cp1252", "naïve – “x”")])
def test_text_is_read_in_the_encoding_that_is_named(tmp_path, encoding, text):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(text.encode(encoding)))
    for read in (read_text, read_documents):
        assert [d.text for d in read(path, encoding=encoding)] == [text]
    (tmp_path / "b.txt").write_bytes(b"\x81")
    problems = Problems()
    found = list(iter_inputs([tmp_path], encoding="cp1252", problems=problems))
    assert [d.id for d in found] == ["a"]
    assert [str(p).endswith("b.txt: not CP1252 at byte 0") for p in problems] == [True]


@pytest.mark.parametrize("encoding", ["latin-99", "base64", "hex", ""])
def test_encoding_that_is_none_is_refused_at_once(tmp_path, encoding):
    with pytest.raises(InputError, match="there is no encoding"):
        iter_inputs([tmp_path], encoding=encoding)


def test_utf16_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("fever".encode("utf-16"))
    with pytest.raises(InputError, match="iconv"):
        list(read_text(path))


def test_truncated_gzip_is_refused(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(os.urandom(5000))[:-2000])
    with pytest.raises(InputError, match="damaged gzip"):
        list(iter_lines(path))


def test_open_bytes_reads_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(b"fever"),))
    writer.start()
    with open_bytes(pipe) as stream:
        assert stream.read() == b"fever"
    writer.join()


def test_iter_lines_ends_lines_at_newlines_only(tmp_path):
    path = tmp_path / "a"
    path.write_bytes("a\u2028b\x85\rc\r\nd\n\ne".encode())
    assert [(n, raw.decode()) for n, raw in iter_lines(path)] == [
        (1, "a\u2028b\x85\rc"),
        (2, "d"),
        (3, ""),
        (4, "e"),
    ]


def test_write_text_makes_subfolders_of_ids(tmp_path):
    assert write_text([Document("ward/1", "a"), Document("2.x", "b")], tmp_path / "out") == 2
    assert (tmp_path / "out/ward/1.txt").read_text() == "a"
    assert (tmp_path / "out/2.x.txt").read_text() == "b"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "a\0"])
def test_write_text_stays_in_its_folder(tmp_path, name):
    with pytest.raises(InputError):
        write_text([Document(name, "a")], tmp_path / "out")
    assert list(tmp_path.rglob("*.txt")) == []


def test_write_text_refuses_an_id_twice(tmp_path):
    with pytest.raises(InputError, match="two documents"):
        write_text([Document("a", "1"), Document("a", "2")], tmp_path)
    assert (tmp_path / "a.txt").read_text() == "1"


def test_atomic_writer_writes_through_links_and_leaves_them(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with atomic_writer(tmp_path / "link") as stream:
        stream.write("new")
        assert (tmp_path / "real").read_text() == "old"
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_atomic_writer_writes_straight_into_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    with atomic_writer(pipe) as stream:
        stream.write("x\n")
    reader.join()
    assert got == ["x\n"]
