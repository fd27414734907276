"""``biotk kb tree`` and ``biotk kb lca``: where concepts stand in the hierarchy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.kb_argument import Json, Kb, open_named
from biotk.cli.output import say, tell
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.kb import KbSubset, KnowledgeBase


def tree_cli(
    kb: Kb,
    concept_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="An id; without it, from the roots down.")
    ] = None,
    depth: Annotated[int, typer.Option(min=0, help="How many levels to go down.")] = 1,
    limit: Annotated[int, typer.Option(min=1, help="How many concepts at most of a level.")] = 20,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    as_json: Json = False,
) -> None:
    """Draw the hierarchy above and below a concept.

    Above is a shortest way up to a root; further parents are named beside. A concept that stands
    in several places below is drawn in each. Of a part of the KB only its own concepts are drawn
    below, and those without a parent in it are its roots.

    For example:

    biotk kb tree my-kb HP:0001250

    biotk kb tree my-kb --depth 2 --limit 5
    """
    opened = open_named(kb)
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    told = tree(opened, concept_id, depth=depth, limit=limit, subset=options.of(opened))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if not told["narrower"] and concept_id is None:
        say(f"{opened.manifest.name} has no hierarchy with a root")
    for level, entry in enumerate(told["broader"]):
        tell(_label(entry), indent=2 * level, hang=4)
    _print_narrower(told, level=len(told["broader"]))


def tree(
    kb: KnowledgeBase,
    concept_id: str | None,
    *,
    depth: int,
    limit: int,
    subset: KbSubset | None = None,
) -> dict[str, Any]:
    """Collect the hierarchy around a concept as plain values.

    :param concept_id: the concept; None for the roots.
    :param depth: how many levels to go down.
    :param limit: how many concepts at most of a level.
    :param subset: draw these concepts only below it.
    :returns: ``broader``, from the root to the concept itself, and ``narrower``, nested.
    :raises ConceptNotFoundError: the id stands for none, or for several.
    """
    if concept_id is None:
        roots = kb.hierarchy.roots().tolist() if subset is None else _roots_of(kb, subset)
        roots.sort(key=lambda idx: (-len(kb.hierarchy.children(idx)), idx))
        return {
            "broader": [],
            **_below(kb, roots, depth=depth, limit=limit, above=(), subset=subset),
        }
    concept_idx = kb.index_of(concept_id)
    path = kb.hierarchy.path_to_root(concept_idx)[::-1]
    broader = []
    for above, idx in zip([-1, *path], path, strict=False):
        others = [other for other in kb.hierarchy.parents(idx) if other != above]
        broader.append({**_entry(kb, idx), "also_below": [_entry(kb, other) for other in others]})
    children = _inside(kb.hierarchy.children(concept_idx), subset)
    below = kb.hierarchy.descendants(concept_idx).tolist()
    return {
        "broader": broader,
        "n_broader": len(kb.hierarchy.ancestors(concept_idx)),
        "n_narrower": len(_inside(below, subset)),
        **_below(kb, children, depth=depth - 1, limit=limit, above=(concept_idx,), subset=subset),
    }


def _inside(indices: list[int], subset: KbSubset | None) -> list[int]:
    return indices if subset is None else [idx for idx in indices if idx in subset]


def _roots_of(kb: KnowledgeBase, subset: KbSubset) -> list[int]:
    """:returns: the concepts of a part that have children in it and no parent."""
    return [
        idx
        for idx in subset.indices.tolist()
        if not _inside(kb.hierarchy.parents(idx), subset)
        and _inside(kb.hierarchy.children(idx), subset)
    ]


def _entry(kb: KnowledgeBase, idx: int) -> dict[str, Any]:
    return {"concept_id": kb.id_of(idx), "name": kb.preferred_name(idx)}


def _below(
    kb: KnowledgeBase,
    indices: list[int],
    *,
    depth: int,
    limit: int,
    above: tuple[int, ...],
    subset: KbSubset | None,
) -> dict[str, Any]:
    """:returns: ``narrower``, and ``left_out`` of them; nothing below the last level."""
    if depth < 0:
        return {"narrower": [], "left_out": len(indices)}
    narrower = []
    for idx in indices[:limit]:
        # Not again below itself, where there is a cycle.
        inside = _inside(kb.hierarchy.children(idx), subset)
        children = [child for child in inside if child not in above]
        below = _below(
            kb, children, depth=depth - 1, limit=limit, above=(*above, idx), subset=subset
        )
        narrower.append({**_entry(kb, idx), **below})
    return {"narrower": narrower, "left_out": len(indices) - len(narrower)}


def _label(entry: dict[str, Any]) -> str:
    others = [f"{other['concept_id']} {other['name']}" for other in entry.get("also_below", ())]
    also = f"  (also below {', '.join(others)})" if others else ""
    return f"{entry['concept_id']}  {entry['name']}{also}"


def _print_narrower(entry: dict[str, Any], *, level: int) -> None:
    for below in entry["narrower"]:
        closed = not below["narrower"] and below["left_out"]
        more = f"  +{below['left_out']:,}" if closed else ""
        tell(_label(below) + more, indent=2 * level, hang=4)
        _print_narrower(below, level=level + 1)
    if entry["left_out"] and entry["narrower"]:
        typer.echo("  " * level + f"… and {entry['left_out']:,} more")


def lca_cli(
    kb: Kb,
    concept_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Two ids or more.")],
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    as_json: Json = False,
) -> None:
    """Find the lowest common ancestors of concepts.

    These are the narrowest concepts that are, or are above, each of the given. There may be
    several of them, or none. Of a part of the KB only its own concepts are answered.

    For example:

    biotk kb lca my-kb HP:0001250 HP:0002069
    """
    opened = open_named(kb)
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    rows = list(lowest_common(opened, concept_ids, subset=options.of(opened)))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        tell(f"{row['concept_id']}  {row['name']}", hang=4)
    if not rows:
        say(f"{', '.join(concept_ids)} have no common ancestor in {opened.manifest.name}")


def lowest_common(
    kb: KnowledgeBase, concept_ids: list[str], *, subset: KbSubset | None = None
) -> Iterator[dict[str, Any]]:
    """:returns: the lowest common ancestors, in order of ids.

    :raises ConceptNotFoundError: an id stands for no concept, or for several.
    """
    indices = [kb.index_of(concept_id) for concept_id in concept_ids]
    for idx in kb.hierarchy.lowest_common_ancestors(*indices, subset=subset):
        yield _entry(kb, idx)
