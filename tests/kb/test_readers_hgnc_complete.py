"""HGNC's complete set, as its archive writes it: 54 columns, lists parted by ``|`` in quotes."""

from __future__ import annotations

from pathlib import Path

from biotk.errors import strict
from biotk.kb.readers import read_concepts, sniff_format

HEADER = (
    "hgnc_id symbol name locus_group locus_type status location location_sortable alias_symbol "
    "alias_name prev_symbol prev_name gene_group gene_group_id date_approved_reserved "
    "date_symbol_changed date_name_changed date_modified entrez_id ensembl_gene_id vega_id ucsc_id "
    "ena refseq_accession ccds_id uniprot_ids pubmed_id mgd_id rgd_id lsdb cosmic omim_id mirbase "
    "homeodb snornabase bioparadigms_slc orphanet pseudogene.org horde_id merops imgt iuphar "
    "kznf_gene_catalog mamit-trnadb cd lncrnadb enzyme_id intermediate_filament_db "
    "rna_central_ids lncipedia gtrnadb agr mane_select gencc"
).split()
ROWS = [
    {
        "hgnc_id": "HGNC:900001",
        "symbol": "YETI1",
        "name": 'yeti 1, "big" footed',
        "locus_group": "protein-coding gene",
        "status": "Approved",
        "alias_symbol": '"BF1|P(k)"',
        "alias_name": '"big foot 1|yeti, alpha 1,4-footed"',
        "prev_symbol": "SNOW1",
        "prev_name": "snow walker 1",
        "entrez_id": "999901",
        "ensembl_gene_id": "ENSG00000999901",
        "uniprot_ids": '"Q99991|Q99992"',
        "mgd_id": "MGI:1",
        "omim_id": "999001",
    },
    {"hgnc_id": "HGNC:900002", "symbol": "YETI2", "name": "yeti 2", "status": "Approved"},
]


def test_complete_set_of_hgnc_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "hgnc_complete_set.txt"
    lines = ["\t".join(HEADER), *("\t".join(row.get(c, "") for c in HEADER) for row in ROWS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert sniff_format(path) == "hgnc-tsv"
    first, second = read_concepts(path, problems=strict())
    assert (first.concept_id, first.name) == ("HGNC:900001", "YETI1")
    assert first.synonyms == (
        'yeti 1, "big" footed', "BF1", "P(k)", "big foot 1", "yeti, alpha 1,4-footed", "SNOW1",
        "snow walker 1",
    )  # fmt: skip
    assert first.xrefs == (
        "NCBIGene:999901", "UniProt:Q99991", "UniProt:Q99992", "Ensembl:ENSG00000999901",
    )  # fmt: skip
    assert (second.name, second.synonyms, second.xrefs) == ("YETI2", ("yeti 2",), ())
    assert second.types == ("Gene",)
