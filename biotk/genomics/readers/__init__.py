"""Readers of association tables, a module a layout; what all give are :class:`RawRow`."""
