"""What a generator is given for mentions: one by one, or with all mentions of a passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from biotk.errors import InputError
from biotk.linking.generator import Generator, Search
from biotk.linking.query import Query
from biotk.nn.inputs import Place


class Asked(NamedTuple):
    """The input for a mention, or why it has none that can be searched, in words."""

    input: Any
    problem: str | None = None


class Asking:
    """Makes the inputs of mentions.

    :param generator: whose inputs they are.
    :param search: tells which of them it has room for.
    :param whole_passages: whether mentions are read with their whole passage.
    :raises InputError: they are to be, and the model does not read so.
    """

    def __init__(self, generator: Generator, search: Search, *, whole_passages: bool) -> None:
        if whole_passages and generator.of_passage is None:
            raise InputError(f"the model {generator.name} reads no whole passages")
        self._form, self._search = generator.form, search
        self._of_passage = generator.of_passage if whole_passages else None

    def inputs(self, queries: Sequence[Query]) -> list[Asked]:
        """:returns: what is asked for each mention."""
        found = self._with_passages(queries)
        return [
            self._alone(query) if number not in found else found[number]
            for number, query in enumerate(queries)
        ]

    def _alone(self, query: Query) -> Asked:
        if not query.looked_up.strip():
            return Asked(None, "the mention is blank")
        passage, place = query.place[0], _place(query)
        try:
            each = self._form.encode(
                passage, start=place.start, end=place.end, expansion=place.expansion
            )
        except InputError as error:
            return Asked(None, str(error))
        return Asked(each, self._search.problem(each))

    def _with_passages(self, queries: Sequence[Query]) -> dict[int, Asked]:
        """:returns: the inputs of the mentions that can be read so."""
        found: dict[int, Asked] = {}
        if self._of_passage is None:
            return found
        by_passage: dict[str, list[int]] = {}
        for number, query in enumerate(queries):
            if query.looked_up.strip():
                by_passage.setdefault(query.place[0], []).append(number)
        for passage, numbers in by_passage.items():
            inputs = self._of_passage(passage, [_place(queries[number]) for number in numbers])
            for number, each in zip(numbers, inputs, strict=True):
                if each is not None:
                    found[number] = Asked(each, self._search.problem(each))
        return found


def _place(query: Query) -> Place:
    passage, start, end = query.place
    # What stands between the ranges of a discontinuous mention is no part of it.
    return Place(start, end, None if query.looked_up == passage[start:end] else query.looked_up)
