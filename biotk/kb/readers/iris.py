"""Ontologies name terms by web addresses (IRIs); what CURIE each stands for."""

from __future__ import annotations

import re

from biotk.types import to_curie

_CURIE = re.compile(r"[A-Za-z][\w.]*:[^/\s:][^/\s]*")
#: The end of an address, as in ``…/obo/MONDO_0005148``; the id has a digit, a property's name none.
#: (The digit is looked for ahead, or a long address without one would be tried in n² ways.)
_LOCAL = re.compile(r"([A-Za-z][A-Za-z0-9.]*(?:_[A-Za-z]+)*)_(?=[A-Za-z.-]*\d)([A-Za-z0-9.-]+)")
_BIOPORTAL = re.compile(r"purl\.bioontology\.org/ontology/([A-Za-z0-9]+)/([^/\s]+)")
_IDENTIFIERS = re.compile(r"identifiers\.org/([A-Za-z0-9.]+)[/:]([^/\s]+)")

#: What stands before the id in an address → prefix.
ADDRESSES = {
    "id.nlm.nih.gov/mesh/": "MESH",
    "linkedlifedata.com/resource/umls/id/": "UMLS",
    "omim.org/entry/": "OMIM",
    "omim.org/phenotypicSeries/": "OMIMPS",
    "snomed.info/id/": "SNOMEDCT",
    "www.ncbi.nlm.nih.gov/gene/": "NCBIGene",
    "www.ncbi.nlm.nih.gov/medgen/": "MedGen",
    "www.uniprot.org/uniprot/": "UniProt",
    "purl.uniprot.org/uniprot/": "UniProt",
}
#: Namespaces of identifiers.org and BioPortal, lower-cased → prefix, where the two differ.
NAMESPACES = {
    "cl": "CL",
    "doid": "DOID",
    "efo": "EFO",
    "ensembl": "Ensembl",
    "medgen": "MedGen",
    "mim": "OMIM",
    "ncbigene": "NCBIGene",
    "ncbitaxon": "NCBITaxon",
    "omim": "OMIM",
    "orphanet": "Orphanet",
    "orphanet.ordo": "Orphanet",
    "snomedct": "SNOMEDCT",
    "taxonomy": "NCBITaxon",
    "uniprot": "UniProt",
}


def curie_of(address: str) -> str | None:
    """Make a CURIE of a term's address; a CURIE stays as it is.

    >>> curie_of("http://purl.obolibrary.org/obo/MONDO_0005148")
    'MONDO:0005148'
    >>> curie_of("http://identifiers.org/hgnc/5"), curie_of("https://identifiers.org/HGNC:5")
    ('HGNC:5', 'HGNC:5')
    >>> curie_of("http://purl.obolibrary.org/obo/mondo#part_of_progression") is None
    True

    :returns: the CURIE; None where the address follows no rule that is known here.
    """
    address = address.strip()
    _, scheme, rest = address.partition("://")
    if not scheme:
        return to_curie(address) if _CURIE.fullmatch(address) else None
    rest = rest.removeprefix("www.")
    for start, prefix in ADDRESSES.items():
        local = rest.removeprefix(start.removeprefix("www."))
        if local != rest and local and not re.search(r"[/\s]", local):
            return f"{prefix}:{local}"
    for pattern in (_IDENTIFIERS, _BIOPORTAL):
        if found := pattern.fullmatch(rest):
            namespace, local = found[1], found[2]
            local = local.rpartition(":")[2]  # hgnc/HGNC:5
            return to_curie(f"{NAMESPACES.get(namespace.lower(), namespace.upper())}:{local}")
    if found := _LOCAL.fullmatch(re.split(r"[/#]", rest)[-1]):
        return to_curie(f"{found[1]}:{found[2]}")
    return None
