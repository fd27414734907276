"""``biotk kb info``: what a KB, or a part of it, holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from biotk.cli.kb_argument import Json, Kb, open_named
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.kb import KbSubset, KnowledgeBase
    from biotk.kb.manifest import Manifest


def info_cli(
    kb: Kb,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    as_json: Json = False,
) -> None:
    """Say what a KB holds and what it was built from; of a part of it, how much it holds.

    For example:

    biotk kb info open

    biotk kb info open --types Disease --branch D009369

    biotk kb info my-kb --json
    """
    opened = open_named(kb)
    manifest = opened.manifest
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    part = options.of(opened)
    if as_json:
        counts = {} if part is None else {"part": part_info(opened, part)}
        typer.echo(json.dumps(asdict(manifest) | counts, ensure_ascii=False))
        return
    if part is not None:
        _print_part(part_info(opened, part), manifest, told=str(options))
        return
    typer.echo(f"{manifest.name}  {manifest.fingerprint}")
    for name, count in manifest.counts.items():
        typer.echo(f"  {count:>10,}  {name.replace('_', ' ')}")
    typer.echo(f"types: {', '.join(manifest.types) or 'none'}")
    typer.echo(f"sources: {', '.join(manifest.source_names)}")
    typer.echo(f"ids start with: {', '.join(manifest.prefixes)}")
    if origin := manifest.extra.get("exported_from"):
        typer.echo(
            f"exported from {origin['name']} {origin['kb']}, {origin['concepts']:,} concepts "
            f"({origin['made_by']}); what follows are its sources"
        )
    for info in manifest.sources:
        facts = [info.release, info.licence, f"{info.n_problems:,} problems"]
        typer.echo(
            f"{info.name} ({info.file}, {info.format}): {info.n_concepts:,} concepts; "
            + "; ".join(fact for fact in facts if fact)
        )


def part_info(kb: KnowledgeBase, part: KbSubset) -> dict[str, Any]:
    """:returns: how much a part of a KB holds, by type and by source too."""

    def by_name(names: tuple[str, ...], subset_of: Callable[[str], KbSubset]) -> dict[str, int]:
        counts = {name: len(part & subset_of(name)) for name in names}
        return {name: count for name, count in counts.items() if count}

    return {
        "fingerprint": part.fingerprint,
        "concepts": len(part),
        "names": int(part.mask[kb.name_concepts].sum()),
        "types": by_name(kb.manifest.types, lambda name: kb.subset(types=name)),
        "sources": by_name(kb.manifest.source_names, lambda name: kb.subset(sources=name)),
    }


def _print_part(info: dict[str, Any], manifest: Manifest, *, told: str) -> None:
    typer.echo(f"{manifest.name}  {manifest.fingerprint}  {told}  {info['fingerprint']}")
    for name in ("concepts", "names"):
        typer.echo(f"  {info[name]:>10,}  of {manifest.counts[name]:,} {name}")
    for name in ("types", "sources"):
        counts = ", ".join(f"{key} {count:,}" for key, count in info[name].items())
        typer.echo(f"{name}: {counts or 'none'}")
