"""Other wordings of a mention: nouns of adjectives, compounds, words in one another's place.

Vocabularies name things, *cerebellum*, *mitosis*, *cilium*, *hindgut*, *insulin secretion*; texts
say *cerebellar*, *mitotic*, *cilia*, *hind gut*, *insulin release*. What is made here are guesses,
most of them by the ending of a word. They are worth something only where a guess is a name:
*cerebell* + *um* is one, *cerebell* + *us* is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

# Ending of the word in the text → endings of the noun. All rules that fit are tried, in this order.
_ENDINGS = (
    # adjectives
    ("istic", "ism"), ("rheic", "rhea"), ("ngeal", "nx"), ("inal", "en"), ("acic", "ax"),
    ("inary", "ine"), ("atic", "- a e as"), ("iary", "ium"), ("onic", "o"),
    ("ular", "le ule ula ulus ulum"), ("tial", "ce"), ("tic", "sis se sy s"),
    ("ent", "ence ency"), ("ant", "ance ancy"), ("ear", "eus"), ("eal", "ea eus"),
    ("ial", "ium y ia us"), ("ian", "y ia ism"), ("ine", "us a -"), ("ary", "a ium"),
    ("ory", "ion us"), ("ive", "ion"), ("ous", "us a e um y -"), ("ar", "um a e us is"),
    ("al", "on um a e us is -"), ("ic", "us is a ia on um y e es ity -"),
    # verbs
    ("ated", "ation"), ("ating", "ation"), ("ate", "ation"), ("ed", "ion ing"),
    ("ing", "ion"), ("e", "ion ing"),
    # Latin and Greek plurals
    ("ange", "anx"), ("ina", "en"), ("ice", "ex ix"), ("ae", "a"), ("ia", "ium ion"),
    ("a", "um on"), ("i", "us"), ("e", "is"),
)  # fmt: skip
_RULES = tuple(
    (ending, tuple(noun.replace("-", "") for noun in nouns.split())) for ending, nouns in _ENDINGS
)
_LEAST_STEM = 3

# Where the noun has another stem.
_NOUNS = {
    "articular": "joint", "auricular": "ear", "axillary": "axilla", "caudal": "tail",
    "cephalic": "head", "cortical": "cortex", "costal": "rib", "cranial": "skull",
    "dental": "tooth", "lingual": "tongue", "mammary": "breast", "nasal": "nose",
    "ophthalmic": "eye", "oral": "mouth", "pontine": "pons", "splenic": "spleen",
    "testicular": "testis", "vascular": "vessel",
}  # fmt: skip

# Words of texts → the words that vocabularies have in their place.
_INSTEAD = (
    ("release", "secretion"),
    ("formation", "assembly biogenesis"),
    ("production", "biosynthesis synthesis"),
    ("synthesis", "biosynthesis"),
    ("trafficking", "transport"),
    ("control", "regulation"),
    # There is a name for the disease of an organ where there is none for what ails it.
    ("dysfunction impairment toxicity damage illness abnormality", "disease"),
)
_VOCABULARY_WORDS = {
    word: tuple(instead.split()) for words, instead in _INSTEAD for word in words.split()
}


@lru_cache(maxsize=1 << 15)
def noun_forms(word: str) -> tuple[str, ...]:
    """Guess the nouns behind a word.

    :param word: a word of a ``plural`` key.
    :returns: the guesses, likely ones first.

    >>> noun_forms("nuclei"), "placenta" in noun_forms("placental")
    (('nucleus',), True)
    """
    adjective = word[:-2] if word.endswith("ally") else word
    forms = [_NOUNS[adjective]] if adjective in _NOUNS else []
    for ending, nouns in _RULES:
        stem = adjective.removesuffix(ending)
        if _LEAST_STEM <= len(stem) < len(adjective):
            forms += [stem + noun for noun in nouns]
    return tuple(dict.fromkeys(forms))


def rewordings(key: str) -> Iterator[str]:
    """Exchange one word of a mention for what a name may have in its place, or join two.

    :param key: a ``plural`` key.
    :returns: other keys, likely ones first; most of them are no name of anything.

    >>> list(rewordings("hind gut")), "insulin secretion" in rewordings("insulin release")
    (['hindgut'], True)
    """
    words = key.split()
    places = range(len(words) - 1, -1, -1)
    for at in places:
        for word in noun_forms(words[at]):
            yield " ".join((*words[:at], word, *words[at + 1 :]))
    for at in range(len(words) - 1):
        # Numbers side by side, "1-9", are several.
        if not (words[at].isdigit() and words[at + 1].isdigit()):
            yield " ".join((*words[:at], words[at] + words[at + 1], *words[at + 2 :]))
    # Alone, such a word says too little: "toxicity" is not the concept "disease".
    for at in places if len(words) > 1 else ():
        for word in _VOCABULARY_WORDS.get(words[at], ()):
            yield " ".join((*words[:at], word, *words[at + 1 :]))
