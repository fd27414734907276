"""What a generator is given for mentions, each with some words of its passage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from biotk.errors import InputError
from biotk.linking.generator import Generator, Search
from biotk.linking.query import Query


class Asked(NamedTuple):
    """The input for a mention, or why it has none that can be searched, in words."""

    input: Any
    problem: str | None = None


class Asking:
    """Makes the inputs of mentions.

    :param generator: whose inputs they are.
    :param search: tells which of them it has room for.
    """

    def __init__(self, generator: Generator, search: Search) -> None:
        self._form, self._search = generator.form, search

    def inputs(self, queries: Sequence[Query]) -> list[Asked]:
        """:returns: what is asked for each mention."""
        return [self._input(query) for query in queries]

    def _input(self, query: Query) -> Asked:
        if not query.looked_up.strip():
            return Asked(None, "the mention is blank")
        passage, start, end = query.place
        # What stands between the ranges of a discontinuous mention is no part of it.
        expansion = None if query.looked_up == passage[start:end] else query.looked_up
        try:
            each = self._form.encode(passage, start=start, end=end, expansion=expansion)
        except InputError as error:
            return Asked(None, str(error))
        return Asked(each, self._search.problem(each))
