"""``biotk link``: mentions in, a concept or NIL for each out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.kb_argument import open_named
from biotk.cli.link_input import Asked, iter_typed_lines, typed
from biotk.cli.link_output import HEADER, json_line, print_link, table_lines
from biotk.cli.linker_options import (
    CalibrationOption,
    Dial,
    Encoder,
    Learned,
    LinkerName,
    Model,
    Nil,
    RouterOption,
)
from biotk.cli.output import FAILED, counted, progress_bar, say
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError, Problems

if TYPE_CHECKING:
    from biotk.document import Link
    from biotk.kb import KnowledgeBase
    from biotk.linking import Linker

_SHOWN = 5  # candidates of a mention that was typed
_BATCH = 256  # mentions linked together


def link_cli(
    mentions: Annotated[
        list[str] | None, typer.Argument(metavar="MENTION...", help="What to link.")
    ] = None,
    kb: Annotated[
        str, typer.Option("--kb", help="A KB's directory, or the name of an embedded one.")
    ] = "open",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            "-f",
            help="Mentions, one a line; behind a tab may stand the context, and behind another the "
            "type. - is stdin.",
        ),
    ] = None,
    context: Annotated[
        str | None, typer.Option(help="The passage in which the mentions stand.")
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="The entity type of the mentions, as in Disease.")
    ] = None,
    linker: LinkerName = "cascade",
    model: Model = None,
    encoder: Encoder = None,
    router: RouterOption = None,
    dial: Dial = None,
    learned_names: Learned = None,
    nil: Nil = None,
    calibration: CalibrationOption = None,
    n_best: Annotated[
        int | None,
        typer.Option(min=1, help="How many concepts are told of each: 5, and of a file's 1."),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a mention instead of a table.")
    ] = False,
) -> None:
    """Link mentions to concepts of a KB, or to NIL where it does not have them.

    Of a file every line has its answer, in the order of the lines: a table with tabs, or JSON.

    For example:

    biotk link "heart attack" --kb open

    biotk link AF --context "Atrial fibrillation (AF) since May." --type Disease --json

    biotk link "attack of the heart" --linker cascade --model models/mine --n-best 10

    biotk link "attack of the heart" --kb kb/mesh --linker fused

    biotk link --file mentions.txt --kb open > linked.tsv
    """
    if bool(mentions) == (file is not None):
        raise InputError("give mentions to link, or a file of them with --file")
    if file is not None and context is not None:
        raise InputError("--context is for mentions typed; in a file it stands behind a tab")
    problems = Problems()
    asked: Iterable[Asked]
    if file is None:
        asked = [typed(mention, context=context, type=type_) for mention in mentions or ()]
    else:
        asked = iter_typed_lines(file, type=type_, problems=problems)
    shown = n_best or (_SHOWN if file is None else 1)
    part = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    how: dict[str, Any] = {"model": model, "encoder": encoder, "router": router, "dial": dial}
    how |= {"nil": nil, "calibration": calibration, "learned": learned_names}
    made = _make(linker, open_named(kb), part, how, n_best=shown)
    n_refused = _write(made, asked, n_best=shown, as_json=as_json, as_rows=file is not None)
    for problem in problems.kept[:5]:
        say(str(problem))
    if problems.count > 5:
        say(f"{problems.count:,} problems in all")
    if n_refused:
        say(f"{counted(n_refused, 'mention')} could not be given to the model")
    if problems.count:
        raise typer.Exit(FAILED)


def _make(
    linker: str,
    kb: KnowledgeBase,
    part: PartOptions,
    how: dict[str, Any],
    *,
    n_best: int,
) -> Linker:
    from biotk.linking import GenerativeConfig, LexicalConfig
    from biotk.linking.registry import LinkerOptions, learned_for, make_linker

    how["learned"] = learned_for(linker, how["learned"])
    # Who asks for fewer gets fewer shown; the search is as wide as ever, and its answer the same.
    options = LinkerOptions(
        **how,
        k=max(n_best, LexicalConfig().k),
        n_best=max(n_best, GenerativeConfig().n_best),
        n_kept=n_best,
    )
    with progress_bar() as show:
        return make_linker(linker, kb, subset=part.of(kb), options=options, progress=show)


def _write(
    linker: Linker, asked: Iterable[Asked], *, n_best: int, as_json: bool, as_rows: bool
) -> int:
    """Write the answers to stdout.

    :returns: how many mentions could not be given to the model.
    """
    from biotk.linking.generative import REFUSED

    n_refused = 0
    for number, (each, link) in enumerate(link_all(linker, asked, n_best=n_best)):
        n_refused += REFUSED in link.reasons
        if as_json:
            typer.echo(json_line(each, link))
            continue
        if not as_rows:
            print_link(linker.kb, each, link)
            continue
        if not number:  # not before: a file that cannot be read has no table
            typer.echo(HEADER)
        for line in table_lines(linker.kb, each, link, n_best=n_best):
            typer.echo(line)
    return n_refused


def link_all(
    linker: Linker, asked: Iterable[Asked], *, n_best: int
) -> Iterator[tuple[Asked, Link]]:
    """Link mentions as they come, some hundreds together.

    :param n_best: how many candidates each link shall have at most.
    """
    rest = iter(asked)
    while batch := list(islice(rest, _BATCH)):
        links = linker.link_batch([each.query for each in batch], exhaustive=n_best > 1)
        for each, link in zip(batch, links, strict=True):
            yield each, replace(link, candidates=link.candidates[:n_best])
