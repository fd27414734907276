"""``biotk kb show``: all that a KB knows of concepts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.kb_argument import Json, Kb, open_named
from biotk.cli.output import tell
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.kb import KnowledgeBase

#: How much of a list is shown without --all.
_TEXTS, _CONCEPTS = 20, 10
_HANG = 4


def show_cli(
    kb: Kb,
    concept_ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids; a prefix may lack.")
    ],
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    all_of_it: Annotated[
        bool, typer.Option("--all", help="Long lists whole, not only how they begin.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show all that a KB knows of a concept, and whether it is in a part that is asked about.

    Retired ids and ids of other vocabularies lead to the concept as well. JSON is one object for
    one id, and an array of them for several.

    For example:

    biotk kb show open MESH:D005665

    biotk kb show open OMIM:125853 MESH:D003924

    biotk kb show open MESH:D005665 --branch MESH:D004232
    """
    opened = open_named(kb)
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    entries = [show(opened, concept_id) for concept_id in concept_ids]
    part = options.of(opened)
    if part is not None:
        for entry, concept_id in zip(entries, concept_ids, strict=True):
            entry["in_part"] = opened.index_of(concept_id) in part
    if as_json:
        told = entries[0] if len(entries) == 1 else entries
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for n, entry in enumerate(entries):
        if n:
            typer.echo()
        _print_entry(entry, all_of_it=all_of_it)
        if part is not None:
            typer.echo(f"{'in' if entry['in_part'] else 'not in'} {options}")


def show(kb: KnowledgeBase, concept_id: str) -> dict[str, Any]:
    """:returns: a concept as plain values; parents and children with their names.

    :raises ConceptNotFoundError: the id stands for none, or for several.
    """
    concept_idx = kb.index_of(concept_id)

    def named(others: list[int]) -> list[tuple[str, str]]:
        return [(kb.id_of(other), kb.preferred_name(other)) for other in others]

    return {
        **asdict(kb.concept(concept_idx)),
        "parents": named(kb.hierarchy.parents(concept_idx)),
        "children": named(kb.hierarchy.children(concept_idx)),
    }


def _print_entry(entry: dict[str, Any], *, all_of_it: bool) -> None:
    types = f"  ({', '.join(entry['types'])})" if entry["types"] else ""
    tell(f"{entry['concept_id']}  {entry['name']}{types}", hang=_HANG)
    if entry["definition"]:
        tell(entry["definition"])
    for field in ("synonyms", "xrefs", "alt_ids"):
        shown, more = _cut(entry[field], None if all_of_it else _TEXTS)
        if shown:
            tell(f"{field.replace('_', ' ')}: {'; '.join([*shown, *more])}", hang=_HANG)
    for field, title in (("parents", "broader"), ("children", "narrower")):
        shown, more = _cut(entry[field], None if all_of_it else _CONCEPTS)
        for concept_id, name in shown:
            tell(f"{title}: {concept_id} {name}", hang=_HANG)
        for rest in more:
            tell(f"{title}: {rest}", hang=_HANG)
    sources = [entry["source"], *entry.get("further_sources", ())]
    tell(f"source{'s' if len(sources) > 1 else ''}: {', '.join(sources)}", hang=_HANG)


def _cut(values: Sequence[Any], most: int | None) -> tuple[Sequence[Any], list[str]]:
    """:returns: how a list begins, and how much more there is."""
    if most is None or len(values) <= most + 1:  # the last one takes no more room than its count
        return values, []
    return values[:most], [f"… and {len(values) - most:,} more, --all"]
