from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from biotk.errors import ConceptNotFoundError, InputError, Problems, strict
from biotk.kb import KbBuilder, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.kb.readers import ReaderOptions, read_concepts, sniff_format
from biotk.kb.readers.icd10cm import covers
from biotk.kb.readers.icd10cm_names import SITES_AND_SUBSTANCES, shorter_forms, split_title
from biotk.kb.readers.seventh import SEVENTH
from biotk.types import Concept

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
 <version>2026</version>
 <introduction><introSection type="title"><title>Tabular</title></introSection></introduction>
 <chapter><name>4</name><desc>Gut and sugar (E00-E89)</desc>
  <includes><note>sugar trouble</note></includes>
  <sectionIndex><sectionRef first="E08" last="E13" id="E08-E13">Diabetes</sectionRef></sectionIndex>
  <section id="E00-E20"><desc>All of it (E00-E20)</desc></section>
  <section id="E08-E13"><desc>Sugar diseases (E08-E13)</desc>
   <diag><name>E11</name><desc>Type 2 diabetes mellitus</desc>
    <includes><note>diabetes (mellitus) NOS</note><note>conditions in E08</note></includes>
    <excludes1><note>gestational diabetes (O24.4-)</note></excludes1>
    <useAdditionalCode><note>code to identify insulin use (Z79.4)</note></useAdditionalCode>
    <diag><name>E11.4</name><desc>Type 2 diabetes mellitus with neurological complications</desc>
     <diag><name>E11.40</name><desc>Type 2 diabetes with neuropathy [nerves], unspecified</desc>
      <inclusionTerm><note>Sweet nerves</note><note>Use with care.</note></inclusionTerm>
     </diag>
     <diag><name>E11.41</name><desc>Mono-neuropathy</desc></diag>
    </diag>
    <diag><name>E11.9</name><desc>Type 2 diabetes mellitus without complications</desc></diag>
   </diag>
  </section>
  <section id="E16"><desc>Low sugar conditions (E16)</desc>
   <diag><name>E16</name><desc>Low sugar</desc></diag>
  </section>
 </chapter>
 <chapter><name>18</name><desc>Signs (R00-R99)</desc>
  <section id="R50-R69"><desc>General (R50-R69)</desc>
   <diag><name>R50</name><desc>Fever</desc></diag>
  </section>
 </chapter>
 <chapter><name>19</name><desc>Injury (S00-T88)</desc>
  <section id="S70-S79"><desc>Hip (S70-S79)</desc>
   <diag><name>S72</name><desc>Fracture of femur</desc>
    <inclusionTerm><note>Heel bone</note></inclusionTerm>
    <sevenChrNote><note>to be added to each code</note></sevenChrNote>
    <sevenChrDef><extension char="A">initial encounter</extension>
     <extension char="S">sequela</extension></sevenChrDef>
    <diag><name>S72.0</name><desc>Fracture of neck</desc></diag>
    <diag><name>S72.1</name><desc>Fracture of shaft</desc>
     <diag placeholder="true"><name>S72.1X</name><desc>Fracture of shaft</desc>
      <sevenChrDef><extension char="D">subsequent encounter</extension></sevenChrDef>
      <diag><name>S72.1X1</name><desc>Right</desc></diag>
      <diag><name>S72.1X12</name><desc>Longest</desc></diag>
     </diag>
    </diag>
   </diag>
  </section>
 </chapter>
 <chapter><name>20</name><desc>Causes (V00-Y99)</desc>
  <section id="W00-W19"><desc>Falls (W00-W19)</desc>
   <diag><name>W00</name><desc>Fall on ice</desc></diag>
  </section>
 </chapter>
 <chapter><name>21</name><desc>Contacts (Z00-Z99)</desc>
  <section id="Z66"><desc>Do not resuscitate status (Z66)</desc></section>
 </chapter>
</ICD10CM.tabular>
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "icd.xml"
    path.write_text(TABULAR)
    return path


def read(path: Path, **options: object) -> dict[str, Concept]:
    read = read_concepts(path, options=ReaderOptions(**options))
    return {c.concept_id.removeprefix("ICD10CM:"): c for c in read}


def test_codes_take_titles_inclusion_terms_and_their_shorter_forms(path: Path) -> None:
    found = read(path)
    assert found["E11.40"] == Concept(
        "ICD10CM:E11.40",
        "Type 2 diabetes with neuropathy [nerves], unspecified",
        synonyms=(
            "Sweet nerves",
            "Type 2 diabetes with neuropathy [nerves]",
            "Type 2 diabetes with neuropathy",
        ),
        types=("Disease",),
        parents=("ICD10CM:E11.4",),
        alt_ids=("ICD10CM:E1140",),
        source="ICD10CM",
    )
    assert found["E11"].synonyms == ("diabetes (mellitus) NOS", "diabetes (mellitus)", "diabetes")
    assert (found["E11"].alt_ids, found["S72"].synonyms) == ((), ())


def test_chapters_and_sections_stand_above_codes_by_their_ranges(path: Path) -> None:
    found = read(path)
    assert {i: c.parents for i, c in found.items() if i.startswith("E")} == {
        "E00-E89": (),
        "E00-E20": ("ICD10CM:E00-E89",),
        "E08-E13": ("ICD10CM:E00-E20",),
        "E11": ("ICD10CM:E08-E13",),
        "E11.4": ("ICD10CM:E11",),
        "E11.40": ("ICD10CM:E11.4",),
        "E11.41": ("ICD10CM:E11.4",),
        "E11.9": ("ICD10CM:E11",),
        "E16": ("ICD10CM:E00-E20",),
    }
    assert (found["E00-E89"].name, found["E00-E89"].synonyms) == (
        "Gut and sugar",
        ("sugar trouble",),
    )
    assert found["E16"].synonyms == ("Low sugar conditions",)
    assert found["Z66"].name == "Do not resuscitate status"  # its one category is not there


def test_chapters_give_types(path: Path) -> None:
    found = read(path)
    assert {c.types for i, c in found.items() if i[0] in "ES"} == {("Disease",)}
    assert found["R50"].types == found["R00-R99"].types == ("Phenotype", "Disease")
    assert (found["W00"].types, found["Z66"].types) == (("ExternalCause",), ("HealthCare",))
    assert {c.types for c in read(path, types=("Code",)).values()} == {("Code",)}


def test_what_is_left_out_is_counted(path: Path) -> None:
    told: dict[str, int] = {}
    read(path, synonym_scopes=("EXACT",), left_out=lambda path, why, n: told.update({why: n}))
    assert told == {
        "NARROW synonyms": 2,
        SEVENTH: 3,
        "notes that are sentences, refer to codes, or name but a site or a substance": 3,
        "sections of one category, which is told as that category": 1,
    }


def test_seventh_characters_are_codes_where_they_are_asked_for(path: Path) -> None:
    plain, found = read(path), read(path, seventh_characters=True)
    new = {i: c for i, c in found.items() if i not in plain}
    assert {i: (c.name, c.parents) for i, c in new.items()} == {
        "S72.0XXA": ("Fracture of neck, initial encounter", ("ICD10CM:S72.0",)),
        "S72.0XXS": ("Fracture of neck, sequela", ("ICD10CM:S72.0",)),
        "S72.1X1D": ("Right, subsequent encounter", ("ICD10CM:S72.1X1",)),
    }
    assert new["S72.0XXA"].alt_ids == ("ICD10CM:S720XXA",)
    assert {i: found[i] for i in plain} == plain


def test_seventh_characters_that_were_left_out_are_told_where_one_is_asked_for(
    path: Path, tmp_path: Path
) -> None:
    for wanted in (False, True):
        builder = KbBuilder("icd")
        info = SourceInfo(name="ICD10CM", file="", format="icd10cm", sha256="")
        options = ReaderOptions(left_out=builder.add_left_out, seventh_characters=wanted)
        builder.add(read_concepts(path, options=options), info)
        kb = open_kb(builder.write(tmp_path / str(wanted)))
        for asked in ("S72.1X1D", "ICD10CM:s721x1d", "S72.1X1Q", "S72.9XXA", "E11.9"):
            try:
                kb.index_of(asked)
                told = "found"
            except ConceptNotFoundError as error:
                told = str(error)
            known = asked == "E11.9" or (wanted and asked.upper().endswith("D"))
            hinted = not wanted and asked not in ("S72.9XXA", "E11.9")
            assert (told == "found") == known
            assert ("It is ICD10CM:S72.1X1 with a seventh" in told) == hinted
            assert ("--seventh-characters" in told) == hinted


def test_codes_with_and_without_dot_and_prefix_lead_to_one_concept(
    path: Path, tmp_path: Path
) -> None:
    builder = KbBuilder("icd")
    builder.add(read_concepts(path))
    kb = open_kb(builder.write(tmp_path / "kb"))
    assert {kb[i].concept_id for i in ("E11.40", "E1140", "ICD10CM:E11.40", "ICD10CM:E1140")} == {
        "ICD10CM:E11.40"
    }


def test_bad_codes_are_told_with_their_lines_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    rows = [
        ("A00", "Cholera"),
        ("", "no code"),
        ("A00.12345", "too long"),
        ("A01", ""),
        ("A02", "x" * 10_001),
        ("A00", "again"),
        ("A03", "Shigellosis"),
    ]
    body = "".join(f"<diag><name>{c}</name><desc>{d}</desc></diag>\n" for c, d in rows)
    path.write_text(f"<ICD10CM.tabular>\n{body}</ICD10CM.tabular>")
    problems = Problems()
    found = list(read_concepts(path, problems=problems))
    assert [c.name for c in found] == ["Cholera", "Shigellosis"]
    assert [p.line for p in problems] == [3, 4, 5, 6, 7]
    assert "A00 stands in line 2 already" in problems.kept[-1].message


def test_nested_bad_code_is_told_with_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(TABULAR.replace("<name>E11.41<", "<name>E11-41<"))
    problems = Problems()
    found = [c.concept_id for c in read_concepts(path, problems=problems)]
    assert "ICD10CM:E11.9" in found
    assert [TABULAR.split("\n")[p.line - 1].strip()[:18] for p in problems] == [
        "<diag><name>E11.41"
    ]


def test_code_within_something_else_than_a_code_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(
        "<ICD10CM.tabular>\n<diag><name>A00</name><desc>Cholera</desc>"
        "<group><diag><name>A00.0</name><desc>Classical cholera</desc></diag></group></diag>"
        "<diag><name>A01</name><desc>Typhoid</desc></diag></ICD10CM.tabular>"
    )
    problems = Problems()
    assert [c.name for c in read_concepts(path, problems=problems)] == ["Cholera", "Typhoid"]
    assert [(p.line, p.text) for p in problems] == [(2, "<diag> A00")]


def test_section_without_a_range_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(TABULAR.replace(' id="R50-R69"><desc>General (R50-R69)', "><desc>General"))
    problems = Problems()
    found = {c.concept_id: c for c in read_concepts(path, problems=problems)}
    assert [p.message for p in problems] == ["the id is empty"]
    assert found["ICD10CM:R50"].parents == ("ICD10CM:R00-R99",)


def test_other_xml_is_refused_by_its_root(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("<ICD10CM.index/>")
    with pytest.raises(InputError, match=r"its root is <ICD10CM\.index>"):
        list(read_concepts(path, format="icd10cm-xml"))


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Chest pain, unspecified", ["Chest pain"]),
        ("Stroke NOS", ["Stroke"]),
        ("Pneumonia, unspecified organism", ["Pneumonia"]),
        ("Unspecified atrial fibrillation", ["Atrial fibrillation"]),
        ("Pain in unspecified knee", []),
        ("Unilateral arthritis, unspecified knee", []),  # it is the knee, whichever
        ("NOS", []),
        ("(other)", []),
        ("unspecified", []),
    ],
)
def test_shorter_forms_lack_only_what_may_be_absent(name: str, forms: list[str]) -> None:
    assert shorter_forms(name) == forms


def test_no_shorter_form_takes_the_name_of_another_code(tmp_path: Path) -> None:
    path = tmp_path / "x"
    rows = [("A00", "Cholera"), ("A00.9", "Cholera, unspecified"), ("A01", "Typhoid, unspecified")]
    body = "".join(f"<diag><name>{c}</name><desc>{d}</desc></diag>\n" for c, d in rows)
    path.write_text(f"<ICD10CM.tabular>\n{body}</ICD10CM.tabular>")
    assert [c.synonyms for c in read_concepts(path)] == [(), (), ("Typhoid",)]


def test_ranges_are_read_and_compared() -> None:
    assert split_title("Skin (L76)") == ("Skin", "L76")
    assert split_title("Skin (of the nose)") == ("Skin (of the nose)", "")
    assert covers("C00-C96", "C7A")
    assert not covers("C00-C75", "C7A")
    assert not covers("E08-E13", "E08-E13")


@pytest.mark.data
def test_real_tabular_list_has_the_counts_that_are_known(shared_data: Path) -> None:
    path = shared_data / "kb/icd10cm/icd10cm_tabular_2026-04.xml.gz"
    assert sniff_format(path) == "icd10cm-xml"
    told: dict[str, int] = {}
    options = ReaderOptions(left_out=lambda path, why, n: told.update({why: n}))
    found = {c.concept_id: c for c in read_concepts(path, problems=strict(), options=options)}
    codes = [i for i in found if "-" not in i]
    groups = [i for i in found if "-" in i]
    assert (len(codes), len(groups)) == (46_881, 22 + 297 - 39)
    roots = [c for c in found.values() if not c.parents]
    assert len(roots) == 22
    assert not [p for c in found.values() for p in c.parents if p not in found]
    types = Counter(c.types[0] for c in found.values())
    assert types == {
        "Disease": 40_758,
        "ExternalCause": 3_670,
        "HealthCare": 1_853,
        "Phenotype": 880,
    }
    assert told == {
        SEVENTH: 51_381,
        "notes that are sentences, refer to codes, or name but a site or a substance": 283,
        "sections of one category, which is told as that category": 39,
    }
    assert found["ICD10CM:I10"].synonyms == (
        "high blood pressure",
        "hypertension (arterial) (benign) (essential) (malignant) (primary) (systemic)",
        "Essential hypertension",
        "hypertension",
    )
    assert "Chest pain" in found["ICD10CM:R07.9"].synonyms
    assert found["ICD10CM:C50"].parents == ("ICD10CM:C00-C75",)
    assert found["ICD10CM:C7A"].parents == ("ICD10CM:C00-C96",)
    names = {name.lower() for c in found.values() for name in (c.name, *c.synonyms)}
    assert not names & SITES_AND_SUBSTANCES


@pytest.mark.data
def test_real_tabular_list_with_seventh_characters_has_all_codes_that_are_billed(
    shared_data: Path,
) -> None:
    path = shared_data / "kb/icd10cm/icd10cm_tabular_2026-04.xml.gz"
    options = ReaderOptions(seventh_characters=True)
    found = {c.concept_id: c for c in read_concepts(path, options=options)}
    inner = {parent for c in found.values() for parent in c.parents}
    assert len(found.keys() - inner) == 74_795
    assert found["ICD10CM:S72.001A"].name == (
        "Fracture of unspecified part of neck of right femur, initial encounter for closed fracture"
    )
