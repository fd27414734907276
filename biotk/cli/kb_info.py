"""``biotk kb info``: what a KB, or a part of it, holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from biotk.cli.kb_argument import Json, Kb, open_named
from biotk.cli.output import counted, tell
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.kb import KbSubset, KnowledgeBase
    from biotk.kb.manifest import Manifest

_HANG = 4
#: Counts of a manifest in the order in which they are told, and what they are in words.
_COUNTS = {
    "concepts": "concepts",
    "names": "names",
    "parents": "links to broader concepts",
    "merged": "concepts merged into a twin",
    "retired": "retired ids that lead to a concept",
    "parents_not_in_kb": "parents that are not in the KB",
    "concepts_in_cycles": "concepts in a cycle of the hierarchy",
    "names_without_a_word": "names that no look-up finds",
    "left_out": "left out on purpose",
    "problems": "problems of the sources",
}


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
    for name, count in _in_order(manifest.counts):
        tell(f"{count:>10,}  {name}", indent=2, hang=12)
    tell(f"types: {', '.join(manifest.types) or 'none'}", hang=_HANG)
    tell(f"sources: {', '.join(manifest.source_names)}", hang=_HANG)
    tell(f"ids start with: {', '.join(manifest.prefixes)}", hang=_HANG)
    if origin := manifest.extra.get("exported_from"):
        tell(
            f"exported from {origin['name']} {origin['kb']}, {origin['concepts']:,} concepts "
            f"({origin['made_by']}); what follows are its sources",
            hang=_HANG,
        )
    for info in manifest.sources:
        facts = [info.release, info.licence, counted(info.n_problems, "problem")]
        tell(
            f"{info.name} ({info.file}, {info.format}): {counted(info.n_concepts, 'concept')}; "
            + "; ".join(fact for fact in facts if fact),
            hang=_HANG,
        )


def _in_order(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """:returns: what is counted in words, and how often: what is most asked for first, no zeros."""
    rest = [name for name in counts if name not in _COUNTS and not name.endswith("_keys")]
    for name in (*_COUNTS, *rest):
        if counts.get(name):
            yield _COUNTS.get(name, name.replace("_", " ")), counts[name]


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
        tell(f"{name}: {counts or 'none'}", hang=_HANG)
