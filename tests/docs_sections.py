"""Draws docs/images/segmented-note.svg: ``python tests/docs_sections.py``.

A note and what the embedded section model makes of it. A test fails when the picture is not what
the model says any more: then run this, and look at it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from biotk.document import Section
from biotk.sections.loading import load_segmenter

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "segmented-note.svg"

#: Headings of six forms, one of them of no category, and lines that look like headings.
NOTE = """\
Seen in clinic with her daughter. Last visit: March.

CC: short of breath for three days
HISTORY OF PRESENT ILLNESS The patient is a 71-year-old woman
with known heart failure who stopped her Lasix last week.
**Past medical hx**
1. Congestive heart failure: since 2014.
2. Type 2 diabetes.
## Six Minute Walk
Walked 310 metres.
PHYSICAL EXAMINATION:
BP: 152/88   HR: 104   SpO2: 91%
Lungs: crackles at both bases
Extremities: 2+ pitting oedema
Assesment/Plan - restart furosemide, daily weights
"""

_LINE, _LEFT, _TOP, _WIDTH, _LABELS = 22, 24, 22, 860, 588
_COLOURS = ("#2f6f9f", "#8a5a00", "#4b7a2b", "#8b3a62", "#5b4a9c", "#a04a2a")


def draw(sections: tuple[Section, ...]) -> str:
    """:returns: the picture as SVG."""
    lines, at = [], 0
    for line in NOTE.splitlines(keepends=True):
        lines.append((at, at + len(line)))
        at += len(line)
    height = _TOP * 2 + _LINE * len(lines)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" font-family="ui-monospace, Menlo, '
        'Consolas, monospace" font-size="14">',
        "<title>A clinical note split into its sections</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, section in enumerate(sections):
        rows = [n for n, (start, end) in enumerate(lines) if section.start <= start < section.end]
        top, colour = _TOP + _LINE * rows[0], _COLOURS[number % len(_COLOURS)]
        inset = 14 if section.parent is not None else 0
        size = _LINE * len(rows) - 4
        out.append(f'<rect x="{_LEFT - 14 + inset}" y="{top}" width="4" height="{size}" '
                   f'fill="{colour}"/>')  # fmt: skip
        untitled = section.title_start == section.title_end
        label = section.category or ("no heading" if untitled else "unknown heading")
        style = "" if section.category else ' font-style="italic"'
        out.append(
            f'<text x="{_LABELS + inset}" y="{top + 15}" fill="{colour}"{style}>{label}</text>'
        )
        for n in rows:
            out.append(_text(n, lines[n], section, colour, inset))
    return "\n".join([*out, "</svg>"]) + "\n"


def _text(n: int, line: tuple[int, int], section: Section, colour: str, inset: int) -> str:
    start, end = line
    title = max(start, section.title_start), min(end, section.title_end)
    y = _TOP + _LINE * n + 15
    begin = f'<text x="{_LEFT + inset}" y="{y}" fill="#222222" xml:space="preserve">'
    if title[0] >= title[1]:
        return f"{begin}{escape(NOTE[start:end].rstrip())}</text>"
    return (
        f"{begin}{escape(NOTE[start : title[0]])}"
        f'<tspan font-weight="bold" fill="{colour}">{escape(NOTE[title[0] : title[1]])}</tspan>'
        f"{escape(NOTE[title[1] : end].rstrip())}</text>"
    )


def sections_of_the_note() -> tuple[Section, ...]:
    """:returns: what the embedded model makes of the note: sections that tile it, parts told."""
    from biotk.sections.tiling import tile_with_parents

    finder = load_segmenter().finder
    return tile_with_parents(NOTE, finder.headings([NOTE])[0])


if __name__ == "__main__":
    PICTURE.write_text(draw(sections_of_the_note()), encoding="utf-8")
