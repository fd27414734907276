"""What is known of a table, from a TOML file: the columns of one's own, source, licence, trait."""

from __future__ import annotations

from pathlib import Path

from biotk.errors import InputError
from biotk.genomics.readers.base import TableOptions
from biotk.kb.toml_values import make, read_toml

_FORMAT = "format"


def read_table_options(path: Path | str) -> tuple[str | None, TableOptions]:
    """Read what is known of tables of one layout.

    :param path: a TOML file with the fields of :class:`TableOptions`, ``format``, and a table
        ``[columns]``, field → header.
    :returns: the layout's name, None if it is not told, and the options.
    :raises InputError: it cannot be read, or a value is of another type.
    :raises UnknownNameError: a key that there is not.
    """
    path = Path(path)
    raw = read_toml(path)
    layout = raw.pop(_FORMAT, None)
    if not isinstance(layout, str | None):
        raise InputError(f"{path}: {_FORMAT} is {layout!r}, expected a string")
    return layout, make(TableOptions, raw, str(path))
