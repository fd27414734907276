"""``biotk_sections``: a record's parts, with their titles and what they are about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from spacy.tokens import Doc, Span

from biotk.components.batched import BatchedComponent
from biotk.components.extensions import add_getter
from biotk.components.plain import get_sections, section_of, set_sections
from biotk.components.spans import whole_span
from biotk.sections.loading import DEFAULT, load_segmenter
from biotk.sections.rules import SectionRule, SectionRules
from biotk.sections.segmenter import SectionSegmenter

#: Where the sections stand in ``doc.spans``.
SPANS_KEY = "sections"

# In the folder of a saved component: the model's place, and the rules as medspaCy reads them.
_PLACE, _RULES = "sections.json", "rules.json"


class SectionsComponent(BatchedComponent):
    """Sets ``doc._.sections``, ``doc._.section_categories`` and ``span._.section``.

    ``doc.spans["sections"]`` gets a span for each section, as far as tokens reach: a section may
    start within one.

    Documents that come in a stream are split together: a model reads many lines at once.

    :param name: its name in the pipeline.
    :param segmenter: the model, an embedded one or a folder, saved as that and not copied; or
        ``rules`` for none.
    :param rules: a file of the user's rules; they are saved along, with those that were added.
    :param nested: whether a section reaches over its parts.
    """

    def __init__(
        self,
        name: str,
        *,
        segmenter: str = DEFAULT,
        rules: str | None = None,
        nested: bool = False,
    ) -> None:
        self.name = name
        self.model = _absolute(segmenter)
        self._model_named = segmenter
        self.nested = nested
        self._rules_named = rules
        # Read when they are needed: a pipeline that was saved with its rules may be loaded where
        # their file is not.
        self._rules_path = None if rules is None else Path(rules).expanduser().absolute()
        self._rules: SectionRules | None = None
        self._built: SectionSegmenter | None = None
        _add_getters()

    def __getstate__(self) -> dict[str, Any]:
        # What is made of rules (functions, automata) cannot be pickled.
        rules = None if self._rules is None else self._rules.to_dict()
        return {**self.__dict__, "_built": None, "_rules": rules}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if state["_rules"] is not None:
            self._rules = SectionRules.from_dict(state["_rules"])
        # A process that was spawned has not seen the constructor.
        _add_getters()

    @property
    def rules(self) -> SectionRules:
        """The user's rules.

        :raises InputError: their file is none of rules.
        """
        if self._rules is None:
            path = self._rules_path
            self._rules = SectionRules([]) if path is None else SectionRules.read(path)
        return self._rules

    @property
    def segmenter(self) -> SectionSegmenter:
        """What splits texts, made at first use."""
        if self._built is None:
            self._built = load_segmenter(self.model, rules=self.rules, nested=self.nested)
        return self._built

    def add_rule(self, rule: SectionRule | Mapping[str, Any]) -> None:
        """Add a rule of one's own; see :meth:`add_rules`."""
        self.add_rules([rule])

    def add_rules(self, rules: Iterable[SectionRule | Mapping[str, Any]]) -> None:
        """Add rules of one's own before those that are there: of two that match, the first counts.

        :param rules: rules, or what stands for one in a file: ``{"literal": "Plan B:",
            "category": "plan"}``.
        :raises InputError: one cannot be read; then none of them is added.
        """
        added = [
            rule if isinstance(rule, SectionRule) else SectionRule.from_dict(rule) for rule in rules
        ]
        old = self.rules
        self._rules = SectionRules([*added, *old], anywhere=old.anywhere, extra=old.extra)
        self._built = None

    def _process(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        for doc, sections in zip(docs, self.segmenter.segment_batch([doc.text for doc in docs])):
            set_sections(doc, sections)
            doc.spans[SPANS_KEY] = [
                whole_span(doc, section.start, section.end, section.category or "")
                for section in sections
            ]
        return docs

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Save into a folder: the rules, and the model's place."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _PLACE).write_text(json.dumps(self._place()) + "\n", encoding="utf-8")
        self.rules.write(folder / _RULES)

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_disk` saved."""
        place = json.loads((Path(path) / _PLACE).read_text(encoding="utf-8"))
        self._take(place, SectionRules.read(Path(path) / _RULES))
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """:returns: the rules, and the model's place."""
        return json.dumps({**self._place(), "rules": self.rules.to_dict()}).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> Self:
        """Load what :meth:`to_bytes` gave."""
        plain = json.loads(data)
        self._take(plain, SectionRules.from_dict(plain["rules"]))
        return self

    def _place(self) -> dict[str, str | None]:
        return {
            "model": self.model,
            "model_named": self._model_named,
            "rules_named": self._rules_named,
        }

    def _take(self, place: Mapping[str, str | None], rules: SectionRules) -> None:
        """Take what was saved; a model or a file of rules that the config names now, and did not
        when it was saved, is meant.
        """
        if place["model_named"] == self._model_named:
            self.model = place["model"] or self.model
        if self._rules_named in (None, place["rules_named"]):
            self._rules = rules
        self._built = None


def section_categories(doc: Doc) -> list[str | None]:
    """:returns: the category of each section, None for an unknown one."""
    return [section.category for section in get_sections(doc)]


def _absolute(model: str) -> str:
    """:returns: a model's name, or its folder in a form that holds in every working directory."""
    folder = Path(model).expanduser()
    return str(folder.absolute()) if folder.is_dir() else model


def _add_getters() -> None:
    add_getter(Doc, "sections", get_sections)
    add_getter(Doc, "section_categories", section_categories)
    add_getter(Span, "section", section_of)
