"""Constrained decoding: names of a KB, token by token, and how likely each is.

``ConstrainedSearch`` is in :mod:`biotk.decoding.search`, which imports torch.
"""

from biotk.decoding.options import SearchOptions
from biotk.decoding.result import Decoded, DecodedConcept, DecodedName, merge_concepts

__all__ = ["Decoded", "DecodedConcept", "DecodedName", "SearchOptions", "merge_concepts"]
