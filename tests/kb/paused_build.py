"""A build in a process of its own that says when it is in the middle, and waits there.

Usage: paused_build.py OUT NAME [overwrite]. Prints ``writing``, goes on when it reads a line.
"""

from __future__ import annotations

import sys

from biotk.errors import KbError
from biotk.kb import KbBuilder
from biotk.types import Concept


def wait(done: int, total: int) -> None:
    print("writing", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    out, name, *options = sys.argv[1:]
    builder = KbBuilder(name)
    builder.add([Concept("A:1", name)])
    try:
        builder.write(out, overwrite=bool(options), progress=wait)
    except KbError as error:
        sys.exit(str(error))
