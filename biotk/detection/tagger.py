"""The tagger as a detector: mentions that a trained model finds, of any name and of none."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from biotk.detection.guard import is_field
from biotk.detection.labels import begun_anew, mentions_of
from biotk.document import Abbreviation, Mention
from biotk.errors import InputError, UnknownNameError
from biotk.resources import list_resources, resource_path

if TYPE_CHECKING:
    from biotk.nn.tagger import Labelled

#: The model where none is named.
DEFAULT_TAGGER = "biotk-tagger"

_NUMBER = re.compile(r"\s+\d[\d.,]*\Z")
#: What stands behind the number of a dose.
_UNIT = re.compile(
    r"(?:[.,]\d+)?\s*(?:%|(?:mg|mcg|µg|μg|ug|g|kg|ml|cc|l|units?|iu|meq|mmol|tabs?|tablets?|"
    r"caps?|capsules?|puffs?|drops?|gtts?)\b)",
    re.IGNORECASE,
)

#: ``best``: no two mentions overlap, the one that the model is surest of stays. ``all``: mentions
#: of several types may overlap.
TypeOverlaps = Literal["best", "all"]


class Labeller(Protocol):
    """Labels the units of texts, as :class:`biotk.nn.tagger.TaggerModel` does."""

    types: tuple[str, ...]

    def label(self, texts: Sequence[str], /) -> list[Labelled]:
        """:returns: for each text, its units and their labels."""


class TaggerDetector:
    """Finds mentions by a trained model.

    The model labels each type on its own. Where mentions of two types overlap, the one that it is
    surer of stays, unless both are asked for. ``score`` of a mention is the least of the
    probabilities of its decisions: that it begins, goes on and ends where it does. They are the
    model's own, and not calibrated.

    :param model: from :func:`biotk.nn.tagger_files.load_tagger`.
    :param types: of mentions that are sought; by default all that the model knows.
    :param threshold: mentions with a lower score are left out.
    :param overlaps: whether mentions of several types may overlap.
    :raises UnknownNameError: a type that the model does not know.
    :raises InputError: the threshold is no probability.

    >>> detector = TaggerDetector.load("biotk-tagger")              # doctest: +SKIP
    >>> [m.type for m in detector.detect("Aspirin for a migraine.")]  # doctest: +SKIP
    ['Chemical', 'Disease']
    """

    def __init__(
        self,
        model: Labeller,
        *,
        types: Collection[str] | None = None,
        threshold: float = 0.0,
        overlaps: TypeOverlaps = "best",
    ) -> None:
        for name in types or ():
            if name not in model.types:
                raise UnknownNameError("type of the tagger", name, model.types)
        if not 0 <= threshold <= 1:
            raise InputError(f"threshold is {threshold}; allowed are 0 to 1")
        self.model = model
        self.types = tuple(each for each in model.types if types is None or each in types)
        self.threshold = threshold
        self.overlaps = overlaps

    @classmethod
    def load(
        cls,
        model: str | Path,
        *,
        types: Collection[str] | None = None,
        threshold: float = 0.0,
        overlaps: TypeOverlaps = "best",
    ) -> TaggerDetector:
        """Load a model, and seek with it.

        :param model: a folder, or the name of a model that comes with BioTK.
        :raises InputError: there is none, it is damaged, or its encoder is not on this machine.
        """
        return cls(load_labeller(model), types=types, threshold=threshold, overlaps=overlaps)

    def of_types(self, types: Collection[str]) -> TaggerDetector:
        """:returns: the same that seeks some types alone.

        :raises UnknownNameError: a type that the model does not know.
        """
        return TaggerDetector(
            self.model, types=types, threshold=self.threshold, overlaps=self.overlaps
        )

    def detect(
        self, text: str, *, abbreviations: Sequence[Abbreviation] = ()
    ) -> tuple[Mention, ...]:
        """Find the mentions of a text.

        :param text: the text, of any length.
        :param abbreviations: not needed: the model reads short forms in their context.
        :returns: mentions in order of (start, end).
        """
        return self.detect_batch([text])[0]

    def detect_batch(
        self, texts: Sequence[str], *, abbreviations: Sequence[Sequence[Abbreviation]] | None = None
    ) -> list[tuple[Mention, ...]]:
        """Find the mentions of texts, which are read together.

        :param abbreviations: not needed, as above.
        :returns: for each text, its mentions in order of (start, end).
        """
        labelled = self.model.label(texts)
        return [self._mentions(text, each) for text, each in zip(texts, labelled, strict=True)]

    def _mentions(self, text: str, labelled: Labelled) -> tuple[Mention, ...]:
        units = labelled.units
        found: list[Mention] = []
        for number, name in enumerate(self.model.types):
            if name not in self.types:
                continue
            log_probs = begun_anew(labelled.log_probs[:, number], units.breaks)
            for stretch in mentions_of(log_probs, units.breaks):
                start, end = int(units.starts[stretch.start]), int(units.ends[stretch.end - 1])
                end = without_dose(text, start, end)
                # A bracket or a number alone is nothing's name, whatever the model says.
                if stretch.score < self.threshold or not any(map(str.isalpha, text[start:end])):
                    continue
                if is_field(text, start, end):
                    continue
                found.append(Mention(((start, end),), text[start:end], name, score=stretch.score))
        if self.overlaps == "best":
            found = best_of_overlapping(found)
        return tuple(sorted(found, key=lambda m: (m.start, m.end, m.type)))


def without_dose(text: str, start: int, end: int) -> int:
    """Leave out a dose that a model takes for the end of a name, as abstracts have "carbon 14".

    :returns: where the mention ends: before a number behind which a unit stands.

    >>> without_dose("lisinopril 20 mg daily", 0, 13)
    10
    """
    number = _NUMBER.search(text, start, end)
    if number is None or not _UNIT.match(text, end):
        return end
    return number.start()


def best_of_overlapping(mentions: Sequence[Mention]) -> list[Mention]:
    """Keep the surest of mentions that overlap; of equally sure ones the longest, then the first.

    :returns: what is kept, in order of the start.
    """
    starts: list[int] = []
    kept: list[Mention] = []
    for each in sorted(mentions, key=lambda m: (-(m.score or 0.0), m.start - m.end, m.start)):
        at = bisect_left(starts, each.end)
        # Those kept do not overlap, so that only the last to start before its end can reach it.
        if at and kept[at - 1].end > each.start:
            continue
        starts.insert(at, each.start)
        kept.insert(at, each)
    return kept


def load_labeller(model: str | Path) -> Labeller:
    """Load a model.

    :param model: a folder, or the name of a model that comes with BioTK.
    :raises InputError: there is none, it is damaged, or its encoder is not on this machine.
    """
    from biotk.nn.tagger_files import load_tagger

    return load_tagger(tagger_place(model))


def tagger_types(model: str | Path) -> tuple[str, ...]:
    """Read which types a model finds, without loading it.

    :param model: a folder, or the name of a model that comes with BioTK.
    :raises InputError: there is none, or its configuration cannot be read.
    """
    path = tagger_place(model) / "config.json"
    try:
        types = json.loads(path.read_text(encoding="utf-8"))["network"]["types"]
        return tuple(str(each) for each in types)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not that of a tagger: {type(error).__name__}") from None


def tagger_place(model: str | Path) -> Path:
    """:returns: the folder of a model, which may be the name of one that comes with BioTK.

    :raises InputError: there is none.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if str(model) in list_resources("models"):
        return resource_path("models", str(model))
    raise InputError(
        f"there is no tagger {str(model)!r}: give the folder of one; biotk train tagger makes it"
    )
