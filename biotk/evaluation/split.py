"""What is trained on, tuned on and reported: no document is in two of the three."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from biotk.document import Document
from biotk.text.normalize import exact_key

# Characters: longer than most titles, so that two abstracts on one subject are told apart.
_BEGINNING = 80


def tuning_half(document_id: str) -> bool:
    """Whether a document of a dev set is in the half that tunes.

    Thresholds, calibration, early stopping and routers are chosen on it; figures are reported on
    the other half. Decided by the first bit of the SHA-256 of the id, so that it is the same
    everywhere, whatever the order and the number of documents.

    :param document_id: the id as the corpus has it, as in ``"8808605"``.

    >>> tuning_half("1"), tuning_half("2")
    (True, False)
    """
    return hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).digest()[0] < 128


def without_held_out(documents: Iterable[Document], held_out: Iterable[Document]) -> list[Document]:
    """Leave out training documents that figures are reported on: corpora overlap.

    A document is the same if it has the same id, or the same beginning but for case, punctuation
    and spaces: corpora differ in these, and number the same abstract in their own ways.

    :param documents: training documents.
    :param held_out: documents that figures are reported on.
    :returns: those that are none of the held out ones, in order.

    >>> held_out = [Document("1", "Fever in mice. We report.")]
    >>> train = [Document("PMC9", "FEVER IN MICE: we report"), Document("2", "Fever in rats.")]
    >>> [document.id for document in without_held_out(train, held_out)]
    ['2']
    """
    ids: set[str] = set()
    beginnings: set[str] = set()
    for document in held_out:
        ids.add(document.id)
        beginnings.add(_beginning(document))
    return [d for d in documents if d.id not in ids and _beginning(d) not in beginnings]


def _beginning(document: Document) -> str:
    return exact_key(document.text[:_BEGINNING])
