"""The options by which every command that takes a KB is given a part of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.output import say
from biotk.errors import ConceptNotFoundError, InputError, Problems

if TYPE_CHECKING:
    from biotk.kb import KbSubset, KnowledgeBase

_SHOWN = 200  # characters of a list of ids that a message or a header repeats

Types = Annotated[
    list[str] | None,
    typer.Option(metavar="A,B", help="Only these semantic types, as in Disease,Chemical."),
]
Source = Annotated[
    list[str] | None, typer.Option(metavar="A,B", help="Only these vocabularies, as in MeSH.")
]
Branch = Annotated[
    list[str] | None,
    typer.Option(metavar="ID,ID", help="Only these concepts and all that is narrower."),
]
Ids = Annotated[
    list[str] | None,
    typer.Option(metavar="ID,ID|FILE", help="Only these concepts; a file has an id a line."),
]
Subset = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Only the concepts of a file from `biotk kb subset`."),
]

SectionTypes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CATEGORY=A,B",
        help="In sections of this category, mentions are linked to these semantic types alone, as "
        "in medications=Chemical; may be given again.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOptions:
    """A part of a KB as a command line names it: all that is given must hold.

    :param types: semantic types, each ``A`` or ``A,B``.
    :param source: vocabularies, each ``A`` or ``A,B``.
    :param branch: ids of concepts, each ``ID`` or ``ID,ID``.
    :param ids: ids of concepts and files of them, each ``A`` or ``A,B``.
    :param subset: subset files; what is in all of them.
    """

    types: Sequence[str] | None = None
    source: Sequence[str] | None = None
    branch: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    subset: Sequence[Path] | None = None

    def __bool__(self) -> bool:
        return any(
            part is not None
            for part in (self.types, self.source, self.branch, self.ids, self.subset)
        )

    def __str__(self) -> str:
        named = ("types", "source", "branch", "ids", "subset")
        given = [(name, str(value)) for name in named for value in getattr(self, name) or ()]
        return " ".join(f"--{name} {shlex.quote(_short(value))}" for name, value in given)

    def of(self, kb: KnowledgeBase) -> KbSubset | None:
        """Make the subset.

        :returns: the subset; None where nothing was asked for.
        :raises UnknownNameError: a type or source that the KB does not have.
        :raises InputError: an id that it does not have, a file that cannot be read, or nothing
            that all conditions hold for.
        """
        return self._made(kb)[1] if self else None

    def overrides(self, kb: KnowledgeBase) -> dict[str, Any]:
        """What a pipeline is told: names and ids as lists, what stands in files as one subset.

        :returns: of ``types``, ``sources``, ``branch``, ``ids`` and ``subset`` those asked for.
        :raises BioTKError: as :meth:`of`.
        """
        return self._made(kb)[0] if self else {}

    def _made(self, kb: KnowledgeBase) -> tuple[dict[str, Any], KbSubset]:
        typed, files = self._typed_ids(kb)
        named: Mapping[str, Any] = {
            "types": split_names(self.types, kb.manifest.types),
            "sources": split_names(self.source, kb.manifest.source_names),
            "branch": split_names(self.branch),
            "ids": typed,
        }
        for name, value in named.items():
            if value == []:
                raise InputError(f"--{name.replace('sources', 'source')} names nothing")
        given = {name: value for name, value in named.items() if value is not None}
        try:
            subset = kb.subset(**given)
        except ConceptNotFoundError as error:
            raise InputError(str(error)) from error
        if files is not None:
            given["subset"] = files
            subset &= files
        if not subset:
            raise InputError(f"no concept of the KB {kb.manifest.name!r} meets {self}")
        return given, subset

    def _typed_ids(self, kb: KnowledgeBase) -> tuple[list[str] | None, KbSubset | None]:
        """:returns: the ids that stand in the command itself, and what its files hold."""
        from biotk.kb import read_subset

        files: KbSubset | None = None
        for path in self.subset or ():
            part = read_subset(kb, path)
            files = part if files is None else files & part
        typed, paths = _ids_and_files(self.ids or ())
        for concept_id in typed:
            if ("/" in concept_id or "." in concept_id) and not kb.resolve(concept_id):
                raise InputError(f"--ids {concept_id}: neither a file nor an id of the KB")
        if not paths:
            return typed if self.ids is not None else None, files
        listed = read_ids(kb, paths[0])
        for path in paths[1:]:
            listed |= read_ids(kb, path)
        if typed:
            listed |= kb.subset(ids=typed)
        return None, listed if files is None else listed & files


def _ids_and_files(values: Sequence[str]) -> tuple[list[str], list[Path]]:
    """:returns: the ids, and the files; a value that is a file's name as a whole is that file."""
    ids: list[str] = []
    paths: list[Path] = []
    for value in values:
        for part in [value] if _is_file(value) else split_names([value]) or ():
            if _is_file(part):
                paths.append(Path(part))
            else:
                ids.append(part)
    return ids, paths


def _is_file(value: str) -> bool:
    # Path.is_file would raise for a list of ids that is longer than names of files may be.
    return os.path.isfile(value)  # noqa: PTH113


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


def section_subsets(values: Sequence[str], kb: KnowledgeBase) -> dict[str, dict[str, list[str]]]:
    """Take ``CATEGORY=A,B`` apart, and make sure that the KB has those types.

    :returns: as :func:`biotk.components.section_parts.check_section_subsets` takes them.
    :raises InputError: there is no equals sign, or nothing beside it.
    :raises UnknownNameError: a type that the KB does not have.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for value in values:
        category, _, names = value.partition("=")
        types = split_names([names], kb.manifest.types)
        if not category.strip() or not types:
            raise InputError(f"--section-types {value}: write it as in medications=Chemical,Drug")
        kb.subset(types=types)
        found.setdefault(category.strip(), {"types": []})["types"] += types
    return found


def read_ids(kb: KnowledgeBase, path: Path) -> KbSubset:
    """Read a file of ids; those that the KB does not have are counted and told on stderr.

    :raises InputError: none of them is in the KB.
    """
    from biotk.kb.subset_file import match_id_list, read_id_list

    problems = Problems(keep=3)
    ids = read_id_list(path)
    subset = match_id_list(kb, ids, path=path, problems=problems)
    if problems.count:
        first = ", ".join(problem.text for problem in problems)
        say(
            f"{path}: {problems.count} of {len(ids)} ids are not in the KB "
            f"{kb.manifest.name!r}, among them {first}"
        )
    return subset


def split_names(
    values: Sequence[str] | None, known: Collection[str] = frozenset()
) -> list[str] | None:
    """Take ``A,B`` apart, but for names that have a comma themselves.

    :param values: what was given, option by option.
    :param known: all names that there are.
    :returns: the names; None for None.

    >>> split_names(["Fungus,Amino Acid, Peptide, or Protein"], {"Amino Acid, Peptide, or Protein"})
    ['Fungus', 'Amino Acid, Peptide, or Protein']
    """
    if values is None:
        return None
    names: list[str] = []
    longest = 1 + max((name.count(",") for name in known), default=0)
    for value in values:
        parts = value.split(",")
        while parts:
            ends = range(min(len(parts), longest), 0, -1)
            end = next((e for e in ends if ",".join(parts[:e]).strip() in known), 1)
            name = ",".join(parts[:end]).strip()
            names += [name] if name else []
            parts = parts[end:]
    return names
