"""Which release a file is, where it says so itself."""

from __future__ import annotations

import re
from pathlib import Path

from biotk.errors import InputError
from biotk.kb.readers.files import read_head

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_OBO = re.compile(r"^data-version:[ \t]*(\S[^\r\n]*)", re.MULTILINE)
_GRAPH = re.compile(r'"version"\s*:\s*"([^"\\]+)"')
_GRAPH_INFO = re.compile(r'"pred"\s*:\s*"[^"]*#versionInfo"\s*,\s*"val"\s*:\s*"([^"\\]+)"')
_ICD = re.compile(r"<version>\s*([^<]+?)\s*</version>")
#: NLM's XML names its year by the document type: ``nlmdescriptorrecordset_20260101.dtd``.
_MESH = re.compile(r"<!DOCTYPE\s[^>]*?_(\d{4})\d{4}\.dtd")


def release_of(path: Path, format: str) -> str:
    """Find the release that a source names: ``data-version`` of OBO, the version of OBO Graphs and
    of ICD-10-CM, the year of MeSH's XML.

    :param path: the source.
    :param format: its format.
    :returns: the release, the date alone where an address holds one; empty if the source says none.
    """
    if path.is_dir():
        return ""
    try:
        head = read_head(path)
    except InputError:
        return ""  # the reader tells what is wrong with it
    if format == "obo":
        return _plain(_first(_OBO, head.partition("\n[")[0]))
    if format == "obographs-json":
        meta = head.partition('"nodes"')[0]
        return _plain(_first(_GRAPH, meta) or _first(_GRAPH_INFO, meta))
    if format == "icd10cm-xml":
        return _first(_ICD, head.partition("<chapter")[0])
    return _first(_MESH, head) if format == "mesh-xml" else ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip() if found else ""


def _plain(version: str) -> str:
    """Take the release out of an address.

    >>> _plain("hp/releases/2026-02-16"), _plain("releases/v4.1"), _plain("1.2")
    ('2026-02-16', 'v4.1', '1.2')
    """
    date = _DATE.search(version)
    return date[0] if date else version.rpartition("releases/")[2]
