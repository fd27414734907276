"""The two halves of a dev set: one to tune on, one to report."""

from __future__ import annotations

import hashlib


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
