"""Work on many documents at once, that components share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from spacy.tokens import Doc
from spacy.util import raise_error

#: What spaCy has called where documents cannot be processed.
ErrorHandler = Callable[[str, Any, list[Doc], Exception], Any]


class BatchedComponent(ABC):
    """A component that takes the documents of a stream together, ``batch_size`` at a time."""

    name: str
    _handle_error: ErrorHandler = staticmethod(raise_error)

    @abstractmethod
    def _process(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        """Work on documents.

        :returns: the same ones, or what stands in their place, in order.
        """

    def set_error_handler(self, error_handler: ErrorHandler) -> None:
        """Set what is called where documents cannot be processed, as in spaCy's components."""
        self._handle_error = error_handler

    def get_error_handler(self) -> ErrorHandler:
        """:returns: what is called where documents cannot be processed."""
        return self._handle_error

    def __call__(self, doc: Doc) -> Doc:
        """Work on one document."""
        return self._process([doc])[0]

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Work on documents, those of ``batch_size`` documents together."""
        rest = iter(stream)
        while docs := list(islice(rest, batch_size)):
            try:
                done = self._process(docs)
            except Exception as error:
                if self._handle_error is raise_error or len(docs) == 1:
                    self._handle_error(self.name, self, docs, error)
                else:  # the handler shall see those documents alone that are to blame
                    for doc in docs:
                        yield from self.pipe([doc])
                continue
            yield from done
