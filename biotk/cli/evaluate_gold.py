"""Gold of some entity types alone: corpora hold many vocabularies, a KB often one of them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.subset_options import split_names
from biotk.errors import InputError, UnknownNameError
from biotk.types import entity_type

if TYPE_CHECKING:
    from biotk.document import Document, Mention

GoldTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--gold-types",
        metavar="A,B",
        help="Only gold mentions of these types, by the corpus's names or by the common ones.",
    ),
]


def of_gold_types(documents: Sequence[Document], given: Sequence[str] | None) -> list[Document]:
    """Leave out the gold mentions of other types; how many there are is told on stderr.

    A type may be named as the corpus has it, ``GO_CC``, which is that one alone, or by its common
    name, ``Disease``, which is all that :func:`biotk.types.entity_type` brings to it.

    :param documents: the corpus.
    :param given: what ``--gold-types`` was given; None keeps all.
    :raises UnknownNameError: a type that the corpus does not annotate.
    :raises InputError: no type was named.
    """
    names = split_names(given)
    if names is None:
        return list(documents)
    if not names:
        raise InputError("--gold-types names nothing")
    known = {m.type for d in documents for m in d.mentions if m.type is not None}
    kept: set[str | None] = set()
    for name in names:
        meant = {type_ for type_ in known if name.lower() == type_.lower()}
        meant = meant or {type_ for type_ in known if name.lower() == entity_type(type_).lower()}
        if not meant:
            names_there = known | {entity_type(type_) for type_ in known}
            raise UnknownNameError("type of gold mention", name, names_there)
        kept |= meant
    chosen = [
        replace(d, mentions=tuple(m for m in d.mentions if m.type in kept)) for d in documents
    ]
    before, after = (sum(len(d.mentions) for d in ds) for ds in (documents, chosen))
    print(f"{after} of {before} gold mentions are of the types asked for", file=sys.stderr)
    return chosen


def gold_types_report(given: Sequence[str] | None) -> dict[str, list[str]]:
    """:returns: ``gold_types``, what a report says of the gold that was chosen; or nothing."""
    names = split_names(given)
    return {} if names is None else {"gold_types": names}


def covered_types(mentions: Iterable[Mention], resolve: Callable[[str], frozenset[str]]) -> str:
    """:returns: a sentence with the types that a KB does have, for one who is told that it lacks
    most of a corpus; empty where there is no such type.
    """
    total: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for mention in mentions:
        if mention.type is not None and mention.concept_ids:
            total[entity_type(mention.type)] += 1
            found[entity_type(mention.type)] += any(map(resolve, mention.concept_ids))
    types = sorted(type_ for type_ in total if 2 * found[type_] >= total[type_])
    if not types:
        return ""
    shown = ", ".join(f"{type_} ({found[type_]} of {total[type_]})" for type_ in types)
    return f" It has most of: {shown}. To score these alone: --gold-types {','.join(types)}"
