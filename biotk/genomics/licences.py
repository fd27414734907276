"""Which terms leave everybody free to use a row, as CC0 and CC BY do."""

from __future__ import annotations

import re

#: The terms of the GWAS Catalog's curated associations before they became CC0: EMBL-EBI asks to be
#: named and adds no limits of its own. https://www.ebi.ac.uk/about/terms-of-use
EMBL_EBI = "EMBL-EBI terms of use"

#: Terms without limits, or that ask for no more than to be named; lower case, without versions.
_OPEN = frozenset(
    [
        "cc0", "cc zero", "public domain", "pddl", "us government work", "odc by", "cc by",
        "apache", "mit", EMBL_EBI.lower().replace("-", " "),
    ]
)  # fmt: skip
_VERSION = re.compile(r"[\s-]+v?\d+(\.\d+)*(\s*(international|generic|universal))?$")


def is_open(licence: str) -> bool:
    """Say whether terms are like CC0 or CC BY. What is not known is not open.

    :param licence: one licence, or several that hold together, as in ``CC0-1.0 AND MIT``.

    >>> is_open("CC-BY-4.0"), is_open("CC BY-NC 4.0"), is_open("CC0-1.0 AND GPL-3.0"), is_open("")
    (True, False, False, False)
    """
    return all(
        _VERSION.sub("", part.strip().lower()).replace("-", " ").strip() in _OPEN
        for part in licence.split(" AND ")
    )
