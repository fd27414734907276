"""The files of a release: what they are called, which columns they have, where they lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from biotk.errors import InputError, Problems
from biotk.kb.readers.base import Probe
from biotk.kb.readers.files import iter_lines

_CONSO = (
    "CUI", "LAT", "TS", "LUI", "STT", "SUI", "ISPREF", "AUI", "SAUI", "SCUI", "SDUI", "SAB", "TTY",
    "CODE", "STR", "SRL", "SUPPRESS", "CVF",
)  # fmt: skip
_STY = ("CUI", "TUI", "STN", "STY", "ATUI", "CVF")
_REL = (
    "CUI1", "AUI1", "STYPE1", "REL", "CUI2", "AUI2", "STYPE2", "RELA", "RUI", "SRUI", "SAB", "SL",
    "RG", "DIR", "SUPPRESS", "CVF",
)  # fmt: skip
_SAB = (
    "VCUI", "RCUI", "VSAB", "RSAB", "SON", "SF", "SVER", "VSTART", "VEND", "IMETA", "RMETA", "SLC",
    "SCC", "SRL", "TFR", "CFR", "CXTY", "TTYL", "ATNL", "LAT", "CENC", "CURVER", "SABIN", "SSN",
    "SCIT",
)  # fmt: skip

#: File → its columns as NLM documents them. RxNorm's columns ``RXCUI`` and ``RXAUI`` go by the
#: names that they have in UMLS.
COLUMNS: dict[str, tuple[str, ...]] = {
    "MRCONSO": _CONSO,
    "MRSTY": _STY,
    "MRDEF": ("CUI", "AUI", "ATUI", "SATUI", "SAB", "DEF", "SUPPRESS", "CVF"),
    "MRREL": _REL,
    "MRHIER": ("CUI", "AUI", "CXN", "PAUI", "SAB", "RELA", "PTR", "HCD", "CVF"),
    "MRCUI": ("CUI1", "VER", "REL", "RELA", "MAPREASON", "CUI2", "MAPIN"),
    "MRRANK": ("RANK", "SAB", "TTY", "SUPPRESS"),
    "MRSAB": _SAB,
    "MRFILES": ("FIL", "DES", "FMT", "CLS", "RWS", "BTS"),
    "RXNCONSO": _CONSO,
    "RXNSTY": _STY,
    "RXNREL": (*_REL[:12], "DIR", "RG", *_REL[14:]),
    "RXNSAB": _SAB,
    "RXNCUI": ("CUI1", "VER_START", "VER_END", "CARDINALITY", "CUI2"),
    "RXNATOMARCHIVE": (
        "AUI", "UMLS_AUI", "STR", "ARCHIVE_TIMESTAMP", "CREATED_TIMESTAMP", "UPDATED_TIMESTAMP",
        "CODE", "IS_BRAND", "LAT", "LAST_RELEASED", "SAUI", "VSAB", "CUI1", "SAB", "TTY", "CUI2",
    ),
}  # fmt: skip
#: Longer numbers do not fit the 4 bytes in which ids are kept; NLM's have eight digits at most.
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Release:
    """What one kind of release calls its things.

    :param source: name of the vocabulary.
    :param conso: the file of names, which has to be there.
    :param folders: where the files may lie below the directory that a user names.
    :param prefix: of its ids as CURIEs.
    :param letter: what ids begin with in the files.
    :param digits: how many digits follow; 0 for any number of them up to nine.
    """

    source: str
    conso: str
    folders: tuple[str, ...]
    prefix: str
    letter: str
    digits: int

    def file(self, kind: str) -> str:
        """:returns: the name of a file, as in ``MRSTY`` for ``STY``."""
        return self.conso.removesuffix("CONSO") + kind

    def number(self, raw: str) -> int | None:
        """:returns: an id as a number; None if it is not of the right form."""
        digits = raw[len(self.letter) :]
        if not (raw.startswith(self.letter) and digits.isascii() and digits.isdecimal()):
            return None
        if len(digits) > _MAX_DIGITS or (self.digits and len(digits) != self.digits):
            return None
        return int(digits)

    def curie(self, number: int) -> str:
        """:returns: a number as an id."""
        return f"{self.prefix}:{self.letter}{number:0{self.digits}d}"


UMLS = Release("UMLS", "MRCONSO", ("META",), "UMLS", "C", 7)
RXNORM = Release("RxNorm", "RXNCONSO", ("rrf",), "RXNORM", "", 0)

_UMLS_FILE = re.compile(r"MR[A-Z]+\.RRF\b.*")
_RXNORM_FILE = re.compile(r"RXN[A-Z]+\.RRF\b.*")
_UMLS_ROW = re.compile(r"C\d{7}\|(?:[^|]*\|){5,}")
_RXNORM_ROW = re.compile(r"\d+\|[A-Z]{3}\|(?:[^|]*\|){14}[NOEY]?\|[^|]*\|")


def _sniff(probe: Probe, release: Release, file: re.Pattern[str], row: re.Pattern[str]) -> bool:
    if not probe.path.is_dir():
        return probe.most(row.fullmatch)
    below = (probe.path / name for name in release.folders)
    names = [entry.name for folder in below if folder.is_dir() for entry in folder.iterdir()]
    return any(file.fullmatch(name.upper()) for name in (*probe.names, *names))


def sniff_umls_rrf(probe: Probe) -> bool:
    """:returns: whether a source is a directory with UMLS's files, or one of them."""
    return _sniff(probe, UMLS, _UMLS_FILE, _UMLS_ROW)


def sniff_rxnorm_rrf(probe: Probe) -> bool:
    """:returns: whether a source is a directory with RxNorm's files, or its file of names."""
    return _sniff(probe, RXNORM, _RXNORM_FILE, _RXNORM_ROW)


def locate(path: Path, release: Release) -> dict[str, Path]:
    """Find the files of a release.

    :param path: its directory, one above it, or the file of names.
    :returns: file, a key of :data:`COLUMNS` → where it is; those that are missing are not in it.
    :raises InputError: if there is no file of names, or a file is in parts.
    """
    if path.is_file():
        _check_conso(path, release)
        return _in_folder(path.parent) | {release.conso: path}
    found = _in_folder(path)
    for name in release.folders:
        if release.conso not in found and (path / name).is_dir():
            found = _in_folder(path / name)
    if release.conso not in found:
        raise InputError(
            f"{path}: no {release.conso}.RRF in it, nor in {' or '.join(release.folders)}. Name "
            f"the directory of a {release.source} release that its RRF files are in"
        )
    return found


def _in_folder(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    entries = {entry.name.upper(): entry for entry in sorted(folder.iterdir())}
    for name in COLUMNS:
        for file in (f"{name}.RRF", f"{name}.RRF.GZ"):
            if file in entries:
                found.setdefault(name, entries[file])
        part = re.compile(rf"{name}\.RRF\.[A-Z]{{2}}\.GZ")
        parts = [entry.name for upper, entry in entries.items() if part.fullmatch(upper)]
        if parts and name not in found:
            raise InputError(
                f"{folder}: {name}.RRF is in parts ({', '.join(parts[:3])}): put them together "
                f"with `cat {name}.RRF.*.gz > {name}.RRF.gz`, or let MetamorphoSys do it"
            )
    return found


def _check_conso(path: Path, release: Release) -> None:
    """Refuse another file of the release early: each of its rows would be reported as wrong."""
    width = len(COLUMNS[release.conso])
    rows = [text for _, text in islice(iter_lines(path, problems=Problems(keep=0)), 20)]
    if rows and all(row.count("|") != width for row in rows):
        raise InputError(
            f"{path}: its rows have {rows[0].count('|')} columns, those of {release.conso}.RRF "
            f"have {width}. Name the directory or {release.conso}.RRF; the other files are found"
        )
