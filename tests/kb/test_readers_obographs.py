from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from biotk.errors import Problems
from biotk.kb.readers import ReaderOptions, json_stream, read_concepts, sniff_format
from biotk.kb.readers.iris import curie_of
from biotk.kb.readers.json_stream import IN_ARRAY, iter_json_deep

OBO_PURL = "http://purl.obolibrary.org/obo/"
OWL_PROPERTY = "http://www.geneontology.org/formats/oboInOwl#"
SCOPES = ("EXACT", "NARROW", "RELATED", "BROAD")


@dataclass(frozen=True)
class Term:
    """A term as both formats can say it."""

    id: str
    name: str
    synonyms: tuple[tuple[str, str], ...] = ()
    definition: str = ""
    parents: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    alt_ids: tuple[str, ...] = ()
    namespace: str = ""
    obsolete: bool = False
    replaced_by: str = ""


TERMS = (
    Term("MONDO:0000001", "disease"),
    Term(
        "MONDO:0000002",
        "gut disease",
        synonyms=(
            ("bowel disease", "EXACT"),
            ("ileitis", "NARROW"),
            ('gut "trouble"', "RELATED"),
            ("disease of the belly", "BROAD"),
        ),
        definition="A disease, of the gut: any.",
        parents=("MONDO:0000001", "HP:0000001"),
        xrefs=("MESH:D000002", "UMLS:C0000002", "NCIT:C2", "http://x.org/gut"),
        alt_ids=("MONDO:0000003",),
    ),
    Term("MONDO:0000004", "obsolete gut", obsolete=True, replaced_by="MONDO:0000005"),
    Term("MONDO:0000005", "obsolete bowel", obsolete=True, replaced_by="MONDO:0000002"),
    Term("MONDO:0000006", "obsolete thing", obsolete=True),
    Term("MONDO:0000007", "obsolete sign", obsolete=True, replaced_by="HP:0000009"),
    Term("GO:0000008", "digestion", namespace="biological_process"),
)


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def as_obo(terms: tuple[Term, ...]) -> str:
    parts = ["format-version: 1.2\ndefault-namespace: mondo\n"]
    for term in terms:
        lines = [f"id: {term.id}", f"name: {term.name}"]
        lines += [f'def: "{escaped(term.definition)}" []'] if term.definition else []
        lines += [f"namespace: {term.namespace}"] if term.namespace else []
        lines += [f"alt_id: {other}" for other in term.alt_ids]
        lines += [f'synonym: "{escaped(text)}" {scope} []' for text, scope in term.synonyms]
        lines += [f"xref: {xref}" for xref in term.xrefs]
        lines += [f"is_a: {parent}" for parent in term.parents]
        lines += ["is_obsolete: true"] if term.obsolete else []
        lines += [f"replaced_by: {term.replaced_by}"] if term.replaced_by else []
        parts.append("[Term]\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def address(curie: str) -> str:
    return OBO_PURL + curie.replace(":", "_")


def as_node(term: Term) -> dict[str, Any]:
    properties = [{"pred": OWL_PROPERTY + "hasAlternativeId", "val": x} for x in term.alt_ids]
    if term.namespace:
        properties.append({"pred": OWL_PROPERTY + "hasOBONamespace", "val": term.namespace})
    if term.replaced_by:
        properties.append({"pred": OBO_PURL + "IAO_0100001", "val": address(term.replaced_by)})
    meta: dict[str, Any] = {
        "synonyms": [
            {"pred": f"has{scope.title()}Synonym", "val": text, "xrefs": []}
            for text, scope in term.synonyms
        ],
        "xrefs": [{"val": xref} for xref in term.xrefs],
        "basicPropertyValues": properties,
    }
    if term.definition:
        meta["definition"] = {"val": term.definition, "xrefs": []}
    if term.obsolete:
        meta["deprecated"] = True
    return {"id": address(term.id), "lbl": term.name, "type": "CLASS", "meta": meta}


def as_graph(terms: tuple[Term, ...], *others: Any, edges: tuple[Any, ...] = ()) -> dict[str, Any]:
    is_a = [
        {"sub": address(term.id), "pred": "is_a", "obj": address(parent)}
        for term in terms
        for parent in term.parents
    ]
    namespace = {"pred": OWL_PROPERTY + "default-namespace", "val": "mondo"}
    return {
        "graphs": [
            {
                "id": OBO_PURL + "mondo.owl",
                "meta": {"basicPropertyValues": [namespace], "version": "2026"},
                "nodes": [*map(as_node, terms), *others],
                "edges": [*is_a, *edges],
                "logicalDefinitionAxioms": [{"definedClassId": "x", "genusIds": ["y"]}],
            }
        ]
    }


def write(path: Path, data: Any) -> Path:
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False))
    return path


@pytest.mark.parametrize("scopes", [("EXACT", "NARROW", "RELATED"), ("BROAD",), SCOPES])
def test_one_ontology_as_obo_and_as_obographs_gives_equal_concepts(
    tmp_path: Path, scopes: tuple[str, ...]
) -> None:
    told: list[list[Any]] = []
    read = []
    for name, data in (("x.obo", as_obo(TERMS)), ("x.json", as_graph(TERMS))):
        told.append([])
        options = ReaderOptions(
            synonym_scopes=scopes,
            left_out=lambda path, why, n: told[-1].append((why, n)),
            retired=lambda old, new: told[-1].append((old, new)),
        )
        read.append(list(read_concepts(write(tmp_path / name, data), options=options)))
    assert read[0] == read[1]
    assert told[0] == told[1]
    assert ("MONDO:0000007", "HP:0000009") in told[1]
    gut = read[1][1]
    assert gut.alt_ids == ("MONDO:0000003", "MONDO:0000004", "MONDO:0000005")
    assert gut.xrefs == ("MESH:D000002", "UMLS:C0000002", "NCIT:C2")
    assert gut.parents == ("MONDO:0000001", "HP:0000001")
    assert read[1][2].types == ("Process",)


def test_synonym_without_a_scope_is_related(tmp_path: Path) -> None:
    synonyms = [{"val": "bowel trouble"}, {"pred": "hasSynonym", "val": "gut trouble"}]
    node = {"id": OBO_PURL + "MONDO_1", "lbl": "gut disease", "meta": {"synonyms": synonyms}}
    path = write(tmp_path / "x", {"graphs": [{"nodes": [node], "edges": []}]})
    told: list[tuple[str, int]] = []
    for scope, names in (("RELATED", ("bowel trouble", "gut trouble")), ("EXACT", ())):
        options = ReaderOptions(
            synonym_scopes=(scope,), left_out=lambda path, why, n: told.append((why, n))
        )
        assert [c.synonyms for c in read_concepts(path, options=options)] == [names]
    assert told == [("RELATED synonyms", 2)]


words = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1)
terms = st.builds(
    Term,
    id=st.integers(1, 30).map(lambda n: f"MONDO:{n:07}"),
    name=words,
    synonyms=st.lists(st.tuples(words, st.sampled_from(SCOPES))).map(tuple),
    definition=words | st.just(""),
    parents=st.lists(st.integers(1, 30).map(lambda n: f"MONDO:{n:07}"), unique=True).map(tuple),
    obsolete=st.booleans(),
)


@given(st.lists(terms, unique_by=lambda term: term.id), st.data())
def test_any_ontology_as_obo_and_as_obographs_gives_equal_concepts(
    tmp_path_factory: pytest.TempPathFactory, made: list[Term], data: st.DataObject
) -> None:
    given_terms = tuple(
        replace(t, replaced_by=data.draw(st.sampled_from([o.id for o in made])))
        if t.obsolete and data.draw(st.booleans())
        else t
        for t in made
    )
    folder = tmp_path_factory.mktemp("both")
    obo = write(folder / "x.obo", as_obo(given_terms))
    graph = write(folder / "x.json", as_graph(given_terms))
    assert list(read_concepts(graph, format="obographs-json")) == list(
        read_concepts(obo, format="obo")
    )


def test_nodes_that_are_no_terms_are_passed_over_and_stubs_counted(tmp_path: Path) -> None:
    told: dict[str, int] = {}
    others = (
        {"id": OBO_PURL + "mondo#part_of", "lbl": "part of", "type": "PROPERTY"},
        {"id": OBO_PURL + "MONDO_0000020", "lbl": "somebody", "type": "INDIVIDUAL"},
        {"id": OBO_PURL + "MONDO_0000021", "type": "CLASS"},
        {"id": "_:genid7", "lbl": "nameless", "type": "CLASS"},
        {"id": "http://www.ebi.ac.uk/efo/EFO_0000400", "lbl": "diabetes"},
    )
    edges = (
        {"sub": "http://www.ebi.ac.uk/efo/EFO_0000400", "pred": "part_of", "obj": address("CL:1")},
        {"sub": "http://www.ebi.ac.uk/efo/EFO_0000400", "pred": "is_a", "obj": "_:genid7"},
    )
    options = ReaderOptions(left_out=lambda path, why, n: told.update({why: n}))
    path = write(tmp_path / "x", as_graph(TERMS[:1], *others, edges=edges))
    found = list(read_concepts(path, options=options))
    assert [(c.concept_id, c.types, c.parents) for c in found] == [
        ("MONDO:0000001", ("Disease",), ()),
        ("EFO:0000400", ("Trait",), ()),
    ]
    assert told == {
        "nodes without a label (named by others, not described)": 1,
        "terms whose address gives no id": 1,
    }


def test_bad_nodes_are_told_with_their_lines_and_the_rest_is_read(tmp_path: Path) -> None:
    nodes = [
        '{"id": "MONDO:1", "lbl": "a", "type": "CLASS"}',
        '"MONDO:2"',
        '{"lbl": "c"}',
        '{"id": "MONDO:4", "lbl": ""}',
        '{"id": "MONDO:5", "lbl": "e", "meta": {"definition": {"val": 5.5}}}',
        json.dumps({"id": "MONDO:6", "lbl": "x" * 10_001}),
        '{"id": "MONDO:7", "lbl": "g", "meta": "none"}',
    ]
    path = write(tmp_path / "x", '{"graphs": [{"nodes": [\n' + ",\n".join(nodes) + "\n]}]}")
    problems = Problems()
    found = [c.concept_id for c in read_concepts(path, problems=problems)]
    assert found == ["MONDO:1", "MONDO:7"]
    assert [p.line for p in problems] == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"graphs": [{"nodes": [\n{"id": "MONDO:1", "lbl": "a"},\n', "ends too early"),
        ('{"graphs": [{"nodes": [\n{"id": "MONDO:1", "lbl": "a"} {', "expected ',' or ']'"),
        ('{"graphs": [{"nodes": [\n{"id": "MONDO:1", "lbl": "a"}]}]}\n]', "after the end"),
        ('{"graphs": [{"nodes": [\n{"id": "MONDO:1", "lbl": "a"}, ' + 5000 * "9", "too long"),
    ],
)
def test_broken_json_is_told_once_and_what_stands_before_is_read(
    tmp_path: Path, data: str, message: str
) -> None:
    path = write(tmp_path / "x", data)
    assert sniff_format(path) == "obographs-json"
    problems = Problems()
    assert [c.name for c in read_concepts(path, problems=problems)] == ["a"]
    assert [message in p.message for p in problems] == [True]


@pytest.mark.parametrize(
    ("address", "curie"),
    [
        ("http://purl.obolibrary.org/obo/HP_0000118", "HP:0000118"),
        ("http://purl.obolibrary.org/obo/APOLLO_SV_00000001", "APOLLO_SV:00000001"),
        ("http://purl.obolibrary.org/obo/NCBITaxon_9606", "NCBITaxon:9606"),
        ("http://www.ebi.ac.uk/efo/EFO_0000400", "EFO:0000400"),
        ("http://www.orpha.net/ORDO/Orphanet_558", "Orphanet:558"),
        ("http://identifiers.org/hgnc/5", "HGNC:5"),
        ("https://identifiers.org/hgnc/HGNC:5", "HGNC:5"),
        ("https://identifiers.org/HGNC:5", "HGNC:5"),
        ("http://identifiers.org/mesh/D000002", "MESH:D000002"),
        ("https://omim.org/entry/125853", "OMIM:125853"),
        ("https://www.omim.org/entry/125853", "OMIM:125853"),
        ("http://snomed.info/id/44054006", "SNOMEDCT:44054006"),
        ("http://linkedlifedata.com/resource/umls/id/C0011860", "UMLS:C0011860"),
        ("http://purl.bioontology.org/ontology/ICD10CM/E11.9", "ICD10CM:E11.9"),
        ("https://www.ncbi.nlm.nih.gov/gene/5468", "NCBIGene:5468"),
        ("MONDO:0005148", "MONDO:0005148"),
        ("http://purl.obolibrary.org/obo/mondo#disease_has_location", None),
        ("http://purl.obolibrary.org/obo/mondo.owl", None),
        ("https://x.org/a/b", None),
        ("_:genid12", None),
        ("", None),
    ],
)
def test_addresses_become_curies(address: str, curie: str | None) -> None:
    assert curie_of(address) == curie


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def flat(value: Any, depth: int, place: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if depth == 0 or not isinstance(value, list | dict):
        return [(place, value)]
    steps = value.items() if isinstance(value, dict) else ((IN_ARRAY, item) for item in value)
    return [found for step, item in steps for found in flat(item, depth - 1, (*place, step))]


@given(json_values, st.integers(0, 5), st.sampled_from([1, 2, 5, 1 << 18]))
@example([0.5, None], 1, 2)  # a piece ends within the number, after what could be one
def test_json_read_deep_equals_json_read_whole(
    tmp_path_factory: pytest.TempPathFactory, value: Any, depth: int, piece: int
) -> None:
    path = write(tmp_path_factory.mktemp("deep") / "x", json.dumps(value, indent=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", piece)
        found = list(iter_json_deep(path, depth=depth, problems=Problems(strict=True)))
    assert [(place, item) for _line, place, item in found] == flat(value, depth)


@pytest.mark.data
def test_real_hpo_as_obographs_gives_the_concepts_of_its_obo(
    shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "kb/hpo/hp_2026-02-16.obo.gz"
    by_obo = list(read_concepts(source))
    made = tuple(
        Term(
            c.concept_id,
            c.name,
            tuple((text, "EXACT") for text in c.synonyms),
            c.definition or "",
            c.parents,
            c.xrefs,
            c.alt_ids,
        )
        for c in by_obo
    )
    path = write(tmp_path / "hp.json", as_graph(made))
    assert sniff_format(path) == "obographs-json"
    assert list(read_concepts(path)) == by_obo
