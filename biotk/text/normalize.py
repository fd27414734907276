"""Normalisation of names and mentions, in steps that can be tested one by one.

A *key* is what stands in a KB's look-up table. There are three, each coarser than the one before:

``exact``
    Unicode forms, case, punctuation and the possessive folded: ``Crohn's Disease`` →
    ``crohn disease``.
``plural``
    each word also brought to its singular and its American spelling, letters and digits parted:
    ``tumours``, ``IL2`` → ``tumor``, ``il 2``. Word order is kept, so that a text can be searched
    for these keys from left to right.
``bag``
    function words dropped, words of the same meaning in clinical names made equal, numerals made
    Arabic, and the words sorted: ``Diabetes Mellitus, Type II`` → ``2 diabetes mellitus type``.

Keys are stored in artifacts. Whoever changes what a key is raises :data:`NORMALIZER_VERSION`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from biotk.text.tokens import words

#: Raised with every change of what a key is; an artifact of another version is refused.
NORMALIZER_VERSION = 1

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o",
    "ł": "l", "đ": "d", "ı": "i",
}  # fmt: skip

# Whole words whose final s is no plural, or whose singular no rule gives.
_IRREGULAR = {
    "diabetes": "diabetes", "herpes": "herpes", "rabies": "rabies", "scabies": "scabies",
    "series": "series", "species": "species", "caries": "caries", "ascites": "ascites",
    "pancreas": "pancreas", "lens": "lens", "aids": "aids", "always": "always", "gas": "gas",
    "feces": "feces", "faeces": "feces", "tabes": "tabes", "facies": "facies",
    "metastases": "metastasis", "diagnoses": "diagnosis", "prognoses": "prognosis",
    "stenoses": "stenosis", "thromboses": "thrombosis", "psychoses": "psychosis",
    "neuroses": "neurosis", "crises": "crisis", "bases": "base", "aneurysmata": "aneurysm",
    "carcinomata": "carcinoma", "fibromata": "fibroma", "vertebrae": "vertebra",
    "bacteria": "bacterium", "fungi": "fungus", "ova": "ovum", "foetus": "fetus",
    "children": "child", "feet": "foot", "teeth": "tooth", "women": "woman", "men": "man",
    "viruses": "virus", "sinuses": "sinus", "thrombi": "thrombus", "emboli": "embolus",
    "calculi": "calculus", "nevi": "nevus", "naevi": "nevus", "naevus": "nevus",
    "bronchi": "bronchus", "kidneys": "kidney", "lenses": "lens", "has": "has", "was": "was",
    "is": "is", "this": "this", "does": "does", "his": "his", "its": "its", "as": "as",
    "us": "us", "atlas": "atlas", "asbestos": "asbestos", "measles": "measles", "mumps": "mumps",
    "rickets": "rickets", "shingles": "shingles", "biceps": "biceps", "triceps": "triceps",
    "quadriceps": "quadriceps", "forceps": "forceps", "hives": "hives", "graves": "graves",
}  # fmt: skip
_KEEP_S = ("ss", "us", "is")
_ES = ("ches", "shes", "xes", "sses", "zes")

# British to American, on the stems where the two differ in names of diseases and drugs.
_SPELLING = [
    (re.compile(p), r)
    for p, r in (
        (r"aemi(?=a|c)", "emi"), (r"haem", "hem"), (r"anaem", "anem"), (r"anaesth", "anesth"),
        (r"oedem", "edem"), (r"oesoph", "esoph"), (r"oestr", "estr"), (r"foet", "fet"),
        (r"diarrhoe", "diarrhe"), (r"rrhoea", "rrhea"), (r"caec", "cec"), (r"coeli", "celi"),
        (r"paed", "ped"), (r"gynaec", "gynec"), (r"leucoc", "leukoc"), (r"leukaem", "leukem"),
        (r"aetiol", "etiol"), (r"faec", "fec"), (r"ischaem", "ischem"), (r"uraem", "urem"),
        (r"dyspnoe", "dyspne"), (r"apnoe", "apne"), (r"pnoea", "pnea"), (r"tumour", "tumor"),
        (r"colour", "color"), (r"behaviour", "behavior"), (r"fibre$", "fiber"),
        (r"litre$", "liter"), (r"centre$", "center"), (r"sulph", "sulf"),
        (r"isation$", "ization"), (r"ised$", "ized"), (r"orthopaed", "orthoped"),
        (r"goitre", "goiter"), (r"haemat", "hemat"), (r"caesar", "cesar"), (r"naev", "nev"),
        (r"homoeo", "homeo"), (r"manoeuv", "maneuv"), (r"programme$", "program"),
    )
]  # fmt: skip
_BRITISH = re.compile("|".join(p.pattern for p, _ in _SPELLING))

_LETTER_DIGIT = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")

_FUNCTION_WORDS = frozenset(
    "a an and as at by classified due elsewhere for from in into nos of on or other otherwise "
    "specified the to unspecified with".split()
)

_ROMAN = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11",
    "xii": "12", "xiii": "13",
}  # fmt: skip
# One-letter numerals are letters more often than numbers, but not behind one of these.
_BEFORE_NUMERAL = frozenset("class factor grade group stage subtype type".split())
_ROMAN_LETTER = {"i": "1", "v": "5", "x": "10"}

# Words that vocabularies and authors use for one another inside names. All belong to the KB's own
# language (MeSH's "Kidney Failure" is everyone's "renal failure"); none is specific to a concept.
_EQUIVALENT_GROUPS = (
    "neoplasm cancer tumor malignancy carcinoma neoplasia",
    "kidney renal", "liver hepatic", "heart cardiac", "lung pulmonary", "stomach gastric",
    "brain cerebral", "disease disorder", "hereditary familial inherited genetic",
    "abnormality malformation anomaly defect", "insufficiency failure",
    "injury damage trauma", "hemorrhage bleeding", "pain ache",
    "hypersensitivity allergy allergic", "deficiency deficit", "dysfunction impairment",
    "elevated high increased raised", "decreased low reduced", "childhood juvenile pediatric",
    "skin cutaneous dermal", "breast mammary", "colon colonic", "eye ocular",
    "vein venous", "artery arterial", "uterus uterine", "ovary ovarian", "bone osseous",
    "muscle muscular", "nerve neural", "bladder vesical", "jaundice icterus",
    "induced related associated",
)  # fmt: skip
_EQUIVALENT = {word: group.split()[0] for group in _EQUIVALENT_GROUPS for word in group.split()[1:]}


def fold_unicode(text: str) -> str:
    """Compatibility forms, Greek letters by their names, accents dropped.

    >>> fold_unicode("β-Sjögren")
    'beta-Sjogren'
    """
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    text = "".join(_GREEK.get(char.lower(), char) for char in text)
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def fold_possessive(word: str) -> str:
    """Drop the possessive: ``crohn's`` → ``crohn``."""
    return word[:-2] if len(word) > 3 and word[-2] in "'’`" and word[-1] in "sS" else word


def fold_plural(word: str) -> str:
    """Bring a lower-case English or Latin plural to its singular.

    >>> [fold_plural(w) for w in ("seizures", "biopsies", "diabetes", "metastases", "abscesses")]
    ['seizure', 'biopsy', 'diabetes', 'metastasis', 'abscess']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word[-1] != "s" or word.endswith(_KEEP_S):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(_ES):
        return word[:-2]
    return word[:-1]


def fold_spelling(word: str) -> str:
    """British to American spelling of a lower-case word: ``haemorrhage`` → ``hemorrhage``."""
    if _BRITISH.search(word):
        for pattern, replacement in _SPELLING:
            word = pattern.sub(replacement, word)
    return word


def split_letters_digits(word: str) -> str:
    """Part letters from digits: ``il2`` → ``il 2``."""
    return _LETTER_DIGIT.sub(" ", word) if not word.isalpha() and not word.isdigit() else word


@lru_cache(maxsize=1 << 15)
def exact_word(word: str) -> str:
    """:returns: one word as it stands in an ``exact`` key."""
    if word.isascii() and word.isalnum():
        return word.lower()
    return " ".join(words(fold_unicode(fold_possessive(word)).lower()))


@lru_cache(maxsize=1 << 16)
def plural_word(word: str) -> str:
    """:returns: one word as it stands in a ``plural`` key; may hold a space (``il 2``)."""
    if word.isascii() and word.isalpha():
        return fold_spelling(fold_plural(word.lower()))
    return " ".join(
        fold_spelling(fold_plural(part)) for part in split_letters_digits(exact_word(word)).split()
    )


def exact_key(text: str) -> str:
    """:returns: the ``exact`` key of a name.

    >>> exact_key("Crohn's  DISEASE")
    'crohn disease'
    """
    return " ".join(filter(None, map(exact_word, words(text))))


def plural_key(text: str) -> str:
    """:returns: the ``plural`` key of a name.

    >>> plural_key("Renal tumours")
    'renal tumor'
    """
    return " ".join(filter(None, map(plural_word, words(text))))


def bag_key(text: str) -> str:
    """:returns: the ``bag`` key of a name.

    >>> bag_key("Diabetes Mellitus, Type II") == bag_key("type 2 diabetes mellitus")
    True
    """
    return bag_of(plural_key(text).split())


def bag_of(singular: Iterable[str]) -> str:
    """:returns: the ``bag`` key of the words of a ``plural`` key."""
    return " ".join(sorted(bag_words(singular)))


def bag_words(singular: Iterable[str]) -> list[str]:
    """:returns: the words of a ``bag`` key, in the order of the ``plural`` key's."""
    bag: list[str] = []
    before = ""
    for word in singular:
        if word in _ROMAN_LETTER and before in _BEFORE_NUMERAL:
            bag.append(_ROMAN_LETTER[word])
        elif word not in _FUNCTION_WORDS:
            bag.append(_EQUIVALENT.get(word, _ROMAN.get(word, word)))
        before = word
    return bag
