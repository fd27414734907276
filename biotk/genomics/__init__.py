"""Variants: found in texts and in one notation, and what they are associated with."""

from biotk.genomics.finder import find_variants, parse_variant
from biotk.genomics.variant import Variant, VariantKind

__all__ = ["Variant", "VariantKind", "find_variants", "parse_variant"]
