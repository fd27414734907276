"""A part of a knowledge base, made at call time: one flag per concept.

Partial knowledge base inference (arXiv 2303.10330) rests on this: everything that yields
candidates takes a subset and answers as if the KB had been built from that part alone.
"""

from __future__ import annotations

import hashlib
import logging
from functools import cached_property
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from biotk.errors import KbMismatchError

Mask = NDArray[np.bool_]
logger = logging.getLogger(__name__)


class KbSubset:
    """Some concepts of one KB. Subsets are combined with ``&``, ``|``, ``-`` and ``~``.

    :param kb_fingerprint: the fingerprint of the KB that it belongs to.
    :param mask: whether each concept is in. *Shape*: (concepts,).

    >>> a = KbSubset("f", np.array([True, True, False]))
    >>> b = KbSubset("f", np.array([False, True, True]))
    >>> len(a & b), len(a | b), len(a - b), 0 in ~a
    (1, 3, 1, False)
    """

    def __init__(self, kb_fingerprint: str, mask: Mask) -> None:
        self.kb_fingerprint = kb_fingerprint
        self.mask: Mask = mask.copy()
        self.mask.flags.writeable = False

    def __len__(self) -> int:
        return int(np.count_nonzero(self.mask))

    def __contains__(self, concept_idx: int) -> bool:
        return bool(self.mask[concept_idx])

    def __and__(self, other: KbSubset) -> KbSubset:
        return KbSubset(self.kb_fingerprint, self.mask & self._mask_of(other))

    def __or__(self, other: KbSubset) -> KbSubset:
        return KbSubset(self.kb_fingerprint, self.mask | self._mask_of(other))

    def __sub__(self, other: KbSubset) -> KbSubset:
        return KbSubset(self.kb_fingerprint, self.mask & ~self._mask_of(other))

    def __invert__(self) -> KbSubset:
        return KbSubset(self.kb_fingerprint, ~self.mask)

    def __le__(self, other: KbSubset) -> bool:
        """Whether everything in this one is in the other."""
        return not bool((self.mask & ~self._mask_of(other)).any())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, KbSubset)
            and self.kb_fingerprint == other.kb_fingerprint
            and bool(np.array_equal(self.mask, other.mask))
        )

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"KbSubset({len(self)} of {len(self.mask)} concepts, KB {self.kb_fingerprint})"

    @property
    def indices(self) -> NDArray[np.int64]:
        """Sorted concept indices. *Shape*: (concepts in the subset,)."""
        return np.flatnonzero(self.mask)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that stand for this KB and this part of it."""
        content = self.kb_fingerprint.encode() + np.packbits(self.mask).tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def check(self, kb_fingerprint: str) -> None:
        """Make sure that this is a part of a certain KB.

        :raises KbMismatchError: it is of another one.
        """
        if kb_fingerprint != self.kb_fingerprint:
            raise KbMismatchError(
                f"a subset of KB {self.kb_fingerprint} cannot be used with KB {kb_fingerprint}: "
                "make it from this KB"
            )

    def tell_if_empty(self, why: str) -> None:
        """Log a warning if nothing is in it: everything will be NIL.

        Whatever takes the same empty part beside tells no more: a pipeline has several components,
        and a linker is made of several.

        :param why: why there is nothing, as the start of the message.
        """
        if not self and self not in _told:
            _told.add(self)
            logger.warning("%s: nothing will be found, and every mention is NIL", why)

    def _mask_of(self, other: KbSubset) -> Mask:
        if other.kb_fingerprint != self.kb_fingerprint:
            raise KbMismatchError(
                f"a subset of KB {self.kb_fingerprint} cannot be combined with one of KB "
                f"{other.kb_fingerprint}: make both from the same KB"
            )
        return other.mask


#: Empty parts that have been told of, as long as someone has them.
_told: WeakSet[KbSubset] = WeakSet()
