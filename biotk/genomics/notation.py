"""Changes written as HGVS recommends.

The rules are those of the HGVS Nomenclature, version 21 (hgvs-nomenclature.org, "Recommendations"):
deleted and duplicated bases are not repeated, an insertion stands between two places, several bases
that are replaced are a ``delins``, amino acids have three letters and a stop is ``Ter``, what has
not changed is ``=``.
"""

from __future__ import annotations

import re

_PLACE = re.compile(r"([-*]?)(\d+)(?:([-+])(\d+))?")


def place(written: str) -> str:
    """:returns: a place in a sequence as HGVS writes it: without blanks, commas, a plus before it.

    >>> place("+1,858"), place("1092 +1"), place("IVS3 + 18")
    ('1858', '1092+1', 'IVS3+18')
    """
    return re.sub(r"[\s,]", "", written).removeprefix("+")


def places(first: str, last: str | None) -> str:
    """:returns: one place, or a range of them, its second number completed.

    >>> places("735", "6"), places("118", "119"), places("46", None)
    ('735_736', '118_119', '46')
    """
    first = place(first)
    if last is None:
        return first
    last = place(last)
    if first.isdecimal() and last.isdecimal() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return f"{first}_{last}" if last != first else first


def stretch(where: str, length: int) -> str:
    """:returns: ``length`` places from one on; the place alone where nobody can tell the last.

    >>> stretch("1494", 6), stretch("-2", 2), stretch("12+1", 3), stretch("13-1", 4)
    ('1494_1499', '-2_-1', '12+1_12+3', '13-1')
    """
    match = _PLACE.fullmatch(where)
    if match is None or length < 2:
        return where
    mark, number, sign, offset = match.groups()
    if sign is None:
        last = int(number) + (length - 1) * (-1 if mark == "-" else 1)
        return f"{where}_{mark}{last}" if last > 0 else where
    last = int(offset) + (length - 1) * (-1 if sign == "-" else 1)
    return f"{where}_{mark}{number}{sign}{last}" if last > 0 else where


def substitution(where: str, old: str, new: str) -> str:
    """:returns: the change of bases into others.

    >>> substitution("1691", "G", "A"), substitution("735", "TG", "AT")
    ('1691G>A', '735_736delinsAT')
    >>> substitution("471", "C", "C")
    '471='
    """
    if old == new:
        return f"{stretch(where, len(old))}="
    if len(old) == len(new) == 1:
        return f"{where}{old}>{new}"
    return f"{stretch(where, len(old))}delins{new}" if where else f"{old}>{new}"


def count(what: str) -> int:
    """:returns: how many bases are meant: by their letters, or by a number.

    >>> count("TG"), count("28"), count("")
    (2, 28, 0)
    """
    return int(what) if what.isdecimal() else len(what)


def removal(where: str, operation: str, what: str) -> str:
    """:returns: a deletion, duplication or inversion, without what is deleted.

    :param operation: ``del``, ``dup`` or ``inv``.
    :param what: the bases, or how many they are; empty where it is not told.

    >>> removal("1052", "del", "A"), removal("1494", "del", "6"), removal("", "del", "32")
    ('1052del', '1494_1499del', 'delN[32]')
    """
    if where:
        return f"{stretch(where, count(what))}{operation}"
    return f"{operation}N[{what}]" if what.isdecimal() else f"{operation}{what}"


def insertion(where: str, what: str) -> str:
    """:returns: an insertion, which stands between two places.

    >>> insertion("5382", "C"), insertion("125_126", "AA"), insertion("", "N[9]")
    ('5382_5383insC', '125_126insAA', 'insN[9]')
    """
    return f"{stretch(where, 2)}ins{what}"


_OPERATIONS = {"deletion": "del", "insertion": "ins", "duplication": "dup"}


def changed_in_length(kind: str, where: str, what: str) -> str:
    """:returns: a deletion, an insertion, a duplication, or either of the first two.

    :param kind: it in words or in short.
    :param where: its place or range; empty where it is not told.
    :param what: the bases, or how many they are; empty where it is not told.

    >>> changed_in_length("deletion", "1494", "6"), changed_in_length("ins/del", "", "6")
    ('1494_1499del', 'delinsN[6]')
    >>> changed_in_length("dup", "", "24"), changed_in_length("insertion", "5382", "C")
    ('dupN[24]', '5382_5383insC')
    """
    operation = _OPERATIONS.get(kind.lower(), kind.lower())
    if operation in ("del", "dup"):
        return removal(where, operation, what)
    added = inserted(what) if what else "N"
    return insertion(where, added) if operation == "ins" else f"{where}delins{added}"


_PART = re.compile(r"\(?([A-Za-z]+)\)?[(\[]?(\d*)[)\]]?")


def inserted(written: str) -> str:
    """:returns: what is inserted: bases, repeated ones, so many unknown ones, what brackets hold.

    >>> inserted("gcg"), inserted("(GCG)7"), inserted("(GCG)(7)"), inserted("28"), inserted("TA[3]")
    ('GCG', 'GCG[7]', 'GCG[7]', 'N[28]', 'TA[3]')
    >>> inserted("(GCG)4GCA"), inserted("[NC_000004.11:g.1_20]")
    ('[GCG[4];GCA]', '[NC_000004.11:g.1_20]')
    """
    if written.startswith("["):
        return written
    if written.isdecimal():
        return f"N[{int(written)}]"
    parts = [bases.upper() + (f"[{int(n)}]" if n else "") for bases, n in _PART.findall(written)]
    return parts[0] if len(parts) == 1 else f"[{';'.join(parts)}]"


def protein_substitution(old: str, where: str, new: str) -> str:
    """:returns: the change of an amino acid into another one.

    :param old: three letters, as is ``new``.

    >>> protein_substitution("Val", "600", "Glu"), protein_substitution("Ser", "157", "Ser")
    ('p.Val600Glu', 'p.Ser157=')
    """
    return f"p.{old}{where}{'=' if new == old else new}"


def frameshift(old: str, where: str, new: str | None, stop: str | None) -> str:
    """:returns: a shift of the frame.

    :param new: the first amino acid that changes into another one, where it is told.
    :param stop: after how many the new frame stops; ``?`` if it is not known to, None: not told.

    >>> frameshift("Gly", "204", "Val", "17"), frameshift("Arg", "58", None, None)
    ('p.Gly204ValfsTer17', 'p.Arg58fs')
    """
    # The stop alone, "fsX", says nothing that "fs" does not.
    return f"p.{old}{where}{new or ''}fs{'' if stop is None else f'Ter{stop}'}"
