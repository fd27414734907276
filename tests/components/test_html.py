from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from biotk.batch.html import HtmlPage
from biotk.components.html import COLOURS, render
from biotk.document import Document, Link, Mention

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
    page = Page(render([DOCUMENT]))
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not {"src", "href"} & {name for name, _ in page.attributes}
    assert ("charset", "utf-8") in page.attributes
    assert "url(" not in render([DOCUMENT])


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
