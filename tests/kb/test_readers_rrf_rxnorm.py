from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import rrf_files as rrf

from biotk.errors import FormatError, InputError, Problems
from biotk.kb import KbBuilder, open_kb
from biotk.kb.readers import ReaderOptions, read_concepts, sniff_format
from biotk.types import Concept


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return rrf.write(tmp_path / "rrf", rrf.RXNORM)


def read(path: Path, **options: object) -> dict[str, Concept]:
    concepts = read_concepts(path, options=ReaderOptions(**options), problems=Problems())
    return {c.concept_id: c for c in concepts}


def test_rxnorm_gives_ingredients_brands_and_products(folder: Path) -> None:
    found = read(folder)
    assert found["RXNORM:991"] == Concept(
        "RXNORM:991",
        "lumenol",
        synonyms=("lumenol anhydrous", "LUMENOL", "Lumenolum"),
        types=("Chemical", "T109", "T121", "IN"),
        xrefs=("UNII:ZZ99ZZ99ZZ", "MESH:C990003"),
        alt_ids=("RXNORM:77",),
        source="RxNorm",
    )
    assert found["RXNORM:1002"].parents == ("RXNORM:991",)
    assert found["RXNORM:1002"].types == ("Chemical", "T121", "BN")
    assert found["RXNORM:10003"].parents == ("RXNORM:1002",)
    assert found["RXNORM:10003"].types == ("Chemical", "T200", "SCD")


def test_rxnorm_for_prescribing_has_no_semantic_types_and_is_chemical(tmp_path: Path) -> None:
    folder = rrf.write(tmp_path / "rrf", rrf.RXNORM, only=("RXNCONSO", "RXNREL"))
    found = read(folder)
    assert found["RXNORM:1002"].types == ("Chemical", "BN")
    assert found["RXNORM:991"].alt_ids == ()


def test_rxnorm_takes_retired_ids_from_the_archive_of_atoms(tmp_path: Path) -> None:
    folder = rrf.write(tmp_path / "rrf", rrf.RXNORM, only=("RXNCONSO", "RXNATOMARCHIVE"))
    found = read(folder)
    assert found["RXNORM:991"].alt_ids == ("RXNORM:70",)  # not 1002, which is in use


def test_rxnorm_tells_an_id_that_is_too_long(tmp_path: Path) -> None:
    long = 99_999_999_999
    rows = {
        "RXNCONSO": [rrf.rx(991, 2, "lumenol", tty="IN"), rrf.rx(long, 3, "lumen", tty="IN")],
        "RXNSTY": [rrf.row("RXNSTY", CUI=long, TUI="T109")],
        "RXNREL": [rrf.rx_rel(991, "RB", long, "inverse_isa")],
        "RXNCUI": [rrf.row("RXNCUI", CUI1=long, CUI2=991)],
    }
    problems = Problems()
    folder = rrf.write(tmp_path / "rrf", rows)
    found = list(read_concepts(folder, problems=problems))
    assert [concept.concept_id for concept in found] == ["RXNORM:991"]
    assert sorted((Path(p.path).stem, p.line) for p in problems) == [
        ("RXNCONSO", 2), ("RXNCUI", 1), ("RXNREL", 1), ("RXNSTY", 1),
    ]  # fmt: skip


def test_rxnorm_counts_what_it_leaves_out(folder: Path) -> None:
    told: Counter[tuple[str, str]] = Counter()

    def left_out(path: Path, why: str, count: int) -> None:
        told[path.name, why] += count

    read(folder, left_out=left_out)
    assert told == {
        ("RXNCONSO.RRF", "suppressed rows"): 1,
        ("RXNREL.RRF", "relationships between atoms, without ids of concepts"): 1,
        ("RXNCUI.RRF", "retired ids with several replacements"): 1,
        ("RXNCUI.RRF", "retired ids without a replacement"): 1,
    }


@pytest.mark.parametrize("named", ["", "rrf", "rrf/RXNCONSO.RRF"])
def test_rxnorm_is_found_whatever_of_it_is_named(tmp_path: Path, named: str) -> None:
    rrf.write(tmp_path / "full" / "rrf", rrf.RXNORM)
    assert sniff_format(tmp_path / "full" / named) == "rxnorm-rrf"
    assert len(read(tmp_path / "full" / named)) == 3


def test_rxnorm_without_names_or_out_of_order_is_one_error(tmp_path: Path) -> None:
    bare = rrf.write(tmp_path / "bare", rrf.RXNORM, only=("RXNSTY",))
    with pytest.raises(InputError, match=r"no RXNCONSO\.RRF"):
        read(bare)
    rows = sorted(rrf.RXNORM["RXNCONSO"])  # as text 10003 stands before 991
    mixed = rrf.write(tmp_path / "mixed", {"RXNCONSO": rows})
    with pytest.raises(FormatError, match=r"RXNCONSO\.RRF:3.*-k1,1n"):
        read(mixed)


def test_rxnorm_kb_selects_by_term_type_branch_and_retired_id(folder: Path, tmp_path: Path) -> None:
    builder = KbBuilder("rx")
    builder.add(read(folder).values())
    kb = open_kb(builder.write(tmp_path / "kb"))
    brands = kb.subset(types=["BN"])
    assert (len(brands), kb.index_of("RXNORM:1002") in brands) == (1, True)
    assert len(kb.subset(branch=["RXNORM:991"])) == 3
    assert kb["RXNORM:77"].name == "lumenol"
    assert kb["UNII:ZZ99ZZ99ZZ"].name == "lumenol"
