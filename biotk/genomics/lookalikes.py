"""What looks like a change of one amino acid, ``V600E``, and is something else."""

from __future__ import annotations

import re

from biotk.genomics.cues import Cues

#: Cell lines and strains, culture media and reagents, genes and proteins, that no word can save:
#: in a paper that speaks of mutations they stand as well.
_NEVER = frozenset(
    """
    T47D C33A T98G L5178Y C127I A375M A375P A375S V79A H9C F12K S100A S100P S100G S100Z K252A
    P450C H2S E2F G2M T1D T2D C3H C4A C1Q
    """.split()
)
#: Doses, solutions, stages of tumours, laboratory values, receptors, postcodes: one digit between
#: two letters is rarely a change, and neither are these.
_DOSE = re.compile(r"Q\d{1,2}H|D\d{1,2}[WNS]|Y\d{1,2}M|P\d{2}Y|T\d{1,2}[LS]|L\dS|N\d{1,2}G")
_BEFORE = re.compile(
    r"(?:cell lines?|cells?|clone|strain|room|suite|unit|ward|bed|model|catalog(?:ue)?|part|lot"
    r"|serial|sample|specimen|accession|case|protocol|flight|gate|postcode|box|building|bldg|apt"
    r"|number|no|code|id|mrn|account|acct|ref|tooth|grade|stage|vertebra|icd(?:-\d+)?(?:-cm)?)"
    r"[\s.:#]{1,3}(?:no\.?\s|number\s|#\s?)?\Z",
    re.IGNORECASE,
)
# A postcode: "W1A 1AA", "M5V 3L9".
_POSTCODE = re.compile(r"\s(?:\d[A-Z]{2}|\d[A-Z]\d)(?!\w)")
_REACH = 24
_TIGHT = 30


def is_lookalike(text: str, start: int, end: int, cues: Cues) -> bool:
    """Whether a letter, a number and a letter are no change of an amino acid or a base.

    :param text: the folded text.
    """
    if cues.trusted:
        return False
    written = text[start:end]
    if written in _NEVER or _POSTCODE.match(text, end):
        return True
    digits = len(written) - 2
    if digits > 4:
        return not cues.near(start, end)
    if digits == 1 or _DOSE.fullmatch(written):
        return not cues.near(start, end, _TIGHT)
    return _BEFORE.search(text, max(0, start - _REACH), start) is not None
