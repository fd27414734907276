"""What whoever loads a pipeline asks for, put into the config of its components."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biotk.components.detector import check_detector
from biotk.components.section_parts import SectionSubsets, check_section_subsets
from biotk.detection.tagger import DEFAULT_TAGGER, tagger_types
from biotk.kb import KbSubset
from biotk.kb.default import resolve_kb
from biotk.kb.manifest import Manifest
from biotk.linking.calibration import find_calibration
from biotk.linking.registry import LinkerOptions, check_linker, learned_for, without
from biotk.types import entity_type

logger = logging.getLogger(__name__)

_OF_A_KB = ("biotk_detector", "biotk_linker")
#: A detector that needs no model.
_BY_NAMES = {"detector": "dictionary", "tagger": None, "threshold": 0.0}

_File = str | Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """See :func:`biotk.components.pipelines.load_pipeline`, whose arguments these are."""

    kb: _File = None
    types: Sequence[str] | None = None
    sources: Sequence[str] | None = None
    branch: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    subset: KbSubset | _File = None
    threshold: float | None = None
    linker: str | None = None
    model: _File = None
    encoder: _File = None
    fusion: _File = None
    learned_names: _File = None
    nil: str | None = None
    calibration: _File = None
    detector: str | None = None
    tagger: _File = None
    router: _File = None
    dial: float | None = None
    section_subsets: SectionSubsets | None = None

    def check(self) -> None:
        """Make sure that there is what is named, before anything is loaded.

        :raises UnknownNameError: there is no such linker, detector or way to decide NIL.
        :raises InputError: linker or detector has no use for what it is given, or there is no such
            calibration.
        """
        if self.linker is not None:
            options = LinkerOptions(
                model=self.model, encoder=self.encoder, fusion=self.fusion, router=self.router,
                dial=self.dial, nil=self.nil, learned=self.learned_names,
            )  # fmt: skip
            check_linker(self.linker, options)
        if self.calibration is not None:
            find_calibration(self.calibration)
        if self.detector is not None:
            check_detector(self.detector, _text(self.tagger))
        check_section_subsets(self.section_subsets or {})

    def put_into(self, config: dict[str, Any], *, is_saved: bool) -> None:
        """Change a pipeline's config.

        :param config: as spaCy has read it.
        :param is_saved: whether somebody saved the pipeline: what it is made of is then meant.
        """
        if self.types is None:
            if self._names_a_part:
                # Who names a part means all of it: a branch of findings is not to be cut to
                # diseases.
                _set_types(config, lambda names: [])
            elif self.kb is not None:
                _drop_types(config, resolve_kb(self.kb).manifest)
        for component in config["components"].values():
            factory = component.get("factory", "")
            if factory not in _OF_A_KB:
                continue
            component |= _given(
                kb=_text(self.kb),
                types=_list(self.types),
                sources=_list(self.sources),
                branch=_list(self.branch),
                ids=_list(self.ids),
            )
            if factory == "biotk_detector":
                self._tell_detector(component, is_saved=is_saved)
            else:
                self._tell_linker(component)

    @property
    def _names_a_part(self) -> bool:
        """Whether a part is asked for by anything else than types.

        Who does so wants mentions of that part: a model would find all others as well, for NIL.
        """
        parts = (self.subset, self.sources, self.branch, self.ids)
        return any(part is not None for part in parts)

    def _tell_detector(self, component: dict[str, Any], *, is_saved: bool) -> None:
        chosen = self.detector is not None or self.tagger is not None or is_saved
        if not chosen and (self._names_a_part or not has_tagger_types(component)):
            component |= _BY_NAMES
        component |= _given(detector=self.detector, tagger=_text(self.tagger))
        if self.detector == "dictionary":
            component |= _BY_NAMES

    def _tell_linker(self, component: dict[str, Any]) -> None:
        if self.linker is not None:
            # What the pipeline's own linker was told need not suit another.
            component |= {key: None for key in without(self.linker) if key in component}
            if learned_for(self.linker) is None and "learned_names" in component:
                component["learned_names"] = None
        own = (self.linker, self.model, self.encoder, self.fusion, self.router)
        if any(each is not None for each in own) or (self.threshold is not None and not self.nil):
            # It says how likely answers of the pipeline's own linker are right, and decides NIL
            # where a threshold is asked for.
            component |= {key: None for key in ("calibration", "nil") if key in component}
        component |= _given(
            threshold=self.threshold,
            linker=self.linker,
            nil=self.nil,
            model=_text(self.model),
            encoder=_text(self.encoder),
            fusion=_text(self.fusion),
            learned_names=_text(self.learned_names),
            calibration=_text(self.calibration),
            router=_text(self.router),
            dial=self.dial,
            section_subsets=self.section_subsets,
        )


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _text(value: _File) -> str | None:
    return None if value is None else str(value)


def _list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def has_tagger_types(component: Mapping[str, Any]) -> bool:
    """:returns: whether the detector's model has a type in common with what is sought; true where
    it has no model.
    """
    if component.get("detector", "dictionary") == "dictionary":
        return True
    sought = component.get("types") or resolve_kb(component.get("kb", "open")).manifest.types
    known = {entity_type(each) for each in tagger_types(component.get("tagger") or DEFAULT_TAGGER)}
    return any(entity_type(each) in known for each in sought)


def _drop_types(config: dict[str, Any], kb: Manifest) -> None:
    """The types of a pipeline are those of its own KB; what another lacks cannot be sought."""
    lacking: dict[str, None] = {}

    def there(names: Sequence[str]) -> list[str]:
        lacking.update(dict.fromkeys(name for name in names if name not in kb.types))
        return [name for name in names if name in kb.types]

    left = _set_types(config, there)
    if lacking:
        logger.warning(
            "the KB %r has no type %s, which the pipeline seeks: %s",
            kb.name,
            ", ".join(lacking),
            "left out" if left else "concepts of all types are sought instead",
        )


def _set_types(config: dict[str, Any], change: Callable[[Sequence[str]], list[str]]) -> bool:
    """Change the types that BioTK's components ask for; with none they ask for all.

    :returns: whether each that asked for types does so still.
    """
    asking = [
        component
        for component in config["components"].values()
        if component.get("factory") in _OF_A_KB and component.get("types")
    ]
    for component in asking:
        component["types"] = change(component["types"]) or None
    return all(component["types"] for component in asking)
