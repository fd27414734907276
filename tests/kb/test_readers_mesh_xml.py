from __future__ import annotations

import gzip
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from biotk.errors import FormatError, InputError, Problems
from biotk.kb.readers import ReaderOptions, read_concepts, sniff_format
from biotk.kb.readers.delimited import iter_rows
from biotk.types import Concept

HEAD = """<?xml version="1.0"?>
<!DOCTYPE {0} SYSTEM "https://www.nlm.nih.gov/databases/dtd/nlm{1}_20260101.dtd">
<{0} LanguageCode = "eng">
"""
DESCRIPTOR_HEAD = HEAD.format("DescriptorRecordSet", "descriptorrecordset")
SUPPLEMENTARY_HEAD = HEAD.format("SupplementalRecordSet", "supplementalrecordset")

#: A descriptor with four concepts, of which one stands to the preferred one in each way.
GUT = """<DescriptorRecord DescriptorClass = "1">
 <DescriptorUI>D000002</DescriptorUI>
 <DescriptorName><String>Gut Tumours</String></DescriptorName>
 <DateCreated><Year>1999</Year><Month>01</Month><Day>01</Day></DateCreated>
 <AllowableQualifiersList><AllowableQualifier><QualifierReferredTo>
  <QualifierUI>Q000188</QualifierUI><QualifierName><String>drug therapy</String></QualifierName>
 </QualifierReferredTo><Abbreviation>DT</Abbreviation></AllowableQualifier>
 </AllowableQualifiersList>
 <SeeRelatedList><SeeRelatedDescriptor><DescriptorReferredTo>
  <DescriptorUI>D000003</DescriptorUI>
  <DescriptorName><String>Gut Disorders</String></DescriptorName>
 </DescriptorReferredTo></SeeRelatedDescriptor></SeeRelatedList>
 <TreeNumberList>
  <TreeNumber>C04.588</TreeNumber><TreeNumber>C06.301</TreeNumber>
 </TreeNumberList>
 <ConceptList>
  <Concept PreferredConceptYN="N"><ConceptUI>M0000002</ConceptUI>
   <ConceptName><String>Gut Cancer</String></ConceptName>
   <ScopeNote>Not the note of the record.</ScopeNote>
   <TermList>
    <Term ConceptPreferredTermYN="Y" IsPermutedTermYN="N" LexicalTag="NON"
     RecordPreferredTermYN="N">
     <TermUI>T2</TermUI><String>Gut Cancer</String></Term>
    <Term ConceptPreferredTermYN="N" IsPermutedTermYN="Y" LexicalTag="NON"
     RecordPreferredTermYN="N">
     <TermUI>T2</TermUI><String>Cancer, Gut</String></Term>
   </TermList></Concept>
  <Concept PreferredConceptYN="Y"><ConceptUI>M0000001</ConceptUI>
   <ConceptName><String>Gut Tumours</String></ConceptName>
   <ScopeNote>Growths of the
    gut.</ScopeNote>
   <ConceptRelationList>
    <ConceptRelation RelationName="NRW">
     <Concept1UI>M0000001</Concept1UI><Concept2UI>M0000002</Concept2UI></ConceptRelation>
    <ConceptRelation RelationName="NRW">
     <Concept1UI>M0000003</Concept1UI><Concept2UI>M0000001</Concept2UI></ConceptRelation>
   </ConceptRelationList>
   <TermList>
    <Term ConceptPreferredTermYN="Y" IsPermutedTermYN="N" LexicalTag="NON"
     RecordPreferredTermYN="Y">
     <TermUI>T1</TermUI><String>Gut Tumours</String><EntryVersion>GUT TUM</EntryVersion></Term>
    <Term ConceptPreferredTermYN="N" IsPermutedTermYN="N" LexicalTag="NON"
     RecordPreferredTermYN="N">
     <TermUI>T1a</TermUI><String>Bowel Tumours</String></Term>
   </TermList></Concept>
  <Concept PreferredConceptYN="N"><ConceptUI>M0000003</ConceptUI>
   <ConceptName><String>Gut Disease</String></ConceptName>
   <TermList><Term IsPermutedTermYN="N"><String>Gut Disease</String></Term></TermList></Concept>
  <Concept PreferredConceptYN="N"><ConceptUI>M0000004</ConceptUI>
   <ConceptName><String>Gut Mass</String></ConceptName>
   <ConceptRelationList><ConceptRelation RelationName="REL">
    <Concept1UI>M0000001</Concept1UI><Concept2UI>M0000004</Concept2UI></ConceptRelation>
   </ConceptRelationList>
   <TermList><Term IsPermutedTermYN="N"><String>Gut Mass</String></Term></TermList></Concept>
 </ConceptList>
</DescriptorRecord>
"""


def concept(terms: Iterable[str], extra: str = "") -> str:
    listed = "".join(f"<Term><String>{escape(term)}</String></Term>" for term in terms)
    return (
        f'<ConceptList><Concept PreferredConceptYN="Y"><ConceptUI>M1</ConceptUI>{extra}'
        f"<TermList>{listed}</TermList></Concept></ConceptList>"
    )


def descriptor(
    own: str, name: str, trees: Iterable[str] = (), terms: Iterable[str] = (), extra: str = ""
) -> str:
    listed = "".join(f"<TreeNumber>{tree}</TreeNumber>" for tree in trees)
    return (
        f'<DescriptorRecord DescriptorClass="1"><DescriptorUI>{own}</DescriptorUI><DescriptorName>'
        f"<String>{escape(name)}</String></DescriptorName><TreeNumberList>{listed}</TreeNumberList>"
        f"{concept([name, *terms], extra)}</DescriptorRecord>\n"
    )


def supplementary(
    own: str, name: str, mapped: Iterable[str], *, kind: str = "", terms: Iterable[str] = ()
) -> str:
    listed = "".join(
        f"<HeadingMappedTo><DescriptorReferredTo><DescriptorUI>{ui}</DescriptorUI>"
        "</DescriptorReferredTo></HeadingMappedTo>"
        for ui in mapped
    )
    given = f' SCRClass="{kind}"' if kind else ""
    return (
        f"<SupplementalRecord{given}><SupplementalRecordUI>{own}</SupplementalRecordUI>"
        f"<SupplementalRecordName><String>{escape(name)}</String></SupplementalRecordName>"
        f"<Note>Of {escape(name)}.</Note><HeadingMappedToList>{listed}</HeadingMappedToList>"
        f"{concept([name, *terms])}</SupplementalRecord>\n"
    )


def descriptors_of(*records: str) -> str:
    return DESCRIPTOR_HEAD + "".join(records) + "</DescriptorRecordSet>\n"


def supplementaries_of(*records: str) -> str:
    return SUPPLEMENTARY_HEAD + "".join(records) + "</SupplementalRecordSet>\n"


def read(path: Path, text: str, **options: object) -> dict[str, Concept]:
    path.write_text(text)
    return {c.concept_id: c for c in read_concepts(path, options=ReaderOptions(**options))}


def test_descriptor_takes_its_terms_note_trees_and_parents(tmp_path: Path) -> None:
    told: dict[str, int] = {}
    text = descriptors_of(
        GUT, descriptor("D000001", "Tumours", ["C04"]), descriptor("D000003", "Disorders", ["C06"])
    )
    found = read(
        tmp_path / "desc2026.xml", text, left_out=lambda path, why, n: told.update({why: n})
    )
    assert found["MESH:D000002"] == Concept(
        "MESH:D000002",
        "Gut Tumours",
        synonyms=("Bowel Tumours", "Gut Cancer", "Gut Mass"),
        types=("Disease",),
        definition="Growths of the gut.",
        parents=("MESH:D000001", "MESH:D000003"),
        source="MeSH",
    )
    assert told == {"permuted terms": 1, "BROAD synonyms": 1}


@pytest.mark.parametrize(
    ("scopes", "synonyms"),
    [
        (("EXACT",), ("Bowel Tumours",)),
        (("EXACT", "BROAD"), ("Bowel Tumours", "Gut Disease")),
        (("EXACT", "NARROW"), ("Bowel Tumours", "Gut Cancer")),
    ],
)
def test_descriptor_takes_the_scopes_that_are_asked_for(
    tmp_path: Path, scopes: tuple[str, ...], synonyms: tuple[str, ...]
) -> None:
    found = read(tmp_path / "x", descriptors_of(GUT), synonym_scopes=scopes)
    assert found["MESH:D000002"].synonyms == synonyms


def test_registry_numbers_of_the_preferred_concept_are_xrefs(tmp_path: Path) -> None:
    numbers = (
        "<RegistryNumberList><RegistryNumber>R16CO5Y76E</RegistryNumber>"
        "<RegistryNumber>0</RegistryNumber><RegistryNumber>EC 3.4.21.5</RegistryNumber>"
        "<RegistryNumber>EC 3.4.21.-</RegistryNumber><RegistryNumber>txid9606</RegistryNumber>"
        "</RegistryNumberList><RelatedRegistryNumberList>"
        "<RelatedRegistryNumber>50-78-2 (Aspirin)</RelatedRegistryNumber>"
        "<RelatedRegistryNumber>493-53-8 (sodium salt)</RelatedRegistryNumber>"
        "</RelatedRegistryNumberList>"
    )
    text = descriptors_of(
        descriptor("D001241", "Aspirin", ["D02"], extra=numbers),
        descriptor(
            "D000002", "X", extra="<RegistryNumber>7487-88-9</RegistryNumber>"
        ),  # before 2024
    )
    found = read(tmp_path / "x", text)
    assert found["MESH:D001241"].xrefs == (
        "UNII:R16CO5Y76E",
        "EC:3.4.21.5",
        "NCBITaxon:9606",
        "CAS:50-78-2",
    )
    assert found["MESH:D000002"].xrefs == ("CAS:7487-88-9",)
    assert found["MESH:D000002"].types == ("CheckTag",)


def test_supplementary_class_decides_the_type(tmp_path: Path) -> None:
    (tmp_path / "desc2026.xml").write_text(
        descriptors_of(descriptor("D000001", "Proteins", ["D12"]))
    )
    path = tmp_path / "supp2026.xml"
    records = [
        supplementary(f"C00000{kind}", "n", ["*D000001"], kind=str(kind)) for kind in range(1, 7)
    ]
    found = read(path, supplementaries_of(*records, supplementary("C000009", "gutol", ["D000001"])))
    assert [c.types for c in found.values()] == [
        ("Chemical",),
        ("Procedure",),
        ("Disease",),
        ("Species",),
        ("PopulationGroup",),
        ("Anatomy",),
        ("Chemical",),  # by the descriptor that it is mapped to
    ]
    assert found["MESH:C000003"] == Concept(
        "MESH:C000003",
        "n",
        types=("Disease",),
        definition="Of n.",
        parents=("MESH:D000001",),
        source="MeSH",
    )


def test_supplementary_without_class_or_descriptors_says_so(tmp_path: Path) -> None:
    told: dict[str, int] = {}
    text = supplementaries_of(supplementary("C000001", "gutol", ["D000001"]))
    found = read(tmp_path / "x", text, left_out=lambda path, why, n: told.update({why: n}))
    assert found["MESH:C000001"].types == ("SupplementaryConcept",)
    assert told == {"types of records whose descriptors are not at hand": 1}


def test_supplementary_of_an_unknown_class_is_told_and_typed_by_its_descriptors(
    tmp_path: Path,
) -> None:
    companion = tmp_path / "descriptors.tsv"
    companion.write_text("D000001\tProteins\t\tD12\t\n")
    path = tmp_path / "x.xml"
    path.write_text(supplementaries_of(supplementary("C000001", "gutol", ["D000001"], kind="7")))
    problems = Problems()
    (found,) = read_concepts(path, problems=problems)
    assert found.types == ("Chemical",)
    assert [(p.line, "SCRClass '7'" in p.message) for p in problems] == [(4, True)]


def test_companion_is_that_of_the_same_year_and_may_be_xml_for_the_tables_too(
    tmp_path: Path,
) -> None:
    for year, tree in (("2024", "D12"), ("2026", "C04"), ("2025", "A01")):
        text = descriptors_of(descriptor("D000001", "x", [tree]))
        (tmp_path / f"desc{year}.xml").write_text(text)
    text = supplementaries_of(supplementary("C000001", "y", ["D000001"]))
    assert read(tmp_path / "supp2024.xml", text)["MESH:C000001"].types == ("Chemical",)
    table = "C000001\ty\t\tD000001\n"
    assert read(tmp_path / "supplementary.tsv", table)["MESH:C000001"].types == ("Disease",)


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("QualifierRecordSet", "MeSH qualifiers"),
        ("PharmacologicalActionSet", "pharmacological actions"),
    ],
)
def test_other_files_of_nlm_are_refused(tmp_path: Path, root: str, message: str) -> None:
    path = tmp_path / "qual2026.xml"
    path.write_text(HEAD.format(root, "x") + f"</{root}>\n")
    assert sniff_format(path) == "mesh-xml"
    with pytest.raises(InputError, match=message):
        list(read_concepts(path))


def test_other_xml_is_refused_by_its_root(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("<ICD10CM.tabular/>")
    with pytest.raises(InputError, match=r"its root is <ICD10CM\.tabular>"):
        list(read_concepts(path, format="mesh-xml"))


def test_bad_records_are_told_with_their_lines_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(
        descriptors_of(
            descriptor("D000001", "fever", ["C23"]),
            descriptor("D1", "short id"),
            descriptor("", "no id"),
            descriptor("D000002", ""),
            descriptor("D000003", "x" * 10_001),
            descriptor("D000004", "long term", terms=["x" * 10_001, "short"]),
            descriptor("D000001", "fever again"),
            "<DescriptorRecord><DescriptorUI>D000005</DescriptorUI></DescriptorRecord>\n",
            descriptor("D000006", "cough"),
        )
    )
    problems = Problems()
    found = list(read_concepts(path, problems=problems))
    assert [c.name for c in found] == ["fever", "long term", "cough"]
    assert found[1].synonyms == ("short",)
    assert [p.line for p in problems] == [5, 6, 7, 8, 9, 10, 11]
    assert "D000001 stands in line 4 already" in problems.kept[5].message
    assert all(p.text for p in problems)
    with pytest.raises(FormatError, match="x:5: 'D1' is no id"):
        list(read_concepts(path))


def table_as_xml(rows: Iterable[list[str]]) -> str:
    """The rows of a table of descriptors as NLM would write them."""
    records = []
    for own, name, synonyms, trees, *taxa in rows:
        numbers = "".join(
            f"<RegistryNumber>txid{taxon}</RegistryNumber>"
            for taxon in "".join(taxa).split("|")
            if taxon
        )
        terms = synonyms.split("|") if synonyms else []
        records.append(descriptor(own, name, filter(None, trees.split("|")), terms, numbers))
    return descriptors_of(*records)


@pytest.mark.data
def test_table_and_xml_of_the_same_descriptors_give_equal_concepts(
    shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "kb/mesh/descriptors.tsv.gz"
    rows = [row for _, row, _ in islice(iter_rows(source, "\t", problems=Problems()), 3000)]
    table, xml = tmp_path / "d.tsv", tmp_path / "desc2024.xml.gz"
    table.write_text("".join("\t".join(row) + "\n" for row in rows))
    xml.write_bytes(gzip.compress(table_as_xml(rows).encode()))
    assert list(read_concepts(xml)) == list(read_concepts(table))
    supp = shared_data / "kb/mesh/supplementary.tsv.gz"
    rows = [row for _, row, _ in islice(iter_rows(supp, "\t", problems=Problems()), 3000)]
    table, xml = tmp_path / "s.tsv", tmp_path / "supp2024.xml"
    table.write_text("".join("\t".join(row) + "\n" for row in rows))
    xml.write_text(
        supplementaries_of(
            *(supplementary(r[0], r[1], r[3].split(","), terms=r[2].split("|")) for r in rows)
        )
    )
    options = ReaderOptions(companion=tmp_path / "d.tsv")
    by_xml = [
        # The table has no notes; the helper writes one for each record.
        Concept(c.concept_id, c.name, c.synonyms, c.types, None, c.parents, c.xrefs, (), c.source)
        for c in read_concepts(xml)
    ]
    assert by_xml == list(read_concepts(table, options=options))
    assert {c.types for c in by_xml} >= {("Chemical",), ("SupplementaryConcept",)}
