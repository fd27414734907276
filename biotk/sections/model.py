"""A trained section model: a folder with its settings and weights, and what it finds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from biotk.errors import InputError
from biotk.sections.features import (
    Span,
    TextFeatures,
    section_features,
    text_features,
)
from biotk.sections.hashing import Floats, sizes_of
from biotk.sections.network import SHAPES, Networks, Weights
from biotk.sections.tiling import Heading
from biotk.sections.titles import CATEGORIES, category_of, is_part

#: The files of a model's folder.
CONFIG, WEIGHTS = "config.json", "weights.safetensors"
FORMAT, VERSION = "biotk-sections", 1
SOURCE = "model"

# What is worked on together: enough for matrices to pay, little enough for memory.
_BATCH_CHARACTERS = 200_000


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
        self._networks = Networks(weights)

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
        features = section_features([(text, [(0, 0, 0, len(text))]) for text in texts])
        return self._categories(self._networks.section_scores(features))

    def _batch(self, texts: Sequence[str]) -> list[list[Heading]]:
        features = text_features(texts)
        titled = best_titles(features, self._networks.line_scores(features))
        seen = [n for n, titles in enumerate(titled) if titles]
        result: list[list[Heading]] = [[] for _ in texts]
        if not seen:
            return result
        spans = [(texts[n], section_spans(texts[n], titled[n])) for n in seen]
        scores = self._networks.section_scores(section_features(spans))
        categories, parts = self._categories(scores), (scores[:, -1] > 0).tolist()
        at = 0
        for n, (_, some) in zip(seen, spans):
            # A preamble is a section without a title.
            at += len(some) - len(titled[n])
            whole: str | None = None
            for number, (outer, start, end, _) in enumerate(titled[n]):
                # Where the model is not sure, a title that rules know is what they say it is, and a
                # part is about what the whole is about.
                words = texts[n][start:end]
                category = categories[at] or category_of(words)
                part = number > 0 and (parts[at] or (category is None and is_part(words)))
                if part:
                    category = category or whole
                else:
                    whole = category
                result[n].append(Heading(outer, start, end, category, part, SOURCE))
                at += 1
        return result

    def _categories(self, scores: Floats) -> list[str | None]:
        """:returns: the likeliest category of each row; None where it is not likely enough."""
        logits = scores[:, : len(CATEGORIES)]
        top = logits.max(1, keepdims=True)
        sure = 1.0 / np.exp(logits - top).sum(1) >= self.config.unknown_below
        best = logits.argmax(1)
        return [CATEGORIES[n] if told else None for n, told in zip(best.tolist(), sure.tolist())]


class Title(NamedTuple):
    """Where a title stands in its text.

    :param outer: where its line begins, with its indent.
    :param start: where the title starts.
    :param end: where it ends.
    :param body: where the text behind it goes on.
    """

    outer: int
    start: int
    end: int
    body: int


def section_spans(text: str, titles: Sequence[Title]) -> list[Span]:
    """Lay out what :func:`~biotk.sections.features.section_features` reads.

    :param titles: at least one.
    :returns: title start, title end, body start and end of each section; a preamble, if it is more
        than blanks, comes first, its title empty.
    """
    spans: list[Span] = []
    if text[: titles[0].outer].strip():
        spans.append((0, 0, 0, titles[0].outer))
    ends = [*(title.outer for title in titles[1:]), len(text)]
    spans += [
        (start, stop, body, max(body, end)) for (_, start, stop, body), end in zip(titles, ends)
    ]
    return spans


def best_titles(features: TextFeatures, scores: Floats) -> list[list[Title]]:
    """Choose among candidates.

    :param scores: of each candidate. *Shape*: (candidates,).
    :returns: the titles of each text.
    """
    if not len(scores):
        return [[] for _ in features.n_lines]
    first = features.first
    # A line has a title if that is likelier than not, whichever of its candidates it is.
    has_title = np.logaddexp.reduceat(scores, first) > 0
    top = np.maximum.reduceat(scores, first)
    tops = np.flatnonzero(scores == np.repeat(top, sizes_of(first, len(scores))))
    best = tops[np.searchsorted(tops, first[has_title])]
    outer = features.outer[features.at[best]]
    rows = np.concatenate((outer[:, None], features.found[best]), 1).tolist()
    titles = [Title(*row) for row in rows]
    stops = np.searchsorted(best, np.cumsum(features.n_found)).tolist()
    return [titles[begin:stop] for begin, stop in zip([0, *stops], stops)]


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= _BATCH_CHARACTERS:
            yield some
            some, size = [], 0
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
    least = facts.get("unknown_below")
    if not isinstance(least, int | float) or not 0 <= least <= 1:
        raise InputError(f"{path}: unknown_below is {least!r}, expected a number from 0 to 1")
    return SectionConfig(unknown_below=float(least))


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
