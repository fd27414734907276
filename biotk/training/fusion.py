"""Fits what the fused linker weighs: candidates of annotated mentions, and which of them is right.

Fit on the tuning half of a dev set, not on what the models were trained on: there the model that
writes names and the vectors are surer than they are elsewhere, and would be weighed too much.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from biotk.document import Document, Mention
from biotk.errors import InputError
from biotk.kb import KnowledgeBase
from biotk.kb.toml_values import check_keys, check_range, read_toml, value_as
from biotk.linking.features import FEATURES, Weighable
from biotk.linking.fused import FusedLinker
from biotk.linking.fusion import FusionWeights, Judged, fit_weights
from biotk.linking.long_forms import LongForms
from biotk.linking.query import query_of
from biotk.linking.registry import DEFAULT_MODEL, NO_MODEL, LinkerOptions, make_linker
from biotk.text.abbreviations import find_abbreviations
from biotk.training.annotated_sets import AnnotatedSet, load_set, read_sets
from biotk.training.log import Say

_DOCUMENTS = 32  # linked together


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionRecipe:
    """How weights are fitted.

    :param path: the recipe's file.
    :param data: where relative paths begin.
    :param sets: annotated documents.
    :param encoder: what makes vectors; by default biotk-encoder.
    :param model: what writes names; by default biotk-mini.
    :param hidden: from so many mentions the right concept is taken away, so that NIL is right.
    :param prior: how strongly weights are drawn to 0, as a number of mentions.
    """

    path: Path
    data: Path
    sets: tuple[AnnotatedSet, ...]
    encoder: str | None = None
    model: str | None = None
    hidden: float = 0.1
    prior: float = 1.0


def read_fusion_recipe(path: Path | str, *, data: Path | None = None) -> FusionRecipe:
    """Read a recipe.

    :param data: what its paths are relative to; by default its own folder.
    :raises InputError: something in it is missing, of a wrong type, or makes no sense.
    :raises UnknownNameError: it holds a key that there is not.
    """
    path = Path(path)
    raw = read_toml(path)
    check_keys(str(path), raw, ("set", "encoder", "model", "hidden", "prior"))
    sets = read_sets(raw, path)
    given = {
        key: value_as(raw[key], kind, f"{path}: {key}")
        for key, kind in (("encoder", str), ("model", str), ("hidden", float), ("prior", float))
        if key in raw
    }
    recipe = FusionRecipe(
        path=path,
        data=path.parent if data is None else data,
        sets=sets,
        **given,
    )
    check_range(f"{path}: hidden", recipe.hidden, least=0, most=1)
    check_range(f"{path}: prior", recipe.prior, least=0)
    return recipe


def fit_fusion(recipe: FusionRecipe, *, say: Say = lambda line: None) -> FusionWeights:
    """Follow a recipe.

    :param say: told how many mentions of each set have their concept among the candidates, and how
        many of these are in the right order before and after.
    :raises InputError: a file cannot be read, or nothing can be learned.
    """
    models = [NO_MODEL] if recipe.model == NO_MODEL else [recipe.model, NO_MODEL]
    fitted: dict[str, dict[str, float]] = {}
    made_with: dict[str, Any] = {"model": recipe.model or DEFAULT_MODEL, "sets": {}}
    for model in models:
        asked = model != NO_MODEL
        judged: list[Judged] = []
        for each in recipe.sets:
            # What is wrong with a file is told once.
            tell = say if model == models[0] else _nothing
            found = _judged_of(recipe, each, model, made_with, tell)
            reached = sum(bool(one.right) for one in found)
            say(f"{each.name}: {len(found):,} mentions, {reached:,} with what is right among "
                f"their candidates{'' if asked else ', without a model'}")  # fmt: skip
            judged += found
        weights = fit_weights(judged, prior=recipe.prior)
        say(f"right: {share_right(judged, weights):.4f} of {len(judged):,}")
        fitted["asked" if asked else "alone"] = {
            name: round(value, 4) for name, value in zip(FEATURES, weights.tolist()) if value
        }
    fitted.setdefault("asked", fitted["alone"])
    return FusionWeights(**fitted, made_with=made_with)


def _nothing(line: str) -> None:
    pass


def share_right(judged: Sequence[Judged], weights: np.ndarray) -> float:
    """:returns: how many mentions have what is right in the first place, of all."""
    n_right = sum(int(np.argmax(j.mention.features @ weights)) in j.right for j in judged)
    return n_right / max(len(judged), 1)


def _judged_of(
    recipe: FusionRecipe,
    given: AnnotatedSet,
    model: str | None,
    made_with: dict[str, Any],
    say: Say,
) -> list[Judged]:
    kb, tuning, learned, facts = load_set(given, recipe.path, recipe.data, say)
    options = LinkerOptions(model=model, encoder=recipe.encoder)
    linker = make_linker("fused", kb, learned=learned, options=options)
    if not isinstance(linker, FusedLinker):
        raise InputError("weights are fitted for the fused linker alone")
    made_with["encoder"] = linker.dense.search.encoder.fingerprint
    made_with["sets"][given.name] = facts
    return list(judge(linker, tuning, types=given.types, hidden=recipe.hidden))


def judge(
    linker: FusedLinker,
    documents: Iterable[Document],
    *,
    types: Sequence[str] | None = None,
    hidden: float = 0.0,
) -> Iterator[Judged]:
    """Have a linker find the candidates of gold mentions.

    :param linker: whose candidates they are.
    :param documents: with gold links; mentions whose id the KB does not have are left out, since
        nobody knows whether they are NIL.
    :param types: entity types of the mentions that count; by default all.
    :param hidden: from so many mentions the right concept is taken away, so that NIL is right.
        Which these are is told by the mention's place.
    """
    rest = list(documents)
    for first in range(0, len(rest), _DOCUMENTS):
        queries, gold, marks = [], [], []
        for document in rest[first : first + _DOCUMENTS]:
            forms = LongForms(find_abbreviations(document.text))
            for mention in document.mentions:
                wanted = _gold(linker.kb, mention)
                if wanted is None or (types is not None and mention.type not in types):
                    continue
                queries.append(query_of(document.text, mention, forms))
                gold.append(wanted)
                marks.append(f"{document.id} {mention.start}")
        for each, wanted, mark in zip(linker.weighables(queries), gold, marks, strict=True):
            yield _judged(each, wanted, hide=_chance(mark) < hidden)


def _gold(kb: KnowledgeBase, mention: Mention) -> frozenset[int] | None:
    """:returns: the concepts that are right, none for NIL; None where nobody knows."""
    if not mention.links:
        return None
    if not mention.concept_ids:
        return frozenset()
    found = {idx for concept_id in mention.concept_ids for idx in kb.resolve(concept_id)}
    return frozenset(found) or None


def _judged(each: Weighable, wanted: frozenset[int], *, hide: bool) -> Judged:
    places = [at for at, concept in enumerate(each.concepts) if concept in wanted]
    if not wanted:
        return Judged(each, (len(each.concepts),))
    if not hide:
        return Judged(each, tuple(places))
    kept = [at for at in range(len(each.concepts)) if at not in places]
    left = Weighable(
        tuple(each.concepts[at] for at in kept),
        tuple(each.shown[at] for at in kept),
        each.features[[*kept, len(each.concepts)]],
    )
    return Judged(left, (len(kept),))


def _chance(mark: str) -> float:
    digest = hashlib.sha256(mark.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
