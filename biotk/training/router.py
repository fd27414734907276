"""Fits which linker a mention is worth, from which of them was right.

All ways are asked about annotated mentions that names leave open. What is fitted to must be none of
what the models have read: there a model is right more often than elsewhere, and would be asked too
much. Figures, and the price, come from models that were fitted to other documents (five folds), the
models that are kept from all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.document import Document, Link
from biotk.errors import InputError, UnknownNameError
from biotk.evaluation.linking import best_rank
from biotk.kb import KnowledgeBase
from biotk.kb.toml_values import check_keys, check_range, read_toml, value_as
from biotk.linking import RoutedLinker
from biotk.linking.additive import fit_additive
from biotk.linking.long_forms import LongForms
from biotk.linking.query import Query, query_of
from biotk.linking.registry import LinkerOptions, made_of, make_linker, sharing
from biotk.linking.route_features import FEATURES, NAME_FEATURES, Matrix
from biotk.linking.routing import (
    COSTS,
    GAINED,
    LOST,
    NAMES,
    RIGHT,
    SAME,
    WITH_ENCODER,
    WRONG,
    Router,
    by_cost,
    untaught,
    worth_most,
)
from biotk.text.abbreviations import find_abbreviations
from biotk.training.annotated_sets import AnnotatedSet, load_set, read_sets
from biotk.training.calibrate import FOLDS, fold_of, gold_of
from biotk.training.log import Say

_BATCH = 256  # mentions asked together
#: Where the dial stands in the figures.
DIALS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
#: Prices that come into question, the highest first.
_PRICES = (0.3, 0.25, 0.2, 0.17, 0.14, 0.12, 0.1, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01)

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterRecipe:
    """How a router is fitted.

    :param path: the recipe's file.
    :param data: where relative paths begin.
    :param sets: annotated documents.
    :param model: what writes names; by default biotk-mini.
    :param encoder: what makes vectors; without it none are looked at.
    :param ways: beside names; by default ``quick`` and ``cascade``, with an encoder ``dense`` and
        ``fused`` too.
    :param loss: the price is as high as lets this share of all mentions go wrong that would be
        right if everything were asked.
    :param ridge: how strongly weights are drawn to 0, as a number of mentions.
    """

    path: Path
    data: Path
    sets: tuple[AnnotatedSet, ...]
    model: str | None = None
    encoder: str | None = None
    ways: tuple[str, ...] = ()
    loss: float = 0.0005
    ridge: float = 30.0


class Judged(NamedTuple):
    """Mentions, and which ways are right about them.

    :param values: features of those that names leave open. *Shape*: (open mentions, features).
    :param right: by way. *Shape* of each: (open mentions,).
    :param documents: whose they are.
    :param n_kept: how many mentions names answer beyond doubt.
    :param n_kept_right: how many of these are right.
    """

    values: Matrix
    right: Mapping[str, Flags]
    documents: Sequence[str]
    n_kept: int
    n_kept_right: int

    def share_right(self, ways: Sequence[str]) -> float:
        """:returns: how many of all mentions are right if the open ones go these ways."""
        n_right = sum(bool(self.right[way][at]) for at, way in enumerate(ways))
        return (self.n_kept_right + n_right) / max(self.n_kept + len(ways), 1)


def read_router_recipe(path: Path | str, *, data: Path | None = None) -> RouterRecipe:
    """Read a recipe.

    :param data: what its paths are relative to; by default its own folder.
    :raises InputError: something in it is missing, of a wrong type, or makes no sense.
    :raises UnknownNameError: it holds a key, or names a way, that there is not.
    """
    path = Path(path)
    raw = read_toml(path)
    kinds: dict[str, Any] = {
        "model": str, "encoder": str, "ways": tuple[str, ...], "loss": float, "ridge": float,
    }  # fmt: skip
    check_keys(str(path), raw, ("set", *kinds))
    given = {
        key: value_as(raw[key], kind, f"{path}: {key}") for key, kind in kinds.items() if key in raw
    }
    default = ("quick", "cascade", *(WITH_ENCODER if "encoder" in given else ()))
    given["ways"] = tuple(dict.fromkeys(given.get("ways") or default))
    recipe = RouterRecipe(
        path=path,
        data=path.parent if data is None else data,
        sets=read_sets(raw, path),
        **given,
    )
    for way in recipe.ways:
        if way not in COSTS:
            raise UnknownNameError(f"way in {path}:", way, COSTS)
        if way in WITH_ENCODER and recipe.encoder is None:
            raise InputError(f"{path}: the way {way} needs an encoder, and none is named")
    check_range(f"{path}: loss", recipe.loss, least=0, most=1)
    check_range(f"{path}: ridge", recipe.ridge, least=0, above=True)
    return recipe


def fit_router(recipe: RouterRecipe, *, say: Say = lambda line: None) -> Router:
    """Follow a recipe.

    :param say: told of each set how many mentions names leave open and how many of those each way
        gets right, and what the dial does.
    :raises InputError: a file cannot be read, or nothing can be learned.
    """
    options = sharing("routed", LinkerOptions(model=recipe.model, encoder=recipe.encoder))
    router = untaught(recipe.ways, encoder=recipe.encoder is not None)
    sets: dict[str, Any] = {}
    found: list[Judged] = []
    for each in recipe.sets:
        kb, documents, learned, sets[each.name] = load_set(each, recipe.path, recipe.data, say)
        made_with = {k: v for k, v in made_of("cascade", options).items() if k != "linker"}
        blank = Router(router.names, router.ways, router.costs, made_with=made_with)
        told = LinkerOptions(model=options.model, encoder=options.encoder, router=blank)
        linker = make_linker("routed", kb, learned=learned, options=told)
        if not isinstance(linker, RoutedLinker):
            raise InputError("routers are fitted for the routed linker alone")
        found.append(judge(linker, documents, types=each.types))
        say(f"{each.name}: {_told(found[-1])}")
    judged = joined(found)
    fitted = fit_ways(judged, recipe.ways, encoder=recipe.encoder is not None, ridge=recipe.ridge)
    right = out_of_fold(judged, recipe.ways, ridge=recipe.ridge)
    price = highest_price(judged, right, fitted, loss=recipe.loss)
    router = Router(fitted.names, fitted.ways, fitted.costs, price)
    curve = curve_of(judged, router, right)
    for row in curve:
        say(f"dial {row['dial']:g}: right {row['right']:.4f}, cost {row['cost']:.3f}")
    return Router(
        router.names, router.ways, router.costs, price,
        {**made_with, "sets": sets, "curve": curve},
    )  # fmt: skip


def judge(
    linker: RoutedLinker, documents: Iterable[Document], *, types: Sequence[str] | None = None
) -> Judged:
    """Ask all ways about gold mentions.

    :param linker: whose ways they are, whatever its router.
    :param documents: with gold links; mentions whose id the KB does not have are left out, since
        nobody knows whether they are NIL.
    :param types: entity types of the mentions that count; by default all.
    """
    asked = [each for document in documents for each in _asked(linker.kb, document, types)]
    queries = [query for _, query, _ in asked]
    named, places = linker.looked_up(queries)
    links: dict[str, list[Link]] = {NAMES: [named[at] for at in places]}
    for way in linker.router.ways:
        links[way] = []
        for first in range(0, len(places), _BATCH):
            part = [queries[at] for at in places[first : first + _BATCH]]
            links[way] += linker.way(way).link_batch(part)
    left = set(places)
    kept = [is_right(named[at], gold) for at, (_, _, gold) in enumerate(asked) if at not in left]
    return Judged(
        linker.values([queries[at] for at in places], links[NAMES]),
        {
            way: np.array([is_right(link, asked[at][2]) for at, link in zip(places, own)], bool)
            for way, own in links.items()
        },
        [asked[at][0] for at in places],
        len(kept),
        sum(kept),
    )


def _asked(
    kb: KnowledgeBase, document: Document, types: Sequence[str] | None
) -> Iterator[tuple[str, Query, frozenset[str]]]:
    forms = LongForms(find_abbreviations(document.text))
    for mention in document.mentions:
        gold = gold_of(kb, mention)
        if gold is not None and (types is None or mention.type in types):
            ids = frozenset(kb.id_of(idx) for idx in gold)
            yield document.id, query_of(document.text, mention, forms), ids


def is_right(link: Link, gold: frozenset[str]) -> bool:
    """:returns: whether the name that is answered has a gold concept; NIL where there is none."""
    if link.is_nil or not gold:
        return link.is_nil and not gold
    return best_rank(link.candidates, gold) == 1


def joined(parts: Sequence[Judged]) -> Judged:
    """:returns: several sets as one."""
    return Judged(
        np.concatenate([each.values for each in parts]),
        {way: np.concatenate([each.right[way] for each in parts]) for way in parts[0].right},
        [document for each in parts for document in each.documents],
        sum(each.n_kept for each in parts),
        sum(each.n_kept_right for each in parts),
    )


def fit_ways(judged: Judged, ways: Sequence[str], *, encoder: bool, ridge: float = 30.0) -> Router:
    """Fit how likely each way is right.

    :param judged: mentions.
    :param ways: beside names.
    :param encoder: whether vectors are looked at.
    :param ridge: how strongly weights are drawn to 0, as a number of mentions.
    :raises InputError: there are no mentions.
    """
    features = FEATURES if encoder else NAME_FEATURES
    values = judged.values[:, : len(features)]
    named = judged.right[NAMES]
    names = fit_additive(features, values, np.where(named, RIGHT, WRONG), n_outcomes=2, ridge=ridge)
    costs = {way: COSTS[way] for way in ways}
    fitted = {}
    for way in by_cost(costs):
        own = judged.right[way]
        outcomes = np.where(own & ~named, GAINED, np.where(named & ~own, LOST, SAME))
        fitted[way] = fit_additive(features, values, outcomes, n_outcomes=3, ridge=ridge)
    return Router(names, fitted, costs)


def out_of_fold(judged: Judged, ways: Sequence[str], *, ridge: float = 30.0) -> dict[str, Matrix]:
    """:returns: by way how likely it is right, by models that were fitted to other documents."""
    folds = np.array([fold_of(each) for each in judged.documents])
    encoder = not bool(np.isnan(judged.values[:, len(NAME_FEATURES) :]).all())
    found: dict[str, Matrix] = {}
    for fold in range(FOLDS):
        own, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if not len(own):
            continue
        router = fit_ways(_rows(judged, rest), ways, encoder=encoder, ridge=ridge)
        for way, right in router.expected(judged.values[own]).items():
            found.setdefault(way, np.zeros(len(folds)))[own] = right
    return found


def highest_price(
    judged: Judged, right: Mapping[str, Matrix], router: Router, *, loss: float
) -> float:
    """:returns: the highest price that loses no more than a share of all mentions."""
    everything = judged.share_right([router.everything] * len(judged.documents))
    for price in _PRICES:
        ways = worth_most(right, router.costs, least=price)
        if judged.share_right(ways) >= everything - loss:
            return price
    return _PRICES[-1]


def curve_of(
    judged: Judged, router: Router, right: Mapping[str, Matrix] | None = None
) -> list[dict[str, float]]:
    """Measure what the dial does.

    :param judged: mentions.
    :param right: how likely each way is right; by default what the router expects.
    :returns: for each of :data:`DIALS` the share of all mentions that are ``right``, and the
        ``cost``, that of asking the cascade about each open mention being 1.
    """
    right = router.expected(judged.values) if right is None else right
    found = []
    for dial in DIALS:
        if dial in (0, 1):
            ways = [NAMES if dial == 0 else router.everything] * len(judged.documents)
        else:
            ways = worth_most(right, router.costs, least=router.least_gain(dial))
        cost = sum(router.costs.get(way, 0.0) for way in ways) / max(len(ways), 1)
        found.append(
            {"dial": dial, "right": round(judged.share_right(ways), 4), "cost": round(cost, 4)}
        )
    return found


def _rows(judged: Judged, places: NDArray[np.intp]) -> Judged:
    return Judged(
        judged.values[places],
        {way: right[places] for way, right in judged.right.items()},
        [judged.documents[at] for at in places.tolist()],
        judged.n_kept,
        judged.n_kept_right,
    )


def _told(judged: Judged) -> str:
    """:returns: in words, how many mentions there are, and who is right about them."""
    ways = ", ".join(f"{way} {int(right.sum()):,}" for way, right in judged.right.items())
    return (
        f"{judged.n_kept:,} mentions are names, {judged.n_kept_right:,} of them right; of "
        f"{len(judged.documents):,} others are right: {ways}"
    )
