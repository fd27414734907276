"""The parts of a KB that `biotk evaluate partial-kb` runs in: named, or drawn by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from biotk.cli.evaluate_part import sought
from biotk.cli.subset_options import PartOptions
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.kb import KnowledgeBase
    from biotk.training.kb_parts import NamedPart

_BRANCHES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsWanted:
    """One part that is named, or several that are drawn.

    :param part: the part that is named.
    :param subset_ids: a file of ids that it lies in.
    :param complement: the rest of the KB in its place.
    :param random_halves: so many halves.
    :param same_type: branches of this type.
    :param by_type: each type for itself.
    :param seed: of what is drawn.
    :raises InputError: not exactly one of them is asked for.
    """

    part: PartOptions = field(default_factory=PartOptions)
    subset_ids: Path | None = None
    complement: bool = False
    random_halves: int = 0
    same_type: str | None = None
    by_type: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        named = bool(self.part) or self.subset_ids is not None
        ways = named, bool(self.random_halves), self.same_type is not None, self.by_type
        if sum(ways) != 1:
            raise InputError(
                "name one part (--subset-ids, --types, --branch, …), or one of --random-halves, "
                "--same-type and --by-type"
            )
        if self.complement and not named:
            raise InputError("--complement is of a part that is named, and none is")

    def of(self, kb: KnowledgeBase, gold: Sequence[frozenset[int]]) -> list[NamedPart]:
        """Make the parts.

        :param gold: the concepts of each annotated mention.
        :raises UnknownNameError: a type that the KB does not have.
        :raises InputError: an id that it does not have, or there is no part of that kind.
        """
        from biotk.training import kb_parts

        if self.random_halves:
            halves = kb_parts.random_halves(kb, self.random_halves, seed=self.seed)
            return [kb_parts.NamedPart(f"half {n}", half) for n, half in enumerate(halves, 1)]
        if self.same_type is not None:
            found = kb_parts.same_type_branches(
                kb, gold, _BRANCHES, type=self.same_type, seed=self.seed
            )
            if not found:
                raise InputError(
                    f"no branch of {self.same_type} has some of the gold mentions, not all"
                )
            return found
        if self.by_type:
            return kb_parts.typed_parts(kb, gold)
        part = sought(self.part, kb, subset_ids=self.subset_ids)[1]
        whole = kb.subset() if part is None else part
        if self.part.types:
            whole &= kb.subset(types=self.part.types)
        told = f"{self.part} --subset-ids {self.subset_ids}" if self.subset_ids else str(self.part)
        if self.complement:
            return [kb_parts.NamedPart(f"all but {told.strip()}", ~whole)]
        return [kb_parts.NamedPart(told.strip(), whole)]


def write_parts(kb: KnowledgeBase, parts: Sequence[NamedPart], folder: Path) -> None:
    """Write the ids of each part to a file that `--subset` takes.

    :raises InputError: the folder or a file in it cannot be written.
    """
    from biotk.kb import write_subset

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror or error}") from error
    for number, part in enumerate(parts, 1):
        write_subset(kb, part.subset, folder / f"part-{number:02}.subset", made_by=part.name)
