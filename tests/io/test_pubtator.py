from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biotk.document import Document, Link, Mention
from biotk.errors import FormatError, Problems
from biotk.io import read_pubtator, write_pubtator
from biotk.io.pubtator import split_ids


def read(tmp_path, text, problems=None):
    path = tmp_path / "x.pubtator"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read_pubtator(path, problems=problems))


def gold(*ids):
    return tuple(Link(i, route="gold") for i in ids)


EXAMPLE = """\
1|t|Aspirin asthma
1|a|Wheeze came.
1\t8\t14\tasthma\tDisease\tD001249
1\t0\t7\tAspirin\tChemical\t-1
1\t15\t21\tWheeze\tDisease\tD012135|C000001\twheeze|wheeze
1\tCID\tD001241\tD001249

2|t|Only a title
2\tAssociation\t672\tD001943\tNovel
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_pubtator_reads_mentions_ids_and_relations(tmp_path, newline, bom):
    docs = read(tmp_path, bom + EXAMPLE.replace("\n", newline).encode())
    assert docs == [
        Document(
            "1",
            "Aspirin asthma Wheeze came.",
            (
                Mention(((0, 7),), "Aspirin", "Chemical", gold(None)),
                Mention(((8, 14),), "asthma", "Disease", gold("MESH:D001249")),
                Mention(((15, 21),), "Wheeze", "Disease", gold("MESH:D012135", "MESH:C000001")),
            ),
            meta={"title_end": 14, "relations": [["CID", "D001241", "D001249"]]},
        ),
        Document(
            "2",
            "Only a title",
            meta={"title_end": 12, "relations": [["Association", "672", "D001943", "Novel"]]},
        ),
    ]


@pytest.mark.parametrize(
    ("type_", "column", "ids"),
    [
        ("Disease", "D007153+D040181", ("MESH:D007153", "MESH:D040181")),
        ("Disease", "D004409,OMIM:312080", ("MESH:D004409", "OMIM:312080")),
        ("Disease", "D1234567|-1", ("D1234567", None)),
        ("Disease", "D008661|D008661", ("MESH:D008661",)),
        ("DiseaseClass", " D008661", ("MESH:D008661",)),
        ("Disease", "MONDO:0005148", ("MONDO:0005148",)),
        ("HPO", "HP:0001156", ("HP:0001156",)),
        ("GeneOrGeneProduct", "672,675", ("NCBIGene:672", "NCBIGene:675")),
        ("CellLine", " CVCL_1452", ("CVCL_1452",)),
        ("SequenceVariant", "c|DEL|1314_1328|", ("c|DEL|1314_1328|",)),
        ("SequenceVariant", "c|SUB|G|IVS16+1|A", ("c|SUB|G|IVS16+1|A",)),
        ("SequenceVariant", "rs123", ("rs123",)),
        ("Disease", "-1", (None,)),
        ("Disease", "-", (None,)),
        ("Disease", "NIL", (None,)),
        ("Disease", "", (None,)),
    ],
)
def test_pubtator_ids_of_the_corpora(tmp_path, type_, column, ids):
    (doc,) = read(tmp_path, f"1|t|xx\n1\t0\t2\txx\t{type_}\t{column}\n")
    assert doc.mentions[0].links == gold(*ids)
    assert doc.mentions[0].type == type_


def test_pubtator_mention_without_a_column_of_ids_is_not_linked(tmp_path):
    (doc,) = read(tmp_path, "1|t|xx\n1\t0\t2\txx\tDisease\n")
    assert doc.mentions[0].links == ()


def test_pubtator_keeps_bars_and_blanks_of_the_text(tmp_path):
    (doc,) = read(tmp_path, "1|t| a |t| b \n1|a|  c|a|d \n")
    assert doc.text == " a |t| b    c|a|d "


def test_pubtator_trusts_offsets_and_reports_another_text(tmp_path):
    problems = Problems()
    (doc,) = read(tmp_path, "1|t|SECRET\n1\t0\t3\tSECRE\tDisease\tD000001\n", problems)
    assert doc.mentions[0].text == "SEC"
    assert [problem.line for problem in problems] == [2]
    assert "[0, 3)" in str(problems.kept[0])
    assert "SEC" not in str(problems.kept[0])


@pytest.mark.parametrize(
    ("lines", "documents"),
    [
        ("1|t|fever\n1\t0\t9\tfever\tDisease\tD1\n", 1),
        ("1|t|fever\n1\t-2\t3\tfever\tDisease\tD1\n", 1),
        ("1|t|fever\n1\t3\t3\tfever\tDisease\tD1\n", 1),
        ("1|t|fever\n1\t0O\t3\tfever\tDisease\tD1\n", 1),
        ("1|t|fever\n1\t0\t5\n", 1),
        ("1|t|fever\nfree text\n", 1),
        ("1|t|fever\n2\t0\t5\tfever\tDisease\tD1\n", 1),
        ("1|t|fever\n1|a|one\n1|a|two\n", 0),
        ("1|t|fever\n2|a|one\n", 0),
        ("1\t0\t5\tfever\tDisease\tD1\n", 0),
        (b"1|t|f\xff\n1\t0\t1\tf\tDisease\tD1\n", 0),
        (b"1|t|fever\n1\t0\t5\tf\xff\tDisease\tD1\n", 1),
    ],
)
def test_pubtator_reports_what_is_wrong_and_reads_on(tmp_path, lines, documents):
    after = "\n9|t|after\n"
    problems = Problems()
    docs = read(tmp_path, lines + (after.encode() if isinstance(lines, bytes) else after), problems)
    assert problems.count == 1
    assert len(docs) == documents + 1
    assert docs[-1].text == "after"
    with pytest.raises(FormatError):
        read(tmp_path, lines)


def test_split_ids_leaves_variants_whole():
    assert split_ids("c|A|1+2,rs5", "SNP") == ["c|A|1+2", "rs5"]
    assert split_ids("a;b", None) == ["a", "b"]


CHARACTERS = st.characters(codec="utf-8", exclude_characters="\t\r\n")
TEXT = st.text(st.one_of(st.sampled_from("a |𝛼😀\ufeff\u2028\x85\x0b"), CHARACTERS), min_size=1)
ID = st.sampled_from(["MESH:D003924", "OMIM:125853", "HP:0001156", "rs12", None])


@st.composite
def documents(draw):
    title, abstract = draw(TEXT), draw(st.text(CHARACTERS))
    text = f"{title} {abstract}" if abstract else title
    mentions = []
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        if start < end:
            ids = draw(st.lists(ID, max_size=3, unique=True))
            type_ = draw(st.sampled_from([None, "Disease", "SNP"]))
            mentions.append(Mention(((start, end),), text[start:end], type_, gold(*ids)))
    mentions.sort(key=lambda mention: (mention.start, mention.end))
    meta = {"title_end": len(title)}
    if draw(st.booleans()):
        meta["relations"] = [["CID", "D1", "D2"]]
    document_id = draw(st.text(CHARACTERS.filter(lambda c: c != "|"), min_size=1).filter(str.strip))
    # At the very start of a file a mark is taken for the byte order mark.
    return Document(document_id.replace("\ufeff", ""), text, tuple(mentions), meta=meta)


@settings(deadline=None)
@given(st.lists(documents().filter(lambda d: d.id.strip()), max_size=3))
def test_pubtator_reads_what_it_wrote(tmp_path_factory, docs):
    path = tmp_path_factory.mktemp("pubtator") / "d.pubtator"
    assert write_pubtator(docs, path) == len(docs)
    read_back = list(read_pubtator(path))
    assert read_back == docs
    for doc in read_back:
        assert all(doc.text[m.start : m.end] == m.text for m in doc.mentions)


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from("a\r\n\t 😀"), st.characters(codec="utf-8")), min_size=1))
def test_pubtator_replaces_line_ends_and_tabs_by_as_many_blanks(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("pubtator") / "d.pubtator"
    mention = Mention(((0, len(text)),), text, "Disease")
    write_pubtator([Document("1", text, (mention,))], path)
    (doc,) = read_pubtator(path)
    assert doc.text == text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    assert doc.mentions[0].spans == mention.spans


def test_write_pubtator_splits_the_title_at_the_first_line_end():
    stream = io.StringIO()
    write_pubtator([Document("n1", "Plan\nRest.\tSleep.\n"), Document("n2", "one line")], stream)
    assert stream.getvalue() == "n1|t|Plan\nn1|a|Rest. Sleep. \n\nn2|t|one line\nn2|a|\n\n"


def test_write_pubtator_reports_what_the_format_cannot_hold():
    text = "breast and ovarian cancer"
    docs = [
        Document("a", text, (Mention(((0, 6), (19, 25)), "breast cancer", "Disease"),)),
        Document("b", text, (Mention(((0, 6),), "breast", None, (Link("X:1+2"),)),)),
        Document("c|d", text),
        Document("e", text, meta={"relations": [["1", "2"]]}),
    ]
    problems, stream = Problems(), io.StringIO()
    assert write_pubtator(docs, stream, problems=problems) == 3
    assert problems.count == 4
    assert "a\t0\t25\tbreast and ovarian cancer\tDisease\n" in stream.getvalue()
    assert "b\t0\t6\tbreast\t\n" in stream.getvalue()
    with pytest.raises(FormatError):
        write_pubtator(docs, io.StringIO())


def test_write_pubtator_joins_composites_and_variants_so_that_they_read_back(tmp_path):
    mentions = (
        Mention(((0, 1),), "x", "Disease", gold("MESH:D1", None)),
        Mention(((0, 1),), "x", "SNP", gold("c|DEL||9", "rs1")),
    )
    path = tmp_path / "a.pubtator"
    write_pubtator([Document("1", "x", mentions)], path)
    assert next(read_pubtator(path)).mentions == mentions
