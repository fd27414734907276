"""Amino acids and bases by all the names that texts give them."""

from __future__ import annotations

#: Codes of amino acids: one letter to three. ``X`` and ``*`` are a stop where a text has them in
#: place of an amino acid, as papers do; HGVS writes ``Ter``.
THREE = {
    "A": "Ala", "R": "Arg", "N": "Asn", "D": "Asp", "C": "Cys", "Q": "Gln", "E": "Glu", "G": "Gly",
    "H": "His", "I": "Ile", "L": "Leu", "K": "Lys", "M": "Met", "F": "Phe", "P": "Pro", "S": "Ser",
    "T": "Thr", "W": "Trp", "Y": "Tyr", "V": "Val", "U": "Sec", "O": "Pyl", "X": "Ter", "*": "Ter",
}  # fmt: skip

_NAMES = {
    "alanine": "Ala", "arginine": "Arg", "asparagine": "Asn", "aspartic acid": "Asp",
    "aspartate": "Asp", "cysteine": "Cys", "glutamine": "Gln", "glutamic acid": "Glu",
    "glutamate": "Glu", "glycine": "Gly", "histidine": "His", "isoleucine": "Ile",
    "leucine": "Leu", "lysine": "Lys", "methionine": "Met", "phenylalanine": "Phe",
    "proline": "Pro", "serine": "Ser", "threonine": "Thr", "tryptophan": "Trp",
    "tyrosine": "Tyr", "valine": "Val", "selenocysteine": "Sec",
}  # fmt: skip
_STOPS = ("ter", "stop", "term", "amber", "ochre", "opal", "tag", "taa", "tga")
_BY_NAME = (
    {name.lower(): name for name in THREE.values()}
    | _NAMES
    | dict.fromkeys(_STOPS, "Ter")
    | {"xaa": "Xaa"}
)

_BASES = {"adenine": "A", "cytosine": "C", "guanine": "G", "thymine": "T", "thymidine": "T",
          "adenosine": "A", "cytidine": "C", "guanosine": "G", "uracil": "U"}  # fmt: skip

#: The names of amino acids, in small letters.
FULL_NAMES = tuple(_NAMES)

# Longest first: alternatives of an expression are tried in order.
#: Expressions, to be used where case does not count.
NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
THREE_LETTERS = "|".join(sorted({*THREE.values()} - {"Ter"}))
BASE_NAME = "|".join(sorted(_BASES, key=len, reverse=True))
STOP_NAME = r"(?:premature\s)?(?:translation(?:al)?\s)?(?:stop|termination)(?:\s(?:codon|signal))?"
#: The twenty letters, to be used where case counts.
ONE_LETTER = "ACDEFGHIKLMNPQRSTVWY"


def amino_acid(written: str) -> str:
    """:returns: the three-letter code of an amino acid or of a stop, however it is written.

    >>> amino_acid("V"), amino_acid("GLU"), amino_acid("aspartic acid"), amino_acid("stop codon")
    ('Val', 'Glu', 'Asp', 'Ter')
    """
    if written in THREE:
        return THREE[written]
    name = " ".join(written.lower().split())
    if name in _BY_NAME:
        return _BY_NAME[name]
    if "stop" in name or "termination" in name:
        return "Ter"
    raise KeyError(written)


def bases(written: str) -> str:
    """:returns: bases as their letters, however they are written.

    >>> bases("cytosine"), bases("tg")
    ('C', 'TG')
    """
    return _BASES.get(written.lower(), written.upper())


def amino_acids(letters: str) -> str:
    """:returns: a run of one-letter or of three-letter codes as three-letter ones.

    >>> amino_acids("AFF"), amino_acids("GlnSerLys"), amino_acids("QSK*")
    ('AlaPhePhe', 'GlnSerLys', 'GlnSerLysTer')
    """
    triples = [letters[i : i + 3] for i in range(0, len(letters), 3)]
    if len(letters) % 3 == 0 and all(triple.lower() in _BY_NAME for triple in triples):
        return "".join(_BY_NAME[triple.lower()] for triple in triples)
    return "".join(THREE[letter] for letter in letters)
