"""A small UMLS and a small RxNorm in RRF, with all columns; ids, names and definitions invented."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

from biotk.kb.readers.rrf.files import COLUMNS


def row(file: str, **values: object) -> str:
    """A row of a file, the columns that are not given empty."""
    assert values.keys() <= set(COLUMNS[file]), values.keys() - set(COLUMNS[file])
    return "".join(f"{values.get(column, '')}|" for column in COLUMNS[file])


def conso(cui: int, aui: int, name: str, sab: str = "MSH", **more: object) -> str:
    values: dict[str, object] = {
        "CUI": f"C{cui:07d}", "LAT": "ENG", "TS": "S", "STT": "VO", "ISPREF": "N",
        "AUI": f"A{aui:07d}", "SAB": sab, "TTY": "ET", "CODE": "NOCODE", "STR": name, "SRL": 0,
        "SUPPRESS": "N",
    }  # fmt: skip
    return row("MRCONSO", **(values | more))


def preferred(cui: int, aui: int, name: str, sab: str = "MSH", **more: object) -> str:
    return conso(
        cui, aui, name, sab, **({"TS": "P", "STT": "PF", "ISPREF": "Y", "TTY": "MH"} | more)
    )


def sty(cui: int, tui: str) -> str:
    return row("MRSTY", CUI=f"C{cui:07d}", TUI=tui, STN="A1", STY="of a kind", ATUI="AT1")


def definition(cui: int, aui: int, text: str, sab: str = "NCI", **more: object) -> str:
    values: dict[str, object] = {
        "CUI": f"C{cui:07d}", "AUI": f"A{aui:07d}", "ATUI": "AT1", "SAB": sab, "DEF": text,
        "SUPPRESS": "N",
    }  # fmt: skip
    return row("MRDEF", **(values | more))


def rel(first: int, what: str, second: int, rela: str = "", **more: object) -> str:
    values: dict[str, object] = {
        "CUI1": f"C{first:07d}", "AUI1": "A1", "STYPE1": "AUI", "REL": what,
        "CUI2": f"C{second:07d}", "AUI2": "A2", "STYPE2": "AUI", "RELA": rela, "RUI": "R1",
        "SAB": "MSH", "SL": "MSH", "SUPPRESS": "N",
    }  # fmt: skip
    return row("MRREL", **(values | more))


def hier(cui: int, aui: int, above: int | None, rela: str = "isa", sab: str = "MSH") -> str:
    paui = "" if above is None else f"A{above:07d}"
    return row("MRHIER", CUI=f"C{cui:07d}", AUI=f"A{aui:07d}", CXN=1, PAUI=paui, SAB=sab, RELA=rela)


def merged(old: int, what: str, new: int | None = None) -> str:
    cui2 = "" if new is None else f"C{new:07d}"
    return row("MRCUI", CUI1=f"C{old:07d}", VER="2001AA", REL=what, CUI2=cui2, MAPIN="Y")


def rank(number: int, sab: str, tty: str) -> str:
    return row("MRRANK", RANK=f"{number:04d}", SAB=sab, TTY=tty, SUPPRESS="N")


#: Disorders of an organ that there is not, a drug for it, its gene, and a sign.
UMLS: dict[str, list[str]] = {
    "MRCONSO": [
        preferred(1, 101, "Glimmer Disorders", CODE="D990001"),
        conso(1, 102, "Disorder of glimmer", "SNOMEDCT_US", TTY="PT", CODE="990000001"),
        conso(1, 103, "Trastornos del fulgor", "MSHSPA", LAT="SPA", CODE="D990001"),
        preferred(2, 201, "Glimmeritis", CODE="D990002"),
        conso(2, 202, "GLIMMERITIS", "OMIM", CODE="990002"),
        conso(2, 203, "Inflamed glimmer", "MTH"),
        conso(2, 204, "Glimmer fire (obsolete)", "SNOMEDCT_US", SUPPRESS="O", CODE="990000002"),
        conso(2, 205, "Glimmer inflammation", "HPO", TTY="PT", CODE="HP:9900002"),
        preferred(3, 301, "Lumenol", "RXNORM", TTY="IN", CODE="9901"),
        conso(3, 302, "lumenolum", "MSH", CODE="C990003"),
        preferred(4, 401, "GLIM1 gene", "HGNC", TTY="PT", CODE="HGNC:99001"),
        preferred(5, 501, "Shimmering gaze", "NCI", TTY="PT", CODE="C99005"),
        preferred(6, 601, "Brote de fulgor", "SCTSPA", LAT="SPA", TTY="PT", CODE="990000006"),
        preferred(7, 701, "Old glimmer", "MSH", SUPPRESS="E", CODE="D990007"),
        preferred(8, 801, "Glimmer organ", "FMA", TTY="PT", CODE="99008"),
    ],
    "MRSTY": [
        sty(1, "T047"),
        sty(2, "T047"),
        sty(2, "T191"),
        sty(3, "T109"),
        sty(3, "T121"),
        sty(4, "T028"),
        sty(5, "T184"),
        sty(6, "T047"),
        sty(8, "T023"),
    ],
    "MRDEF": [
        definition(1, 102, "What goes wrong in the glimmer.", "SNOMEDCT_US"),
        definition(2, 201, "Taken back.", "MSH", SUPPRESS="Y"),
        definition(2, 203, "The glimmer on fire.", "MTH"),
        definition(2, 205, "Inflammation of the glimmer.", "HPO"),
        definition(3, 999, "De una fila en español.", "MSHSPA"),
    ],
    "MRREL": [
        rel(1, "CHD", 2),
        rel(1, "RO", 8, "has_finding_site"),
        rel(2, "PAR", 1),
        rel(2, "PAR", 1, "inverse_isa", SAB="SNOMEDCT_US"),
        rel(2, "PAR", 7, SUPPRESS="O"),
        rel(2, "PAR", 8, "has_part", SAB="NCI"),
        rel(2, "RB", 5),
        rel(3, "PAR", 3),
        rel(6, "PAR", 1),
    ],
    "MRHIER": [
        hier(1, 101, None),
        hier(2, 201, 101),
        hier(2, 205, 999),
        hier(5, 501, 801, "part_of"),
    ],
    "MRCUI": [
        merged(81, "SY", 2),
        merged(82, "SY", 81),
        merged(83, "DEL"),
        merged(84, "RB", 1),
        merged(85, "SY", 1),
        merged(85, "SY", 2),
        merged(86, "SY", 7),
        merged(87, "SY", 88),
        merged(88, "SY", 87),
    ],
    "MRRANK": [rank(400, "MSH", "MH"), rank(300, "HPO", "PT"), rank(500, "SNOMEDCT_US", "PT")],
}  # fmt: skip


def rx(
    rxcui: int, aui: int, name: str, sab: str = "RXNORM", tty: str = "SY", **more: object
) -> str:
    values: dict[str, object] = {
        "CUI": rxcui, "LAT": "ENG", "AUI": aui, "SAB": sab, "TTY": tty, "CODE": rxcui, "STR": name,
        "SUPPRESS": "N",
    }  # fmt: skip
    return row("RXNCONSO", **(values | more))


def rx_rel(first: int | str, what: str, second: int | str, rela: str, **more: object) -> str:
    values: dict[str, object] = {
        "CUI1": first, "STYPE1": "CUI", "REL": what, "CUI2": second, "STYPE2": "CUI",
        "RELA": rela, "SAB": "RXNORM",
    }  # fmt: skip
    return row("RXNREL", **(values | more))


#: An ingredient, its brand and a tablet of it.
RXNORM: dict[str, list[str]] = {
    "RXNCONSO": [
        rx(991, 1, "lumenol anhydrous", tty="SY"),
        rx(991, 2, "lumenol", tty="IN"),
        rx(991, 3, "LUMENOL", "MTHSPL", "SU", CODE="ZZ99ZZ99ZZ"),
        rx(991, 4, "Lumenolum", "MSH", "NM", CODE="C990003"),
        rx(1002, 5, "Shinex", tty="BN"),
        rx(10003, 6, "lumenol 5 MG Oral Tablet", tty="SCD"),
        rx(10003, 7, "lumenol 5 MG tab", tty="SY", SUPPRESS="O"),
    ],
    "RXNSTY": [
        row("RXNSTY", CUI=10003, TUI="T200"),
        row("RXNSTY", CUI=991, TUI="T109"),
        row("RXNSTY", CUI=991, TUI="T121"),
        row("RXNSTY", CUI=1002, TUI="T121"),
    ],
    "RXNREL": [
        rx_rel(10003, "RO", 991, "has_ingredient"),
        rx_rel("", "RB", "", "inverse_isa", AUI1=1, AUI2=2),
        rx_rel(1002, "RB", 991, "has_tradename"),
        rx_rel(991, "RN", 1002, "tradename_of"),
        rx_rel(10003, "RB", 1002, "inverse_isa"),
    ],
    "RXNCUI": [
        row("RXNCUI", CUI1=77, CARDINALITY=1, CUI2=991),
        row("RXNCUI", CUI1=78, CARDINALITY=1, CUI2=78),
        row("RXNCUI", CUI1=79, CARDINALITY=2, CUI2=991),
        row("RXNCUI", CUI1=79, CARDINALITY=2, CUI2=1002),
    ],
    "RXNATOMARCHIVE": [
        row("RXNATOMARCHIVE", AUI=9, STR="lumenole", CUI1=70, CUI2=991, SAB="RXNORM"),
        row("RXNATOMARCHIVE", AUI=8, STR="moved", CUI1=1002, CUI2=991, SAB="RXNORM"),
    ],
}  # fmt: skip


def write(folder: Path, files: dict[str, list[str]], *, only: Iterable[str] | None = None) -> Path:
    """Write files of a release into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        if only is None or name in only:
            (folder / f"{name}.RRF").write_text("".join(f"{text}\n" for text in rows), "utf-8")
    return folder


def pack(folder: Path) -> Path:
    """Pack every file of a folder."""
    for path in sorted(folder.glob("*.RRF")):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return folder
