"""Variants: found in texts, and their one notation."""

from biotk.genomics.finder import find_variants, parse_variant
from biotk.genomics.variant import Variant, VariantKind

__all__ = ["Variant", "VariantKind", "find_variants", "parse_variant"]
