"""``biotk_linker``: a concept, or NIL, for each entity."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self

from spacy.tokens import Doc, Span

from biotk.candidates.learned import DEFAULT_LEARNED, NO_LEARNED, find_learned
from biotk.components.batched import BatchedComponent
from biotk.components.extensions import add_getter
from biotk.components.forking import one_thread_after_fork
from biotk.components.kb import KbHandle
from biotk.components.plain import (
    get_abbreviations,
    get_link,
    get_score,
    get_sections,
    set_link,
)
from biotk.components.saving import KbComponent, absolute_model
from biotk.components.section_parts import (
    SectionSubsets,
    check_section_subsets,
    part_of,
    told_of,
)
from biotk.document import Abbreviation, Link, section_at, section_name
from biotk.kb import KnowledgeBase
from biotk.linking import Linker, Query
from biotk.linking.calibration import find_calibration
from biotk.linking.long_forms import LongForms
from biotk.linking.parts import LinkersOfParts
from biotk.linking.registry import LinkerOptions, check_linker
from biotk.linking.routing import find_router
from biotk.text.abbreviations import find_abbreviations
from biotk.types import NIL

logger = logging.getLogger(__name__)

_KB_ENTS_SHOWN = 5
_LEARNED = "learned_names.tsv"
_FUSION = "fusion.json"
_CALIBRATION = "calibration.json"
_ROUTER = "router.json"
_MODEL = "model.json"

#: The key in a link's reasons that tells the section: its category, or else its title.
SECTION = "section"
#: The key that tells the part of the KB that the mention's section has to itself.
PART = "part"


class _Asked(NamedTuple):
    """A span that is linked, and whether it is one of the document's entities; its section, and
    the category of that where it has a part of the KB to itself.
    """

    span: Span
    is_entity: bool
    query: Query
    section: str | None
    category: str | None


class LinkerComponent(BatchedComponent, KbComponent):
    """Sets ``ent.kb_id_`` (``"NIL"`` for none), ``ent._.link`` and ``ent._.kb_ents``.

    Spans of ``doc.spans[spans_key]`` are linked too. Where the document has sections, a link's
    reasons tell the one that the mention starts in.

    Documents that come in a stream are linked together: a model answers many mentions at once.

    :param name: its name in the pipeline.
    :param handle: the KB, and the part of it that may be answered.
    :param linker: ``lexical``, ``generative``, ``cascade``, ``dense``, ``fused`` or ``routed``.
    :param model: what writes names: its name or folder; saved as that, not copied.
    :param encoder: what makes vectors: its name or folder; saved as that, not copied.
    :param fusion: what the fused linker weighs: a file of ``biotk train fusion``; it is saved with
        the component.
    :param router: what chooses the way of each mention for the routed linker: a file of ``biotk
        train router``, or the name of one that comes with BioTK; it is saved with the component.
    :param dial: how much the routed linker asks, from 0, names alone, to 1, all that there is.
    :param nil: how NIL is decided, a key of :data:`~biotk.linking.nil.STRATEGIES`; None for the
        linker's own way, or ``calibrated`` where there is a calibration.
    :param calibration: a file of ``biotk calibrate``, or the name of one that comes with BioTK; it
        is saved with the component.
    :param labels: entity labels that are linked; without them all are.
    :param learned_names: a table of training mentions, see
        :meth:`~biotk.candidates.learned.LearnedNames.write`; it is saved with the component.
    :param k: how many candidates are considered; None for the linker's own number.
    :param threshold: a best score below this is NIL; None for the linker's own.
    :param resolve_abbreviations: whether short forms are looked up by their long form.
    :param max_entities_per_mention: how many candidates a link keeps.
    :param spans_key: spans that are linked beside the entities.
    :param section_subsets: by category of sections, the part of the KB that mentions in these are
        linked in, and no more than the component's own: ``{"medications": {"types":
        ["Chemical"]}}``. Mentions of other sections, and of documents without any, are linked in
        the component's own part.
    """

    def __init__(
        self,
        name: str,
        handle: KbHandle,
        *,
        linker: str = "cascade",
        model: str | None = None,
        encoder: str | None = None,
        fusion: str | None = None,
        router: str | None = None,
        dial: float | None = None,
        nil: str | None = None,
        calibration: str | None = None,
        labels: Sequence[str] | None = None,
        learned_names: str | None = None,
        k: int | None = None,
        threshold: float | None = None,
        resolve_abbreviations: bool = True,
        max_entities_per_mention: int = _KB_ENTS_SHOWN,
        spans_key: str = "biotk",
        section_subsets: SectionSubsets | None = None,
    ) -> None:
        super().__init__(name, handle)
        check_section_subsets(section_subsets or {})
        # Where a saved pipeline had its calibration, there need be none any more: it has its own.
        check_linker(
            linker,
            LinkerOptions(model=model, encoder=encoder, fusion=fusion, nil=nil, dial=dial),
        )
        self.linker_name = linker
        self.model, self._model_named = absolute_model(model), model
        self.encoder, self._encoder_named = absolute_model(encoder), encoder
        self.fusion = _absolute(fusion)
        self.calibration, self.router = _file_or_name(calibration), _file_or_name(router)
        self.options = LinkerOptions(
            k=k, threshold=threshold, n_kept=max_entities_per_mention, nil=nil, dial=dial
        )
        self.linked_labels = None if labels is None else frozenset(labels)
        self.learned_names = _file_or_name(learned_names)
        self.resolve_abbreviations = resolve_abbreviations
        self.spans_key = spans_key
        self.section_subsets = section_subsets or {}
        self._told = False
        _add_getters()

    def __getstate__(self) -> dict[str, object]:
        state = super().__getstate__()
        return {key: value for key, value in state.items() if key != "_by_section"}

    def __setstate__(self, state: dict[str, object]) -> None:
        super().__setstate__(state)
        # A process that was spawned has not seen the constructor.
        _add_getters()

    def _forget(self) -> None:
        self._built: Linker | None = None
        self._by_section: dict[str, Linker] = {}

    @property
    def kb(self) -> KnowledgeBase:
        """The KB that is linked to; ``linker.kb[ent.kb_id_]`` is a concept."""
        return self.handle.kb

    @property
    def linker(self) -> Linker:
        """The linker, made at first use, its model loaded."""
        if self._built is None:
            one_thread_after_fork()
            given = replace(
                self.options,
                model=self.model,
                encoder=self.encoder,
                fusion=self.fusion,
                router=self.router,
                calibration=self.calibration,
                learned=self.learned_names,
            )
            made = LinkersOfParts(self.linker_name, self.kb, options=given)
            built = made.of(self.handle.subset)
            self._by_section = {
                category: made.of(part_of(self.handle, category, self.section_subsets))
                for category in self.section_subsets
            }
            self._built = built
        return self._built

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Save into a folder, the training mentions and the places of model and encoder too."""
        super().to_disk(path, exclude=exclude)
        # The table that comes with BioTK keeps its name, and so suits any KB still.
        if self.learned_names not in (None, NO_LEARNED, DEFAULT_LEARNED):
            shutil.copyfile(find_learned(self.learned_names), Path(path) / _LEARNED)
        if self.fusion is not None:
            shutil.copyfile(self.fusion, Path(path) / _FUSION)
        if self.calibration is not None:
            shutil.copyfile(find_calibration(self.calibration), Path(path) / _CALIBRATION)
        if self.router is not None:
            shutil.copyfile(find_router(self.router), Path(path) / _ROUTER)
        (Path(path) / _MODEL).write_text(json.dumps(self._plain_model()) + "\n", encoding="utf-8")

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_disk` saved."""
        if (Path(path) / _LEARNED).is_file():
            self.learned_names = str(Path(path) / _LEARNED)
        if self.fusion is not None and (Path(path) / _FUSION).is_file():
            self.fusion = str((Path(path) / _FUSION).absolute())
        if self.calibration is not None and (Path(path) / _CALIBRATION).is_file():
            self.calibration = str((Path(path) / _CALIBRATION).absolute())
        if self.router is not None and (Path(path) / _ROUTER).is_file():
            self.router = str((Path(path) / _ROUTER).absolute())
        if (Path(path) / _MODEL).is_file():
            self._take_model(json.loads((Path(path) / _MODEL).read_text(encoding="utf-8")))
        return super().from_disk(path, exclude=exclude)

    def to_plain(self) -> dict[str, str]:
        """:returns: the KB's place and fingerprint, and the places of model and encoder."""
        return super().to_plain() | self._plain_model()

    def from_plain(self, plain: dict[str, str]) -> None:
        """Take what :meth:`to_plain` gave."""
        super().from_plain(plain)
        self._take_model(plain)

    def _plain_model(self) -> dict[str, str]:
        plain = {
            "model": self.model,
            "model_named": self._model_named,
            "encoder": self.encoder,
            "encoder_named": self._encoder_named,
            "section_subsets": json.dumps(self.section_subsets) if self.section_subsets else None,
        }
        return {key: value for key, value in plain.items() if value is not None}

    def _take_model(self, plain: dict[str, str]) -> None:
        """Find what is loaded where it was: another one that the config names now is meant."""
        if plain.get("model_named") == self._model_named and "model" in plain:
            self.model = plain["model"]
        if plain.get("encoder_named") == self._encoder_named and "encoder" in plain:
            self.encoder = plain["encoder"]
        if not self.section_subsets and "section_subsets" in plain:
            self.section_subsets = json.loads(plain["section_subsets"])
            check_section_subsets(self.section_subsets)

    def _process(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        asked = [each for doc in docs for each in self._asked(doc)]
        for (span, is_entity, _, section, category), link in zip(asked, self._links(asked)):
            if section is not None:
                link = replace(link, reasons={**link.reasons, SECTION: section})
            if category is not None:
                told = told_of(category, self.section_subsets)
                link = replace(link, reasons={**link.reasons, PART: told})
            set_link(span, link)
            if is_entity:
                # spaCy keeps an entity's id in its tokens; setting it there leaves the rest alone.
                kb_id = span.doc.vocab.strings.add(link.concept_id or NIL)
                for token in span:
                    token.ent_kb_id = kb_id
        return docs

    def _links(self, asked: Sequence[_Asked]) -> list[Link]:
        """:returns: the link of each, those of one part of the KB answered together."""
        whole = self.linker
        by_category: dict[str | None, list[int]] = {}
        for number, each in enumerate(asked):
            by_category.setdefault(each.category, []).append(number)
        found: dict[int, Link] = {}
        for category, numbers in by_category.items():
            linker = whole if category is None else self._by_section[category]
            queries = [asked[number].query for number in numbers]
            found.update(zip(numbers, linker.link_batch(queries), strict=True))
        return [found[number] for number in range(len(asked))]

    def _asked(self, doc: Doc) -> Iterator[_Asked]:
        passage = doc.text
        found: tuple[Abbreviation, ...] = ()
        if self.resolve_abbreviations:
            found = get_abbreviations(doc) or find_abbreviations(passage)
        forms = LongForms(found) if found else None
        sections = get_sections(doc)
        if self.section_subsets and not sections and passage.strip():
            self._tell_without_sections()
        entities = doc.ents
        for at, span in enumerate((*entities, *self._other_spans(doc, entities))):
            if self.linked_labels is not None and span.label_ not in self.linked_labels:
                continue
            text = span.text  # made of its tokens anew each time
            start, end = span.start_char, span.end_char
            long_form = forms.of(text, start, end) if forms else None
            score = get_score(span)
            query = Query(text, span.label_ or None, long_form, passage, start, end, score)
            section = section_at(sections, start)
            category = None if section is None else section.category
            part = category if category in self.section_subsets else None
            name = section_name(passage, section)
            yield _Asked(span, at < len(entities), query, name, part)

    def _tell_without_sections(self) -> None:
        if not self._told:
            self._told = True
            logger.warning(
                "section_subsets of %s has no effect on documents without sections: put "
                "biotk_sections before it in the pipeline",
                self.name,
            )

    def _other_spans(self, doc: Doc, entities: Sequence[Span]) -> Iterator[Span]:
        places = {(ent.start, ent.end, ent.label) for ent in entities}
        for span in doc.spans.get(self.spans_key, ()):
            if (span.start, span.end, span.label) not in places:
                yield span


def kb_entities(span: Span) -> list[tuple[str, float]]:
    """:returns: candidates as scispaCy has them, ``[(id, score)]``, best first; empty for NIL."""
    link = get_link(span)
    if link is None or link.is_nil:
        return []
    return [(candidate.concept_id, candidate.score) for candidate in link.candidates]


def _file_or_name(given: str | None) -> str | None:
    """:returns: where a file is; the name of what comes with BioTK as it is."""
    is_file = given is not None and Path(given).expanduser().is_file()
    return _absolute(given) if is_file else given


def _absolute(path: str | None) -> str | None:
    return None if path is None else str(Path(path).expanduser().absolute())


def _add_getters() -> None:
    add_getter(Span, "link", get_link)
    add_getter(Span, "kb_ents", kb_entities)
