"""``biotk kb report``: what to look at after a build."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.kb_argument import Json, Kb, open_named
from biotk.cli.output import say, tell
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types

if TYPE_CHECKING:
    from biotk.kb.homonyms import Homonyms
    from biotk.kb.report import KbReport, Noted

_INDENT = 14  # of examples, below what is counted
_TEXT, _NAME = 100, 45
_IDS = 4
_EXAMPLES = 3


def report_cli(
    kb: Kb,
    limit: Annotated[int, typer.Option(min=0, help="How many of each to show.")] = 5,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    as_json: Json = False,
) -> None:
    """Say where a KB is incomplete, ambiguous or odd.

    Problems of the sources, holes and cycles in the hierarchy, names that no look-up finds, names
    that are long, ids and names of several concepts. A name of several concepts of one type is
    ambiguous for good; one of a disease and a gene is settled where the type is known.

    For example:

    biotk kb report my-kb

    biotk kb report my-kb --limit 50 --json

    biotk kb report my-kb --types Disease
    """
    from biotk.kb.report import report_kb

    opened = open_named(kb)
    part = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset).of(opened)
    report = report_kb(opened, subset=part, examples=limit)
    if as_json:
        told = asdict(report)
        for group, plain in zip(report.homonyms.groups, told["homonyms"]["groups"], strict=True):
            plain["within_a_type"] = group.within_a_type
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if part is not None:
        say(
            f"hierarchy, names and homonyms are those of {len(part):,} concepts; "
            "the rest is of the whole KB"
        )
    counts = report.counts
    typer.echo(f"{report.name}  {report.fingerprint}")
    typer.echo(f"{counts['concepts']:,} concepts, {counts['names']:,} names")
    _print_problems(report, limit)
    _print_hierarchy(report, limit)
    typer.echo("\nnames")
    _print_noted("without a letter or digit: no look-up finds them", report.names_without_a_word)
    _print_noted("of more than 200 characters", report.long_names)
    _print_noted("further ids of several concepts", report.shared_ids, between=" → ")
    _print_homonyms(report.homonyms, limit, merged="merged" in counts)


def _line(count: int, what: str) -> None:
    tell(f"{count:>10,}  {what}", indent=2, hang=_INDENT - 2)


def _example(text: str) -> None:
    tell(text, indent=_INDENT, hang=2)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _print_noted(what: str, noted: Noted, *, between: str = "  ") -> None:
    _line(noted.count, what)
    for concept_id, text in noted.examples:
        _example(f"{concept_id}{between}{_cut(text, _TEXT)}")


def _print_problems(report: KbReport, limit: int) -> None:
    typer.echo("\nsources")
    _line(report.counts.get("problems", 0), "problems")
    for problem in report.first_problems[:limit]:
        line = f":{problem['line']}" if problem["line"] else ""
        text = f": {problem['text']!r}" if problem["text"] else ""
        _example(f"{problem['path']}{line}: {problem['message']}{text}")
    shown = min(limit, len(report.first_problems))
    if 0 < shown < report.counts.get("problems", 0):
        _example(f"… and {report.counts['problems'] - shown:,} more")
    if "merged" not in report.counts:
        return
    _line(report.counts["merged"], "concepts merged into a twin")
    for kind, what in (
        ("ambiguous", "groups of concepts not merged: cross-references not one to one"),
        ("doubtful", "pairs not merged: another concept, the third, is nearer by name"),
    ):
        _line(report.counts.get(f"twins_{kind}", 0), what)
        for ids in report.twins.get(kind, ())[:limit]:
            _example(_ids(ids))


def _print_hierarchy(report: KbReport, limit: int) -> None:
    typer.echo("\nhierarchy")
    _print_noted("roots", report.roots)
    _print_noted("concepts with neither parents nor children", report.orphans)
    if report.flat_sources:
        _example(f"not counted, for they have no hierarchy: {', '.join(report.flat_sources)}")
    _line(report.counts.get("parents_not_in_kb", 0), "parents that are not in the KB")
    for parent, count in report.parents_outside:
        _example(f"{parent}  of {count:,} concept{'s' if count > 1 else ''}")
    _line(len(report.cycles), "cycle" if len(report.cycles) == 1 else "cycles")
    for group in report.cycles[:limit]:
        members = [f"{concept_id} {name}" for concept_id, name in group.examples]
        more = [f"{group.count - len(members)} more"] if group.count > len(members) else []
        _example(" ⇄ ".join([*members, *more]))


def _print_homonyms(found: Homonyms, limit: int, *, merged: bool) -> None:
    typer.echo("\nhomonyms")
    _line(found.count, "names of several concepts")
    between = found.within_a_type - found.within_a_source
    _line(found.within_a_type, "of them ambiguous even when the type is known")
    if between:
        remedy = "" if merged else ": --merge at the build may join the concepts"
        _line(between, f"of these between sources only{remedy}")
    for within, title in ((True, "ambiguous within a type"), (False, "settled by the type")):
        groups = [group for group in found.groups if group.within_a_type == within]
        if groups:
            typer.echo(f"\nhomonyms {title}")
        for group in groups[:limit]:
            _line(group.count, " + ".join(group.types))
            for homonym in group.examples[:_EXAMPLES]:
                _example(f"{_cut(homonym.name, _NAME)}  {_ids(homonym.concept_ids)}")
        if rest := groups[limit:]:
            _line(sum(group.count for group in rest), f"of {len(rest)} other combinations of types")


def _ids(ids: Sequence[str]) -> str:
    more = [f"{len(ids) - _IDS} more"] if len(ids) > _IDS else []
    return ", ".join([*ids[:_IDS], *more])
