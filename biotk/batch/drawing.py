"""Documents as HTML: sections with a margin, mentions as marks; nothing to load from elsewhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice, pairwise

from biotk.document import Document, Mention, Section, section_at
from biotk.sections.titles import CATEGORIES
from biotk.text.overlaps import without_overlaps
from biotk.types import NIL

#: Colours by entity type; light, so that black text is readable on them.
COLOURS = {
    "Disease": "#f4b6b0",
    "Phenotype": "#f7d08a",
    "Chemical": "#a9d5f5",
    "Gene": "#b5e3b0",
    "Variant": "#d7c1ee",
    "Species": "#e4dba0",
    "CellLine": "#c8ded6",
    "Anatomy": "#e8c4a2",
}
_OTHER = "#dddddd"

_MARK = (
    '<mark style="background: {colour}" title="{hint}">{text} '
    '<span class="kind">{label}</span> <span class="id">{ids}</span></mark>'
)
_SECTION = '<section id="{name}" class="{kind}" style="border-color: {colour}">{inner}</section>\n'
_TITLE = '<b>{text}</b><small title="{hint}">{label}</small>'
_ENTRY = '<a href="#{name}" style="border-color: {colour}">{title} <small>{label}</small></a>'

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 16px/1.8 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }}
h2 {{ font-size: 1rem; margin: 0 0 0.5rem; }}
figure {{ margin: 0 0 3rem; }}
nav {{ font-size: 0.85rem; line-height: 2; margin: 0 0 1rem; }}
nav a {{ border-left: 4px solid; color: inherit; display: inline-block; margin-right: 1.2rem;
  padding-left: 0.4rem; text-decoration: none; }}
section {{ border-left: 4px solid; margin: 0 0 0.3rem; padding-left: 0.8rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }}
section.unknown {{ border-left-style: dashed; }}
section.untitled {{ border-left-style: none; padding-left: calc(0.8rem + 4px); }}
section.part {{ margin-left: 1.5rem; }}
section:target {{ background: #f6f6f6; }}
small {{ color: #555; font-size: 0.7em; }}
section small {{ background: #eee; border-radius: 0.35em; margin-left: 0.5em;
  padding: 0.1em 0.4em; white-space: nowrap; }}
mark {{ padding: 0.2em 0.4em; border-radius: 0.35em; }}
.kind {{ font-size: 0.7em; font-weight: bold; }}
.id {{ font-size: 0.7em; }}
</style>
</head>
<body>
"""
_END = "</body>\n</html>\n"


def render(documents: Iterable[Document], *, title: str = "BioTK") -> str:
    """Make one page of documents, with nothing to load from elsewhere.

    Of mentions that overlap the longest is shown, the first of equally long ones; a
    discontinuous one is shown from its first to its last character.

    :param documents: annotated documents.
    :param title: the title of the page.
    :returns: HTML.
    """
    return "".join(iter_page(documents, title=title))


def iter_page(documents: Iterable[Document], *, title: str = "BioTK") -> Iterator[str]:
    """:returns: the parts of :func:`render`'s page, one a document, for pages that are long."""
    yield page_head(title)
    for number, document in enumerate(documents):
        yield page_part(document, number)
    yield page_end()


def page_head(title: str) -> str:
    """:returns: how a page begins."""
    return _HEAD.format(title=escape(title))


def page_end() -> str:
    """:returns: how a page ends."""
    return _END


def page_part(document: Document, number: int) -> str:
    """Draw one document of a page.

    :param document: an annotated document.
    :param number: which one of the page it is; the links to its sections are made of that.
    :returns: HTML.
    """
    mentions = without_overlaps(document.mentions)
    entries: list[str] = []
    drawn: list[str] = []
    for at, (start, end, section) in enumerate(_blocks(document)):
        name = f"d{number}s{at}"
        title = None if section is None else _title_in(section, start, end)
        if section is not None and title is not None:
            entries.append(_entry(document, section, name))
        inner = _inner(document, mentions, (start, end), section, title)
        drawn.append(
            _SECTION.format(name=name, kind=_kind(section), colour=_colour(section), inner=inner)
        )
    contents = f"<nav>{' '.join(entries)}</nav>\n" if entries else ""
    return f"<figure>\n<h2>{escape(document.id)}</h2>\n{contents}{''.join(drawn)}</figure>\n"


def _blocks(document: Document) -> Iterator[tuple[int, int, Section | None]]:
    """Cut a text where sections start and end.

    :returns: the blocks, which tile the text, each with its innermost section. One with parts may
        have several; a section of a file of others need not touch the next.
    """
    cuts = {0, len(document.text)}
    cuts.update(place for section in document.sections for place in (section.start, section.end))
    ordered = sorted(document.sections, key=lambda section: section.start)
    for start, end in pairwise(sorted(cuts)):
        yield start, end, section_at(ordered, start)


def _title_in(section: Section, start: int, end: int) -> tuple[int, int] | None:
    """:returns: where the title of a section stands, if it has one and that starts in a block."""
    if section.title_start == section.title_end or not start <= section.title_start < end:
        return None
    return section.title_start, min(section.title_end, end)


def _entry(document: Document, section: Section, name: str) -> str:
    title = " ".join(document.text[section.title_start : section.title_end].split())
    return _ENTRY.format(
        name=name, colour=_colour(section), title=escape(title), label=escape(_label(section))
    )


def _inner(
    document: Document,
    mentions: Sequence[Mention],
    block: tuple[int, int],
    section: Section | None,
    title: tuple[int, int] | None,
) -> str:
    start, end = block
    if section is None or title is None:
        return _marked(document, mentions, start, end)
    heading = _TITLE.format(
        text=_marked(document, mentions, *title),
        hint=escape(f"found by: {section.source}" if section.source else ""),
        label=escape(_label(section)),
    )
    before = _marked(document, mentions, start, title[0])
    return before + heading + _marked(document, mentions, title[1], end)


def _marked(document: Document, mentions: Sequence[Mention], start: int, end: int) -> str:
    """:returns: a stretch of the text with its mentions, those that reach out of it cut."""
    text = document.text
    parts: list[str] = []
    at = start
    first = bisect_right(mentions, start, key=lambda mention: mention.end)
    for mention in islice(mentions, first, None):
        if mention.start >= end:
            break
        left, right = max(mention.start, at), min(mention.end, end)
        parts += [escape(text[at:left]), _mark(mention, text[left:right])]
        at = right
    return "".join([*parts, escape(text[at:end])])


def _mark(mention: Mention, text: str) -> str:
    ids = ", ".join(mention.concept_ids) or (NIL if mention.is_nil else "")
    names = [link.name for link in mention.links if link.name]
    return _MARK.format(
        text=escape(text),
        label=escape(mention.type or ""),
        ids=escape(ids),
        hint=escape("; ".join(names)),
        colour=COLOURS.get(mention.type or "", _OTHER),
    )


def _kind(section: Section | None) -> str:
    if section is None or section.title_start == section.title_end:
        return "untitled"
    kind = "unknown" if section.category is None else "known"
    return kind if section.parent is None else f"{kind} part"


def _colour(section: Section | None) -> str:
    """:returns: a colour of the margin; categories near one another in a note are alike."""
    if section is None or section.category not in CATEGORIES:
        return "#999"
    return f"hsl({CATEGORIES.index(section.category) * 360 // len(CATEGORIES)} 60% 55%)"


def _label(section: Section) -> str:
    return "unknown" if section.category is None else section.category.replace("_", " ")
