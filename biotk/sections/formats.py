"""Notes written anew in other formats: their headings rewritten, their lines laid out otherwise.

What a section says stays, how its heading looks changes: the core of training for headings never
seen (arXiv 2409.19796), and of telling how well a model does on a format that it was not trained
on.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from biotk.document import Document, Section
from biotk.sections.tiling import body_span


@dataclass(frozen=True, slots=True)
class Block:
    """A section apart from how it is laid out.

    :param title: its title; empty for what stands before all headings.
    :param body: its lines; blank ones left out.
    :param category: what it is about.
    :param is_part: whether it is a part of the section before.
    :param inline: whether the text stood on the title's line.
    """

    title: str
    body: tuple[str, ...]
    category: str | None = None
    is_part: bool = False
    inline: bool = False


def blocks_of(document: Document) -> tuple[Block, ...]:
    """:returns: the sections of a document, which tile it, as blocks."""
    text, blocks = document.text, []
    for section in document.sections:
        start, end = body_span(text, section)
        lines = [" ".join(line.split()) for line in text[start:end].splitlines()]
        title = " ".join(text[section.title_start : section.title_end].split())
        inline = bool(title) and "\n" not in text[section.title_end : start] and start < end
        body = tuple(filter(None, lines))
        blocks.append(Block(title, body, section.category, section.parent is not None, inline))
    return tuple(blocks)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as a format writes it.

    :param before: what stands on the line before the title.
    :param title: the title.
    :param after: what stands behind it.
    :param inline: whether the text goes on on the same line.
    :param below: a line below it; empty for none.
    """

    before: str
    title: str
    after: str
    inline: bool
    below: str = ""


#: Writes the heading of a block, given its place in the note from 1, what is drawn once for a note
#: (which marks, which capitals) and what is drawn for each heading.
Writer = Callable[[Block, int, Random, Random], Heading]

_SMALL = {"a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "upon", "with"}
_KEPT = set(
    "HEENT ROS HPI PMH PMHX CT MRI EKG ECG EEG EMG GI GU CC ENT CNS I II III IV V X AXIS ED ER CV "
    "CN EBL OB GYN ICU ICD PE PSH SH FH CBC DOB".split()
)
_SHORT = {
    "history of present illness": ("HPI", "Hx present illness"),
    "past medical history": ("PMH", "PMHx", "Past Med Hx"),
    "past surgical history": ("PSH", "PSHx", "Past Surg Hx"),
    "family history": ("FH", "FHx", "Fam Hx"),
    "social history": ("SH", "SHx", "Soc Hx"),
    "review of systems": ("ROS",),
    "physical examination": ("PE", "Phys Exam", "Exam"),
    "physical exam": ("PE", "Exam"),
    "chief complaint": ("CC",),
    "medications": ("Meds",),
    "current medications": ("Current Meds", "Meds"),
    "vital signs": ("VS", "Vitals"),
    "laboratory data": ("Labs", "Lab"),
    "assessment and plan": ("A/P", "A&P"),
    "assessment": ("A", "Assess"),
    "plan": ("P",),
    "subjective": ("S",),
    "objective": ("O",),
    "preoperative diagnosis": ("Preop Dx", "Pre-op Diagnosis"),
    "postoperative diagnosis": ("Postop Dx", "Post-op Diagnosis"),
    "diagnosis": ("Dx",),
    "estimated blood loss": ("EBL",),
    "discharge medications": ("D/C Meds", "Discharge Meds"),
    "hospital course": ("Hosp Course",),
    "extremities": ("Ext", "Extr"),
    "abdomen": ("Abd",),
    "cardiovascular": ("CV",),
    "neurologic": ("Neuro",),
    "general": ("Gen",),
    "impression": ("Imp",),
    "history": ("Hx",),
    "allergies": ("All",),
    "procedure": ("Proc",),
    "follow up": ("F/U",),
    "treatment": ("Tx",),
}  # fmt: skip
_WORD_SHORT = {"history": "Hx", "diagnosis": "Dx", "medications": "Meds", "medical": "Med",
               "surgical": "Surg", "examination": "Exam", "laboratory": "Lab", "procedure": "Proc",
               "preoperative": "Preop", "postoperative": "Postop", "discharge": "D/C",
               "treatment": "Tx", "and": "&", "family": "Fam", "social": "Soc"}  # fmt: skip


def title_case(title: str) -> str:
    """:returns: a title with capitals at the beginning of its words.

    >>> title_case("HISTORY OF PRESENT ILLNESS"), title_case("HEENT")
    ('History of Present Illness', 'HEENT')
    """
    words = title.split()
    return " ".join(
        word if word in _KEPT else word.lower() if n and word.lower() in _SMALL else _capital(word)
        for n, word in enumerate(words)
    )


def sentence_case(title: str) -> str:
    """:returns: a title with one capital, at its beginning."""
    first, *rest = title.split()
    low = [word if word in _KEPT else word.lower() for word in rest]
    return " ".join([first if first in _KEPT else _capital(first), *low])


def _capital(word: str) -> str:
    return re.sub(r"[A-Za-z]+", lambda m: m[0].capitalize(), word)


def _shortened(title: str, rng: Random) -> str:
    low = title.lower()
    if low in _SHORT:
        return rng.choice(_SHORT[low])
    words = [_WORD_SHORT.get(word, word) for word in low.split()]
    return title_case(" ".join(words)).replace("d/c", "D/C")


def misspelt(title: str, rng: Random) -> str:
    """:returns: a title with a letter lost, doubled, changed or two turned round."""
    places = [n for n in range(1, len(title) - 1) if title[n].isalpha() and title[n + 1].isalpha()]
    if not places:
        return title
    n = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        return title[:n] + title[n + 1 :]
    if kind == 1:
        return title[:n] + title[n] + title[n:]
    if kind == 2:
        return title[:n] + title[n + 1] + title[n] + title[n + 2 :]
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return title[:n] + (letter.upper() if title[n].isupper() else letter) + title[n + 1 :]


def _roman(number: int) -> str:
    tens, ones = divmod(number, 10)
    units = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return "X" * tens + units[ones]


def _numbered(block: Block, number: int, style: Random) -> Heading:
    before = style.choice((f"{number}. ", f"{number}) ", f"{_roman(number)}. "))
    title = (title_case if style.random() < 0.5 else str.upper)(block.title)
    after = style.choice((":", ":", ""))
    return Heading(before, title, after, block.inline and bool(after))


#: A note's own headings, as they stand.
AS_IS = "as_is"

#: The formats that headings are rewritten to.
FORMATS: dict[str, Writer] = {
    "capitals": lambda b, n, s, r: Heading("", b.title.upper(), ":", b.inline),
    "capitals_alone": lambda b, n, s, r: Heading("", b.title.upper(), ":", False),
    "title_case": lambda b, n, s, r: Heading("", title_case(b.title), ":", b.inline),
    "sentence_case": lambda b, n, s, r: Heading("", sentence_case(b.title), ":", b.inline),
    "lower_case": lambda b, n, s, r: Heading("", b.title.lower(), ":", b.inline),
    "inline": lambda b, n, s, r: Heading("", title_case(b.title), ":", True),
    "no_colon": lambda b, n, s, r: Heading(
        "", (title_case if s.random() < 0.5 else str.upper)(b.title), "", False
    ),
    "no_colon_inline": lambda b, n, s, r: Heading("", b.title.upper(), "", True),
    "dash": lambda b, n, s, r: Heading(
        "", title_case(b.title), s.choice((" -", " –", " --")), True
    ),
    "numbered": lambda b, n, s, r: _numbered(b, n, s),
    "markdown": lambda b, n, s, r: Heading(
        "### " if b.is_part else s.choice(("# ", "## ")), title_case(b.title), "", False
    ),
    "bold": lambda b, n, s, r: Heading(
        *s.choice((("**", title_case(b.title), ":**"), ("**", title_case(b.title), "**"),
                   ("__", title_case(b.title), "__"), ("<b>", b.title.upper(), ":</b>"))),
        b.inline,
    ),
    "underlined": lambda b, n, s, r: Heading(
        "", title_case(b.title), "", False, r.choice("-=") * max(3, len(b.title))
    ),
    "bracketed": lambda b, n, s, r: Heading(
        *s.choice((("[", b.title.upper(), "]"), ("== ", title_case(b.title), " =="),
                   ("*** ", b.title.upper(), " ***"), ("--- ", title_case(b.title), " ---"))),
        False,
    ),
    "abbreviated": lambda b, n, s, r: Heading("", _shortened(b.title, r), ":", b.inline),
    "misspelt": lambda b, n, s, r: Heading(
        "", misspelt(s.choice((b.title.upper(), title_case(b.title))), r), ":", b.inline
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines are laid out.

    :param blank: where blank lines stand: ``none``, ``between`` sections, ``after`` headings too,
        behind ``every`` line.
    :param wrap: columns at which long lines are broken; 0 for not.
    :param indent: blanks before the lines of a body that stand below a heading.
    :param end: the line end.
    """

    blank: str = "none"
    wrap: int = 0
    indent: int = 0
    end: str = "\n"


PLAIN = Layout()


def render(
    id: str,
    blocks: Sequence[Block],
    format: str | Sequence[str],
    *,
    rng: Random,
    layout: Layout = PLAIN,
    parts: str | None = None,
) -> Document:
    """Write a note in a format.

    :param id: of the document.
    :param blocks: its sections.
    :param format: one of :data:`FORMATS`, or some, of which each heading draws one; ``as_is`` for
        the titles as they stand, with a colon.
    :param rng: what is drawn from.
    :param layout: how lines are laid out.
    :param parts: the format of parts of sections, where it is another one.
    :returns: the note with its sections; ``meta["format"]`` names a single format.
    """
    names = (format,) if isinstance(format, str) else tuple(format)
    style = rng.getrandbits(32)
    out: list[str] = []
    rows: list[tuple[int, int, int, Block]] = []
    length = 0

    def write(text: str) -> None:
        nonlocal length
        out.append(text)
        length += len(text)

    for number, block in enumerate(blocks, start=1):
        if out and layout.blank in ("between", "after", "every"):
            write(layout.end)
        start, body = length, list(block.body)
        if not block.title:
            rows.append((start, start, start, block))
        else:
            name = parts if parts and block.is_part else rng.choice(names)
            heading = _writer(name)(block, number, Random(style), rng)
            write(heading.before)
            title_start = length
            write(heading.title)
            rows.append((start, title_start, length, block))
            write(heading.after)
            if heading.inline and body:
                write(" " + _wrapped(body.pop(0), layout))
            write(layout.end)
            if heading.below:
                write(heading.below + layout.end)
            if layout.blank == "after" and not heading.inline:
                write(layout.end)
        for line in body:
            write(" " * layout.indent + _wrapped(line, layout) + layout.end)
            if layout.blank == "every":
                write(layout.end)
    meta = {"format": names[0]} if len(names) == 1 and parts is None else {}
    return Document(id, "".join(out), sections=_sections(rows, length), meta=meta)


def _writer(name: str) -> Writer:
    if name == AS_IS:
        return lambda b, n, s, r: Heading("", b.title, ":", b.inline)
    return FORMATS[name]


def _wrapped(line: str, layout: Layout) -> str:
    if not layout.wrap or len(line) <= layout.wrap:
        return line
    return (layout.end + " " * layout.indent).join(textwrap.wrap(line, layout.wrap))


def _sections(rows: Sequence[tuple[int, int, int, Block]], length: int) -> tuple[Section, ...]:
    sections: list[Section] = []
    parent: int | None = None
    for n, (start, title_start, title_end, block) in enumerate(rows):
        end = rows[n + 1][0] if n + 1 < len(rows) else length
        if not block.is_part:
            parent = n if block.title else None
        above = parent if block.is_part else None
        sections.append(Section(start, end, title_start, title_end, block.category, above))
    return tuple(sections)
