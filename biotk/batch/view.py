"""An annotated note for people at a terminal: the text with its concept ids, then a table.

On a terminal mentions are coloured by type and followed by their id: ``chest pain ⟨MESH:D002637⟩``.
Where colours cannot be shown, as in a pipe, brackets say where a mention starts:
``[chest pain|MESH:D002637]``. Titles of sections are underlined on a terminal, and followed by what
the section is about: ``PLAN ⟨plan⟩``. The table names the section of each mention.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from biotk.document import Document, Link, Mention, Section, section_at, section_name
from biotk.text.overlaps import without_overlaps
from biotk.types import NIL

STYLES = {
    "Disease": "bold red",
    "Phenotype": "bold yellow",
    "Chemical": "bold cyan",
    "Gene": "bold green",
    "Variant": "bold magenta",
}
_OTHER = "bold blue"
_TITLE = "bold underline"

# A note could carry codes that steer the terminal; they are shown as pictures, line ends excepted.
_CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"}
_CONTROLS |= {127: 0x2421, **dict.fromkeys(range(128, 160), 65533)}

#: Wide enough for every row of a table: nothing is folded where a program may read it.
_PIPE_WIDTH = 1000


def print_view(document: Document, console: Console | None = None) -> None:
    """Print an annotated document.

    :param document: with overlapping mentions, only the longest is marked in the text; a
        discontinuous one is marked from its first to its last character. The table has all.
    :param console: where to; stdout if absent.
    """
    console = console or Console(file=sys.stdout)
    coloured = console.is_terminal and not console.no_color
    if not console.is_terminal:
        console = Console(file=console.file, width=_PIPE_WIDTH)
    console.print(Text(_shown(document.id), style="bold"), soft_wrap=True)
    console.print()
    text = annotated_text(document, coloured=coloured)
    console.print(text, soft_wrap=not console.is_terminal)
    if document.mentions:
        console.print()
        console.print(_table(document, boxed=console.is_terminal))
    console.print()


def annotated_text(document: Document, *, coloured: bool) -> Text:
    """:returns: the note's text with its mentions marked."""
    text = Text()
    titled = [s for s in document.sections if coloured and s.title_start < s.title_end]
    at = 0
    for mention in without_overlaps(document.mentions):
        _append(text, document, (at, mention.start), titled)
        surface = _shown(document.text[mention.start : mention.end])
        ids = _ids(mention)
        if coloured:
            text.append(surface, style=STYLES.get(mention.type or "", _OTHER))
            text.append(f" ⟨{ids}⟩" if ids else "", style="dim")
        else:
            text.append(f"[{surface}|{ids}]" if ids else f"[{surface}]")
        at = mention.end
    _append(text, document, (at, len(document.text)), titled)
    return text


def _append(
    text: Text, document: Document, stretch: tuple[int, int], titled: Sequence[Section]
) -> None:
    """Append what stands between two mentions, titles of sections marked."""
    at, end = stretch
    for section in titled:
        left, right = max(at, section.title_start), min(end, section.title_end)
        if left < right:
            text.append(_shown(document.text[at:left]))
            text.append(_shown(document.text[left:right]), style=_TITLE)
            if right == section.title_end:
                text.append(f" ⟨{_shown(section.category or 'unknown')}⟩", style="dim")
            at = right
    text.append(_shown(document.text[at:end]))


def _table(document: Document, *, boxed: bool) -> Table:
    table = Table(box=SIMPLE if boxed else None, pad_edge=False)
    for title in ("mention", "type", "concept id", "preferred name"):
        # An id that is folded can no longer be copied.
        table.add_column(title, no_wrap=title == "concept id", overflow="fold")
    table.add_column("score", justify="right")
    table.add_column("route")
    if document.sections:
        table.add_column("section")
    sections = sorted(document.sections, key=lambda section: section.start)
    for mention in document.mentions:
        section = section_name(document.text, section_at(sections, mention.start))
        told = [_shown(section or "")] if sections else []
        for link in mention.links or (None,):
            table.add_row(*map(Text, (*_row(mention, link), *told)))
    return table


def _row(mention: Mention, link: Link | None) -> Iterator[str]:
    yield " ".join(_shown(mention.text).split())
    yield mention.type or ""
    yield "" if link is None else link.concept_id or NIL
    yield "" if link is None else link.name or ""
    yield "" if link is None else f"{link.score:.2f}"
    yield "" if link is None else link.route + (", tie" if link.is_tied else "")


def _ids(mention: Mention) -> str:
    return ",".join(mention.concept_ids) or (NIL if mention.is_nil else "")


def _shown(text: str) -> str:
    printable = text.encode(errors="replace").decode()  # half of a surrogate pair is not
    return printable.replace("\r\n", "\n").translate(_CONTROLS)
