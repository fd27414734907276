from __future__ import annotations

import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biotk.document import (
    Abbreviation,
    Candidate,
    CandidateSets,
    Document,
    Link,
    Mention,
    Section,
    span_text,
)
from biotk.errors import FormatError, InputError, Problems
from biotk.io import (
    document_from_dict,
    document_to_dict,
    document_to_json,
    read_jsonl,
    write_jsonl,
)

# Everything that trips offsets up: CRLF, a BOM, tabs, astral characters, unusual line ends.
TEXT = st.text(
    st.one_of(st.sampled_from("a \t\r\n\ufeff\u2028\x85𝛼😀é"), st.characters()), min_size=1
)
NAME = st.text(max_size=8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
CANDIDATE = st.builds(Candidate, NAME, NAME, FINITE, NAME, st.booleans(), st.none() | FINITE)
LINK = st.builds(
    Link,
    st.none() | st.text(min_size=1, max_size=8).filter(lambda text: text != "NIL"),
    st.none() | NAME,
    st.none() | NAME,
    FINITE,
    NAME,
    st.none() | NAME,
    st.lists(CANDIDATE, max_size=2).map(tuple),
    st.dictionaries(NAME, NAME, max_size=2),
    st.none() | FINITE,
    st.none() | st.tuples(FINITE, FINITE),
    st.none() | FINITE,
    st.none() | st.builds(CandidateSets, st.lists(FINITE, max_size=3).map(tuple), FINITE),
)


@st.composite
def documents(draw):
    text = draw(TEXT)
    offsets = st.integers(0, len(text))
    mentions = []
    for _ in range(draw(st.integers(0, 3))):
        pairs = draw(st.lists(st.tuples(offsets, offsets), min_size=1, max_size=3))
        spans = tuple(sorted({tuple(sorted(p)) for p in pairs if p[0] != p[1]}))
        if spans:
            mentions.append(
                Mention(
                    spans,
                    span_text(text, spans),
                    draw(st.none() | NAME),
                    tuple(draw(st.lists(LINK, max_size=2))),
                    draw(st.none() | FINITE),
                )
            )
    mentions.sort(key=lambda mention: (mention.start, mention.end))
    a, b, c = sorted(draw(st.tuples(offsets, offsets, offsets)))
    sections = (Section(a, c, a, b, draw(st.none() | NAME)),) if draw(st.booleans()) else ()
    short = (Abbreviation(a, b, draw(NAME), draw(NAME), b, c),) if draw(st.booleans()) else ()
    meta = draw(st.dictionaries(NAME, st.integers() | NAME | st.lists(NAME), max_size=2))
    return Document(draw(NAME), text, tuple(mentions), sections, short, meta)


@settings(deadline=None)
@given(st.lists(documents(), max_size=3))
def test_jsonl_reads_what_it_wrote(tmp_path_factory, docs):
    path = tmp_path_factory.mktemp("jsonl") / "d.jsonl.gz"
    assert write_jsonl(docs, path) == len(docs)
    assert list(read_jsonl(path)) == docs


@settings(deadline=None)
@given(documents())
def test_dict_survives_and_its_offsets_hold(document):
    data = document_to_dict(document)
    assert document_from_dict(data) == document
    for mention in data.get("mentions", ()):
        spans = mention.get("spans", [[mention["start"], mention["end"]]])
        assert " ".join(data["text"][a:b] for a, b in spans) == mention["text"]


def test_dict_leaves_out_what_is_absent():
    link = Link(None, route="ngram")
    document = Document("n1", "No fever.", (Mention(((3, 8),), "fever", links=(link,)),))
    assert document_to_dict(document) == {
        "id": "n1",
        "text": "No fever.",
        "mentions": [
            {
                "start": 3,
                "end": 8,
                "text": "fever",
                "concept_id": "NIL",
                "links": [{"concept_id": "NIL", "score": 0.0, "route": "ngram"}],
            }
        ],
    }


def test_dict_writes_spans_of_discontinuous_mentions_only():
    text = "breast and ovarian cancer"
    two = Mention(((0, 6), (19, 25)), "breast cancer")
    one = Mention(((11, 25),), "ovarian cancer")
    data = document_to_dict(Document("n1", text, (two, one)))["mentions"]
    assert data[0]["spans"] == [[0, 6], [19, 25]]
    assert "spans" not in data[1]


def test_dict_takes_ids_of_a_corpus_as_gold_links():
    data = {
        "id": 7,
        "text": "BRCA1 and asthma",
        "mentions": [
            {"spans": [[10, 16]], "text": "asthma", "type": "Disease", "concept_id": ["D1", "-1"]},
            {"spans": [[0, 5]], "type": "Gene", "concept_id": "672"},
        ],
        "journal": "J Inv",
        "meta": {"year": 2001},
    }
    document = document_from_dict(data)
    assert document.id == "7"
    assert [m.text for m in document.mentions] == ["BRCA1", "asthma"]
    assert document.mentions[0].links == (Link("NCBIGene:672", route="gold"),)
    assert document.mentions[1].links == (Link("D1", route="gold"), Link(None, route="gold"))
    assert document.meta == {"journal": "J Inv", "year": 2001}


def test_dict_leaves_ids_of_links_as_they_are():
    data = {"id": "a", "text": "x", "mentions": [{"start": 0, "end": 1, "type": "Gene"}]}
    data["mentions"][0]["links"] = [{"concept_id": "672"}]
    assert document_from_dict(data).mentions[0].concept_ids == ("672",)


def test_dict_trusts_offsets_over_copies_of_the_text():
    told: list[str] = []
    data = {"id": "a", "text": "no SECRET here", "mentions": [{"start": 3, "end": 9, "text": "x"}]}
    document = document_from_dict(data, report=told.append)
    assert document.mentions[0].text == "SECRET"
    assert len(told) == 1
    assert "[[3, 9]]" in told[0]
    assert "SECRET" not in told[0]


@pytest.mark.parametrize(
    "mention",
    [
        {},
        {"start": 0},
        {"start": 0, "end": 99},
        {"start": 2, "end": 2},
        {"start": -1, "end": 2},
        {"start": True, "end": 2},
        {"start": 0.0, "end": 2},
        {"spans": []},
        {"spans": [[1, 2, 3]]},
        {"spans": "SECRET"},
        {"start": 0, "end": 2, "type": 7},
        {"start": 0, "end": 2, "score": "SECRET"},
        {"start": 0, "end": 2, "links": [{"concept_id": 7}]},
        {"start": 0, "end": 2, "links": [{"candidates": [{}]}]},
        "SECRET",
        None,
    ],
)
def test_dict_reports_a_bad_mention_without_text_and_keeps_the_others(mention):
    told: list[str] = []
    data = {"id": "a", "text": "fever", "mentions": [mention, {"start": 0, "end": 5}]}
    document = document_from_dict(data, report=told.append)
    assert [m.text for m in document.mentions] == ["fever"]
    assert len(told) == 1
    assert "SECRET" not in told[0]
    with pytest.raises(InputError):
        document_from_dict(data)


def test_title_of_a_section_is_written_and_not_read():
    sections = (Section(0, 3, 0, 0), Section(3, 9, 3, 5, "history"))
    data = document_to_dict(Document("a", "it HX: bc", sections=sections))
    assert [section.get("title") for section in data["sections"]] == [None, "HX"]
    data["sections"][1]["title"] = "another"
    assert document_from_dict(data).sections == sections


@pytest.mark.parametrize(
    "part",
    [
        {"sections": [{"start": 0, "end": 9, "title_start": 0, "title_end": 0}]},
        {"sections": [{"start": 0, "end": 3, "title_start": 2, "title_end": 1}]},
        {"abbreviations": [{"start": 0, "end": 2, "long_start": 0, "long_end": 2, "short": "a"}]},
        {"abbreviations": [{"start": 0, "end": 2}]},
        {"mentions": 7},
    ],
)
def test_dict_reports_bad_parts(part):
    told: list[str] = []
    document = document_from_dict({"id": "a", "text": "fever", **part}, report=told.append)
    assert document == Document("a", "fever")
    assert len(told) == 1


@pytest.mark.parametrize("data", [7, [], {"id": "a"}, {"text": "x"}, {"id": None, "text": "x"}])
def test_dict_refuses_what_is_no_document(data):
    with pytest.raises(InputError):
        document_from_dict(data)


def test_read_jsonl_reports_bad_lines_by_number_and_goes_on(tmp_path):
    path = tmp_path / "notes.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id":"1","text":"a"}\r\n\n{"SECRET\n[1]\n{"text":"\xff"}\n{"text":"b\\r\\n"}'
    )
    problems = Problems()
    docs = list(read_jsonl(path, problems=problems))
    assert docs == [Document("1", "a"), Document("notes-6", "b\r\n")]
    assert [problem.line for problem in problems] == [3, 4, 5]
    assert not any("SECRET" in str(problem) for problem in problems)


def test_read_jsonl_raises_at_the_first_problem_by_default(tmp_path):
    path = tmp_path / "a.jsonl"
    mention = {"start": 0, "end": 1, "text": "z"}
    path.write_text(json.dumps({"id": "1", "text": "a", "mentions": [mention]}))
    with pytest.raises(FormatError, match=r"a\.jsonl:1: the text of the mention"):
        list(read_jsonl(path))


def test_read_jsonl_survives_nesting_and_long_numbers(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("[" * 200_000 + "\n" + '{"id":' + "9" * 5000 + "}\n")
    problems = Problems()
    assert list(read_jsonl(path, problems=problems)) == []
    assert problems.count == 2


def test_json_carries_half_a_surrogate_pair_as_an_escape():
    document = Document("a", "x\ud83dy")
    line = document_to_json(document)
    assert line.encode("ascii")
    assert document_from_dict(json.loads(line)) == document


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_json_refuses_scores_that_are_not_finite(score):
    document = Document("n7", "SECRET", (Mention(((0, 6),), "SECRET", score=score),))
    with pytest.raises(InputError, match="n7") as caught:
        document_to_json(document)
    assert "SECRET" not in str(caught.value)


def test_write_jsonl_takes_an_open_file():
    stream = io.StringIO()
    assert write_jsonl([Document("a", "é"), Document("b", "")], stream) == 2
    assert stream.getvalue() == '{"id": "a", "text": "é"}\n{"id": "b", "text": ""}\n'


def test_write_jsonl_makes_the_same_gzip_bytes_each_time(tmp_path):
    docs = [Document("a", "x")]
    write_jsonl(docs, tmp_path / "1.jsonl.gz")
    write_jsonl(docs, tmp_path / "2.jsonl.gz")
    assert (tmp_path / "1.jsonl.gz").read_bytes() == (tmp_path / "2.jsonl.gz").read_bytes()
    assert gzip.decompress((tmp_path / "1.jsonl.gz").read_bytes()).startswith(b'{"id": "a"')


def test_write_jsonl_leaves_the_old_file_where_it_fails(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("old")

    def failing():
        yield Document("a", "x")
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        write_jsonl(failing(), path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
