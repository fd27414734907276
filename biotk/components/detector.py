"""``biotk_detector``: mentions in ``doc.ents`` and, all of them, in ``doc.spans``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from biotk.components.batched import BatchedComponent
from biotk.components.forking import one_thread_after_fork
from biotk.components.kb import KbHandle
from biotk.components.plain import get_abbreviations, get_score, set_score
from biotk.components.saving import KbComponent, absolute_model
from biotk.components.spans import split_tokens, whole_span
from biotk.detection import BothDetector, Detector, DictionaryDetector, TaggerDetector
from biotk.detection.dictionary import Overlaps
from biotk.detection.remembering import RememberedLabels
from biotk.detection.tagger import DEFAULT_TAGGER, load_labeller
from biotk.document import Mention
from biotk.errors import InputError, UnknownNameError
from biotk.kb import KbSubset
from biotk.text.abbreviations import find_abbreviations
from biotk.types import entity_type

#: What finds mentions: names of the KB, a trained model, or the model and then the names.
DetectorName = Literal["dictionary", "tagger", "both"]
DETECTORS: tuple[DetectorName, ...] = ("dictionary", "tagger", "both")

_MODEL = "tagger.json"


class DetectorComponent(BatchedComponent, KbComponent):
    """Finds mentions: names of a KB, or whatever a trained model takes for one.

    ``doc.spans[spans_key]`` gets every mention; ``doc.ents``, which cannot overlap, the surest and
    then the longest of them.

    :param name: its name in the pipeline.
    :param handle: the KB, and the part of it whose names are sought. A tagger seeks those of its
        types that this part has; if they have none in common, all of its types.
    :param detector: ``dictionary``, ``tagger`` or ``both``.
    :param tagger: the model of the last two: its name or folder; saved as that, not copied.
    :param threshold: mentions of which the tagger is less sure are left out.
    :param overlaps: whether mentions may overlap.
    :param spans_key: where they stand in ``doc.spans``.
    :param overwrite_ents: whether entities that are there already give way.
    """

    def __init__(
        self,
        name: str,
        handle: KbHandle,
        *,
        detector: str = "dictionary",
        tagger: str | None = None,
        threshold: float = 0.0,
        overlaps: Overlaps = "longest",
        spans_key: str = "biotk",
        overwrite_ents: bool = False,
    ) -> None:
        super().__init__(name, handle)
        check_detector(detector, tagger, threshold)
        self.detector_name = detector
        self.tagger = absolute_model(tagger)
        self._tagger_named = tagger
        self.threshold = threshold
        self.overlaps = overlaps
        self.spans_key = spans_key
        self.overwrite_ents = overwrite_ents

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_labels": None}

    def _forget(self) -> None:
        self._built: Detector | None = None
        self._labels: RememberedLabels | None = None

    def restrict(self, subset: KbSubset | None) -> None:
        """Seek what is in another part of the KB from now on.

        The model stays loaded. From the first call on it remembers the texts that it has read, so
        that the same documents are read once for all parts: what a part changes is which of the
        model's types are sought, and all that the dictionary finds.

        :param subset: the part, in the place of the one that there was; None for none.
        """
        labels = self._labels
        if labels is None and self.detector_name != "dictionary":
            one_thread_after_fork()
            labels = RememberedLabels(load_labeller(self.tagger or DEFAULT_TAGGER))
        self.handle.part = subset
        self._forget()
        self._labels = labels

    @property
    def detector(self) -> Detector:
        """The detector, made at first use, its model loaded."""
        if self._built is None:
            one_thread_after_fork()
            self._built = self._made()
        return self._built

    def _made(self) -> Detector:
        subset = self.handle.subset
        if self.detector_name == "dictionary":
            return DictionaryDetector(self.handle.kb, subset=subset, overlaps=self.overlaps)
        overlaps: Literal["best", "all"] = "best" if self.overlaps == "longest" else "all"
        model = self._labels or load_labeller(self.tagger or DEFAULT_TAGGER)
        tagger = TaggerDetector(model, threshold=self.threshold, overlaps=overlaps)
        there = {entity_type(each) for each in self._types(subset)}
        names = [each for each in tagger.types if entity_type(each) in there]
        if names:
            tagger = tagger.of_types(names)
        if self.detector_name == "tagger":
            return tagger
        dictionary = DictionaryDetector(self.handle.kb, subset=subset, overlaps=self.overlaps)
        return BothDetector(tagger, dictionary, overlaps=overlaps)

    def _types(self, subset: KbSubset | None) -> list[str]:
        """:returns: the types of what is sought."""
        kb = self.handle.kb
        named = self.handle.types or kb.manifest.types
        # A branch or a list of ids has fewer than the whole.
        return [each for each in named if subset is None or kb.subset(types=[each]) & subset]

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Save into a folder, the model's place too."""
        super().to_disk(path, exclude=exclude)
        (Path(path) / _MODEL).write_text(json.dumps(self._plain_tagger()) + "\n", encoding="utf-8")

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_disk` saved."""
        if (Path(path) / _MODEL).is_file():
            self._take_tagger(json.loads((Path(path) / _MODEL).read_text(encoding="utf-8")))
        return super().from_disk(path, exclude=exclude)

    def to_plain(self) -> dict[str, str]:
        """:returns: the KB's place and fingerprint, and the model's place."""
        return super().to_plain() | self._plain_tagger()

    def from_plain(self, plain: dict[str, str]) -> None:
        """Take what :meth:`to_plain` gave."""
        super().from_plain(plain)
        self._take_tagger(plain)

    def _plain_tagger(self) -> dict[str, str]:
        if self.tagger is None or self._tagger_named is None:
            return {}
        return {"tagger": self.tagger, "tagger_named": self._tagger_named}

    def _take_tagger(self, plain: dict[str, str]) -> None:
        """Find the model where it was: another one that the config names now is meant."""
        if plain.get("tagger_named") == self._tagger_named and "tagger" in plain:
            self.tagger = plain["tagger"]

    def _process(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        texts = [doc.text for doc in docs]
        short_forms = [
            get_abbreviations(doc) or find_abbreviations(text)
            for doc, text in zip(docs, texts, strict=True)
        ]
        found = self.detector.detect_batch(texts, abbreviations=short_forms)
        return [self._with(doc, mentions) for doc, mentions in zip(docs, found, strict=True)]

    def _with(self, doc: Doc, mentions: Sequence[Mention]) -> Doc:
        doc = split_tokens(doc, (offset for m in mentions for offset in (m.start, m.end)))
        spans = []
        for mention in mentions:
            span = whole_span(doc, mention.start, mention.end, mention.type or "Concept")
            if mention.score is not None:
                set_score(span, mention.score)
            spans.append(span)
        doc.spans[self.spans_key] = spans
        doc.ents = self._entities(doc, spans)
        return doc

    def _entities(self, doc: Doc, spans: list[Span]) -> list[Span]:
        if self.overwrite_ents:
            return _best(spans)
        taken = {token.i for ent in doc.ents for token in ent}
        free = [span for span in spans if not any(token.i in taken for token in span)]
        return [*doc.ents, *_best(free)]


def check_detector(name: str, tagger: str | None = None, threshold: float = 0.0) -> None:
    """Make sure that there is a detector of that name, and that it can have what it is given.

    :raises UnknownNameError: there is none.
    :raises InputError: it has no model, and is given one or its threshold; or the threshold is no
        probability.
    """
    if name not in DETECTORS:
        raise UnknownNameError("detector", name, DETECTORS)
    if name == "dictionary" and tagger is not None:
        raise InputError("the detector dictionary has no model: choose the detector tagger or both")
    if not 0 <= threshold <= 1:
        raise InputError(f"threshold is {threshold}; allowed are 0 to 1")
    if name == "dictionary" and threshold:
        raise InputError(
            "threshold is of a model, and the detector dictionary has none: choose the detector "
            "tagger or both"
        )


def _best(spans: Sequence[Span]) -> list[Span]:
    """:returns: spans of which none overlaps another: what a model is surest of, then the longest.

    spaCy's own rule goes by length alone, and by the order of what is equally long.
    """
    sure = [span for span in spans if get_score(span) is not None]
    kept: list[Span] = []
    taken: set[int] = set()
    for span in sorted(sure, key=lambda s: (-(get_score(s) or 0.0), s.start - s.end, s.start)):
        if taken.isdisjoint(range(span.start, span.end)):
            kept.append(span)
            taken.update(range(span.start, span.end))
    rest = [
        span
        for span in spans
        if get_score(span) is None and taken.isdisjoint(range(span.start, span.end))
    ]
    return [*kept, *filter_spans(rest)]
