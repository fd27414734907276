"""The FDA's list of UNII names: which brand and official names a substance has.

A row is ``Name``, ``TYPE`` (``bn`` brand, ``of`` official, ``cn`` common, ``sys`` systematic,
``cd`` code), ``UNII``, ``Display Name``, in capitals. A brand that stands for several substances
has a row ``PERCOCET COMPONENT ACETAMINOPHEN`` under each.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from biotk.errors import InputError
from biotk.types import Concept

#: The format's name in recipes. It is no format for ``biotk kb build``: nobody links to UNIIs.
UNII_FORMAT = "unii-names"
_HEADER = ["Name", "TYPE", "UNII", "Display Name"]
_KINDS = {"bn", "of"}
_COMPONENT = " COMPONENT "
_ADDED = re.compile(r" (?:\([A-Z ]+\)|\[[A-Z-]+\])$")


def iter_unii_names(path: Path) -> Iterator[Concept]:
    """Read the substances that have an official name, with their brands, and combinations.

    Drugs have an official name, or their other salts do: the first word decides. Without that
    condition the brands of pesticides come along, and Focus, Image, Punch and Monitor are such.

    A combination is named as MeSH names one, ``Acetaminophen, Oxycodone drug combination``.

    :raises InputError: it is not such a list.
    """
    names: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    components: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    official: set[str] = set()
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if (header := next(rows, [])) != _HEADER:
            raise InputError(f"{path.name}: its columns are {header}, expected {_HEADER}")
        for name, kind, unii, display in rows:
            if kind == "of":
                official.add(display.partition(" ")[0])
            if _COMPONENT in name:
                components[name.partition(_COMPONENT)[0]].append((unii, display, kind))
            elif kind in _KINDS:
                names[unii, _plain(display)].append(_plain(name))
    yield from _combinations(components, names)
    for (unii, display), given in sorted(names.items()):
        if display.partition(" ")[0] not in official:
            continue
        others = dict.fromkeys(map(in_lower, sorted(given)))
        yield Concept(
            f"UNII:{unii}",
            in_lower(display),
            tuple(name for name in others if name != in_lower(display)),
            ("Chemical",),
        )


def _combinations(
    components: Mapping[str, list[tuple[str, str, str]]], names: dict[tuple[str, str], list[str]]
) -> Iterator[Concept]:
    for brand, parts in sorted(components.items()):
        if len({display for _, display, _ in parts}) > 1:
            label = ", ".join(sorted({in_lower(display) for _, display, _ in parts}))
            yield Concept(
                f"brand:{brand.replace(' ', '_')}",
                f"{label} drug combination",
                (in_lower(brand),),
                ("Chemical",),
            )
        elif parts[0][2] == "bn":
            # One substance, marketed as this; as a common name it is the rest of a combination
            # whose other parts are not listed (SINEMET COMPONENT CARBIDOPA).
            names[parts[0][:2]].append(brand)


def _plain(name: str) -> str:
    """Drop what the list adds to tell names apart: ``PRADAXA (DABIGATRAN)``, ``SENNA [HOC]``."""
    return _ADDED.sub("", name)


def in_lower(name: str) -> str:
    """Write a name that stands in capitals as texts do; short words may be codes and stay.

    >>> in_lower("TOPROL XL"), in_lower("AZD6088")
    ('Toprol XL', 'AZD6088')
    """
    return " ".join(
        word.capitalize() if len(word) > 3 and word.strip(",").isalpha() else word
        for word in name.split()
    )
