"""ICD-10-CM's codes with a seventh character: what is told of them where they were left out."""

from __future__ import annotations

import re

#: Why the reader of ICD-10-CM leaves them out.
SEVENTH = (
    "codes with a seventh character (read with --seventh-characters or, in a recipe, "
    "seventh_characters = true)"
)
_CODE = re.compile(r"(?:ICD10CM:)?([A-Z][0-9][0-9A-Z])\.?([0-9A-Z]{3})[0-9A-Z]", re.IGNORECASE)


def without_seventh(concept_id: str) -> str | None:
    """:returns: the id of the code that a code with a seventh character extends; None for others.

    >>> without_seventh("S72.001A"), without_seventh("ICD10CM:T360XXA"), without_seventh("E11.9")
    ('ICD10CM:S72.001', 'ICD10CM:T36.0', None)
    """
    code = _CODE.fullmatch(concept_id.strip())
    if code is None:
        return None
    # X fills the places between a shorter code and its seventh character.
    return f"ICD10CM:{code[1]}.{code[2]}".upper().rstrip("X").rstrip(".")
