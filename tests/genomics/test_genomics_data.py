"""The real tables: what comes out of them in all, and rows that were looked up by eye."""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from biotk.genomics.associations import Association
from biotk.genomics.reading import AssociationReader
from biotk.genomics.relation_reading import RelationReader
from biotk.genomics.traits import BY_ID, BY_NAME
from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.kb.readers import ReaderOptions, read_concepts

pytestmark = pytest.mark.data

INSTRUMENTS = "gwas_mrinstruments_2017-03.csv.gz"
P_VALUES = "gwas_catalog_2020-03_pvalues.csv.gz"


@pytest.fixture(scope="module")
def genomics(shared_data: Path) -> Path:
    return shared_data / "genomics"


@pytest.fixture(scope="module")
def kbs(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[KnowledgeBase]:
    """EFO with what replaces its retired ids in MONDO, and HGNC."""
    folder = tmp_path_factory.mktemp("kbs")
    made = []
    for name, files in {
        "traits": ("efo/efo_3.90.0.json.gz", "mondo/mondo_2026-05-05.json.gz"),
        "genes": ("hgnc/hgnc_entries.tsv.gz",),
    }.items():
        builder = KbBuilder(name)
        for file in files:
            info = SourceInfo(name=file, file=file, format="", sha256="")
            options = ReaderOptions(retired=builder.add_retired, left_out=lambda *_: None)
            builder.add(read_concepts(shared_data / "kb" / file, options=options), info)
        made.append(open_kb(builder.write(folder / name)))
    return made


@pytest.fixture(scope="module")
def instruments(
    genomics: Path, kbs: list[KnowledgeBase]
) -> tuple[list[Association], AssociationReader]:
    reader = AssociationReader(kbs=kbs)
    return list(reader.read(genomics / INSTRUMENTS)), reader


@pytest.fixture(scope="module")
def p_values(
    genomics: Path, kbs: list[KnowledgeBase]
) -> tuple[list[Association], AssociationReader]:
    reader = AssociationReader(kbs=kbs)
    return list(reader.read(genomics / P_VALUES)), reader


def table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_mrinstruments_is_read_as_a_slow_reader_reads_it(
    genomics: Path, instruments: tuple[list[Association], AssociationReader]
) -> None:
    rows, reader = instruments
    raw = table(genomics / INSTRUMENTS)
    assert len(rows) == len(raw) == 23973 and not reader.report.dropped
    for made, row in zip(rows, raw, strict=True):
        assert made.rsid == row["SNP"]
        assert made.p == float(row["pval"])
        assert made.effect == (float(row["beta"]) if row["beta"] else None)
        assert made.se == (float(row["se"]) if row["se"] not in ("", "0.0") else None)
        assert made.chromosome == (row["chr"] if len(row["chr"]) < 3 else None)
        on_chromosome = made.chromosome is not None
        assert made.position == (int(row["bp_ens_GRCh38"]) if on_chromosome else None)
        assert made.pmid == row["PubmedID"]
        if made.effect is not None:
            told_so = row["units"] in ("", "log odds increase", "log odds decrease")
            assert (made.unit == "log_odds") == told_so


def test_mrinstruments_links_most_traits_and_genes(
    genomics: Path,
    kbs: list[KnowledgeBase],
    instruments: tuple[list[Association], AssociationReader],
) -> None:
    rows, reader = instruments
    uris = [row["MAPPED_TRAIT_EFO_URI"].split(", ") for row in table(genomics / INSTRUMENTS)]
    ids = {uri: uri.rpartition("/")[2].replace("_", ":") for each in uris for uri in each}
    known = {uri for uri, curie in ids.items() if len(kbs[0].resolve(curie)) == 1}
    assert reader.report.traits[BY_ID] == sum(not known.isdisjoint(each) for each in uris) > 19000
    assert sum(row.gene_id is not None for row in rows) == 18064
    assert len({row.rsid for row in rows}) == 17735
    assert reader.report.units["log_odds"] == 8013
    assert reader.report.units["sd"] == 353


def test_rows_of_mrinstruments_are_what_the_eye_saw(
    instruments: tuple[list[Association], AssociationReader],
) -> None:
    rows, _ = instruments
    first = next(row for row in rows if row.rsid == "rs13394619" and row.pmid == "23104006")
    assert (first.trait, first.concept_id) == ("Endometriosis", "MONDO:0005133")
    assert (first.gene, first.gene_id) == ("GREB1", "HGNC:24885")
    assert (first.chromosome, first.position, first.build) == ("2", 11587381, "GRCh38")
    assert first.effect == pytest.approx(math.log(1.15))
    beta = next(row for row in rows if row.rsid == "rs10048158")
    assert beta.trait == "β2-Glycoprotein I (β2-GPI) plasma levels"
    assert (beta.effect, beta.unit, beta.effect_allele) == (-0.41, "raw:unit", "C")
    former = {row.gene: row.gene_id for row in rows if row.gene in ("KIAA0350", "apoB")}
    assert former == {"KIAA0350": "HGNC:29013", "apoB": "HGNC:603"}


def test_catalog_s_p_values_are_kept_or_dropped_as_a_slow_reader_says(
    genomics: Path, p_values: tuple[list[Association], AssociationReader]
) -> None:
    rows, reader = p_values
    raw = table(genomics / P_VALUES)
    # Of one SNP: an rsID alone, or with a mark or an allele behind it.
    single = re.compile(r"[\s\xa0]*rs[1-9]\d*(\s*|[*†]|-C|_G_A|:\d)[\s\xa0]*")
    kept = [row for row in raw if single.fullmatch(row["SNPS"])]
    assert len(raw) == reader.report.rows == 152006
    assert abs(len(rows) - len(kept)) <= 2  # rs…:9 and its like are told by nobody
    assert reader.report.dropped == {
        "the variant has no rsID": 3721,
        "several SNPs in one row: a haplotype": 1819,
        "an interaction of SNPs": 445,
    }
    by_p = Counter(row["P.VALUE"] == "0.0" for row in kept)
    assert reader.report.missing["p = 0: smaller than a float can be"] == by_p[True]
    tiny = [row for row in rows if row.p is not None and 0 < row.p < 1e-310]
    assert tiny and all(310 <= (row.neg_log10_p or 0) < 325 for row in tiny)


def test_catalog_s_traits_are_those_of_mrinstruments(
    p_values: tuple[list[Association], AssociationReader],
    instruments: tuple[list[Association], AssociationReader],
) -> None:
    """What one table links by id and the other by name is the same concept."""
    by_name = {row.trait: row.concept_id for row in p_values[0] if not row.other_concept_ids}
    by_id = {row.trait: row.concept_id for row in instruments[0] if not row.other_concept_ids}
    for trait in ("Type 2 diabetes", "Schizophrenia", "Crohn's disease", "Body mass index"):
        assert by_name[trait] == by_id[trait] is not None
    assert p_values[1].report.traits[BY_NAME] > 0.8 * len(p_values[0])


def test_relations_of_all_tables_are_counted(genomics: Path, kbs: list[KnowledgeBase]) -> None:
    reader = RelationReader(kbs=kbs)
    names = ("drug_indications.tsv", "hetionet/edges.sif.gz")
    rows = [row for name in names for row in reader.read(genomics / name)]
    report = reader.report
    assert report.relations["compound_treats_disease"] == 2 * 755
    assert report.relations["compound_palliates_disease"] == 2 * 390
    assert report.rows == 1388 + 84676 == len(rows) + report.dropped.total()
    named = {(row.head_name, row.tail_name) for row in rows if "treats" in row.relation}
    assert ("Donepezil", "Alzheimer's disease") in named
    genes = [row.head for row in rows if row.relation == "gene_interacts_gene"]
    assert sum(gene.startswith("HGNC:") for gene in genes) > 0.97 * len(genes)
