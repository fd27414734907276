"""Vary a name as real synonyms vary: order, spelling, number, abbreviations, case, punctuation.

Each variation takes a name and gives another, or the same where it has nothing to change. What is
varied is what UMLS, SNOMED CT, MeSH and RxNorm do to one and the same name.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Vary = Callable[[str, random.Random], str]

#: Organs and what belongs to them.
ADJECTIVES = dict(
    pair.split("=")
    for pair in (
        "liver=hepatic kidney=renal heart=cardiac lung=pulmonary stomach=gastric brain=cerebral "
        "skin=cutaneous breast=mammary colon=colonic eye=ocular bladder=vesical uterus=uterine "
        "ovary=ovarian prostate=prostatic pancreas=pancreatic spleen=splenic esophagus=esophageal "
        "larynx=laryngeal pharynx=pharyngeal trachea=tracheal bronchus=bronchial pleura=pleural "
        "thymus=thymic testis=testicular cornea=corneal retina=retinal femur=femoral tibia=tibial "
        "humerus=humeral radius=radial pelvis=pelvic abdomen=abdominal thorax=thoracic "
        "tongue=lingual rectum=rectal duodenum=duodenal ileum=ileal jejunum=jejunal aorta=aortic "
        "vagina=vaginal cervix=cervical tooth=dental nose=nasal face=facial spine=spinal "
        "cerebellum=cerebellar muscle=muscular bone=osseous artery=arterial vein=venous "
        "nerve=neural cartilage=cartilaginous lymph=lymphatic placenta=placental ureter=ureteral "
        "urethra=urethral vulva=vulvar penis=penile scrotum=scrotal hypothalamus=hypothalamic "
        "hippocampus=hippocampal epidermis=epidermal ear=otic mouth=oral"
    ).split()
)
_ABBREVIATIONS = dict(
    pair.split("=")
    for pair in (
        "syndrome=synd syndrome=syn disease=dis disorder=dis deficiency=def congenital=cong "
        "carcinoma=ca history=hx fracture=fx acute=ac chronic=chr bilateral=bilat left=lt "
        "right=rt without=w/o with=w/ malignant=malig neoplasm=neopl infection=infect. "
        "unspecified=unspec tablet=tab capsule=cap injection=inj solution=soln "
        "hydrochloride=HCl sodium=Na potassium=K calcium=Ca hypertension=HTN diabetes=DM "
        "measurement=meas secondary=sec familial=fam hereditary=hered recurrent=recurr "
        "regulation=reg. autosomal=AUT dominant=dom recessive=rec pulmonary=pulm "
        "gastrointestinal=GI cerebrospinal=CSF antibody=Ab antigen=Ag abnormality=abn "
        "abnormal=abn operation=op examination=exam associated=assoc"
    ).split()
)
_BRITISH = (
    ("tumor", "tumour"), ("hemorrh", "haemorrh"), ("anemi", "anaemi"), ("edema", "oedema"),
    ("esophag", "oesophag"), ("leukemi", "leukaemi"), ("fetal", "foetal"),
    ("diarrhea", "diarrhoea"),
    ("color", "colour"), ("pediatric", "paediatric"), ("sulf", "sulph"), ("ischemi", "ischaemi"),
    ("estrogen", "oestrogen"), ("orthopedic", "orthopaedic"), ("hemat", "haemat"),
    ("hemoglobin", "haemoglobin"), ("uremi", "uraemi"), ("glycemi", "glycaemi"), ("fiber", "fibre"),
    ("cecum", "caecum"), ("anesthe", "anaesthe"), ("hemophil", "haemophil"), ("septicemi",
    "septicaemi"), ("behavior", "behaviour"), ("apnea", "apnoea"), ("dyspnea", "dyspnoea"),
    ("lipidemi", "lipidaemi"), ("ization", "isation"), ("gynecolog", "gynaecolog"),
)  # fmt: skip
_TAGS = ("(disorder)", "(finding)", "NOS", "unspecified", "[D]", "(diagnosis)")
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV", "5": "V", "6": "VI", "7": "VII", "8": "VIII"}
_ARABIC = {roman: arabic for arabic, roman in _ROMAN.items()}
_SMALL = {"of", "the", "to", "in", "by", "due", "and", "with", "for", "on", "-"}
_OF = re.compile(r"(?P<head>.+?) (?:of|in|involving) (?:the |an |a )?(?P<tail>.+)")
_WORD = re.compile(r"[A-Za-z]+")
_EPONYM = re.compile(r"\b([A-Z][a-z]{3,}) (?=[Dd]isease|[Ss]yndrome)")


def order(name: str, chance: random.Random) -> str:
    """``neoplasm of the liver`` → ``liver neoplasm`` or ``hepatic neoplasm``."""
    found = _OF.fullmatch(name)
    if found is None or "," in name or ": " in name:
        return name
    first, _, last = found["tail"].rpartition(" ")
    if last in ADJECTIVES and chance.random() < 0.6:
        return f"{first} {ADJECTIVES[last]} {found['head']}".strip()
    return f"{found['tail']} {found['head']}"


def inverted(name: str, chance: random.Random) -> str:
    """``acute hepatic neoplasm`` → ``neoplasm, acute hepatic``, as MeSH's entry terms."""
    found = _OF.fullmatch(name)
    if "," in name or "(" in name or ": " in name:
        return name
    if found is not None:
        return f"{found['tail']}, {found['head']}"
    words = name.split()
    if len(words) < 2 or not words[-1].isalpha() or not _SMALL.isdisjoint(words[-2:]):
        return name
    cut = len(words) - 1 if chance.random() < 0.7 else max(1, len(words) - 2)
    return f"{' '.join(words[cut:])}, {' '.join(words[:cut])}"


def spelling(name: str, chance: random.Random) -> str:
    """American to British, all of it or one word."""
    changed = name
    for american, british in _BRITISH:
        if american in changed and british not in changed:
            changed = changed.replace(american, british, 1 if chance.random() < 0.2 else -1)
    return changed


def number(name: str, chance: random.Random) -> str:
    """The head word in the plural, or in the singular."""
    head, comma, rest = name.partition(",")
    before, of, after = head.partition(" of ")
    stem, last = before[:-1], before[-1:]
    if not last.isalpha() or len(before) < 4:
        return name
    if before.endswith(("sis", "xis")):
        changed = f"{before[:-2]}es"
    elif last == "s" and not before.endswith(("ss", "us", "is")):
        changed = f"{before[:-3]}y" if before.endswith("ies") else stem
    elif last == "y" and stem[-1] not in "aeou":
        changed = f"{stem}ies"
    else:
        changed = f"{before}es" if before.endswith(("s", "x", "ch", "sh")) else f"{before}s"
    return f"{changed}{of}{after}{comma}{rest}"


def abbreviated(name: str, chance: random.Random) -> str:
    """One or two of the words that records shorten."""
    words = name.split(" ")
    short = [at for at, word in enumerate(words) if word.lower().rstrip(",") in _ABBREVIATIONS]
    for at in chance.sample(short, min(len(short), chance.choice((1, 1, 2)))):
        bare = words[at].rstrip(",")
        words[at] = _ABBREVIATIONS[bare.lower()] + words[at][len(bare) :]
    return " ".join(words)


def hyphens(name: str, chance: random.Random) -> str:
    """A hyphen more or a hyphen less."""
    if "-" in name:
        return name.replace("-", chance.choice((" ", "")), 1)
    for prefix in ("non", "post", "pre", "anti", "hyper", "sub", "intra", "extra", "micro"):
        at = name.lower().find(f" {prefix}") + 1
        if (at or name.lower().startswith(prefix)) and name[at + len(prefix) :][:1].isalpha():
            return f"{name[: at + len(prefix)]}-{name[at + len(prefix) :]}"
    return name


def eponym(name: str, chance: random.Random) -> str:
    """``Crohn disease`` ↔ ``Crohn's disease``."""
    if "'s " in name:
        return name.replace("'s ", chance.choice((" ", "s ")), 1)
    return _EPONYM.sub(lambda found: f"{found[1]}'s ", name, count=1)


def numeral(name: str, chance: random.Random) -> str:
    """``type 2`` ↔ ``type II``."""
    words = name.split(" ")
    for at, word in enumerate(words):
        if at and word in _ROMAN and words[at - 1].lower() in ("type", "stage", "grade"):
            words[at] = _ROMAN[word]
            break
        if at and word in _ARABIC and len(word) > 1:
            words[at] = _ARABIC[word]
            break
    return " ".join(words)


def acronym(name: str, chance: random.Random) -> str:
    """The initials in brackets, or seldom alone."""
    words = [word for word in _WORD.findall(name) if word not in ("of", "the", "and", "in", "to")]
    if not 3 <= len(words) <= 6 or "(" in name:
        return name
    initials = "".join(word[0].upper() for word in words)
    return initials if chance.random() < 0.15 else f"{name} ({initials})"


def tagged(name: str, chance: random.Random) -> str:
    """The tags of SNOMED CT and of coding systems."""
    return name if name.endswith((")", "NOS")) else f"{name} {chance.choice(_TAGS)}"


def case(name: str, chance: random.Random) -> str:
    """Title case, upper case, or a capital at the start."""
    draw = chance.random()
    if draw < 0.45:
        return name[:1].upper() + name[1:]
    if draw < 0.85:
        return " ".join(
            word if word in _SMALL else word[:1].upper() + word[1:] for word in name.split(" ")
        )
    return name.upper()


def articles(name: str, chance: random.Random) -> str:
    """``of the liver`` ↔ ``of liver``."""
    if " the " in name:
        return name.replace(" the ", " ")
    return name.replace(" of ", " of the ", 1)


#: Each variation and how often it is drawn.
VARIATIONS: dict[Vary, int] = {
    order: 16, inverted: 14, spelling: 8, number: 12, abbreviated: 10, hyphens: 5, eponym: 4,
    numeral: 3, acronym: 3, tagged: 8, case: 14, articles: 5,
}  # fmt: skip
_DRAWN = [vary for vary, share in VARIATIONS.items() for _ in range(share)]


def varied(name: str, chance: random.Random) -> str:
    """:returns: the name after one or two variations, white space single."""
    name = chance.choice(_DRAWN)(name, chance)
    if chance.random() < 0.35:
        name = chance.choice(_DRAWN)(name, chance)
    return " ".join(name.split())
