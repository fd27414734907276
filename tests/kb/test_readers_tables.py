from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.errors import InputError, Problems, UnknownNameError, strict
from biotk.kb.readers import ReaderOptions, read_concepts, sniff_format
from biotk.types import Concept


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_scispacy_jsonl_reads_scispacy_and_our_own_keys(tmp_path: Path) -> None:
    lines = [
        {
            "concept_id": "C0000005",
            "canonical_name": "(131)I-MAA",
            "aliases": ["MAA", "(131)I-MAA", "MAA"],
            "types": ["T116"],
            "definition": None,
        },
        {
            "concept_id": "MESH:D000001",
            "canonical_name": "gut oil",
            "parents": ["MESH:D000002"],
            "xrefs": ["UMLS:C0000001"],
            "alt_ids": ["MESH:C000009"],
            "source": "Ours",
            "unknown": 1,
        },
    ]
    path = write(tmp_path / "x", "\n".join(map(json.dumps, lines)) + "\n\n")
    assert list(read_concepts(path)) == [
        Concept("UMLS:C0000005", "(131)I-MAA", synonyms=("MAA",), types=("T116",), source="UMLS"),
        Concept(
            "MESH:D000001",
            "gut oil",
            parents=("MESH:D000002",),
            xrefs=("UMLS:C0000001",),
            alt_ids=("MESH:C000009",),
            source="Ours",
        ),
    ]


def test_scispacy_jsonl_reports_bad_lines(tmp_path: Path) -> None:
    good = '{"concept_id": "C0000005", "canonical_name": "a"}'
    bad = ['{"concept_id": ', "[]", '{"canonical_name": "b"}', '{"concept_id": "C1"}']
    path = write(tmp_path / "x", "\n".join([good, *bad, good]))
    problems = Problems()
    found = list(read_concepts(path, format="scispacy-jsonl", problems=problems))
    assert len(found) == 2
    assert [p.line for p in problems] == [2, 3, 4, 5]


names = st.text(st.characters(codec="utf-8"), min_size=1).map(lambda t: " ".join(t.split()))
names = names.filter(bool)
local_ids = st.from_regex(r"[A-Z]{2,5}:[0-9]{1,7}", fullmatch=True)
tuples_of_ids = st.lists(local_ids, max_size=3, unique=True).map(tuple)


@given(
    st.builds(
        Concept,
        concept_id=local_ids.map(lambda i: "X" + i),
        name=names.map(lambda n: "0" + n),
        synonyms=st.lists(names.map(lambda n: "1" + n), max_size=4, unique=True).map(tuple),
        types=st.lists(st.sampled_from(["Gene", "Disease"]), min_size=1, unique=True).map(tuple),
        definition=st.none() | names,
        parents=tuples_of_ids,
        alt_ids=tuples_of_ids,
        source=st.sampled_from(["MeSH", "MONDO"]),
    )
)
def test_scispacy_jsonl_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, concept: Concept
) -> None:
    entry = asdict(concept)
    entry["canonical_name"], entry["aliases"] = entry.pop("name"), entry.pop("synonyms")
    path = tmp_path_factory.mktemp("jsonl") / "x"
    path.write_text(json.dumps(entry, ensure_ascii=False), encoding="utf-8")
    known = {"MESH", "MSH", "MIM"}  # prefixes that to_curie rewrites
    ids = (concept.concept_id, *concept.parents, *concept.alt_ids)
    if known.isdisjoint(i.partition(":")[0] for i in ids):
        assert list(read_concepts(path)) == [concept]


def test_table_reads_one_row_a_concept(tmp_path: Path) -> None:
    path = write(
        tmp_path / "terms.csv",
        "Code,Preferred Name,Aliases,Semantic Types,Description,Parents,Comment\n"
        '1,"fever, high",hyperpyrexia|high fever|,Finding,Too hot.,2,x\n'
        "2,fever,,,,,\n",
    )
    assert list(read_concepts(path)) == [
        Concept(
            "1",
            "fever, high",
            synonyms=("hyperpyrexia", "high fever"),
            types=("Finding",),
            definition="Too hot.",
            parents=("2",),
            source="terms",
        ),
        Concept("2", "fever", source="terms"),
    ]


def test_table_joins_rows_of_one_id_that_follow_one_another(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.tsv",
        "id\tname\ttypes\nA:1\tfever\tT1\nA:1\tpyrexia\tT2\nA:2\tcough\t\nA:1\thot\t\n",
    )
    assert [(c.concept_id, c.name, c.synonyms, c.types) for c in read_concepts(path)] == [
        ("A:1", "fever", ("pyrexia",), ("T1", "T2")),
        ("A:2", "cough", (), ()),
        ("A:1", "hot", (), ()),
    ]


def test_table_reads_medcat(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        "cui,name,ontologies,name_status,type_ids,description\n"
        "C0000039,DPPC,MSH,A,T109|T121,\n"
        'C0000039,dipalmitoyl,MSH,P,,"A lipid, of lungs."\n'
        "C0000040,other,,A,,\n",
    )
    first, second = read_concepts(path)
    assert first == Concept(
        "UMLS:C0000039",
        "dipalmitoyl",
        synonyms=("DPPC",),
        types=("T109", "T121"),
        definition="A lipid, of lungs.",
        source="MSH",
    )
    assert second.source == "UMLS"


def test_table_takes_a_column_mapping_by_name_and_by_index(tmp_path: Path) -> None:
    path = write(tmp_path / "x.txt", "Schlüssel;Titel;Auch\n7;Fieber;Pyrexie/Hitze\n")
    by_name = ReaderOptions(
        columns={"concept_id": "Schlüssel", "name": "Titel", "synonyms": "2"},
        list_separator="/",
        prefix="ICD",
    )
    assert list(read_concepts(path, options=by_name)) == [
        Concept("ICD:7", "Fieber", synonyms=("Pyrexie", "Hitze"), source="ICD")
    ]
    by_index = ReaderOptions(columns={"concept_id": 0, "name": "1"})
    assert [c.concept_id for c in read_concepts(path, options=by_index)] == ["Schlüssel", "7"]


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"concept_id": "id", "nam": "x"}, UnknownNameError, "unknown concept field 'nam'"),
        ({"concept_id": "id", "name": "x"}, UnknownNameError, "Known: id, title"),
        ({"concept_id": "id"}, InputError, "lacks name"),
        ({"concept_id": 0, "name": 9}, InputError, "no column 9"),
        ({"concept_id": 0, "name": -1}, InputError, "negative"),
    ],
)
def test_table_refuses_a_wrong_mapping(
    tmp_path: Path, columns: dict[str, str | int], error: type[Exception], message: str
) -> None:
    path = write(tmp_path / "x.csv", "id,title\n1,a\n")
    with pytest.raises(error, match=message):
        list(read_concepts(path, options=ReaderOptions(columns=columns)))


def test_table_without_known_header_asks_for_a_mapping(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "Schlüssel,Titel\n1,a\n")
    with pytest.raises(InputError, match="columns="):
        sniff_format(path)
    with pytest.raises(InputError, match="columns="):
        list(read_concepts(path, format="table"))


def test_table_reports_bad_rows(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.csv",
        'id,name,synonyms\nA:1,a,\nA:2,b\n,c,\nA:4,,\nA:5,"e"x,\nA:6,f,g,h\nA:7,"g\nA:8,h,\n',
    )
    problems = Problems()
    found = list(read_concepts(path, problems=problems))
    assert [c.concept_id for c in found] == ["A:1", "A:8"]
    assert [p.line for p in problems] == [3, 4, 5, 6, 7, 8]


def test_table_with_a_header_alone_gives_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "id,name\n")
    assert list(read_concepts(path, problems=strict())) == []


def test_table_takes_further_name_columns_as_synonyms(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "CUI,STR,Preferred Name\nC0000001,hot,fever\n")
    (concept,) = read_concepts(path)
    assert (concept.name, concept.synonyms) == ("fever", ("hot",))
