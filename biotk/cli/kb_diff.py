"""``biotk kb diff``: what changed between two KBs, such as two releases of a vocabulary."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.kb_argument import Json, open_named
from biotk.cli.output import say, tell
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Types

if TYPE_CHECKING:
    from biotk.kb import KnowledgeBase
    from biotk.kb.diff import Change, KbDiff

_SHOWN = 10
_TITLES = {
    "added": "added",
    "retired": "retired, their ids lead to another concept",
    "removed": "removed",
    "renamed": "renamed",
    "retyped": "with other types",
    "reparented": "with other parents",
    "names_added": "with new names",
    "names_removed": "that lost names",
}


def diff_cli(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The older KB.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The newer KB.")],
    limit: Annotated[
        int | None,
        typer.Option(
            min=0, help="How many of each kind to show; 10, and in JSON all, if not given."
        ),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    as_json: Json = False,
) -> None:
    """Say what changed between two KBs: concepts, names, types, parents.

    A concept whose id is gone but still leads to another, as an id that the newer KB calls
    retired, is told as retired, others as removed. Names are compared but for case and
    punctuation, preferred ones exactly. A part of the KBs is taken of each; what has left it is
    told as removed.

    For example:

    biotk kb diff mesh-2024 mesh-2025

    biotk kb diff mesh-2024 mesh-2025 --json > changes.json

    biotk kb diff mesh-2024 mesh-2025 --branch D009369
    """
    from biotk.kb.diff import diff_kbs

    before, after = open_named(old), open_named(new)
    if limit is None and not as_json:
        limit = _SHOWN
    options = PartOptions(types=types, source=source, branch=branch, ids=ids)
    found = diff_kbs(
        before, after, limit=limit, old_part=options.of(before), new_part=options.of(after)
    )
    if as_json:
        told = {"old": before.fingerprint, "new": after.fingerprint, **asdict(found)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if not found:
        say(f"{before.manifest.name} and {after.manifest.name} do not differ")
    _print_diff(found, before, after)


def _print_diff(found: KbDiff, old: KnowledgeBase, new: KnowledgeBase) -> None:
    for kb in (old, new):
        typer.echo(f"{kb.manifest.name}  {kb.fingerprint}  {len(kb):,} concepts")
    totals = {"names_added": found.n_names_added, "names_removed": found.n_names_removed}
    for kind, count in found.counts.items():
        names = f" ({totals[kind]:,} names)" if kind in totals else ""
        typer.echo(f"  {count:>10,}  {_TITLES[kind]}{names}")
    for kind, changes in found.changes.items():
        if not changes:
            continue
        typer.echo(f"\n{_TITLES[kind]}")
        for change in changes:
            tell(f"{change.concept_id}  {_told(kind, change, old, new)}", indent=2, hang=4)
        if found.counts[kind] > len(changes):
            typer.echo(f"  … and {found.counts[kind] - len(changes):,} more")


def _told(kind: str, change: Change, old: KnowledgeBase, new: KnowledgeBase) -> str:
    if kind == "renamed":
        return f"{change.old[0]} → {change.new[0]}"
    if kind == "retired":
        return f"{change.name} → {_with_names(change.new, new, old)}"
    if kind == "retyped":
        before, after = (", ".join(types) or "none" for types in (change.old, change.new))
        return f"{change.name}: {before} → {after}"
    if kind == "reparented":
        gone, come = _with_names(change.old, old, new), _with_names(change.new, new, old)
        return f"{change.name}: {gone or 'no other'} → {come or 'no other'}"
    if kind in ("names_added", "names_removed"):
        return f"{change.name}: {'; '.join(change.new or change.old)}"
    return change.name


def _with_names(ids: tuple[str, ...], kb: KnowledgeBase, other: KnowledgeBase) -> str:
    def name(concept_id: str) -> str:
        where = kb if concept_id in kb else other
        return where.preferred_name(where.resolve(concept_id)[0])

    return ", ".join(f"{concept_id} {name(concept_id)}" for concept_id in ids)
