from __future__ import annotations

import json
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers import ReaderOptions, read_concepts
from biotk.types import Concept

HEADER = (
    "HGNC ID\tApproved symbol\tApproved name\tStatus\tAlias symbols\t"
    "NCBI Gene ID(supplied by NCBI)\tUniProt ID(supplied by UniProt)\tPrevious symbols\t"
    "Ensembl gene ID\tMouse genome database ID(supplied by MGI)\n"
)
LINK = "(/data/gene-symbol-report/#!/hgnc_id/HGNC:2)"
GENES = (
    HEADER
    + "HGNC:1\tOLD1\tsymbol withdrawn, see [HGNC:3]"
    + LINK
    + "\tSymbol Withdrawn\t\t\t\tX\t\t\n"
    "HGNC:2\tGUT1\tgut protein 1, large\tApproved\tP38, GP-1\t77\tO43687, Q9P0M2\tGUTX\tENSG01"
    "\tMGI:1\n"
    + "HGNC:3\tOLD3\tsymbol withdrawn, see [HGNC: 2]"
    + LINK
    + "\tSymbol Withdrawn\t\t\t\t\t\t\n"
    "HGNC:4\tOLD4\tsymbol withdrawn, see [HGNC:2] and [HGNC:5]\tSymbol Withdrawn\t\t\t\t\t\t\n"
    "HGNC:5\tEAR1\tear protein\tApproved\t\t\t\t\t\t\n"
    "HGNC:6\tNOT1\tno gene after all\tEntry Withdrawn\t\t\t\t\t\t\n"
    "HGNC:7\tCUT1\tcut short\tApproved\n"
)


def test_hgnc_reads_genes_and_follows_withdrawn_symbols(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(GENES)
    told: dict[str, int] = {}
    options = ReaderOptions(left_out=lambda path, why, count: told.update({why: count}))
    problems = Problems()
    gut, ear = read_concepts(path, options=options, problems=problems)
    assert gut == Concept(
        "HGNC:2",
        "GUT1",
        synonyms=("gut protein 1, large", "P38", "GP-1", "GUTX"),
        types=("Gene",),
        xrefs=("NCBIGene:77", "UniProt:O43687", "UniProt:Q9P0M2", "Ensembl:ENSG01"),
        alt_ids=("HGNC:1", "HGNC:3"),
        source="HGNC",
    )
    assert ear.alt_ids == ()
    assert told == {
        "retired ids with several replacements": 1,
        "retired ids without a replacement": 1,
    }
    assert [(p.line, p.message) for p in problems] == [(8, "4 columns, expected 10")]


def test_hgnc_reads_the_complete_set(tmp_path: Path) -> None:
    path = tmp_path / "hgnc_complete_set.txt"
    path.write_text(
        "hgnc_id\tsymbol\tname\tstatus\talias_symbol\talias_name\tprev_symbol\tprev_name\t"
        "entrez_id\tensembl_gene_id\tuniprot_ids\n"
        'HGNC:5\tEAR1\tear protein\tApproved\t"E1|E2"\t"protein, of the ear|ear thing"\tEX\t'
        "old ear\t9\tENSG02\tP1|P2\n"
    )
    (gene,) = read_concepts(path)
    assert gene.synonyms == (
        *("ear protein", "E1", "E2", "protein, of the ear", "ear thing", "EX", "old ear"),
    )
    assert gene.xrefs == ("NCBIGene:9", "UniProt:P1", "UniProt:P2", "Ensembl:ENSG02")


def test_medic_reads_ids_and_names(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(
        "115200|D002311|C580047||Weak Heart|Heart, Weak|Weak Heart\n"
        "C565588||Gut Bleb\n"
        "C565589|| |Second Name\n"
        "C565590||\n"
        "C565591 no bars\n"
        "||nameless\n"
    )
    problems = Problems()
    found = list(read_concepts(path, format="medic", problems=problems))
    assert found[0] == Concept(
        "OMIM:115200",
        "Weak Heart",
        synonyms=("Heart, Weak",),
        types=("Disease",),
        alt_ids=("MESH:D002311", "MESH:C580047"),
        source="MEDIC",
    )
    assert [(c.concept_id, c.name) for c in found[1:]] == [
        ("MESH:C565588", "Gut Bleb"),
        ("MESH:C565589", "Second Name"),
    ]
    assert [p.line for p in problems] == [4, 5, 6]


def test_partial_kb_json_reads_ids_and_names(tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    path.write_text(
        json.dumps(
            {
                "C565588": ["gut bleb", "bleb"],
                " D008661": ["spaced"],
                "613097": ["tooth loss"],
                "CHEBI:1": ["oil"],
                "D000001": [],
                "D000002": "text",
            }
        )
    )
    problems = Problems()
    found = list(read_concepts(path, problems=problems))
    assert found[0] == Concept(
        "MESH:C565588", "gut bleb", synonyms=("bleb",), types=("Disease",), source="ours"
    )
    assert [(c.concept_id, c.types) for c in found[1:]] == [
        ("MESH:D008661", ("Disease",)),
        ("OMIM:613097", ("Disease",)),
        ("CHEBI:1", ("Chemical",)),
    ]
    assert [p.message for p in problems] == [
        "an id without names",
        "expected an object of ids and lists of names",
    ]


def test_partial_kb_json_takes_types_from_the_options(tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    path.write_text('{"D000001": ["oil"]}')
    (concept,) = read_concepts(path, options=ReaderOptions(types=("Chemical",)))
    assert concept.types == ("Chemical",)
