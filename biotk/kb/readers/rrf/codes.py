"""Codes of the vocabularies in UMLS as cross-references, in the spellings that BioTK uses.

Only vocabularies whose codes stand for concepts that others refer to are in the table. A code may
belong to several concepts, since UMLS parts what some vocabularies keep together (the entry terms
of a MeSH descriptor, the inclusion terms of an ICD code); it then resolves to all of them.
"""

from __future__ import annotations

import re

from biotk.kb.readers.vocabularies import PREFIX_TYPES

#: SAB → prefix, and the form of a code; others under the same SAB are NLM's own makeshifts
#: (``MTHU000001``) or parts of entries.
CODES = {
    "ATC": ("ATC", r"[A-Z]\d\d[A-Z\d]*|[A-Z]"),
    "CPT": ("CPT", r"\w{5}"),
    "CVX": ("CVX", r"\d+"),
    "DRUGBANK": ("DrugBank", r"DB\w+"),
    "FMA": ("FMA", r"\d+"),
    "HCPCS": ("HCPCS", r"[A-Z]\d{4}"),
    "ICD10": ("ICD10", r"[A-Z]\d[\d.\-]*\w*"),
    "ICD10AM": ("ICD10AM", r"[A-Z]\d[\d.\-]*\w*"),
    "ICD10CM": ("ICD10CM", r"[A-Z]\d[\w.\-]*"),
    "ICD10PCS": ("ICD10PCS", r"\w{1,7}"),
    "ICD9CM": ("ICD9CM", r"[EV]?\d[\d.\-]*"),
    "LNC": ("LOINC", r"(?:L[AGP])?\d+-\d"),
    "MDR": ("MedDRA", r"\d{8}"),
    "MSH": ("MESH", r"[CDQ]\d{6,9}"),
    "MTHSPL": ("UNII", r"[A-Z\d]{10}"),
    "NCBI": ("NCBITaxon", r"\d+"),
    "NCI": ("NCIT", r"C\d+"),
    "OMIM": ("OMIM", r"\d{6}"),
    "RXNORM": ("RXNORM", r"\d+"),
    "SNOMEDCT_US": ("SNOMEDCT", r"\d{6,18}"),
    "SNOMEDCT_VET": ("SNOMEDCT", r"\d{6,18}"),
}
_FORMS = {sab: (prefix, re.compile(form)) for sab, (prefix, form) in CODES.items()}
_CURIE_PREFIXES = {*PREFIX_TYPES, "GO"}


def code_curie(sab: str, code: str) -> str | None:
    """:returns: a code as a CURIE; None where it names nothing that others refer to.

    >>> code_curie("MSH", "D009203"), code_curie("HPO", "HP:0001250"), code_curie("MTH", "NOCODE")
    ('MESH:D009203', 'HP:0001250', None)
    """
    known = _FORMS.get(sab)
    if known is not None:
        return f"{known[0]}:{code}" if known[1].fullmatch(code) else None
    # HPO, GO, HGNC and their like carry the prefix in the code.
    prefix, colon, local = code.partition(":")
    return code if colon and local and prefix in _CURIE_PREFIXES else None
