"""What became of the rows of association tables: kept, dropped and why, what stayed unlinked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from biotk.genomics.associations import Association
from biotk.genomics.values import ZERO_P

#: So many examples are kept of each reason, and so many names of what links to nothing.
_EXAMPLES, _MOST = 3, 20


@dataclass(slots=True)
class AssociationReport:
    """Counts what becomes of the rows of tables, as they are read.

    Each row that was read is an association or was dropped for one reason:
    ``rows == kept + dropped.total()``.

    :param rows: how many rows were read, headers aside.
    :param kept: how many associations they gave.
    :param dropped: reason → rows that gave none.
    :param missing: what is missing in associations that were kept → how many.
    :param traits: how traits were linked → associations.
    :param genes: how genes were looked up → associations.
    :param kinds: kind → associations.
    :param units: unit → associations that have an effect.
    :param licences: terms → associations.
    :param unlinked_traits: traits that link to nothing → associations.
    :param unknown_genes: symbols that no gene is known by → associations.
    :param merged: how many rsIDs were replaced by those that they were merged into.
    :param examples: reason → where the first rows dropped for it stand.
    """

    rows: int = 0
    kept: int = 0
    merged: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    traits: Counter[str] = field(default_factory=Counter)
    genes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    unlinked_traits: Counter[str] = field(default_factory=Counter)
    unknown_genes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, reason: str, place: str) -> None:
        """Count a row that gives no association.

        :param reason: why.
        :param place: its file and line.
        """
        self.dropped[reason] += 1
        places = self.examples.setdefault(reason, [])
        if len(places) < _EXAMPLES:
            places.append(place)

    def keep(self, made: Association, missing: Iterable[str]) -> None:
        """Count an association.

        :param missing: what of its row could not be used.
        """
        self.kept += 1
        self.kinds[made.kind] += 1
        self.licences[made.licence] += 1
        if made.unit is not None:
            self.units[made.unit] += 1
        for reason in missing:
            self.missing[reason] += 1
        if made.p == 0 and made.neg_log10_p is None:
            self.missing[ZERO_P] += 1

    def to_dict(self) -> dict[str, Any]:
        """:returns: the counts for JSON, the most frequent first, long lists cut."""
        return {
            "rows": self.rows,
            "kept": self.kept,
            "merged_rsids": self.merged,
            "dropped": {
                reason: {"rows": count, "first": self.examples.get(reason, [])}
                for reason, count in self.dropped.most_common()
            },
            "missing": dict(self.missing.most_common()),
            "traits": dict(self.traits.most_common()),
            "genes": dict(self.genes.most_common()),
            "kinds": dict(self.kinds.most_common()),
            "n_units": len(self.units),
            "units": dict(self.units.most_common(_MOST)),
            "licences": dict(self.licences.most_common()),
            "n_unlinked_traits": len(self.unlinked_traits),
            "unlinked_traits": dict(self.unlinked_traits.most_common(_MOST)),
            "n_unknown_genes": len(self.unknown_genes),
            "unknown_genes": dict(self.unknown_genes.most_common(_MOST)),
        }
