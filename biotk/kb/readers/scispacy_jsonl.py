"""scispaCy's knowledge base files: one JSON object a line. BioTK's own name tables are the same.

===================  ==========================================  ================
key                  value                                       in scispaCy
===================  ==========================================  ================
``concept_id``       the id, bare or with its prefix (required)  yes
``canonical_name``   the preferred name (required)               yes
``aliases``          further names                               yes
``types``            semantic types                              yes
``definition``       text                                        yes, may lack
``parents``          ids of the broader concepts                 no
``xrefs``            ids in other vocabularies                   no
``alt_ids``          retired and further ids                     no
``source``           the vocabulary                              no
``further_sources``  further ones, where several were joined     no
===================  ==========================================  ================

Bare UMLS ids become ``UMLS:C0011849``. Other keys are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.files import iter_lines
from biotk.kb.readers.maker import ConceptMaker
from biotk.types import Concept


def sniff_scispacy_jsonl(probe: Probe) -> bool:
    """:returns: whether the lines are JSON objects with an id and a name."""

    def accepts(line: str) -> bool:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            return False
        return isinstance(entry, dict) and entry.keys() >= {"concept_id", "canonical_name"}

    return probe.head.lstrip().startswith("{") and probe.most(accepts, 5)


def iter_scispacy_jsonl(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read one concept a line."""
    make = ConceptMaker(path, problems=problems, options=options)
    for line, text in iter_lines(path, problems=problems):
        if not text.strip():
            continue
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            make.bad(line, f"not JSON: {error}", text)
            continue
        if not isinstance(entry, dict):
            make.bad(line, "expected a JSON object", text)
            continue
        concept = make.make(
            line,
            text,
            concept_id=entry.get("concept_id"),
            name=entry.get("canonical_name"),
            synonyms=entry.get("aliases"),
            types=entry.get("types"),
            definition=entry.get("definition"),
            parents=entry.get("parents"),
            xrefs=entry.get("xrefs"),
            alt_ids=entry.get("alt_ids"),
            source=entry.get("source"),
            further_sources=entry.get("further_sources"),
        )
        if concept is not None:
            yield concept
    make.finish()
