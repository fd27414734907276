"""What the section model would be without its parts: variants trained alike, on the tuning notes.

- ``words and layout``: the model as it is.
- ``layout``: the same network, no words at all.
- ``logistic regression``: what is told of a candidate's layout, and one weight for each.
- ``MiniLM``: a frozen sentence embedding (all-MiniLM-L6-v2, 384 wide) in the place of hashed words.

Each is trained for the same steps on the same drawn notes; told are boundary F1 on the tuning notes
as they are and over all formats, the latter's least, and seconds of training and of 100 notes.

    python tests/benchmarks/section_models.py DATA [--steps 600]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from pathlib import Path
from random import Random

import numpy as np
import torch

from biotk.document import Document
from biotk.sections.corpora import read_section_corpus
from biotk.sections.features import N_CANDIDATE, TextFeatures
from biotk.sections.formats import FORMATS, blocks_of, render
from biotk.sections.model import best_titles
from biotk.training import section_network as network
from biotk.training.section_notes import NoteMaker
from biotk.training.section_recipe import SectionRecipe, read_section_recipe
from biotk.training.sections import batch_of, gather

ROOT = Path(__file__).resolve().parents[2] / "models" / "biotk-sections"
WIDE = 384


class WordsAndLayout:
    """The model as it is."""

    def __init__(self) -> None:
        self.weights = network.initial(torch.Generator().manual_seed(13))

    def scores(self, texts: TextFeatures) -> torch.Tensor:
        return network.line_scores(self.weights, texts)


class Layout(WordsAndLayout):
    """No words."""

    def scores(self, texts: TextFeatures) -> torch.Tensor:
        from dataclasses import replace

        bare = replace(texts, titles=[""] * len(texts.titles))
        return super().scores(bare)


class LogisticRegression(WordsAndLayout):
    """One weight for each thing that is told of a candidate."""

    def __init__(self) -> None:
        self.weights = {
            "w": torch.zeros(N_CANDIDATE, requires_grad=True),
            "b": torch.zeros((), requires_grad=True),
        }

    def scores(self, texts: TextFeatures) -> torch.Tensor:
        return torch.from_numpy(texts.candidate) @ self.weights["w"] + self.weights["b"]


class MiniLm(WordsAndLayout):
    """A frozen sentence embedding of each title in the place of its hashed words."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        from sentence_transformers import SentenceTransformer

        self.encoder = SentenceTransformer(folder, device="cpu")
        self.known: dict[str, np.ndarray] = {}
        generator = torch.Generator().manual_seed(1)
        self.weights["down"] = (
            torch.randn((32, WIDE), generator=generator) / WIDE**0.5 * 4
        ).requires_grad_()

    def scores(self, texts: TextFeatures) -> torch.Tensor:
        # As the encoder reads them, which knows small letters only: each is embedded once.
        titles = [title.lower() for title in texts.titles]
        missing = [title for title in dict.fromkeys(titles) if title not in self.known]
        if missing:
            found = self.encoder.encode(missing, batch_size=256, show_progress_bar=False)
            self.known.update(zip(missing, found.astype(np.float16)))
        wide = torch.from_numpy(
            np.stack([self.known[title] for title in titles]).astype(np.float32)
        )
        narrow = wide @ self.weights["down"].T
        bag = network._bag

        def embedded(table, bags, dropped, generator):
            if table is self.weights["pieces"]:
                return narrow
            return bag(table, bags, dropped, generator)

        network._bag = embedded
        try:
            return network.line_scores(self.weights, texts)
        finally:
            network._bag = bag


def train(variant: WordsAndLayout, recipe: SectionRecipe, material, steps: int) -> None:
    maker, rng = NoteMaker(recipe, material.titles, sure=material.sure), Random(recipe.seed)
    optimizer = torch.optim.AdamW(variant.weights.values(), lr=recipe.learning_rate)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        drawn = [maker.draw(note, rng) for note in rng.choices(material.notes, k=recipe.batch)]
        batch = batch_of([each for each in drawn if each.text.strip()])
        scores = variant.scores(batch.lines)
        cost, _ = network.line_cost(
            scores, torch.from_numpy(batch.lines.at), torch.from_numpy(batch.right)
        )
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()


def boundary_f1(variant: WordsAndLayout, documents: list[Document]) -> float:
    right = wrong = missed = 0
    with torch.no_grad():
        batch = batch_of(documents)
        titled = best_titles(batch.lines, variant.scores(batch.lines).numpy())
    for document, found in zip(documents, titled):
        gold = {s.title_start for s in document.sections if s.title_end > s.title_start}
        starts = {title.start for title in found}
        right += len(gold & starts)
        wrong += len(starts - gold)
        missed += len(gold - starts)
    return 2 * right / max(1, 2 * right + wrong + missed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--encoder", default="sentence-transformers/all-MiniLM-L6-v2")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipe = read_section_recipe(ROOT / "recipe.toml", data=arguments.data)
    material = gather(recipe, say=lambda line: print(line, file=sys.stderr))
    notes = list(read_section_corpus(recipe.notes, gold=ROOT / "tuning.jsonl"))
    shaped = {
        name: [render(d.id, blocks_of(d), name, rng=Random(f"{d.id}{name}")) for d in notes]
        for name in FORMATS
    }
    report = {}
    for name, make in {
        "words and layout": WordsAndLayout,
        "layout": Layout,
        "logistic regression": LogisticRegression,
        "MiniLM": lambda: MiniLm(arguments.encoder),
    }.items():
        variant = make()
        start = time.perf_counter()
        train(variant, recipe, material, arguments.steps)
        trained = time.perf_counter()
        as_is = boundary_f1(variant, notes)
        done = time.perf_counter()
        every = {shape: boundary_f1(variant, some) for shape, some in shaped.items()}
        report[name] = {
            "as_is": round(as_is, 4),
            "formats_mean": round(statistics.mean(every.values()), 4),
            "formats_least": [min(every, key=every.get), round(min(every.values()), 4)],
            "seconds_training": round(trained - start),
            "seconds_100_notes": round((done - trained) * 100 / len(notes), 2),
        }
        print(name, report[name], file=sys.stderr)
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
