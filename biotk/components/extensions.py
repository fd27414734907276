"""Custom attributes, set once and never over those of another library."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from spacy.tokens import Doc, Span


def add_getter(cls: type[Doc] | type[Span], name: str, getter: Callable[[Any], Any]) -> None:
    """Offer ``cls._.<name>`` and, always, ``cls._.biotk_<name>``.

    Where another library has taken the name it keeps it: a warning says which name to use instead.

    :param cls: Doc or Span.
    :param name: the attribute.
    :param getter: makes its value.
    """
    cls.set_extension(f"biotk_{name}", getter=getter, force=True)
    if not cls.has_extension(name):
        cls.set_extension(name, getter=getter)
    elif cls.get_extension(name)[2] is not getter:
        warnings.warn(
            f"{cls.__name__}._.{name} is another library's; BioTK's is "
            f"{cls.__name__}._.biotk_{name}",
            stacklevel=3,
        )
