"""Variants, what they are associated with, and one space for them and for concepts."""
