"""Parts of the KB for mentions in some sections: drugs in the medications, findings in an exam."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from biotk.components.kb import KbHandle, named_part
from biotk.errors import InputError, UnknownNameError
from biotk.kb import KbSubset
from biotk.sections.titles import CATEGORIES

#: What a part may be told by, as everywhere else.
CONDITIONS = ("types", "sources", "branch", "ids")

#: By category of sections: conditions that must all hold, each with its names or ids.
SectionSubsets = Mapping[str, Mapping[str, Sequence[str]]]


def check_section_subsets(given: SectionSubsets) -> None:
    """Make sure that parts are named by categories of sections, and told by conditions.

    What the names in them are, only a KB can tell.

    :raises UnknownNameError: a category or a condition that there is not; near ones are named.
    :raises InputError: a condition has no list of names.
    """
    for category, conditions in given.items():
        if category not in CATEGORIES:
            raise UnknownNameError("category of sections", category, CATEGORIES)
        if not isinstance(conditions, Mapping) or not conditions:
            raise InputError(
                f"section_subsets has no conditions for {category}: write "
                f'{{"{category}": {{"types": ["Chemical"]}}}}'
            )
        for condition, names in conditions.items():
            if condition not in CONDITIONS:
                raise UnknownNameError(
                    f"condition of section_subsets for {category}", condition, CONDITIONS
                )
            listed = isinstance(names, Sequence) and not isinstance(names, str)
            if not listed or not names or not all(isinstance(each, str) for each in names):
                raise InputError(
                    f"section_subsets has no list of names for {category}, {condition}: write "
                    f'["A", "B"]'
                )


def told_of(category: str, given: SectionSubsets) -> str:
    """:returns: what a link's reasons say of the part that a mention of a section is linked in."""
    conditions = "; ".join(f"{key} {', '.join(own)}" for key, own in given[category].items())
    return f"{category}: {conditions}"


def part_of(handle: KbHandle, category: str, given: SectionSubsets) -> KbSubset:
    """Make the part of a section.

    :param handle: the KB and the part of it that all mentions are linked in, no more than which
        those of a section are.
    :raises UnknownNameError: a type or source that the KB does not have.
    :raises InputError: an id that it does not have.
    """
    part, outer = named_part(handle.kb, given[category]), handle.subset
    if outer is not None:
        part &= outer
    part.tell_if_empty(f"no concept of the part that is linked to meets {told_of(category, given)}")
    return part
