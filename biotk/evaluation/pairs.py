"""Gold and predicted documents side by side, and the figures they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from biotk.document import Document
from biotk.errors import InputError
from biotk.evaluation.bootstrap import Counts, precision_recall_f1

#: A document as annotated and as predicted.
Pair = tuple[Document, Document]

#: Lower and upper bound.
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PrecisionRecall:
    """Three figures, micro averaged. 0 where nothing was predicted, or nothing is gold.

    :param precision: right among predicted.
    :param recall: right among gold.
    :param f1: their harmonic mean.
    """

    precision: float
    recall: float
    f1: float

    def to_dict(self) -> dict[str, float]:
        """:returns: the figures by their names."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1}


def precision_recall(sums: Counts) -> PrecisionRecall:
    """:returns: the figures of (right, predicted, gold). *Shape: (3,)*"""
    precision, recall, f1 = precision_recall_f1(sums[None, :])[0].tolist()
    return PrecisionRecall(precision, recall, f1)


def checked(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """:returns: the pairs.

    :raises InputError: where the two of a pair are not the same text: offsets would mean nothing.
    """
    for gold, predicted in pairs:
        if gold.id != predicted.id:
            raise InputError(f"gold document {gold.id!r} was paired with {predicted.id!r}")
        if gold.text != predicted.text:
            raise InputError(f"document {gold.id!r}: gold and prediction differ in their text")
        yield gold, predicted
