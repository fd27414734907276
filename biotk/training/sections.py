"""Training a section model: minutes on one core, the same weights each time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from biotk.document import Document
from biotk.errors import InputError
from biotk.sections.corpora import read_section_corpus
from biotk.sections.features import (
    SectionFeatures,
    Span,
    TextFeatures,
    section_features,
    text_features,
)
from biotk.sections.model import SectionConfig, Title, section_spans, write_model
from biotk.sections.titles import CATEGORIES, normal_title
from biotk.training import section_network as network
from biotk.training.log import Say
from biotk.training.section_notes import NoteMaker, share, unlike
from biotk.training.section_recipe import SectionRecipe
from biotk.training.section_titles import read_document_titles, read_titles

_NUMBERS = {name: n for n, name in enumerate(CATEGORIES)}
_DROPPED = network.Dropped(pieces=0.1, titles=0.12, known=0.5)
_HEADLESS_BATCH = 32
#: On the tuning notes of biotk-sections fewest categories are wrong there, and none is lost.
UNKNOWN_BELOW = 0.5


class Material(NamedTuple):
    """What a model is trained on.

    :param notes: to train on.
    :param sure: the ids of those that were annotated by hand.
    :param held: for figures.
    :param bodies: sections without a heading, with their categories.
    :param titles: headings to put in the place of some, with what they are about.
    :param documents: titles of whole notes.
    """

    notes: list[Document]
    sure: frozenset[str]
    held: list[Document]
    bodies: list[tuple[str, int]]
    titles: dict[str, str | None]
    documents: list[str]


class Batch(NamedTuple):
    """Notes as the networks see them, with what is right.

    :param lines: their lines.
    :param right: whether each candidate is its line's title.
    :param missed: titles that are no candidate of their line.
    :param sections: the sections of the notes that have any with a title.
    :param category: of each section.
    :param is_part: of each section.
    """

    lines: TextFeatures
    right: np.ndarray
    missed: int
    sections: SectionFeatures
    category: list[int]
    is_part: list[float]


def gather(recipe: SectionRecipe, *, say: Say) -> Material:
    """Read what a recipe names.

    :raises InputError: nothing is left to train on, or a file cannot be read.
    """
    documents = [each for each in read_section_corpus(recipe.notes) if each.text.strip()]
    n = len(documents)
    if recipe.left_out:
        files = (read_section_corpus(recipe.notes, gold=each) for each in recipe.left_out)
        gold = list(chain.from_iterable(files))
        ids = {each.id for each in gold}
        documents = unlike((each for each in documents if each.id not in ids), gold)
        say(f"{n - len(documents):,} of {n:,} notes left out: gold, or nearly the same")
    files = (read_section_corpus(recipe.notes, gold=each) for each in recipe.annotated)
    annotated = list(chain.from_iterable(files))
    sure = frozenset(each.id for each in annotated)
    documents = [each for each in documents if each.id not in sure]
    held = [each for each in documents if share(each.id, recipe.seed) < recipe.held]
    notes = [each for each in documents if share(each.id, recipe.seed) >= recipe.held]
    notes += annotated * recipe.annotated_weight
    if not notes:
        raise InputError(f"{recipe.notes}: no notes are left to train on")
    bodies = []
    if recipe.categories is not None:
        for each in read_section_corpus(recipe.categories):
            category = each.sections[0].category if each.sections else None
            if category is not None and share(each.id, recipe.seed) >= 0.2:
                bodies.append((each.text, _NUMBERS[category]))
    titles = {} if recipe.titles is None else read_titles(recipe.titles)
    kinds = [] if recipe.titles is None else read_document_titles(recipe.titles)
    say(
        f"{len({each.id for each in notes}):,} notes to train on, {len(sure):,} annotated by hand,"
        f" {len(held):,} held, {len(bodies):,} bodies of sections,"
        f" {len(titles):,} titles"
    )
    return Material(notes, sure, held, bodies, titles, kinds)


def batch_of(documents: Sequence[Document]) -> Batch:
    """:returns: notes as the networks see them, with what is right."""
    lines = text_features([each.text for each in documents])
    outer = lines.outer[lines.at]
    right = np.zeros(len(lines.found), bool)
    spans_of: list[tuple[str, list[Span]]] = []
    category: list[int] = []
    is_part: list[float] = []
    missed = at = 0
    for document, n_found in zip(documents, lines.n_found):
        wanted = {s.title_start: s for s in document.sections if s.title_end > s.title_start}
        titled = []
        for n in range(at, at + n_found):
            start, end, body = lines.found[n].tolist()
            section = wanted.get(start)
            if section is not None and section.title_end == end:
                right[n] = True
                titled.append((Title(int(outer[n]), start, end, body), section))
        at += n_found
        missed += len(wanted) - len(titled)
        if not titled:
            continue
        spans = section_spans(document.text, [title for title, _ in titled])
        skip = len(spans) - len(titled)
        category += [network.UNKNOWN] * skip
        is_part += [float(network.UNKNOWN)] * skip
        category += [_NUMBERS.get(s.category or "", network.UNKNOWN) for _, s in titled]
        is_part += [float(s.parent is not None) for _, s in titled]
        spans_of.append((document.text, spans))
    return Batch(lines, right, missed, section_features(spans_of), category, is_part)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums come out the same each time only if they are not shared out among threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@_one_thread()
def train_sections(recipe: SectionRecipe, out: Path, *, say: Say) -> dict[str, float]:
    """Train a section model.

    :param out: the run's folder; the model is written to ``model`` in it, the titles of the notes
        that it was trained on to ``titles.txt``.
    :returns: figures on the held notes.
    """
    material = gather(recipe, say=say)
    maker = NoteMaker(recipe, material.titles, sure=material.sure, documents=material.documents)
    generator = torch.Generator().manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    weights = network.initial(generator)
    dropped = _DROPPED._replace(cues=recipe.hidden)
    optimizer = torch.optim.AdamW(
        weights.values(), lr=recipe.learning_rate, weight_decay=1e-2, fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe.steps))
    costs: list[float] = []
    for step in range(1, recipe.steps + 1):
        drawn = [maker.draw(note, rng) for note in rng.choices(material.notes, k=recipe.batch)]
        batch = batch_of([each for each in drawn if each.text.strip()])
        cost = _cost(weights, batch, dropped, generator)
        if material.bodies:
            cost = cost + _body_cost(weights, rng.choices(material.bodies, k=_HEADLESS_BATCH))
        optimizer.zero_grad()
        cost.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
        optimizer.step()
        schedule.step()
        costs.append(float(cost.detach()))
        if step % 100 == 0 or step == recipe.steps:
            say(f"step {step:,} of {recipe.steps:,}: {sum(costs[-100:]) / len(costs[-100:]):.4f}")
    figures = _held_figures(weights, maker, material.held, recipe)
    arrays = {name: value.detach().numpy() for name, value in weights.items()}
    write_model(out / "model", arrays, SectionConfig(unknown_below=UNKNOWN_BELOW))
    facts = {"recipe": asdict(recipe), "held": figures}
    (out / "metrics.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (out / "titles.txt").write_text("".join(f"{t}\n" for t in _titles(material)), encoding="utf-8")
    return figures


def _titles(material: Material) -> list[str]:
    """:returns: the titles of the notes that were trained on, each once, as rules compare them."""
    titles = {
        normal_title(note.text[section.title_start : section.title_end])
        for note in material.notes
        for section in note.sections
    }
    return sorted(titles - {""})


def _rate(step: int, steps: int) -> float:
    warm = min(100, steps // 10 + 1)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _cost(
    weights: dict[str, Tensor],
    batch: Batch,
    dropped: network.Dropped,
    generator: torch.Generator,
) -> Tensor:
    scores = network.line_scores(weights, batch.lines, dropped=dropped, generator=generator)
    at, right = torch.from_numpy(batch.lines.at), torch.from_numpy(batch.right)
    cost, _ = network.line_cost(scores, at, right)
    if not batch.category:
        return cost
    rows = network.section_scores(weights, batch.sections, dropped=dropped, generator=generator)
    category, is_part = torch.tensor(batch.category), torch.tensor(batch.is_part)
    about, _ = network.section_cost(rows, category, is_part)
    return 4 * cost + about


def _body_cost(weights: dict[str, Tensor], some: Sequence[tuple[str, int]]) -> Tensor:
    features = section_features([(text, [(0, 0, 0, len(text))]) for text, _ in some])
    rows = network.section_scores(weights, features)
    category = torch.tensor([n for _, n in some])
    cost, _ = network.section_cost(rows, category, torch.full((len(some),), -1.0))
    return 0.3 * cost


def _held_figures(
    weights: dict[str, Tensor], maker: NoteMaker, held: Sequence[Document], recipe: SectionRecipe
) -> dict[str, float]:
    """:returns: the shares of right lines and right categories on held notes in drawn shapes."""
    if not held:
        return {}
    plain = NoteMaker(replace(recipe, retitled=0.0, mess=0.0, numbers=0.0))
    rng = Random(recipe.seed + 1)
    batch = batch_of([plain.draw(each, rng) for each in held for _ in range(2)])
    if not batch.category:
        return {}
    with torch.no_grad():
        scores = network.line_scores(weights, batch.lines)
        _, lines = network.line_cost(
            scores, torch.from_numpy(batch.lines.at), torch.from_numpy(batch.right)
        )
        rows = network.section_scores(weights, batch.sections)
        _, about = network.section_cost(
            rows, torch.tensor(batch.category), torch.tensor(batch.is_part)
        )
    titles = batch.missed + int(batch.right.sum())
    return {
        "lines_right": lines, "categories_right": about,
        "titles_no_candidate": batch.missed / titles,
    }  # fmt: skip
