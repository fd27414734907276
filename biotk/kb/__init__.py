"""Knowledge bases: built once by streaming, memory-mapped ever after.

>>> from biotk.kb import KbBuilder, open_kb          # doctest: +SKIP
"""

from biotk.kb.build import BuildReport, KbBuilder, KbSource
from biotk.kb.hierarchy import Hierarchy
from biotk.kb.knowledge_base import KeyLevel, KnowledgeBase, open_kb
from biotk.kb.subset import KbSubset
from biotk.kb.subset_file import read_subset, write_subset

__all__ = [
    "BuildReport",
    "Hierarchy",
    "KbBuilder",
    "KbSource",
    "KbSubset",
    "KeyLevel",
    "KnowledgeBase",
    "open_kb",
    "read_subset",
    "write_subset",
]
