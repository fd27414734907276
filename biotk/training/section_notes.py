"""Notes to train a section model on, each drawn in another shape."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from biotk.document import Document
from biotk.sections.formats import AS_IS, Block, Layout, blocks_of, render
from biotk.training.section_mess import led_by_number, messy
from biotk.training.section_recipe import SectionRecipe

_WORD = re.compile(r"\w+")
# What rules leave open: "Attitude: Calm.", and capitals alone on a line.
_DOUBTFUL = re.compile(
    r"(?!.*[a-z])[A-Z][A-Z ,/&'()\-]{3,60}$|[A-Z][A-Za-z/'&() \-]{1,48}:\s+[^\d\s]"
)
#: Formats that parts of sections are often of, whatever that of the sections is.
_OF_PARTS = ("title_case", "sentence_case", "inline")


class NoteMaker:
    """Draws notes in other shapes.

    :param recipe: how often what is done.
    :param titles: headings to put in the place of some, with what they are about.
    :param sure: ids of notes that rules did not annotate: nothing in them is doubtful.
    :param documents: titles of whole notes, put at the beginning of some.
    """

    def __init__(
        self,
        recipe: SectionRecipe,
        titles: Mapping[str, str | None] | None = None,
        *,
        sure: Collection[str] = (),
        documents: Sequence[str] = (),
    ) -> None:
        self.recipe, self._sure, self._documents = recipe, sure, documents
        self._titles = list(titles or {})
        self._by_category: dict[str, list[str]] = {}
        for title, category in (titles or {}).items():
            if category is not None:
                self._by_category.setdefault(category, []).append(title)

    def draw(self, document: Document, rng: Random) -> Document:
        """:returns: the note in a shape that the recipe allows."""
        recipe = self.recipe
        blocks = blocks_of(document)
        if recipe.drop_doubtful and document.id not in self._sure:
            blocks = tuple(map(_decided, blocks))
        if rng.random() < recipe.headless:
            return _headless(document.id, blocks, rng)
        as_is = rng.random() < recipe.as_is
        blocks = tuple(self._retitled(block, rng) for block in blocks)
        if rng.random() < recipe.mess:
            blocks = tuple(messy(block, rng) for block in blocks)
        blocks = tuple(
            led_by_number(block, rng) if rng.random() < recipe.numbers else block
            for block in blocks
        )
        if self._documents and rng.random() < recipe.documents:
            blocks = (Block(rng.choice(self._documents).upper(), (), "administrative"), *blocks)
        parts = rng.choice(_OF_PARTS) if rng.random() < recipe.parts_apart else None
        if as_is:
            return render(document.id, blocks, AS_IS, rng=rng, parts=parts)
        formats = recipe.formats
        if rng.random() < recipe.mixed:
            formats = tuple(rng.sample(formats, min(len(formats), rng.choice((2, 3)))))
        else:
            formats = (rng.choice(formats),)
        return render(document.id, blocks, formats, rng=rng, layout=_layout(rng), parts=parts)

    def _retitled(self, block: Block, rng: Random) -> Block:
        if not block.title or not self._titles or rng.random() >= self.recipe.retitled:
            return block
        same = self._by_category.get(block.category or "")
        if same and rng.random() < 0.8:
            return replace(block, title=_cased(rng.choice(same), block.title))
        # Another title altogether: where it stands is still a heading, what it means is not known.
        return replace(block, title=_cased(rng.choice(self._titles), block.title), category=None)


def _decided(block: Block) -> Block:
    """:returns: the block without the lines that may be headings which rules do not know."""
    lines = tuple(line for line in block.body if not _DOUBTFUL.match(line))
    return replace(block, body=lines)


def _cased(title: str, like: str) -> str:
    return title.upper() if like.isupper() else title[:1].upper() + title[1:]


def _layout(rng: Random) -> Layout:
    return Layout(
        blank=rng.choice(("none", "none", "between", "after", "every")),
        wrap=rng.choice((0, 0, 0, 60, 72, 80, 100)),
        indent=rng.choice((0, 0, 0, 2, 4)),
        end=rng.choice(("\n", "\n", "\n", "\r\n")),
    )


def _headless(id: str, blocks: Sequence[Block], rng: Random) -> Document:
    lines = [line for block in blocks for line in block.body]
    return render(id, [Block("", tuple(lines))], AS_IS, rng=rng, layout=_layout(rng))


def share(id: str, seed: int) -> float:
    """:returns: where in [0, 1) a note falls when notes are parted; the same in every run."""
    digest = hashlib.sha256(f"{seed}:{id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def unlike(documents: Iterable[Document], held: Iterable[Document]) -> list[Document]:
    """Leave out the notes that are nearly the same as one that is held.

    :returns: those that share fewer than half of their runs of eight words with every held one.
    """
    seen = [_runs(each.text) for each in held]
    where: dict[int, list[int]] = {}
    for n, runs in enumerate(seen):
        for run in runs:
            where.setdefault(run, []).append(n)
    kept = []
    for document in documents:
        runs = _runs(document.text)
        counts: dict[int, int] = {}
        for run in runs:
            for n in where.get(run, ()):
                counts[n] = counts.get(n, 0) + 1
        if not any(c * 2 >= min(len(runs), len(seen[n])) for n, c in counts.items()):
            kept.append(document)
    return kept


def _runs(text: str) -> set[int]:
    words = _WORD.findall(text.lower())
    return {hash_words(words[n : n + 8]) for n in range(max(1, len(words) - 7))}


def hash_words(words: Sequence[str]) -> int:
    """:returns: a number for some words, the same in every run."""
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")
