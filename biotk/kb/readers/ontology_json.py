"""Ontologies as one JSON object, id → term, the way that CELLxGENE's ontology guide packs them.

A term has ``label``, ``description``, ``synonyms``, ``ancestors`` (id → distance), ``deprecated``
and, where it is deprecated, perhaps ``replaced_by``; ``consider`` only proposes, so it is not
followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.json_stream import first_item, iter_json_items
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.retired import follow_retired
from biotk.types import Concept


def sniff_ontology_json(probe: Probe) -> bool:
    """:returns: whether a source is a JSON object whose first value is a term."""
    item = first_item(probe.head) if probe.head.lstrip().startswith("{") else None
    if item is None or not isinstance(item[1], dict):
        return False
    return "label" in item[1] and bool({"ancestors", "deprecated"} & item[1].keys())


def nearest(ancestors: Any) -> list[str]:
    """The parents of a term: its ancestors at distance 1.

    Terms of other ontologies are cut out of these files. Where the parents were such (a fifth of
    EFO), the nearest ancestors that are left take their place, so that the hierarchy holds
    together.

    :param ancestors: id → distance.
    """
    if not isinstance(ancestors, dict):
        return []
    distances = [d for d in ancestors.values() if isinstance(d, int)]
    return [a for a, d in ancestors.items() if distances and d == min(distances)]


def _retired(make: ConceptMaker) -> dict[str, list[str]]:
    live: set[str] = set()
    replacements: dict[str, list[str]] = {}
    for _line, key, term in iter_json_items(make.path, problems=Problems(keep=0)):
        if not key or not isinstance(term, dict):
            continue
        if term.get("deprecated"):
            named = term.get("replaced_by")
            replacements[make.curie(key)] = [make.curie(named)] if isinstance(named, str) else []
        else:
            live.add(make.curie(key))
    retired, make.left_out = follow_retired(replacements, live, elsewhere=make.options.retired)
    return retired


def iter_ontology_json(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read an ontology from a JSON object of terms, without loading it whole.

    Deprecated terms give no concept; one that is replaced becomes an alternative id.
    """
    make = ConceptMaker(path, problems=problems, options=options)
    retired = _retired(make)
    for line, key, term in iter_json_items(path, problems=problems):
        if not isinstance(term, dict) or key is None:
            make.bad(line, "expected an object with `label` under each id", term)
            continue
        if term.get("deprecated"):
            continue
        ancestors = term.get("ancestors", {})
        if not isinstance(ancestors, dict):
            make.bad(line, "`ancestors` should be an object; the rest was read", {key: ancestors})
        concept = make.make(
            line,
            {key: term.get("label")},
            concept_id=key,
            name=term.get("label"),
            synonyms=term.get("synonyms"),
            definition=term.get("description"),
            parents=nearest(ancestors),
            alt_ids=retired.get(make.curie(key), []),
        )
        if concept is not None:
            yield concept
    make.finish()
