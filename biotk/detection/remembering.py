"""A tagger's model that reads a text once, however often it is asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biotk.detection.tagger import Labeller
    from biotk.nn.tagger import Labelled


class RememberedLabels:
    """Stands in the place of a model, for detectors that differ in what they make of its labels.

    What is sought, which types and which names beside, is decided on labels; the labels of a text
    are the same for all. It keeps those of every text that it has seen: some forty bytes a word.

    :param model: what reads.
    """

    def __init__(self, model: Labeller) -> None:
        self._model = model
        self.types = model.types
        self._known: dict[str, Labelled] = {}

    def label(self, texts: Sequence[str]) -> list[Labelled]:
        """Label texts; see :meth:`biotk.nn.tagger.TaggerModel.label`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._model.label(new), strict=True))
        return [self._known[text] for text in texts]
