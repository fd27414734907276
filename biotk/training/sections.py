"""Training a section model: minutes on one core, the same weights each time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from biotk.document import Document
from biotk.errors import InputError
from biotk.sections.corpora import read_section_corpus
from biotk.sections.features import SectionFeatures, TextFeatures, section_features, text_features
from biotk.sections.model import SectionConfig, section_spans, write_model
from biotk.sections.titles import CATEGORIES
from biotk.training import section_network as network
from biotk.training.section_notes import NoteMaker, read_titles, share, unlike
from biotk.training.section_recipe import SectionRecipe

_NUMBERS = {name: n for n, name in enumerate(CATEGORIES)}
_DROPPED = network.Dropped(pieces=0.1, titles=0.12)
_HEADLESS_BATCH = 32

Say = Callable[[str], None]


class Material(NamedTuple):
    """What a model is trained on.

    :param notes: to train on.
    :param held: for figures.
    :param bodies: sections without a heading, with their categories.
    :param titles: headings to put in the place of some.
    """

    notes: list[Document]
    held: list[Document]
    bodies: list[tuple[str, int]]
    titles: list[str]


class Example(NamedTuple):
    """A note as the networks see it.

    :param lines: its lines.
    :param right: whether each candidate is its line's title.
    :param missed: titles that are no candidate of their line.
    :param sections: its sections; None where it has none with a title.
    :param category: of each section.
    :param is_part: of each section.
    """

    lines: TextFeatures
    right: np.ndarray
    missed: int
    sections: SectionFeatures | None
    category: list[int]
    is_part: list[float]


def gather(recipe: SectionRecipe, *, say: Say) -> Material:
    """Read what a recipe names.

    :raises InputError: nothing is left to train on, or a file cannot be read.
    """
    documents = [each for each in read_section_corpus(recipe.notes) if each.text.strip()]
    n = len(documents)
    if recipe.left_out is not None:
        gold = list(read_section_corpus(recipe.notes, gold=recipe.left_out))
        ids = {each.id for each in gold}
        documents = unlike((each for each in documents if each.id not in ids), gold)
        say(f"{n - len(documents):,} of {n:,} notes left out: gold, or nearly the same")
    held = [each for each in documents if share(each.id, recipe.seed) < recipe.held]
    notes = [each for each in documents if share(each.id, recipe.seed) >= recipe.held]
    if not notes:
        raise InputError(f"{recipe.notes}: no notes are left to train on")
    bodies = []
    if recipe.categories is not None:
        for each in read_section_corpus(recipe.categories):
            category = each.sections[0].category if each.sections else None
            if category is not None and share(each.id, recipe.seed) >= 0.2:
                bodies.append((each.text, _NUMBERS[category]))
    titles = [] if recipe.titles is None else read_titles(recipe.titles)
    say(
        f"{len(notes):,} notes to train on, {len(held):,} held, {len(bodies):,} bodies of sections,"
        f" {len(titles):,} titles"
    )
    return Material(notes, held, bodies, titles)


def example(document: Document) -> Example:
    """:returns: a note as the networks see it, with what is right."""
    text = document.text
    lines = text_features(text)
    wanted = {s.title_start: s for s in document.sections if s.title_end > s.title_start}
    right = np.zeros(len(lines.found), bool)
    titled = []
    for n, candidate in enumerate(lines.found):
        section = wanted.get(candidate.start)
        if section is not None and section.title_end == candidate.end:
            right[n] = True
            titled.append((lines.lines[lines.at[n]].outer, candidate, section))
    missed = len(wanted) - len(titled)
    if not titled:
        return Example(lines, right, missed, None, [], [])
    spans = section_spans(text, [(outer, candidate) for outer, candidate, _ in titled])
    skip = len(spans) - len(titled)
    category = [network.UNKNOWN] * skip
    is_part = [float(network.UNKNOWN)] * skip
    for _, _, section in titled:
        category.append(_NUMBERS.get(section.category or "", network.UNKNOWN))
        is_part.append(float(section.parent is not None))
    return Example(lines, right, missed, section_features(text, spans), category, is_part)


def train_sections(recipe: SectionRecipe, out: Path, *, say: Say) -> dict[str, float]:
    """Train a section model.

    :param out: the run's folder; the model is written to ``model`` in it.
    :returns: figures on the held notes.
    """
    material = gather(recipe, say=say)
    maker = NoteMaker(recipe, material.titles)
    generator = torch.Generator().manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    weights = network.initial(generator)
    optimizer = torch.optim.AdamW(weights.values(), lr=recipe.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe.steps))
    costs: list[float] = []
    for step in range(1, recipe.steps + 1):
        drawn = [maker.draw(note, rng) for note in rng.choices(material.notes, k=recipe.batch)]
        cost = _cost(weights, [example(each) for each in drawn if each.text.strip()], generator)
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
    write_model(out / "model", arrays, SectionConfig(unknown_below=0.35))
    facts = {"recipe": asdict(recipe), "held": figures}
    (out / "metrics.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return figures


def _rate(step: int, steps: int) -> float:
    warm = min(100, steps // 10 + 1)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _cost(
    weights: dict[str, Tensor],
    examples: Sequence[Example],
    generator: torch.Generator | None,
) -> Tensor:
    texts = [each.lines for each in examples]
    dropped = network.KEPT if generator is None else _DROPPED
    starts = np.cumsum([0, *(len(each.lines) for each in texts)])
    scores = network.line_scores(weights, texts, dropped=dropped, generator=generator)
    at = np.concatenate([each.at + start for each, start in zip(texts, starts)])
    right = np.concatenate([each.right for each in examples])
    cost, _ = network.line_cost(scores, torch.from_numpy(at), torch.from_numpy(right))
    titled = [each for each in examples if each.sections is not None]
    if not titled:
        return cost
    rows = network.section_scores(
        weights, [each.sections for each in titled if each.sections is not None],
        dropped=dropped, generator=generator,
    )  # fmt: skip
    category = torch.tensor([n for each in titled for n in each.category])
    is_part = torch.tensor([n for each in titled for n in each.is_part])
    about, _ = network.section_cost(rows, category, is_part)
    return 4 * cost + about


def _body_cost(weights: dict[str, Tensor], some: Sequence[tuple[str, int]]) -> Tensor:
    features = [section_features(text, [(0, 0, 0, len(text))]) for text, _ in some]
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
    plain = NoteMaker(replace(recipe, retitled=0.0, mess=0.0), ())
    rng = Random(recipe.seed + 1)
    examples = [example(plain.draw(each, rng)) for each in held for _ in range(2)]
    examples = [each for each in examples if each.lines.found and each.sections is not None]
    with torch.no_grad():
        texts = [each.lines for each in examples]
        scores = network.line_scores(weights, texts)
        starts = np.cumsum([0, *(len(each.lines) for each in texts)])
        at = np.concatenate([each.at + start for each, start in zip(texts, starts)])
        right = np.concatenate([each.right for each in examples])
        _, lines = network.line_cost(scores, torch.from_numpy(at), torch.from_numpy(right))
        rows = network.section_scores(
            weights, [each.sections for each in examples if each.sections is not None]
        )
        category = torch.tensor([n for each in examples for n in each.category])
        is_part = torch.tensor([n for each in examples for n in each.is_part])
        _, about = network.section_cost(rows, category, is_part)
    missed = sum(each.missed for each in examples)
    titles = missed + int(right.sum())
    return {
        "lines_right": lines, "categories_right": about, "titles_no_candidate": missed / titles,
    }  # fmt: skip
