"""A trained section model: a folder with its settings and weights, and what it finds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from biotk.errors import InputError
from biotk.sections.candidates import Candidate
from biotk.sections.features import Floats, TextFeatures, section_features, text_features
from biotk.sections.network import SHAPES, Weights, line_scores, section_scores
from biotk.sections.tiling import Heading
from biotk.sections.titles import CATEGORIES

#: The files of a model's folder.
CONFIG, WEIGHTS = "config.json", "weights.safetensors"
FORMAT, VERSION = "biotk-sections", 1
SOURCE = "model"

# Lines that are worked on together: enough for matrices to pay, little enough for memory.
_BATCH_LINES = 4096


@dataclass(frozen=True, slots=True)
class SectionConfig:
    """The settings of a section model.

    :param unknown_below: a category whose probability is less is not told: the section's category
        is None.
    """

    unknown_below: float = 0.0


class SectionModel:
    """Finds headings that it may never have seen, and says what their sections are about.

    :param weights: as :data:`~biotk.sections.network.SHAPES` names them, in fp32.
    :param config: its settings.
    """

    def __init__(self, weights: Weights, config: SectionConfig) -> None:
        self.weights, self.config = weights, config

    @classmethod
    def load(cls, folder: str | Path) -> SectionModel:
        """Load a model.

        :param folder: with ``config.json`` and ``weights.safetensors``.
        :raises InputError: the folder holds no section model, one of another version, or weights
            that are damaged or not numbers.
        """
        folder = Path(folder)
        config = _read_config(folder / CONFIG)
        return cls(_read_weights(folder / WEIGHTS), config)

    def headings(self, texts: Sequence[str]) -> list[list[Heading]]:
        """:returns: the headings of each text, in order."""
        result: list[list[Heading]] = []
        for some in _batches(texts):
            result.extend(self._batch(some))
        return result

    def categorise(self, texts: Sequence[str]) -> list[str | None]:
        """Say what sections without a heading are about, from their words alone.

        :param texts: bodies of sections.
        """
        if not texts:
            return []
        features = [section_features(text, [(0, 0, 0, len(text))]) for text in texts]
        return [self._category(scores[0]) for scores in section_scores(self.weights, features)]

    def _batch(self, texts: Sequence[tuple[str, TextFeatures]]) -> list[list[Heading]]:
        scores = line_scores(self.weights, [features for _, features in texts])
        titled = [_titles(each, some) for (_, each), some in zip(texts, scores)]
        result: list[list[Heading]] = [[] for _ in texts]
        seen, inputs, spans_of = [], [], []
        for n, ((text, _), titles) in enumerate(zip(texts, titled)):
            if titles:
                spans = section_spans(text, titles)
                seen.append(n)
                spans_of.append(len(spans) - len(titles))
                inputs.append(section_features(text, spans))
        if not seen:
            return result
        for n, skip, rows in zip(seen, spans_of, section_scores(self.weights, inputs)):
            for number, ((outer, title), row) in enumerate(zip(titled[n], rows[skip:])):
                is_part = number > 0 and bool(row[-1] > 0)
                category = self._category(row)
                result[n].append(Heading(outer, title.start, title.end, category, is_part, SOURCE))
        return result

    def _category(self, row: Floats) -> str | None:
        logits = row[: len(CATEGORIES)]
        best = int(logits.argmax())
        probability = 1.0 / float(np.exp(logits - logits[best]).sum())
        return None if probability < self.config.unknown_below else CATEGORIES[best]


def section_spans(
    text: str, titles: Sequence[tuple[int, Candidate]]
) -> list[tuple[int, int, int, int]]:
    """Lay out what :func:`~biotk.sections.features.section_features` reads.

    :param titles: at least one: where its line begins, and the title.
    :returns: title start, title end, body start and end of each section; a preamble, if it is more
        than blanks, comes first, its title empty.
    """
    spans = []
    if text[: titles[0][0]].strip():
        spans.append((0, 0, 0, titles[0][0]))
    ends = [*(outer for outer, _ in titles[1:]), len(text)]
    spans += [(c.start, c.end, c.body, max(c.body, end)) for (_, c), end in zip(titles, ends)]
    return spans


def _titles(features: TextFeatures, scores: Floats) -> list[tuple[int, Candidate]]:
    """:returns: where the line of each title begins, and the title."""
    found = []
    if not len(scores):
        return []
    first = np.flatnonzero(np.r_[True, features.at[1:] != features.at[:-1]])
    # A line has a title if that is likelier than not, whichever of its candidates it is.
    odds = np.logaddexp.reduceat(scores, first)
    bounds = [*first.tolist(), len(scores)]
    for n, (begin, end) in enumerate(pairwise(bounds)):
        if odds[n] > 0:
            best = begin + int(scores[begin:end].argmax())
            found.append((features.lines[features.at[best]].outer, features.found[best]))
    return found


def _batches(texts: Sequence[str]) -> Iterator[list[tuple[str, TextFeatures]]]:
    some: list[tuple[str, TextFeatures]] = []
    n_lines = 0
    for text in texts:
        features = text_features(text)
        some.append((text, features))
        n_lines += len(features.lines)
        if n_lines >= _BATCH_LINES:
            yield some
            some, n_lines = [], 0
    if some:
        yield some


def _read_config(path: Path) -> SectionConfig:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error
    if not isinstance(facts, dict) or facts.get("format") != FORMAT:
        raise InputError(f"{path}: not a section model ({FORMAT!r} is expected as its format)")
    if facts.get("version") != VERSION:
        raise InputError(
            f"{path}: version {facts.get('version')!r}, this BioTK reads {VERSION}: train it anew"
            " with `biotk train sections`"
        )
    if facts.get("categories") != list(CATEGORIES):
        raise InputError(f"{path}: its categories are not those of this BioTK: train it anew")
    return SectionConfig(unknown_below=float(facts.get("unknown_below", 0.0)))


def _read_weights(path: Path) -> dict[str, Floats]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        stored = load_file(path)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: not readable as safetensors: {error}") from error
    for name, shape in SHAPES.items():
        if name not in stored or stored[name].shape != shape:
            there = stored[name].shape if name in stored else "nothing"
            raise InputError(f"{path}: {name} is {there}, expected {shape}: train it anew")
        if not np.isfinite(stored[name]).all():
            raise InputError(f"{path}: {name} holds numbers that are not finite")
    return {name: stored[name].astype(np.float32) for name in SHAPES}


def write_model(folder: Path, weights: Weights, config: SectionConfig) -> None:
    """Write a model's folder: weights in fp16."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "format": FORMAT,
        "version": VERSION,
        "categories": list(CATEGORIES),
        "unknown_below": config.unknown_below,
    }
    (folder / CONFIG).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    save_file({name: weights[name].astype(np.float16) for name in SHAPES}, folder / WEIGHTS)
