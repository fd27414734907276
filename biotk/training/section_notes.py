"""Notes to train a section model on, each drawn in another shape."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from biotk.document import Document
from biotk.io.files import open_bytes
from biotk.sections.formats import AS_IS, Block, Layout, blocks_of, render
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
    """

    def __init__(
        self,
        recipe: SectionRecipe,
        titles: Mapping[str, str | None] | None = None,
        *,
        sure: Collection[str] = (),
    ) -> None:
        self.recipe, self._sure = recipe, sure
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
            blocks = tuple(_messy(block, rng) for block in blocks)
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


def _number(rng: Random, low: int, high: int) -> str:
    return str(rng.randint(low, high))


def _measure(rng: Random) -> str:
    n = _number
    return rng.choice((
        f"BP: {n(rng, 90, 180)}/{n(rng, 50, 100)}", f"Pulse: {n(rng, 50, 120)}",
        f"Temperature: {n(rng, 96, 102)}.{n(rng, 0, 9)}", f"Weight: {n(rng, 90, 280)} pounds",
        f"Resp: {n(rng, 12, 28)}", f"O2 Sat: {n(rng, 88, 100)}% on room air",
        f"HR {n(rng, 50, 120)}  RR {n(rng, 12, 28)}  T {n(rng, 96, 102)}.{n(rng, 0, 9)}",
        f"WBC {n(rng, 3, 18)}.{n(rng, 0, 9)}  (4.0-11.0)", f"Na: {n(rng, 128, 148)}",
        f"Sodium {n(rng, 128, 148)}   Potassium {n(rng, 3, 5)}.{n(rng, 0, 9)}",
        f"Hemoglobin: {n(rng, 7, 17)}.{n(rng, 0, 9)} g/dL", f"Glucose\t{n(rng, 60, 300)}\tmg/dL",
        f"CREATININE: {n(rng, 0, 4)}.{n(rng, 0, 9)}", f"HCT {n(rng, 22, 50)}.{n(rng, 0, 9)} L",
        f"Ejection fraction: {n(rng, 20, 70)}%", f"Height: {n(rng, 58, 77)} inches",
    ))  # fmt: skip


_TESTED = (
    "Color", "Appearance", "Ketones", "Protein", "Nitrite", "Leukocyte esterase", "Bilirubin",
    "Hepatitis B surface antigen", "HIV", "RPR", "Rapid strep", "Urine pregnancy test", "Mono spot",
    "Troponin", "Influenza A",
)  # fmt: skip
_FOUND = (
    "Negative", "Positive", "Normal", "None", "Trace", "Clear", "Yellow", "Good", "Nonreactive",
    "Not done", "Pending", "Yes", "No", "Small", "1+", "Within normal limits",
)  # fmt: skip


def _tested(rng: Random) -> str:
    field = rng.choice(_TESTED)
    field = rng.choice((field, field, field.upper(), field.title()))
    return field + rng.choice((": ", ": ", ":  ", " - ", "  -  ", "\t")) + rng.choice(_FOUND)


def _aside(rng: Random) -> str:
    n = _number
    date = f"{n(rng, 1, 12)}/{n(rng, 1, 28)}/{n(rng, 1998, 2015)}"
    return rng.choice((
        f"Electronically signed by Dr. X on {date}", "Dictated by: ABC, M.D.", f"Date: {date}",
        f"Page {n(rng, 1, 4)} of {n(rng, 4, 6)}", "Patient Name: XXXX",
        f"MRN: {n(rng, 10000, 9999999)}", f"DOB: {date}", "Dear Dr. XYZ:", "Sincerely,",
        f"1. Lisinopril {n(rng, 5, 40)} mg p.o. daily.", f"- Aspirin {n(rng, 81, 325)} mg daily",
        f"{n(rng, 1, 9)}. Hypertension: continue current medications.",
        f"Lasix {n(rng, 20, 80)} mg twice a day", "------------------------------",
        f"{n(rng, 7, 12)}:{n(rng, 10, 59)} AM patient resting comfortably",
        "Tobacco: none", "He is alert and oriented x3.", "Thank you for this referral.",
    ))  # fmt: skip


def _messy(block: Block, rng: Random) -> Block:
    if rng.random() < 0.6:
        return block
    lines = list(block.body)
    least = min(1, len(lines))
    if rng.random() < 0.3:  # a table
        table = rng.choice((_measure, _tested))
        at = rng.randint(least, len(lines))
        lines[at:at] = [table(rng) for _ in range(rng.randint(3, 8))]
        return replace(block, body=tuple(lines))
    for _ in range(rng.randint(1, 5)):
        kind = rng.choice((_measure, _aside, _tested))
        lines.insert(rng.randint(least, len(lines)), kind(rng))
    return replace(block, body=tuple(lines))


# What the branches of SecTag's tree are about; the longest that fits counts, "" is nothing of ours.
_BRANCHES = {
    "1": "administrative", "3": "administrative", "4": "administrative", "5.14": "administrative",
    "5.15": "administrative", "5.16": "administrative", "5.18": "administrative",
    "5.21": "disposition", "5.22": "diagnosis", "5.23": "procedure", "5.24": "instructions",
    "5.25": "birth_and_development", "5.26": "chief_complaint", "5.27": "chief_complaint",
    "5.28": "history_of_present_illness", "5.29": "indication", "5.30": "past_medical_history",
    "5.32": "hospital_course", "5.34.78": "social_history", "5.34.79": "family_history",
    "5.35": "past_medical_history", "5.35.84": "past_surgical_history",
    "5.35.91": "obstetric_history", "5.35.94": "birth_and_development",
    "5.36.102": "immunizations", "5.37": "medications", "5.38": "allergies",
    "5.39": "review_of_systems", "6": "physical_exam", "6.40.138": "", "6.41": "imaging",
    "6.41.144": "labs", "6.41.153": "labs", "7": "plan", "8": "instructions", "9": "plan",
    "11": "past_medical_history", "13": "assessment_and_plan", "13.48": "assessment",
    "13.49": "assessment", "13.50": "assessment", "13.51": "plan", "13.51.155": "instructions",
    "13.53": "findings", "14": "administrative", "15": "operative_details", "15.59": "procedure",
    "15.60": "procedure", "16": "procedure", "22": "administrative", "27": "instructions",
}  # fmt: skip
# Measurements: labels of values rather than headings.
_VALUES = "6.40.136."


def read_titles(path: str | Path) -> dict[str, str | None]:
    """Read SecTag's list of headings.

    :returns: the headings with what they are about, in their order; None where their places in the
        tree say several things, or nothing of ours. Codes and measurements are left out.
    """
    titles: dict[str, set[str]] = {}
    with open_bytes(path) as stream:
        for raw in stream:
            title, _, rest = raw.decode("utf-8", "replace").partition("\t")
            node, title = rest.split("\t")[0].strip(), title.strip()
            is_title = rest and not title.startswith("#") and "_" not in title and len(title) > 2
            if is_title and not node.startswith(_VALUES):
                titles.setdefault(title, set()).add(_branch(node))
    return {
        title: next(iter(about)) or None if len(about) == 1 else None
        for title, about in titles.items()
    }


def _branch(node: str) -> str:
    parts = node.split(".")
    places = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((_BRANCHES[place] for place in places if place in _BRANCHES), "")


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
