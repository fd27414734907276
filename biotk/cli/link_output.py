"""Links as ``biotk link`` tells them: to be read, as a table with tabs, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from biotk.cli.link_input import Asked
from biotk.cli.output import stdout_console, tell
from biotk.types import NIL

if TYPE_CHECKING:
    from biotk.document import Link
    from biotk.kb import KnowledgeBase

_COLUMNS = ("line", "mention", "rank", "concept_id", "name", "matched", "route", "score")
#: The first line of a table.
HEADER = "\t".join((*_COLUMNS, "log_prob", "reasons"))


def json_line(asked: Asked, link: Link) -> str:
    """:returns: a mention and its link as one line of JSON."""
    from biotk.io.convert import link_to_dict

    place = {"line": asked.line} if asked.line else {}
    return json.dumps(
        {**place, "mention": asked.query.text, **link_to_dict(link)}, ensure_ascii=False
    )


def table_lines(kb: KnowledgeBase, asked: Asked, link: Link, *, n_best: int) -> Iterator[str]:
    """Yield the lines of a mention: its answer, then the runners-up.

    :param n_best: how many lines at most.
    """
    reasons = "; ".join(f"{name}: {told}" for name, told in link.reasons.items())
    answer = (link.concept_id or NIL, link.name, link.matched, link.route, link.score)
    rows: list[Sequence[object]] = [(*answer, link.log_prob, reasons)]
    for each in link.candidates:
        if each.concept_id != link.concept_id:
            name = kb.preferred_name(kb.index_of(each.concept_id))
            rows.append(
                (each.concept_id, name, each.name, each.route, each.score, each.log_prob, "")
            )
    for rank, row in enumerate(rows[:n_best], 1):
        cells = (asked.line, asked.query.text, rank, *row)
        yield "\t".join("" if cell is None else _flat(str(cell)) for cell in cells)


def _flat(cell: str) -> str:
    return " ".join(cell.split())


def print_link(kb: KnowledgeBase, asked: Asked, link: Link) -> None:
    """Print a mention, what it means, and what else was considered."""
    from rich.table import Table

    if link.is_nil:
        tell(f"{asked.query.text} → {NIL}: {link.reasons.get('nil', '')}", hang=4)
    else:
        tell(f"{asked.query.text} → {link.concept_id} {link.name}", hang=4)
    for name, told in link.reasons.items():
        if name != "nil":
            tell(f"{name}: {told}", indent=2, hang=4)
    if link.query is not None:
        tell(f"looked up as: {link.query}", indent=2, hang=4)
    if link.probability is not None:
        tell(f"right with a probability of {link.probability:.2f}", indent=2)
    if link.nil_interval is not None:
        low, high = link.nil_interval
        tell(f"the model gives NIL {low:.2f} to {high:.2f}", indent=2)
    if not link.candidates:
        return
    asked_model = any(each.log_prob is not None for each in link.candidates)
    table = Table("id", "name", "matched", "route", "score", box=None)
    table.columns[0].no_wrap = True
    if asked_model:
        table.add_column("model's probability")
    for each in link.candidates:
        score = f"{each.score:.3f}" + (" tie" if each.tied else "")
        probability = "" if each.log_prob is None else f"{math.exp(each.log_prob):.3g}"
        name = kb.preferred_name(kb.index_of(each.concept_id))
        cells = [each.concept_id, name, each.name, each.route, score]
        table.add_row(*cells, *([probability] if asked_model else []))
    stdout_console().print(table)
    typer.echo()
