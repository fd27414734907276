"""What BioTK knows of vocabularies by their prefix: name, types of their concepts, other spellings.

Two tables to read and to add to; everything else here looks things up in them.
"""

from __future__ import annotations

import re

from biotk.types import to_curie

#: Prefix → types of its concepts.
PREFIX_TYPES = {
    "MONDO": ("Disease",),
    "DOID": ("Disease",),
    "OMIM": ("Disease",),
    "Orphanet": ("Disease",),
    "HP": ("Phenotype",),
    "MP": ("Phenotype",),
    "UBERON": ("Anatomy",),
    "FMA": ("Anatomy",),
    "CL": ("Cell",),
    "CLO": ("CellLine",),
    "EFO": ("Trait",),
    "CHEBI": ("Chemical",),
    "HGNC": ("Gene",),
    "NCBIGene": ("Gene",),
    "NCBITaxon": ("Species",),
    "SO": ("SequenceFeature",),
}

#: Namespaces of the Gene Ontology → types. A prefix alone does not tell these three apart.
NAMESPACE_TYPES = {
    "biological_process": ("Process",),
    "molecular_function": ("Function",),
    "cellular_component": ("CellularComponent",),
}

#: Prefix → name of the vocabulary, where the two differ.
SOURCES = {"MESH": "MeSH", "HP": "HPO", "CHEBI": "ChEBI"}

# The same vocabulary as different ontologies write it, so that cross-references of one KB meet.
_SPELLINGS = {
    "MESH": "MESH",
    "MSH": "MESH",
    "NCI": "NCIT",
    "NCIT": "NCIT",
    "UMLS": "UMLS",
    "UMLS_CUI": "UMLS",
    "MIM": "OMIM",
    "SCTID": "SNOMEDCT",
    "SNOMEDCT": "SNOMEDCT",
    "SNOMEDCT_US": "SNOMEDCT",
    "SNOMED_CT": "SNOMEDCT",
    "ORDO": "Orphanet",
    "ORPHA": "Orphanet",
    "ORPHANET": "Orphanet",
    "MEDDRA": "MedDRA",
    "ICD-10": "ICD10",
    "ICD-9": "ICD9",
    "ICD-O": "ICDO",
    "ICD10_CM": "ICD10CM",
    "MEDGEN": "MedGen",
    "RHEA": "RHEA",
}
_RELEASE = re.compile(r"_?\d{4}_\d{2}(?:_\d{2}|[A-Z])?$")  # SNOMEDCT_US_2023_03_01, NCI2009_04D
_ADDRESSES = {"http", "https", "url", "ftp", "wikipedia", "doi", "pmid"}


def source_of(curie: str) -> str:
    """:returns: the name of the vocabulary that an id belongs to; empty for a bare id."""
    prefix, colon, _ = curie.partition(":")
    return SOURCES.get(prefix, prefix) if colon else ""


def types_of(curie: str, namespace: str | None = None) -> tuple[str, ...]:
    """The types of a concept whose source does not tell them.

    :param curie: its id.
    :param namespace: the part of the ontology that it is in; what is left where the prefix is
        unknown.

    >>> types_of("MONDO:1"), types_of("GO:1", "molecular_function"), types_of("X:1", "shape")
    (('Disease',), ('Function',), ('shape',))
    """
    if namespace and namespace in NAMESPACE_TYPES:
        return NAMESPACE_TYPES[namespace]
    known = PREFIX_TYPES.get(curie.partition(":")[0])
    return known or ((namespace,) if namespace else ())


def xref_curie(raw: str) -> str | None:
    """Make a CURIE of a cross-reference, the spellings of a vocabulary made one.

    Web addresses, encyclopaedia titles and papers name no concept and give None, as does what
    has no prefix and no shape that tells it.

    >>> xref_curie("SNOMEDCT_US_2023_03_01:64572001"), xref_curie("NCI:C2991")
    ('SNOMEDCT:64572001', 'NCIT:C2991')
    """
    prefix, colon, local = raw.strip().partition(":")
    prefix, local = prefix.strip(), local.strip()
    if not colon:
        curie = to_curie(raw)
        return curie if ":" in curie else None
    if not prefix or not local or local.startswith("//") or prefix.lower() in _ADDRESSES:
        return None
    if " " in local:
        return None
    base = _RELEASE.sub("", prefix).replace(" ", "_")
    return to_curie(f"{_SPELLINGS.get(base.upper(), base)}:{local}")
