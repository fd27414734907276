"""Physical lines: the units that sections are made of; see :mod:`biotk.text.lines`."""

from __future__ import annotations

from biotk.text.lines import Line, split_lines

__all__ = ["Line", "split_lines"]
