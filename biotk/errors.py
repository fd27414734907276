"""Everything BioTK raises on purpose, and the record of what was wrong with an input.

::

    BioTKError
    ├── InputError (ValueError)        a file or an argument is wrong
    │   └── FormatError                a row of a file is wrong: path, line, text
    ├── UnknownNameError (ValueError)  a name that is none of the known ones
    ├── ConceptNotFoundError (KeyError)
    ├── FetchError (OSError)           a download failed, or what came is not what should come
    └── KbError
        ├── KbNotFoundError (FileNotFoundError)
        ├── KbVersionError             written by another format or normaliser version
        ├── KbCorruptError             a file is missing or damaged
        ├── KbMismatchError            a derived artifact belongs to another KB
        ├── KbWriteError (OSError)     it cannot be written: a full disk, a folder that may not be
        └── KbExistsError (FileExistsError)
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path


class BioTKError(Exception):
    """The base of all errors that BioTK raises on purpose."""


class InputError(BioTKError, ValueError):
    """A file or an argument is not what it has to be."""


class UnknownNameError(BioTKError, ValueError):
    """A name that is none of the known ones; the message lists those, near ones first.

    :param kind: what is named, as in ``"pipeline"``.
    :param name: the name that came.
    :param known: the names that are allowed.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        near = difflib.get_close_matches(name, self.known, n=3)
        hint = f" Did you mean {', '.join(map(repr, near))}?" if near else ""
        shown = ", ".join(self.known[:40]) + (", …" if len(self.known) > 40 else "")
        super().__init__(f"unknown {kind} {name!r}.{hint} Known: {shown or 'none'}.")


class ConceptNotFoundError(BioTKError, KeyError):
    """An id that the knowledge base does not have."""

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the repr of the message


class FetchError(BioTKError, OSError):
    """A download failed, or what came is not what should have come."""


class KbError(BioTKError):
    """Something is wrong with a knowledge base on disk."""


class KbNotFoundError(KbError, FileNotFoundError):
    """There is no knowledge base at that place."""


class KbVersionError(KbError):
    """The artifact was written in another version of the format or of the normalisation."""


class KbCorruptError(KbError):
    """A file of the artifact is missing or is not what the manifest says."""


class KbMismatchError(KbError):
    """A derived artifact (index, vectors, calibration) was built from another KB."""


class KbWriteError(KbError, OSError):
    """A knowledge base cannot be written; ``errno`` says what the system said."""

    def __str__(self) -> str:
        return str(self.strerror)  # OSError would put the number before the message


class KbExistsError(KbError, FileExistsError):
    """The place where a knowledge base should be written is taken."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one place of an input.

    :param path: the file.
    :param line: its line, counted from 1; 0 where the file as a whole is meant.
    :param message: what is wrong, and what would be right.
    :param text: the offending row of a knowledge base, cut to 200 characters. Empty for notes:
        their text never reaches a log.
    """

    path: str
    line: int
    message: str
    text: str = ""

    @property
    def of_source(self) -> bool:
        """Whether it concerns a whole source, not a row or a concept of it."""
        return not self.line and not self.text

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" + (f": {self.text!r}" if self.text else "")


class FormatError(InputError):
    """A row of a file is wrong; :attr:`problem` says where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(slots=True)
class Problems:
    r"""Collects what is wrong with an input, so that nothing is dropped in silence.

    Readers take one of these. A strict one raises at the first problem; the other keeps count
    of all and the first ``keep`` in full.

    :param strict: raise :class:`FormatError` at the first problem.
    :param keep: how many problems are kept in full.
    :param unread: those of the problems after which the rest of a file could not be read.

    >>> problems = Problems()
    >>> problems.add("names.tsv", 3, "2 columns, expected 4", "C1\tfever")
    >>> problems.count, str(problems.kept[0])
    (1, "names.tsv:3: 2 columns, expected 4: 'C1\\tfever'")
    """

    strict: bool = False
    keep: int = 1000
    kept: list[Problem] = field(default_factory=list)
    by_path: Counter[str] = field(default_factory=Counter)
    unread: list[Problem] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many problems there were in all."""
        return self.by_path.total()

    def add(self, path: str | Path, line: int, message: str, text: str = "") -> None:
        """Record a problem, or raise it when strict.

        :raises FormatError: when strict.
        """
        problem = Problem(str(path), line, message, text[:200])
        if self.strict:
            raise FormatError(problem)
        self.by_path[problem.path] += 1
        if len(self.kept) < self.keep:
            self.kept.append(problem)

    def add_unread(self, path: str | Path, line: int, message: str) -> None:
        """Record that a file could not be read from here on: it is cut off, or broken for good.

        What was read of it before may be used, but it is not the whole.

        :raises FormatError: when strict.
        """
        self.add(path, line, message)
        self.unread.append(Problem(str(path), line, message))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.kept)

    def __len__(self) -> int:
        return self.count


def strict() -> Problems:
    """:returns: a collector that raises at the first problem, the default of all readers."""
    return Problems(strict=True)
