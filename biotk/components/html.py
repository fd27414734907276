"""Documents as HTML, drawn by displaCy from plain values.

displaCy escapes the text and nothing else, so that titles, labels and ids are escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from spacy import displacy

from biotk.document import Document, Mention
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

_ENT = (
    '<mark class="entity" style="background: {bg}" title="{hint}">{text} '
    '<span class="kind">{label}</span> <span class="id">{kb_id}</span></mark>'
)

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; }}
h2 {{ font-size: 1rem; margin: 0 0 0.5rem; }}
figure {{ margin: 0 0 3rem; }}
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
    for document in documents:
        yield page_part(document)
    yield page_end()


def page_head(title: str) -> str:
    """:returns: how a page begins."""
    return _HEAD.format(title=escape(title))


def page_end() -> str:
    """:returns: how a page ends."""
    return _END


def page_part(document: Document) -> str:
    """:returns: one document of a page."""
    values = {
        "text": document.text,
        "ents": [_ent(document, mention) for mention in without_overlaps(document.mentions)],
    }
    drawn = displacy.render(
        values, style="ent", manual=True, jupyter=False, options={"template": _ENT}
    )
    return f"<figure>\n<h2>{escape(document.id)}</h2>\n{drawn}\n</figure>\n"


def _ent(document: Document, mention: Mention) -> dict[str, Any]:
    ids = ", ".join(mention.concept_ids) or (NIL if mention.is_nil else "")
    names = [link.name for link in mention.links if link.name]
    return {
        "start": mention.start,
        "end": mention.end,
        "label": escape(mention.type or ""),
        # Not displaCy's own kb_id: that is a link, and there is nowhere to lead to.
        "params": {
            "kb_id": escape(ids),
            "hint": escape("; ".join(names)),
            "bg": COLOURS.get(mention.type or "", _OTHER),
        },
    }
