from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import rrf_files as rrf

from biotk.errors import FormatError, InputError, Problems, UnknownNameError
from biotk.kb.readers import ReaderOptions, read_concepts, sniff_format
from biotk.kb.readers.rrf.codes import code_curie
from biotk.kb.readers.rrf.semantic_types import (
    EXCEPTIONS,
    GROUPS,
    SEMANTIC_TYPES,
    common_types,
    find_tuis,
)
from biotk.types import Concept

Told = Counter[tuple[str, str]]


def read(
    path: Path, *, told: Told | None = None, problems: Problems | None = None, **options: object
) -> dict[str, Concept]:
    def left_out(file: Path, why: str, count: int) -> None:
        if told is not None:
            told[file.name, why] += count

    chosen = ReaderOptions(left_out=left_out, **options)
    concepts = list(read_concepts(path, options=chosen, problems=problems))
    assert len({c.concept_id for c in concepts}) == len(concepts)
    return {c.concept_id.removeprefix("UMLS:C00000"): c for c in concepts}


@pytest.fixture
def meta(tmp_path: Path) -> Path:
    return rrf.write(tmp_path / "META", rrf.UMLS)


def only(folder: Path, *names: str, **rows: list[str]) -> Path:
    """Write some files of the set, others with other rows."""
    return rrf.write(folder, {name: rrf.UMLS[name] for name in names} | rows)


def test_umls_gives_concepts_with_all_that_the_files_say(meta: Path) -> None:
    found = read(meta)
    assert list(found) == ["01", "02", "03", "04", "05", "08"]
    assert found["02"] == Concept(
        "UMLS:C0000002",
        "Glimmeritis",
        synonyms=("Glimmer inflammation", "GLIMMERITIS", "Inflamed glimmer"),
        types=("Disease", "T047", "T191"),
        definition="Inflammation of the glimmer.",
        parents=("UMLS:C0000001",),
        xrefs=("MESH:D990002", "HP:9900002", "OMIM:990002"),
        alt_ids=("UMLS:C0000081", "UMLS:C0000082"),
        source="UMLS",
    )
    assert {key: c.types[0] for key, c in found.items()} == {
        "01": "Disease", "02": "Disease", "03": "Chemical", "04": "Gene", "05": "Phenotype",
        "08": "Anatomy",
    }  # fmt: skip
    assert found["03"].xrefs == ("RXNORM:9901", "MESH:C990003")
    assert found["04"].xrefs == ("HGNC:99001",)


def test_umls_counts_what_it_leaves_out(meta: Path) -> None:
    told: Told = Counter()
    read(meta, told=told)
    assert told == {
        ("MRCONSO.RRF", "codes of vocabularies that are no cross-references"): 1,
        ("MRCONSO.RRF", "concepts of which no row is left"): 2,
        ("MRCONSO.RRF", "rows in other languages"): 2,
        ("MRCONSO.RRF", "suppressed rows"): 2,
        ("MRDEF.RRF", "definitions of rows that are left out"): 1,
        ("MRDEF.RRF", "further definitions of a concept"): 1,
        ("MRDEF.RRF", "suppressed rows"): 1,
        ("MRREL.RRF", "relationships of broader concepts other than is-a"): 2,
        ("MRREL.RRF", "relationships of rows that are left out"): 1,
        ("MRREL.RRF", "rows of concepts that are left out"): 1,
        ("MRSTY.RRF", "rows of concepts that are left out"): 1,
        ("MRCUI.RRF", "retired ids mapped to a broader, narrower or related concept only"): 1,
        ("MRCUI.RRF", "retired ids that replace one another"): 2,
        ("MRCUI.RRF", "retired ids whose replacement is not in this file"): 1,
        ("MRCUI.RRF", "retired ids with several replacements"): 1,
        ("MRCUI.RRF", "retired ids without a replacement"): 1,
    }


def test_languages_choose_rows_and_order_the_names(meta: Path) -> None:
    spanish = read(meta, languages=("spa", "eng"))
    assert spanish["01"].name == "Trastornos del fulgor"
    assert "Glimmer Disorders" in spanish["01"].synonyms
    assert spanish["06"].name == "Brote de fulgor"
    assert spanish["06"].parents == ("UMLS:C0000001",)
    everything = read(meta, languages=())
    assert everything["01"].name == "Disorder of glimmer"
    assert "Trastornos del fulgor" in everything["01"].synonyms


def test_sabs_choose_rows_definitions_and_parents(meta: Path) -> None:
    found = read(meta, sabs=("snomedct_us", "MSH"))
    assert sorted(found) == ["01", "02", "03"]
    assert found["02"].synonyms == ()
    assert found["02"].definition is None
    assert found["02"].parents == ("UMLS:C0000001",)
    assert read(meta, sabs=("HPO",))["02"].parents == ()


@pytest.mark.parametrize("sab", ["NCI_CareLex", "nci_carelex"])
def test_sabs_are_chosen_whatever_their_case(tmp_path: Path, sab: str) -> None:
    rows = [rrf.preferred(1, 101, "Glimmer Disorders", "NCI_CareLex")]
    sabs = [rrf.row("MRSAB", RSAB="NCI_CareLex")]
    folder = rrf.write(tmp_path / "META", {"MRCONSO": rows, "MRSAB": sabs})
    problems = Problems()
    assert list(read(folder, sabs=(sab,), problems=problems)) == ["01"]
    assert problems.kept == []


@pytest.mark.parametrize(
    "wanted", ["T109", "Organic Chemical", "chem", "Chemicals & Drugs", "Chemical"]
)
def test_semantic_types_choose_concepts_by_tui_name_group_or_common_type(
    meta: Path, wanted: str
) -> None:
    told: Told = Counter()
    assert list(read(meta, told=told, semantic_types=(wanted,))) == ["03"]
    assert told["MRCONSO.RRF", "concepts of other semantic types"] == 5


def test_suppressed_rows_are_read_on_demand_and_never_preferred(meta: Path) -> None:
    found = read(meta, keep_suppressed=True)
    assert found["07"].name == "Old glimmer"
    assert found["02"].name == "Glimmeritis"
    assert "Glimmer fire (obsolete)" in found["02"].synonyms
    assert found["02"].definition == "Taken back."
    assert found["02"].parents == ("UMLS:C0000001", "UMLS:C0000007")
    assert found["07"].alt_ids == ("UMLS:C0000086",)


def test_unknown_choices_are_refused_with_what_there_is(meta: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Disease or Syndrome"):
        read(meta, semantic_types=("Disease or Syndrom",))
    problems = Problems()
    read(meta, sabs=("MSH", "SNOMEDCT"), problems=problems)
    assert "no row of SNOMEDCT; there are rows of " in str(problems.kept[0])
    assert "SNOMEDCT_US" in str(problems.kept[0])
    sabs = [rrf.row("MRSAB", RSAB=sab) for sab in ("MSH", "SNOMEDCT_US")]
    with pytest.raises(UnknownNameError, match="SNOMEDCT_US"):
        read(only(tmp_path / "b", "MRCONSO", MRSAB=sabs), sabs=("SNOMEDCT",))
    with pytest.raises(InputError, match="MRSTY"):
        read(only(tmp_path / "c", "MRCONSO"), semantic_types=("T047",))


def test_preferred_name_without_ranks_is_the_one_that_nlm_flags(tmp_path: Path) -> None:
    rows = [
        rrf.conso(1, 1, "b", TS="S", STT="PF", ISPREF="Y"),
        rrf.conso(1, 2, "c", TS="P", STT="VO", ISPREF="Y"),
        rrf.conso(1, 3, "d", "RXNORM", TTY="IN", TS="P", STT="PF", ISPREF="N"),
        rrf.conso(1, 4, "a", TS="P", STT="PF", ISPREF="Y"),
    ]
    (concept,) = read(only(tmp_path / "META", MRCONSO=rows)).values()
    assert (concept.name, *concept.synonyms) == ("a", "d", "c", "b")


def test_conso_alone_gives_names_and_says_that_types_are_missing(tmp_path: Path) -> None:
    told: Told = Counter()
    found = read(only(tmp_path / "META", "MRCONSO"), told=told)
    assert found["02"].name == "Glimmeritis"
    assert (found["02"].types, found["02"].parents, found["02"].definition) == ((), (), None)
    assert told["MRCONSO.RRF", "types of concepts that no file tells"] == 6


def test_hier_tells_parents_only_without_rel(tmp_path: Path) -> None:
    told: Told = Counter()
    found = read(only(tmp_path / "a", "MRCONSO", "MRHIER"), told=told)
    assert {key for key, c in found.items() if c.parents} == {"02"}
    assert found["02"].parents == ("UMLS:C0000001",)
    assert told["MRHIER.RRF", "parents whose atom is in no row"] == 1
    assert told["MRHIER.RRF", "relationships of broader concepts other than is-a"] == 1
    both = read(only(tmp_path / "b", "MRCONSO", "MRREL", MRHIER=[rrf.hier(3, 302, 101)]))
    assert (both["02"].parents, both["03"].parents) == (("UMLS:C0000001",), ())


def test_one_code_may_belong_to_several_concepts(tmp_path: Path) -> None:
    rows = [rrf.conso(n, n, f"name {n}", CODE="D990001") for n in (1, 2)]
    found = read(only(tmp_path / "META", MRCONSO=rows))
    assert {c.xrefs for c in found.values()} == {("MESH:D990001",)}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("named", ["META", "META/MRCONSO.RRF", ""])
def test_a_release_is_found_whatever_of_it_is_named(
    tmp_path: Path, named: str, packed: bool
) -> None:
    meta = rrf.write(tmp_path / "2025AB" / "META", rrf.UMLS)
    if packed:
        rrf.pack(meta)
        named = named.replace(".RRF", ".RRF.gz")
    path = tmp_path / "2025AB" / named
    assert sniff_format(path) == "umls-rrf"
    assert read(path)["02"].parents == ("UMLS:C0000001",)


def test_missing_names_are_one_error_that_says_where_they_should_be(tmp_path: Path) -> None:
    folder = only(tmp_path / "META", "MRSTY")
    assert sniff_format(folder) == "umls-rrf"
    with pytest.raises(InputError, match=r"no MRCONSO\.RRF in it"):
        read(folder)
    with pytest.raises(InputError, match=r"rows have 6 columns.*Name the directory or MRCONSO"):
        read(folder / "MRSTY.RRF")
    parts = only(tmp_path / "parts", "MRCONSO")
    (parts / "MRSTY.RRF.aa.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"MRSTY\.RRF is in parts.*cat MRSTY\.RRF\.\*\.gz"):
        read(parts)


@pytest.mark.parametrize("file", ["MRCONSO", "MRSTY", "MRDEF", "MRREL"])
def test_a_file_that_is_not_sorted_is_one_error_with_line_and_remedy(
    tmp_path: Path, file: str
) -> None:
    rows = list(rrf.UMLS[file])
    rows.append(rows[2])
    folder = rrf.write(tmp_path / "META", {**rrf.UMLS, file: rows})
    with pytest.raises(FormatError, match=rf"{file}\.RRF:{len(rows)}: .* not sorted") as caught:
        read(folder, problems=Problems())
    assert f"`LC_ALL=C sort -t'|' -k1,1 -s -o {file}.RRF {file}.RRF`" in str(caught.value)


def test_bad_rows_are_reported_with_file_and_line_and_the_rest_is_read(tmp_path: Path) -> None:
    rows = [
        rrf.conso(1, 1, "good"),
        rrf.conso(1, 2, "short").removesuffix("|"),
        rrf.conso(1, 3, "x" * 10_001),
        rrf.conso(1, 4, "  "),
        "C00002|" + rrf.conso(2, 5, "no id").partition("|")[2],
        rrf.conso(2, 6, "a|b"),
        rrf.conso(3, 7, "also good"),
        "C0000004|ENG|P|L00",
    ]
    folder = only(
        tmp_path / "META",
        MRCONSO=rows,
        MRSTY=[rrf.sty(1, "T047"), rrf.sty(1, "disease"), "x"],
        MRDEF=[rrf.definition(1, 1, " ")],
        MRREL=[rrf.rel(3, "PAR", 1).replace("|C0000001|", "|C1|")],
        MRCUI=[rrf.merged(9, "SY", 1).replace("|C0000001|", "|CX|")],
        MRRANK=[rrf.rank(1, "MSH", "MH").replace("0001", "first")],
    )
    problems = Problems(strict=False)
    found = read(folder, problems=problems)
    assert {key: c.name for key, c in found.items()} == {"01": "good", "03": "also good"}
    told = {(Path(p.path).name, p.line): p.message for p in problems}
    assert told == {
        ("MRCONSO.RRF", 2): "17 columns that end in |, expected 18",
        ("MRCONSO.RRF", 3): "the name has 10001 characters, more than 10000",
        ("MRCONSO.RRF", 4): "the name is empty",
        ("MRCONSO.RRF", 5): "'C00002' is no id of a concept, which is C and 7 digits",
        ("MRCONSO.RRF", 6): "19 columns that end in |, expected 18",
        ("MRCONSO.RRF", 8): "3 columns that end in |, expected 18",
        ("MRSTY.RRF", 2): "'disease' is no semantic type",
        ("MRSTY.RRF", 3): "0 columns that end in |, expected 6",
        ("MRDEF.RRF", 1): "the definition is empty",
        ("MRREL.RRF", 1): "'C1' is no id of a concept, which is C and 7 digits",
        ("MRCUI.RRF", 1): "'CX' is no id of a concept, which is C and 7 digits",
        ("MRRANK.RRF", 1): "'first' is no rank",
    }
    with pytest.raises(FormatError):
        read(folder)


def test_wrong_bytes_and_a_cut_off_gzip_are_told_with_their_line(meta: Path) -> None:
    path = meta / "MRCONSO.RRF"
    path.write_bytes(path.read_bytes().replace(b"lumenolum", b"lum\xe9nolum"))
    problems = Problems()
    assert read(meta, problems=problems)["03"].synonyms == ()
    assert [(Path(p.path).name, p.line) for p in problems] == [("MRCONSO.RRF", 10)]
    rrf.pack(meta)
    sty = meta / "MRSTY.RRF.gz"
    sty.write_bytes(sty.read_bytes()[:-12])
    problems = Problems()
    found = read(meta, problems=problems)
    assert len(found) == 6
    assert any("MRSTY.RRF.gz" in p.path and "cut off" in p.message for p in problems)


def test_columns_stand_where_mrfiles_says(tmp_path: Path) -> None:
    form = "TUI,CUI,STY"
    files = [rrf.row("MRFILES", FIL="MRSTY.RRF", FMT=form, CLS=3)]
    folder = only(tmp_path / "a", "MRCONSO", MRFILES=files, MRSTY=["T047|C0000002|Disease|"])
    assert read(folder)["02"].types == ("Disease", "T047")
    files = [rrf.row("MRFILES", FIL="MRSTY.RRF", FMT="CUI,STY", CLS=2)]
    folder = only(tmp_path / "b", "MRCONSO", MRFILES=files, MRSTY=["C0000002|Disease|"])
    with pytest.raises(InputError, match=r"gives it no column TUI"):
        read(folder)


def test_a_file_of_names_without_rows_gives_nothing(tmp_path: Path) -> None:
    problems = Problems()
    assert read(only(tmp_path / "META", MRCONSO=[]), problems=problems) == {}
    assert "no row of ENG" in str(problems.kept[0])


def test_semantic_types_are_in_known_groups_and_exceptions_are_types() -> None:
    assert {group for _, group in SEMANTIC_TYPES.values()} == set(GROUPS)
    assert set(EXCEPTIONS) <= set(SEMANTIC_TYPES)
    assert all(common_types([tui]) for tui in SEMANTIC_TYPES)
    assert len({name for name, _ in SEMANTIC_TYPES.values()}) == len(SEMANTIC_TYPES)
    assert find_tuis(["T999"]) == {"T999"}
    assert find_tuis(["Drug Delivery Device"]) == {"T203"}
    assert find_tuis(["Gene"]) == {"T028"} < find_tuis(["GENE"])


@pytest.mark.parametrize(
    ("sab", "code", "curie"),
    [
        ("MSH", "D990001", "MESH:D990001"),
        ("SNOMEDCT_US", "990000001", "SNOMEDCT:990000001"),
        ("OMIM", "MTHU990001", None),
        ("NCI", "C99005", "NCIT:C99005"),
        ("ICD10CM", "Z99.9", "ICD10CM:Z99.9"),
        ("ICD10CM", "A00-B99", "ICD10CM:A00-B99"),
        ("GO", "GO:9900001", "GO:9900001"),
        ("MTHSPL", "NOCODE", None),
        ("CHV", "0000099001", None),
        ("MDR", "99000001", "MedDRA:99000001"),
        ("LNC", "99001-9", "LOINC:99001-9"),
    ],
)
def test_codes_become_cross_references_in_biotks_spelling(
    sab: str, code: str, curie: str | None
) -> None:
    assert code_curie(sab, code) == curie
