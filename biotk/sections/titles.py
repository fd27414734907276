"""What a heading is about: the categories of sections, and the rules that name them.

The vocabulary is that of notes as they are written: the sections of SecTag (Denny et al., JAMIA
2009) and of medspaCy's rules, brought down to what tells a reader how to take a finding.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from importlib.resources import files

from biotk.text.expressions import ANY, initials

#: Every category, in the order of a note.
CATEGORIES = (
    "chief_complaint",
    "history_of_present_illness",
    "past_medical_history",
    "past_surgical_history",
    "obstetric_history",
    "birth_and_development",
    "medications",
    "allergies",
    "immunizations",
    "family_history",
    "social_history",
    "review_of_systems",
    "vital_signs",
    "physical_exam",
    "labs",
    "imaging",
    "indication",
    "technique",
    "procedure",
    "operative_details",
    "findings",
    "diagnosis",
    "assessment",
    "plan",
    "assessment_and_plan",
    "hospital_course",
    "disposition",
    "instructions",
    "administrative",
)

# Tests hold the file to the categories above.
_FILE = "titles.txt"

# Parts of an examination or a review of systems: which of the two, the section around them says.
_PARTS = re.compile(
    r"(general|constitutional|const|gen|head|heent|eyes?|ears?|nose|throat|mouth|oral cavity|"
    r"oropharynx|ent|eent|nasal|face|neck|lymph\w*|nodes|lymph nodes|chest|lungs?|respiratory|"
    r"pulmonary|resp|breasts?|thorax|heart|cardiac|cardiovascular|cardio\w*|cv|cvs|cor|vascular|"
    r"abdomen|abd|abdominal|gastrointestinal|gi|genitourinary|gu|genitalia|rectal|rectum|pelvic|"
    r"pelvis|back|spine|extremit\w+|ext|upper extremit\w+|lower extremit\w+|musculoskeletal|msk|"
    r"neuromuscular|skin|derm\w*|integument\w*|neuro\w*|psych\w*|ms|cns|cn|cranial nerves?|motor|"
    r"sensory|reflexes|gait|coord\w*|station|cerebellar|strength|endocrine|hematologic\w*|heme\w*|"
    r"hematopoietic|allergic|immunologic\w*|allergy immunology|urolog\w*|urinary|renal|mood|affect|"
    r"orientation|speech|thought\w*|insight|judgment|memory|general appearance|appearance|"
    r"central nervous system|\w+ system|external genitalia|peripheral vascular|pulses|joints|"
    r"hands?|feet|foot|knees?|shoulders?|hips?|ankles?|tone|sensation|vision|hearing|pupils?|"
    r"fundi|tongue|teeth|gums|tms|metabolic|systemic|infectious|oral|sinuses)"
    r"(?: (?:and|or) [\w ]+| exam\w*| appearance| \w+)?"
)

_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=65536)
def normal_title(title: str) -> str:
    """:returns: a title as rules compare it: its words in lower case.

    >>> normal_title("A/P:"), normal_title("Past  Medical & Surgical Hx")
    ('a p', 'past medical and surgical hx')
    """
    return " ".join(_WORD.findall(title.lower().replace("&", " and ").replace("'s", "s")))


@lru_cache(maxsize=65536)
def category_of(title: str) -> str | None:
    """:returns: the category that a title names by itself, None where rules know none.

    A title of two takes the first: "Family and social history" is about the family.

    >>> category_of("PAST MEDICAL HISTORY:"), category_of("WHAT THE DOG SAW")
    ('past_medical_history', None)
    """
    words = normal_title(title)
    if not words or is_part(title):
        return None
    patterns, start = _patterns(), 0
    while start >= 0:
        if found := patterns[words[start]].match(words, start):
            return expressions()[int((found.lastgroup or "")[1:])][0]
        start = words.find(" ", start) + 1 or -1
    return None


@lru_cache(maxsize=65536)
def is_part(title: str) -> bool:
    """:returns: whether a title is an organ system or a region, part of an exam or a review.

    >>> is_part("HEENT:"), is_part("ALLERGIES")
    (True, False)
    """
    return _PARTS.fullmatch(normal_title(title)) is not None


@lru_cache(maxsize=1)
def expressions() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """:returns: categories, some of them twice, each with the expressions that name it, in the
    order in which they count.
    """
    groups: list[tuple[str, list[str]]] = []
    for line in files("biotk.sections").joinpath(_FILE).read_text("utf-8").splitlines():
        if line.startswith("["):
            groups.append((line[1:-1], []))
        elif line and not line.startswith("#"):
            groups[-1][1].append(line)
    return tuple((category, tuple(some)) for category, some in groups)


@lru_cache(maxsize=1)
def _patterns() -> defaultdict[str, re.Pattern[str]]:
    """:returns: for each letter what names titles that begin with it, each of the lists of
    :func:`expressions` by a group of its own: ``g0`` and so on.
    """
    begins = {line: initials(line) for _, some in expressions() for line in some}
    letters = set().union(*begins.values())

    def pattern(letter: str) -> re.Pattern[str]:
        # Of those that match at a place it takes that which stands first.
        parts = [
            f"(?P<g{n}>{'|'.join(kept)})(?!\\w)"
            for n, (_, some) in enumerate(expressions())
            if (kept := [line for line in some if begins[line] & {letter, ANY}])
        ]
        return re.compile("|".join(parts))

    other = pattern(ANY)
    return defaultdict(lambda: other, {letter: pattern(letter) for letter in letters})
