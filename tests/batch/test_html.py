from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from biotk.batch.drawing import COLOURS, render
from biotk.batch.html import HtmlPage
from biotk.document import Document, Link, Mention, Section

TEXT = "<b>Fever</b> & cough;\nbreast and ovarian cancer, Quux 🤒."


def mention(text: str, type_: str | None, *links: Link) -> Mention:
    start = TEXT.index(text)
    return Mention(((start, start + len(text)),), text, type_, links)


BREAST = TEXT.index("breast")
DOCUMENT = Document(
    'n<1>"',
    TEXT,
    (
        mention("Fever", "Disease", Link("MESH:D005334", 'Fever "<high>"', "fever", 1.0)),
        mention("cough", "<i>Odd</i>", Link("X:<1>", "Cough")),
        Mention(
            ((BREAST, BREAST + 6), (BREAST + 19, BREAST + 25)),
            "breast cancer",
            "Disease",
            (Link("MESH:D001943", "Breast Neoplasms"),),
        ),
        mention("ovarian cancer", "Disease", Link("MESH:D010051", "Ovarian Neoplasms")),
        mention("Quux", "Gene", Link(None)),
    ),
)


NOTE_TEXT = """Seen at <home>.
## PMH: Fever & <b>cough
EXAM: well
<i>HEENT</i>: fine
DOG
BITES: quux
"""


def section(first: str, last: str, title: str, category: str | None, **more: object) -> Section:
    start, end = NOTE_TEXT.index(first), NOTE_TEXT.index(last) + len(last)
    at = NOTE_TEXT.index(title)
    return Section(start, end, at, at + len(title), category, **more)  # type: ignore[arg-type]


NOTE = Document(
    "note",
    NOTE_TEXT,
    tuple(
        Mention(((NOTE_TEXT.index(text), NOTE_TEXT.index(text) + len(text)),), text, "Disease")
        for text in ("Fever", "cough\nEXAM", "BITES")
    ),
    (
        Section(0, 16, 0, 0),
        section("## PMH", "cough\n", "PMH", "past_medical_history", source='rule: "x"'),
        section("EXAM", "fine\n", "EXAM", "<b>exam", source="model"),
        section("<i>", "fine\n", "<i>HEENT</i>", "physical_exam", parent=2),
        section("DOG", "quux", "DOG\nBITES", None),
    ),
)


class Page(HTMLParser):
    """The tags of a page, what it would load, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_marks_mentions_with_their_ids_and_colours() -> None:
    html = render([DOCUMENT])
    marks = re.findall(r"<mark.*?</mark>", html, re.DOTALL)
    assert len(marks) == 4  # the ovarian cancer lies within the breast cancer
    assert COLOURS["Disease"] in marks[0]
    assert ">MESH:D005334<" in marks[0]
    assert ">NIL<" in marks[3]
    assert COLOURS["Gene"] in marks[3]
    text = " ".join(Page(html).text.split())
    assert "breast and ovarian cancer Disease MESH:D001943, Quux Gene NIL 🤒." in text


def test_everything_is_escaped() -> None:
    page = Page(render([DOCUMENT], title="<script>alert(1)</script>"))
    assert not {"b", "i", "script", "a"} & set(page.tags)
    assert 'n<1>"' in page.text
    assert "<b>Fever" in page.text.replace(" ", "")
    assert "<i>Odd</i>" in page.text
    assert "X:<1>" in page.text
    assert "<script>alert(1)</script>" in page.text
    assert ("title", 'Fever "<high>"') in page.attributes


def test_page_loads_nothing_and_says_its_encoding() -> None:
    html = render([DOCUMENT, NOTE])
    page = Page(html)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "src" not in {name for name, _ in page.attributes}
    # Links lead to the page's own sections only.
    targets = {f"#{value}" for name, value in page.attributes if name == "id"}
    assert {value for name, value in page.attributes if name == "href"} <= targets
    assert ("charset", "utf-8") in page.attributes
    assert "url(" not in html


def test_page_holds_all_documents_in_order() -> None:
    html = render([Document("one", "a"), Document("two", ""), DOCUMENT], title="Notes")
    assert [tag for tag in Page(html).tags if tag == "figure"] == ["figure"] * 3
    assert html.index("one") < html.index("two") < html.index("n&lt;1&gt;")
    assert "<title>Notes</title>" in html
    assert html.endswith("</html>\n")


def test_page_written_part_by_part_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with HtmlPage(path, title="Notes") as page:
        page.add(DOCUMENT)
        page.add(Document("two", "b"))
        assert not path.exists()
    assert path.read_text("utf-8") == render([DOCUMENT, Document("two", "b")], title="Notes")


def test_page_that_is_broken_off_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", "utf-8")
    with pytest.raises(KeyError), HtmlPage(path, title="x") as page:
        page.add(DOCUMENT)
        raise KeyError
    assert path.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_sections_are_drawn_with_their_titles_and_categories() -> None:
    html = render([NOTE])
    drawn = re.findall(r"<section (.*?)>(.*?)</section>", html, re.DOTALL)
    kinds = [re.search('class="(.*?)"', attributes)[1] for attributes, _ in drawn]  # type: ignore[index]
    # The last one is what the last section leaves over.
    assert kinds == ["untitled", "known", "known", "known part", "unknown", "untitled"]
    assert drawn[1][1].startswith(
        '## <b>PMH</b><small title="found by: rule: &quot;x&quot;">past medical history</small>: '
    )
    assert "<b><mark" not in drawn[3][1]
    assert ">unknown</small>" in drawn[4][1]
    assert drawn[5][1] == "\n"
    colours = [re.search("border-color: (.*)", attributes)[1] for attributes, _ in drawn]  # type: ignore[index]
    assert colours[1].startswith("hsl(")
    assert colours[3] != colours[1]
    assert colours[2] == colours[4]  # a category of the user's own has no colour


def test_contents_lead_to_the_sections() -> None:
    html = render([DOCUMENT, NOTE, NOTE])
    navigation = re.findall("<nav>.*?</nav>", html)
    assert len(navigation) == 2
    entries = re.findall('<a href="#(.*?)".*?>(.*?) <small>(.*?)</small></a>', navigation[0])
    assert [(title, label) for _, title, label in entries] == [
        ("PMH", "past medical history"),
        ("EXAM", "&lt;b&gt;exam"),
        ("&lt;i&gt;HEENT&lt;/i&gt;", "physical exam"),
        ("DOG BITES", "unknown"),
    ]
    ids = re.findall('<section id="(.*?)"', html)
    assert len(set(ids)) == len(ids)
    assert {name for name, _, _ in entries} <= set(ids)


def test_sections_lose_and_change_nothing_of_the_text() -> None:
    html = render([NOTE])
    figure = html[html.index("</nav>\n") + 7 : html.index("</figure>")].replace("</section>\n", "")
    text = Page(re.sub(' <span class="(kind|id)">.*?</span>|<small.*?</small>', "", figure)).text
    assert text == NOTE_TEXT
    assert not {"i", "script"} & set(Page(html).tags)
    assert html.count("<b>") == 4  # the titles


def test_nested_section_goes_on_behind_its_parts() -> None:
    text = "EXAM: a\nHEENT: b\nall c"
    outer, part = Section(0, 22, 0, 4, "physical_exam"), Section(8, 17, 8, 13, "physical_exam", 0)
    html = render([Document("n", text, sections=(outer, part))])
    kinds = re.findall('<section id="d0s." class="(.*?)"', html)
    assert kinds == ["known", "known part", "known"]
    assert html.count("<b>") == html.count("<a ") == 2
