"""MEDIC, the disease vocabulary of CTD, as papers on its corpora exchange it, in two forms.

``medic``
    a line per disease, ``id|id2||name|name…``: further ids are alternative ids, the first name
    is the preferred one.
``partial-kb-json``
    an object, id → names, each id on its own.

Ids are bare: ``D…`` and ``C…`` are MeSH's, numbers OMIM's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.files import iter_lines
from biotk.kb.readers.json_stream import first_item, iter_json_items
from biotk.kb.readers.maker import ConceptMaker
from biotk.types import Concept, to_curie

_LINE = re.compile(r"[^\s|]+(?:\|[^\s|]+)*\|\|")
_DISEASE = ("Disease",)


def sniff_medic(probe: Probe) -> bool:
    """:returns: whether the lines are ids, two bars, names."""
    return probe.most(_LINE.match)


def sniff_partial_kb_json(probe: Probe) -> bool:
    """:returns: whether a source is a JSON object of lists of texts."""
    item = first_item(probe.head) if probe.head.lstrip().startswith("{") else None
    if item is None or not isinstance(item[1], list):
        return False
    return all(isinstance(name, str) for name in item[1])


def _curie(raw: str, options: ReaderOptions) -> str:
    bare = raw.strip()
    if options.prefix is None and ":" not in bare:
        if bare.isdigit():
            return f"OMIM:{bare}"
        if bare[:1] in ("C", "D"):  # the root is a C alone, MESH:C in CTD's own files
            return f"MESH:{bare}"
    return to_curie(bare, prefix=options.prefix)


def iter_medic(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read MEDIC's lines."""
    make = ConceptMaker(path, problems=problems, options=options, source="MEDIC")
    for line, text in iter_lines(path, problems=problems):
        if not text.strip():
            continue
        ids, bars, names = text.partition("||")
        if not bars:
            make.bad(line, "no `||` between ids and names", text)
            continue
        curies = [_curie(raw, options) for raw in ids.split("|") if raw.strip()]
        labels = [name for name in names.split("|") if name.strip()]
        concept = make.make(
            line,
            text,
            concept_id=curies[0] if curies else "",
            name=labels[0] if labels else "",
            synonyms=labels[1:],
            types=_DISEASE,
            alt_ids=curies[1:],
        )
        if concept is not None:
            yield concept
    make.finish()


def iter_partial_kb_json(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read an object of ids and their names.

    The concepts are diseases where ids are bare, as in MEDIC; an id with a prefix has the type of
    its vocabulary. :attr:`ReaderOptions.types` says otherwise.
    """
    source = path.name.partition(".")[0]
    make = ConceptMaker(path, problems=problems, options=options, source=source)
    for line, key, names in iter_json_items(path, problems=problems):
        if key is None or not isinstance(names, list):
            make.bad(line, "expected an object of ids and lists of names", {key: names})
            continue
        labels = [name for name in names if not isinstance(name, str) or name.strip()]
        if not labels:
            make.bad(line, "an id without names", {key: names})
            continue
        concept = make.make(
            line,
            {key: names},
            concept_id=_curie(key, options),
            name=labels[0],
            synonyms=labels[1:],
            types=() if ":" in key else _DISEASE,
        )
        if concept is not None:
            yield concept
    make.finish()
