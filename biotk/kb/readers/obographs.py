"""Ontologies as OBO Graphs in JSON (``mondo.json``), as ROBOT and OAK write them.

The rules are those of the OBO reader: which synonyms are names goes by their scope, deprecated
terms give no concept, and one that is replaced becomes an alternative id. Terms are named by web
addresses; :mod:`~biotk.kb.readers.iris` makes ids of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biotk.errors import Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.iris import curie_of
from biotk.kb.readers.json_stream import IN_ARRAY, Place, iter_json_deep
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.retired import follow_retired
from biotk.types import Concept

_START = re.compile(r'\s*\{\s*"(graphs|meta|@context)"\s*:')
_DEPTH = 4  # graphs → a graph → its nodes → a node
_NODES: Place = ("graphs", IN_ARRAY, "nodes", IN_ARRAY)
_EDGES: Place = ("graphs", IN_ARRAY, "edges", IN_ARRAY)
_GRAPH_PROPERTIES: Place = ("graphs", IN_ARRAY, "meta", "basicPropertyValues")
_IS_A = {"is_a", "http://www.w3.org/2000/01/rdf-schema#subClassOf"}
#: Ends of the addresses of properties.
_REPLACED_BY, _ALTERNATIVE = "IAO_0100001", "hasAlternativeId"
_NAMESPACE, _DEFAULT_NAMESPACE = "hasOBONamespace", "default-namespace"
_NO_ID = "terms whose address gives no id"
_NO_LABEL = "nodes without a label (named by others, not described)"


def sniff_obographs(probe: Probe) -> bool:
    """:returns: whether a source is a JSON object that holds graphs of nodes or edges."""
    head = probe.head
    return (
        _START.match(head) is not None
        and '"graphs"' in head
        and ('"nodes"' in head or '"edges"' in head)
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [x for x in value if isinstance(x, dict)] if isinstance(value, list) else []


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    meta = node.get("meta")
    return meta if isinstance(meta, dict) else {}


def _properties(values: Any, name: str) -> list[str]:
    """:returns: the values of a property, which is told by the end of its address."""
    return [
        str(x.get("val", ""))
        for x in _objects(values)
        if re.split(r"[/#:]", str(x.get("pred", "")))[-1] == name and x.get("val")
    ]


def _own(node: dict[str, Any], name: str) -> list[str]:
    return _properties(_meta(node).get("basicPropertyValues"), name)


def _is_term(node: Any) -> bool:
    """:returns: whether a node is a term: no property, no individual."""
    return isinstance(node, dict) and node.get("type", "CLASS") == "CLASS"


@dataclass(slots=True)
class _Graph:
    """What a first look at a file finds; of the edges only pairs of ids.

    :param parents: id → ids of its parents, a space between them: half the memory of lists.
    :param retired: id → the retired ids that it replaces.
    :param namespace: of terms that name none.
    """

    parents: dict[str, str] = field(default_factory=dict)
    retired: dict[str, list[str]] = field(default_factory=dict)
    namespace: str = ""


def _read_graph(make: ConceptMaker) -> _Graph:
    graph = _Graph()
    live: set[str] = set()
    replacements: dict[str, list[str]] = {}
    for _line, place, value in iter_json_deep(make.path, depth=_DEPTH, problems=Problems(keep=0)):
        if place == _EDGES and isinstance(value, dict) and value.get("pred") in _IS_A:
            child, parent = curie_of(str(value.get("sub"))), curie_of(str(value.get("obj")))
            if child and parent:
                known = graph.parents.get(child)
                graph.parents[child] = f"{known} {parent}" if known else parent
        elif place == _NODES and _is_term(value) and (own := curie_of(str(value.get("id")))):
            if _meta(value).get("deprecated"):
                named = (curie_of(raw) for raw in _own(value, _REPLACED_BY))
                replacements[own] = [curie for curie in named if curie]
            elif value.get("lbl"):
                live.add(own)
        elif place == _GRAPH_PROPERTIES:
            graph.namespace = next(iter(_properties(value, _DEFAULT_NAMESPACE)), graph.namespace)
    graph.retired, make.left_out = follow_retired(
        replacements, live, elsewhere=make.options.retired
    )
    return graph


def _synonyms(node: dict[str, Any], make: ConceptMaker) -> Iterator[Any]:
    for synonym in _objects(_meta(node).get("synonyms")):
        kind = re.split(r"[/#:]", str(synonym.get("pred", "")))[-1]
        # RELATED is what the OBO specification says of a synonym without a scope.
        scope = kind.removeprefix("has").removesuffix("Synonym").upper() or "RELATED"
        if scope in make.options.synonym_scopes:
            yield synonym.get("val")
        else:
            make.left_out[f"{scope} synonyms"] += 1


def _xrefs(node: dict[str, Any]) -> list[str]:
    values = (str(x["val"]) for x in _objects(_meta(node).get("xrefs")) if x.get("val"))
    return [curie_of(value) or value for value in values]


def _concept(
    line: int, node: dict[str, Any], own: str, graph: _Graph, make: ConceptMaker
) -> Concept | None:
    meta = _meta(node)
    definition = meta.get("definition")
    return make.make(
        line,
        {"id": node["id"], "lbl": node["lbl"]},
        concept_id=own,
        name=node["lbl"],
        synonyms=list(_synonyms(node, make)),
        definition=definition.get("val") if isinstance(definition, dict) else None,
        parents=graph.parents.get(own, "").split(),
        xrefs=_xrefs(node),
        alt_ids=[curie_of(raw) or raw for raw in _own(node, _ALTERNATIVE)]
        + graph.retired.get(own, []),
        namespace=next(iter(_own(node, _NAMESPACE)), graph.namespace),
    )


def iter_obographs(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read the terms of an OBO Graphs file, without loading it whole.

    Edges stand after the nodes, so the file is read twice.
    """
    make = ConceptMaker(path, problems=problems, options=options)
    graph = _read_graph(make)
    for line, place, node in iter_json_deep(path, depth=_DEPTH, problems=problems):
        if place != _NODES:
            continue
        if not isinstance(node, dict) or not isinstance(node.get("id"), str):
            make.bad(line, "expected a node with `id` and `lbl`", node)
        elif not _is_term(node) or _meta(node).get("deprecated"):
            continue
        elif "lbl" not in node:
            make.left_out[_NO_LABEL] += 1
        elif own := curie_of(node["id"]):
            concept = _concept(line, node, own, graph, make)
            if concept is not None:
                yield concept
        else:
            make.left_out[_NO_ID] += 1
    make.finish()
