"""The plain values that every layer shares: identifiers, entity types, a KB entry.

An identifier is a CURIE inside BioTK, ``MESH:D003924``; :func:`to_curie` makes one of what stands
in files. ``*_id`` is such a string, ``*_idx`` an integer that means something in one artifact only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The string for "in no entry of this KB" where a format has no null (spaCy, PubTator).
NIL = "NIL"

#: Entity types by the names that corpora give them, lower-cased. What is not here stays as it is.
TYPE_NAMES = {
    "disease": "Disease",
    "specificdisease": "Disease",
    "diseaseclass": "Disease",
    "modifier": "Disease",
    "compositemention": "Disease",
    "diseaseorphenotypicfeature": "Disease",
    "mondo": "Disease",
    "hpo": "Phenotype",
    "chemical": "Chemical",
    "chemicalentity": "Chemical",
    "chebi": "Chemical",
    "drug": "Chemical",
    "gene": "Gene",
    "geneorgeneproduct": "Gene",
    "sequencevariant": "Variant",
    "dnamutation": "Variant",
    "proteinmutation": "Variant",
    "snp": "Variant",
    "organismtaxon": "Species",
    "species": "Species",
    "cellline": "CellLine",
    "uberon": "Anatomy",
    "cl": "Cell",
    "go_bp": "Process",
    "go_cc": "CellularComponent",
    "go_mf": "Function",
}

_MESH = re.compile(r"[CD](\d{6}|\d{9})")
_UMLS = re.compile(r"C\d{7}")
_PREFIXES = {
    "MESH": "MESH",
    "MSH": "MESH",
    "NCBI GENE": "NCBIGene",
    "NCBI_GENE": "NCBIGene",
    "ENTREZ": "NCBIGene",
    "UMLS_CUI": "UMLS",
    "MIM": "OMIM",
}


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of a knowledge base, as readers yield it.

    :param concept_id: a CURIE.
    :param name: the preferred name.
    :param synonyms: further names, the preferred one not among them.
    :param types: semantic types, such as ``("Disease",)``.
    :param definition: a definition, if the source has one.
    :param parents: ids of the broader concepts.
    :param xrefs: ids of the same concept in other vocabularies.
    :param alt_ids: retired ids, and further ids, that mean this concept.
    :param source: the vocabulary that it comes from.
    :param further_sources: further vocabularies that have it, where several were joined.
    """

    concept_id: str
    name: str
    synonyms: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    definition: str | None = None
    parents: tuple[str, ...] = ()
    xrefs: tuple[str, ...] = ()
    alt_ids: tuple[str, ...] = ()
    source: str = ""
    further_sources: tuple[str, ...] = ()


def entity_type(name: str) -> str:
    """:returns: the common name of a corpus's entity type.

    >>> entity_type("SpecificDisease"), entity_type("Widget")
    ('Disease', 'Widget')
    """
    return TYPE_NAMES.get(name.lower(), name)


def to_curie(raw: str, *, type: str | None = None, prefix: str | None = None) -> str:
    """Make a CURIE of an identifier as files write it.

    An id with a prefix keeps it (``MeSH:D1`` becomes ``MESH:D1``).
    A bare one gets ``prefix`` or, without that, what its shape and the entity type leave no
    doubt about; else it stays bare.

    :param raw: the identifier, as in ``D003924``, ``OMIM:125853``, ``6528``.
    :param type: the entity type of the mention, for bare numbers.
    :param prefix: the prefix of bare ids in this source.

    >>> to_curie("D003924"), to_curie("6528", type="Gene"), to_curie("7", prefix="HGNC")
    ('MESH:D003924', 'NCBIGene:6528', 'HGNC:7')
    """
    raw = raw.strip()
    head, colon, tail = raw.partition(":")
    if colon and tail and " " not in head:
        return f"{_PREFIXES.get(head.upper(), head)}:{tail}"
    if prefix:
        return f"{prefix}:{raw}"
    if _UMLS.fullmatch(raw):
        return f"UMLS:{raw}"
    if _MESH.fullmatch(raw):
        return f"MESH:{raw}"
    if raw.isdigit() and type is not None:
        common = entity_type(type)
        if common == "Gene":
            return f"NCBIGene:{raw}"
        if common == "Species":
            return f"NCBITaxon:{raw}"
        if common == "Disease" and len(raw) == 6:
            return f"OMIM:{raw}"
    return raw
