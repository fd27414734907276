"""Samples of annotated corpora for a tagger: windows of documents, and the labels of their units.

A corpus teaches nothing of types that it does not annotate: their labels are ``UNKNOWN``, which
the loss leaves out. So are those of what cannot be told by units: mentions of several parts, and
mentions that begin or end within a unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.document import Document, Mention
from biotk.errors import InputError
from biotk.nn.tagger import Piece
from biotk.nn.tagger_format import MAX_PIECES, TaggerFormat, Units, Window, recased
from biotk.nn.tagger_network import BEGIN, INSIDE, OUTSIDE
from biotk.text.overlaps import without_overlaps

#: Nothing is known of a label.
UNKNOWN = -1

Labels = NDArray[np.int8]


class TaggerSample(NamedTuple):
    """A window of a document.

    :param piece: what the network reads.
    :param labels: for each of its units and each type. *Shape*: (units, types).
    """

    piece: Piece
    labels: Labels


class _Place(NamedTuple):
    start: int
    end: int
    exact: bool


def labels_of(
    mentions: Iterable[Mention],
    units: Units,
    *,
    types: Sequence[str],
    names: Mapping[str, str],
    unreached: Counter[str] | None = None,
) -> Labels:
    """Label the units of a document.

    :param mentions: of the document.
    :param units: of its text.
    :param types: of the tagger.
    :param names: the types that the corpus annotates, and what the tagger calls them.
    :param unreached: counts mentions whose labels are left unknown, by the reason.
    :returns: *Shape*: (units, types).
    """
    labels = np.full((len(units), len(types)), UNKNOWN, np.int8)
    places: dict[str, list[_Place]] = {name: [] for name in set(names.values())}
    for mention in mentions:
        name = names.get(mention.type or "")
        if name is None or not len(units):
            continue
        start = int(np.searchsorted(units.ends, mention.start, side="right"))
        end = int(np.searchsorted(units.starts, mention.end))
        if start >= end:
            continue
        whole = units.starts[start] == mention.start and units.ends[end - 1] == mention.end
        exact = len(mention.spans) == 1 and bool(whole)
        if not exact and unreached is not None:
            unreached["several parts" if len(mention.spans) > 1 else "within a unit"] += 1
        places[name].append(_Place(start, end, exact))
    for name, found in places.items():
        column = labels[:, types.index(name)]
        column[:] = OUTSIDE
        for place in found:
            if not place.exact:
                column[place.start : place.end] = UNKNOWN
        # Of mentions within one another the longest is the one.
        for place in without_overlaps([place for place in found if place.exact]):
            column[place.start] = BEGIN
            column[place.start + 1 : place.end] = INSIDE
    return labels


class TaggerSamples:
    """Windows of the documents of a corpus, drawn at random.

    :param documents: with gold mentions.
    :param form: makes units of texts.
    :param types: of the tagger.
    :param names: the types that the corpus annotates, and what the tagger calls them.
    :param window: the most pieces of a window.
    :param short: share of windows that are shorter, of any length.
    :param recase: share of windows that are read as if they were written in capitals, and half as
        many as if all in small letters.
    :raises InputError: there is nothing to draw.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        form: TaggerFormat,
        types: Sequence[str],
        names: Mapping[str, str],
        window: int,
        short: float = 0.2,
        recase: float = 0.1,
    ) -> None:
        self._window, self._short, self._recase = window, short, recase
        self.unreached: Counter[str] = Counter()
        self.n_mentions = 0
        self._units: list[Units] = []
        self._labels: list[Labels] = []
        for document in documents:
            units = form.units_of(document.text)
            if not len(units):
                continue
            self.n_mentions += sum((m.type or "") in names for m in document.mentions)
            self._units.append(units)
            self._labels.append(
                labels_of(
                    document.mentions, units, types=types, names=names, unreached=self.unreached
                )
            )
        if not self._units:
            raise InputError("there is no document with a text to train on")
        self._ends = np.cumsum([len(units) for units in self._units])

    @property
    def reach(self) -> float:
        """The share of mentions that begin and end where units do."""
        return 1 - self.unreached.total() / max(self.n_mentions, 1)

    def stream(self, rng: np.random.Generator) -> Iterator[TaggerSample]:
        """:returns: samples, for ever; each place of the corpus as often."""
        while True:
            place = int(rng.integers(self._ends[-1]))
            number = int(np.searchsorted(self._ends, place, side="right"))
            length = self._window
            if rng.random() < self._short:
                length = int(rng.integers(MAX_PIECES, self._window + 1))
            units = self._units[number]
            at = place - (int(self._ends[number - 1]) if number else 0)
            # Windows reach before the place as far as behind it, so that all units come as often.
            behind = int(rng.integers(length))
            low = max(int(units.offsets[at]) - behind, 0)
            start = min(int(np.searchsorted(units.offsets, low)), at)
            end = int(np.searchsorted(units.offsets, units.offsets[start] + length, "right")) - 1
            yield self._sample(number, start, max(end, start + 1), rng)

    def _sample(self, number: int, start: int, end: int, rng: np.random.Generator) -> TaggerSample:
        units, labels = self._units[number], self._labels[number][start:end].copy()
        # Of a mention that is cut off in front nothing can be seen but its end.
        first = np.where((labels == INSIDE) | (labels == UNKNOWN), False, True)
        cut = np.where(first.any(axis=0), first.argmax(axis=0), len(labels))
        for column, length in enumerate(cut.tolist()):
            labels[:length, column] = UNKNOWN
        kind = rng.random()
        if kind < 1.5 * self._recase:
            shapes = recased(units.shapes, capitals=kind < self._recase)
            units = replace(units, shapes=shapes)
        return TaggerSample(Piece(number, units, Window(start, end, start, end)), labels)


def with_types(document: Document, names: Mapping[str, str]) -> Document:
    """:returns: a document with the mentions of known types alone, by the tagger's names."""
    mentions = (
        replace(mention, type=names[mention.type])
        for mention in document.mentions
        if mention.type is not None and mention.type in names
    )
    return replace(document, mentions=tuple(mentions))
