"""Numbers of dbSNP."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biotk.genomics.cues import Cues
from biotk.genomics.variant import Variant

# Behind the number may stand an allele ("rs1800629A"), and no other letter, no decimals.
_RSID = re.compile(
    r"(?:rs|RS|Rs)(?<![\w.]..)(?P<gap>\s?[-:#]?\s?)(?P<number>[1-9]\d{1,10})(?=[ACGT]?(?!\w))(?!\.\d)"
)


def find_rsids(text: str, cues: Cues) -> Iterator[Variant]:
    """Find rsIDs.

    "rs" and a number are one if they are written together in small letters; what else may be
    meant (Spearman's rank correlation, rupees, the respiratory system) needs a word nearby that
    speaks of variants, or so many digits that nothing else has them.

    :param text: the folded text.
    """
    for match in _RSID.finditer(text):
        digits = len(match["number"])
        small, joined = match[0].startswith("rs"), not match["gap"]
        sure = digits >= (3 if small and joined else 5 if small else 6)
        if sure or ((joined or digits > 2) and cues.near(*match.span())):
            name = f"rs{match['number']}"
            yield Variant(match.start(), match.end(), match[0], "rsid", name)
