"""Expressions that the modules for variants told in words share."""

from __future__ import annotations

from biotk.genomics.residues import BASE_NAME, NAME, THREE_LETTERS

NUMBER = r"[-+]?\d[\d,]{0,8}(?<!,)"
_UNIT = (
    r"(?:amino[-\s]acids?|nucleotides?|nt|bases?(?:[-\s]pairs?)?|bp|residues?|codons?|positions?"
    r"|cdna)"
)
_NOUN = (
    r"(?:(?:single|missense|nonsense|point|amino[-\s]acid|nucleotide|base)\s){0,2}"
    r"(?:substitution|mutation|transition|transversion|change|exchange|conversion|replacement"
    r"|polymorphism|variant|variation|alteration)"
)
_NUMBERED = rf"(?:{_UNIT}\s){{1,3}}(?:number\s|no\.?\s)?(?:[cgp]\.\s?)?(?P<at>{NUMBER})(?!\w|\.\d)"
#: " at codon 66", " mutation at amino acid position 401", " was identified at nucleotide 857",
#: " at -31": the place is ``at`` or ``bare``. For expressions in which case counts or not.
AT = (
    rf"(?:\s{_NOUN})?(?:\s(?:was|is)\s(?:identified|found|detected|located))?"
    rf"\s(?:(?:at|in|of|on)\s(?:the\s)?{_NUMBERED}(?:\sposition)?"
    rf"|at\s(?P<bare>{NUMBER})(?!\w|\.\d)(?:\s(?:position|bp))?)"
)

#: An amino acid by its name or in three letters; where case does not count.
AMINO = rf"(?:{NAME}|{THREE_LETTERS})"
#: What is said of it in brackets: "(R)", "(Arg)", its codon.
CODE = r"(?:\s?\((?:[A-Z]|[A-Z][a-z]{2}|[ACGTU]{3})\))?"
#: Bases by their names or letters; where case counts.
BASE = rf"(?:(?i:{BASE_NAME})|[ACGTU]{{1,4}})"
