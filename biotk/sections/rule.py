"""A section rule of the user: a heading and what it is about, with the keys of medspaCy's."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from biotk.errors import InputError

#: The category of a rule that says: this is no heading, whatever a model takes it for.
NO_HEADING = ""

Pattern = str | Sequence[Mapping[str, Any]]

_DEFAULTS: dict[str, Any] = {
    "pattern": None,
    "parents": (),
    "parent_required": False,
    "max_scope": None,
    "metadata": None,
}
KEYS = ("literal", "category", *_DEFAULTS)


@dataclass(frozen=True, slots=True)
class SectionRule:
    """A heading as it is written, and the category of its section.

    :param literal: the title. With a colon it asks for one in the note; without it takes the title
        before a colon, a dash, two blanks or the line's end. With a pattern it is the rule's name.
    :param category: any word of the user's; None for a section whose kind is unknown,
        ``NO_HEADING``, the empty string, for what is no heading.
    :param pattern: what is looked for in the place of the literal: a regular expression, or a list
        of dictionaries as spaCy's Matcher has them.
    :param parents: categories; in a section of one of them this heading opens a part of it.
    :param parent_required: whether the rule holds only there.
    :param max_scope: of how many words and signs the section's body is at most; what comes behind
        them is in a section without title and category.
    :param metadata: anything that the user keeps with the rule; None for nothing.
    :param extra: keys of a file that are none of the above, kept as they are.
    :raises InputError: one of them is not what it must be.

    >>> SectionRule.from_dict({"literal": "Plan:", "category": "plan", "author": "me"}).extra
    {'author': 'me'}
    """

    literal: str
    category: str | None
    pattern: Pattern | None = field(default=None, kw_only=True)
    parents: tuple[str, ...] = field(default=(), kw_only=True)
    parent_required: bool = field(default=False, kw_only=True)
    max_scope: int | None = field(default=None, kw_only=True)
    metadata: Mapping[str, Any] | None = field(default=None, kw_only=True)
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.literal, str) or not self.literal.strip(" \t\r\n:："):
            raise InputError("key 'literal' must be a title, as in 'PLAN:'")
        _must(self.category is None or isinstance(self.category, str), "category", "a string")
        pattern = self.pattern
        listed = isinstance(pattern, list | tuple) and bool(pattern)
        known = pattern is None or (isinstance(pattern, str) and bool(pattern)) or listed
        _must(known, "pattern", "a regular expression or a list of dictionaries, one a word")
        parents = self.parents if self.parents is not None else ()
        listed = isinstance(parents, list | tuple) and all(isinstance(p, str) for p in parents)
        _must(listed, "parents", 'a list of categories, as in ["physical_exam"]')
        object.__setattr__(self, "parents", tuple(parents))
        _must(isinstance(self.parent_required, bool), "parent_required", "true or false")
        _must(
            not self.parent_required or bool(parents),
            "parent_required",
            "false where 'parents' names none: the rule could never hold",
        )
        scope = self.max_scope
        known = scope is None or (type(scope) is int and scope >= 0)
        _must(known, "max_scope", "a number of words, 0 or more, or null")
        known = self.metadata is None or isinstance(self.metadata, Mapping)
        _must(known, "metadata", "an object or null")
        for key in self.extra:
            _must_be_foreign(key)

    @property
    def source(self) -> str:
        """What a section of this rule names as its source."""
        return f"rule: {self.literal}"

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> SectionRule:
        """Make a rule of an entry of medspaCy's JSON.

        :param plain: the entry.
        :raises InputError: a key is missing, misspelt or not what it must be.
        """
        if not isinstance(plain, Mapping):
            raise InputError('it must be an object, as in {"literal": "PLAN:", "category": "plan"}')
        for key in ("literal", "category"):
            if key not in plain:
                raise InputError(f"key {key!r} is missing")
        extra = {key: value for key, value in plain.items() if key not in KEYS}
        options = {key: plain[key] for key in _DEFAULTS if key in plain}
        if options.get("parent_required", False) is None:
            del options["parent_required"]  # as older medspaCy writes what was not given
        return cls(plain["literal"], plain["category"], extra=extra, **options)

    def to_dict(self) -> dict[str, Any]:
        """:returns: the rule as an entry of medspaCy's JSON; what is as by default is left out."""
        plain: dict[str, Any] = {"literal": self.literal, "category": self.category}
        for key, default in _DEFAULTS.items():
            value = getattr(self, key)
            if value != default:
                plain[key] = list(value) if key == "parents" else value
        return {**plain, **self.extra}


def _must(holds: bool, key: str, wanted: str) -> None:
    if not holds:
        raise InputError(f"key {key!r} must be {wanted}")


def _must_be_foreign(key: str) -> None:
    """Refuse what is meant as a key of ours but written otherwise, and would do nothing."""
    near = difflib.get_close_matches(str(key).lower().replace("-", "_"), KEYS, n=1, cutoff=0.8)
    if near:
        raise InputError(f"key {key!r} is none of a rule; is {near[0]!r} meant?")
