"""``biotk kb subset``: a part of a KB as a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.kb_argument import Kb, open_named
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.kb import KbSubset, KnowledgeBase

Files = list[Path] | None


def subset_cli(
    kb: Kb,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write. Without it: stdout.")
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    both: Annotated[
        Files, typer.Option("--and", metavar="FILE", help="Keep what is in this subset too.")
    ] = None,
    also: Annotated[
        Files, typer.Option("--or", metavar="FILE", help="Add what is in this subset.")
    ] = None,
    minus: Annotated[
        Files, typer.Option("--minus", metavar="FILE", help="Take away what is in this subset.")
    ] = None,
) -> None:
    """Write a part of a KB to a file that `--subset` takes: a line of what it is, then its ids.

    It begins with what all of --types, --source, --branch, --ids and --subset hold for, or with
    the whole KB. Then come, in this order, all --and, all --or and all --minus; each may be given
    again.

    For example:

    biotk kb subset open --types Disease --branch D009369 -o tumours.subset

    biotk kb subset open --types Disease --minus tumours.subset -o others.subset
    """
    opened = open_named(kb)
    options = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    made = combine(opened, options, both=both or (), also=also or (), minus=minus or ())
    if not made:
        raise InputError(f"no concept of the KB {opened.manifest.name!r} is left: nothing written")
    steps = [("--and", both), ("--or", also), ("--minus", minus)]
    further = [f"{name} {path}" for name, paths in steps for path in paths or ()]
    made_by = " ".join([opened.manifest.name, *([str(options)] if options else []), *further])
    if out is None:
        from biotk.kb.subset_file import subset_lines

        sys.stdout.writelines(subset_lines(opened, made, made_by=made_by))
        return
    from biotk.kb import write_subset

    write_subset(opened, made, out, made_by=made_by)
    typer.echo(f"{out}: {len(made):,} of {len(opened):,} concepts, {made.fingerprint}")


def combine(
    kb: KnowledgeBase,
    options: PartOptions,
    *,
    both: Sequence[Path] = (),
    also: Sequence[Path] = (),
    minus: Sequence[Path] = (),
) -> KbSubset:
    """Make a subset of conditions and of subset files, in the order of the parameters.

    :param options: what it begins with; where nothing is asked for, the whole KB.
    :param both: it is cut down to what is in each of these.
    :param also: what is in these is added.
    :param minus: what is in these is taken away.
    """
    from biotk.kb import read_subset

    subset = options.of(kb) or kb.subset()
    for path in both:
        subset &= read_subset(kb, path)
    for path in also:
        subset |= read_subset(kb, path)
    for path in minus:
        subset -= read_subset(kb, path)
    return subset
