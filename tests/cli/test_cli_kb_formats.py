"""What ``biotk kb build`` is told of MeSH XML, ICD-10-CM and ontologies."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.kb import open_kb

DESCRIPTORS = """<DescriptorRecordSet><DescriptorRecord><DescriptorUI>D000001</DescriptorUI>
<DescriptorName><String>Proteins</String></DescriptorName>
<TreeNumberList><TreeNumber>D12</TreeNumber></TreeNumberList></DescriptorRecord>
</DescriptorRecordSet>"""
SUPPLEMENTARY = """<SupplementalRecordSet><SupplementalRecord>
<SupplementalRecordUI>C000001</SupplementalRecordUI>
<SupplementalRecordName><String>gutol</String></SupplementalRecordName><HeadingMappedToList>
<HeadingMappedTo><DescriptorReferredTo><DescriptorUI>*D000001</DescriptorUI>
</DescriptorReferredTo></HeadingMappedTo></HeadingMappedToList></SupplementalRecord>
</SupplementalRecordSet>"""
ICD = """<ICD10CM.tabular><diag><name>S72.0</name><desc>Fracture of neck</desc>
<includes><note>broken neck of femur</note></includes>
<sevenChrDef><extension char="A">initial encounter</extension></sevenChrDef></diag>
</ICD10CM.tabular>"""


def build(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", "build", *map(str, arguments)])


@pytest.fixture
def icd(tmp_path: Path) -> Path:
    path = tmp_path / "icd.xml"
    path.write_text(ICD)
    return path


def test_supplementary_records_find_descriptors_of_any_name_among_the_sources(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "a.xml", tmp_path / "b.xml"
    first.write_text(SUPPLEMENTARY)
    second.write_text(DESCRIPTORS)
    result = build(first, second, "-o", tmp_path / "kb")
    assert result.exit_code == 0, result.output
    kb = open_kb(tmp_path / "kb")
    assert kb["MESH:C000001"].types == ("Chemical",)
    assert {source.name for source in kb.manifest.sources} == {"MeSH"}


def test_scopes_and_seventh_characters_reach_the_reader(tmp_path: Path, icd: Path) -> None:
    assert build(icd, "-o", tmp_path / "plain").exit_code == 0
    kb = open_kb(tmp_path / "plain")
    assert (len(kb), kb["S720"].synonyms) == (1, ("broken neck of femur",))
    result = build(icd, "-o", tmp_path / "kb", "--scopes", "exact", "--seventh-characters")
    assert result.exit_code == 0, result.output
    kb = open_kb(tmp_path / "kb")
    assert kb["S72.0"].synonyms == ()
    assert kb["S720XXA"].name == "Fracture of neck, initial encounter"


def test_unknown_scope_exits_with_2_and_lists_the_known(tmp_path: Path, icd: Path) -> None:
    result = build(icd, "-o", tmp_path / "kb", "--scopes", "EXAKT")
    assert result.exit_code == 2
    assert "Did you mean 'EXACT'" in result.output
    assert not (tmp_path / "kb").exists()


def test_retired_id_leads_to_its_replacement_in_another_source(tmp_path: Path) -> None:
    first, second = tmp_path / "mondo.obo", tmp_path / "hp.json"
    first.write_text(
        "format-version: 1.2\n\n[Term]\nid: MONDO:1\nname: disease\n\n"
        "[Term]\nid: MONDO:2\nname: old sign\nis_obsolete: true\nreplaced_by: HP:7\n"
    )
    second.write_text('{"graphs": [{"nodes": [{"id": "HP:7", "lbl": "sign", "type": "CLASS"}]}]}')
    result = build(first, second, "-o", tmp_path / "kb")
    assert result.exit_code == 0, result.output
    assert open_kb(tmp_path / "kb")["MONDO:2"].concept_id == "HP:7"
