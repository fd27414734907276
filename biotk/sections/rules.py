r"""The user's section rules on top of a model: medspaCy's JSON, read as it is.

>>> rules = SectionRules([SectionRule("Dog bites:", "bites"), SectionRule("Addendum", NO_HEADING)])
>>> text = "Dog bites: two.\nADDENDUM: none."
>>> [heading.category for heading in rules.amend(text, [Heading(16, 16, 24, "administrative")])]
['bites']
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.sections.rule import NO_HEADING, SectionRule
from biotk.sections.rule_matching import Hit, RuleMatcher
from biotk.sections.tiling import Heading
from biotk.text.lines import Line, split_lines

__all__ = ["NO_HEADING", "SectionRule", "SectionRules"]

_FORM = '{"section_rules": [{"literal": "PLAN:", "category": "plan"}]}'

# What max_scope counts, as spaCy splits a text: words, signs, and white space but for one blank.
_COUNTED = re.compile(r"['’]s(?![^\W_])|[^\W_]++|\S|\s++")
_BEHIND_TITLE = re.compile(r"\s*+[*_]*+\s*+(?:[:：][*_]*+)?")

_Ruled = tuple[Heading, SectionRule | None]


class SectionRules:
    """Rules of the user, which have the last word about a line.

    :param rules: where two match the same title the first counts.
    :param anywhere: look for titles in running text too, whatever stands behind them. That is how
        medspaCy reads its rules, and where most of its wrong sections come from ("the plan was").
    :param extra: what else a file of rules holds, kept as it is.
    :raises InputError: a rule cannot be read; the message names it by its number.
    """

    def __init__(
        self,
        rules: Iterable[SectionRule],
        *,
        anywhere: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.rules = tuple(rules)
        self.anywhere = anywhere
        self.extra = dict(extra or {})
        self._matcher = RuleMatcher(self.rules, anywhere=anywhere)

    def __len__(self) -> int:
        return len(self.rules)

    def __iter__(self) -> Iterator[SectionRule]:
        return iter(self.rules)

    def __reduce__(self) -> tuple[Any, ...]:
        # Patterns over words are closures: another process compiles its own.
        return SectionRules.from_dict, (self.to_dict(),)

    @classmethod
    def read(cls, path: Path | str) -> SectionRules:
        """Read a file of rules, medspaCy's or ours.

        :param path: a JSON file.
        :raises InputError: it cannot be read, or one of its rules cannot.
        """
        try:
            plain = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is no JSON: {error}; expected {_FORM}") from error
        try:
            return cls.from_dict(plain)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> SectionRules:
        """Make rules of what a file of rules holds.

        :param plain: an object with ``section_rules``, and ``anywhere`` where that is wanted.
        :raises InputError: a rule cannot be read; the message names it by its number.
        """
        entries = plain.get("section_rules") if isinstance(plain, Mapping) else None
        if not isinstance(entries, list | tuple):
            raise InputError(f"these are no section rules; expected {_FORM}")
        anywhere = plain.get("anywhere", False)
        if not isinstance(anywhere, bool):
            raise InputError("key 'anywhere' must be true or false")
        rules = []
        for number, entry in enumerate(entries, 1):
            try:
                rules.append(SectionRule.from_dict(entry))
            except InputError as error:
                title = entry.get("literal") if isinstance(entry, Mapping) else None
                name = f"rule {number} ({title!r})" if isinstance(title, str) else f"rule {number}"
                raise InputError(f"{name}: {error}") from None
        extra = {k: v for k, v in plain.items() if k not in {"section_rules", "anywhere"}}
        return cls(rules, anywhere=anywhere, extra=extra)

    def to_dict(self) -> dict[str, Any]:
        """:returns: the rules as :meth:`from_dict` takes them, and medspaCy."""
        plain: dict[str, Any] = {"section_rules": [rule.to_dict() for rule in self.rules]}
        if self.anywhere:
            plain["anywhere"] = True
        return {**plain, **self.extra}

    def write(self, path: Path | str) -> None:
        """Write the rules to a JSON file; one that is there is replaced.

        :raises InputError: the file cannot be written, or a rule holds what JSON does not know.
        """
        from biotk.kb.writing import atomic_text  # the KB's package loads pyarrow

        try:
            data = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InputError(f"the rules cannot be written as JSON: {error}") from error
        with atomic_text(Path(path)) as file:
            file.write(data + "\n")

    def amend(self, text: str, headings: list[Heading]) -> list[Heading]:
        """Put the rules' headings in the place of a model's.

        :param text: the text.
        :param headings: what a model or other rules found in it, in any order.
        :returns: in order; on a line that a rule is about, that of the rule.
        """
        waiting = sorted(headings, key=lambda each: each.start, reverse=True)
        lines = split_lines(text)
        found = _Found()
        for n, line in enumerate(lines):
            own: list[Heading] = []
            stop = lines[n + 1].outer if n + 1 < len(lines) else len(text) + 1
            while waiting and waiting[-1].start < stop:
                own.append(waiting.pop())
            if line.end > line.start:
                self._read_line(text, lines, n, own, found)
            else:
                found.keep(own)
        found.keep(waiting[::-1])
        return list(_with_rests(text, found.rows))

    def _read_line(
        self, text: str, lines: Sequence[Line], n: int, own: list[Heading], found: _Found
    ) -> None:
        """Add what opens on a line: the rule's heading, or else ``own``, the model's."""
        line = lines[n]
        before = "\n\n" if n and _is_blank(lines[n - 1]) else "\n"
        after = "\n\n" if n + 1 < len(lines) and _is_blank(lines[n + 1]) else "\n"
        hit = self._first(self._matcher.at_line(text, line, before, after), found)
        if hit is None:
            found.keep(own)
        else:
            found.open(self.rules[hit.rule], hit, line.outer)
            own = []
        if not self.anywhere:
            return
        begin = line.start if hit is None else hit.end
        for hits in self._matcher.within_line(text, line, begin):
            hit = self._first(hits, found)
            # What stands in a title that the model found is a part of that title.
            if hit and not any(
                h.title_start < hit.title_end and hit.end <= h.title_end for h in own
            ):
                found.open(self.rules[hit.rule], hit, hit.title_start)

    def _first(self, hits: Sequence[Hit], found: _Found) -> Hit | None:
        """:returns: the first of the hits whose rule holds where we are."""
        for hit in hits:
            rule = self.rules[hit.rule]
            if not rule.parent_required or found.is_part(rule):
                return hit
        return None


class _Found:
    """The headings of a text so far, and what they stand in.

    :param rows: the headings, each with its rule; None for a model's.
    """

    def __init__(self) -> None:
        self.rows: list[_Ruled] = []
        # Categories of the section that is open, and of its parts.
        self._around: set[str | None] = set()

    def is_part(self, rule: SectionRule) -> bool:
        """:returns: whether a heading of a rule would be a part of the section that is open."""
        return not self._around.isdisjoint(rule.parents)

    def keep(self, headings: Iterable[Heading]) -> None:
        """Add headings of a model."""
        for heading in headings:
            self._add(heading, None)

    def open(self, rule: SectionRule, hit: Hit, start: int) -> None:
        """Add the heading that a rule found, unless it says that there is none."""
        if rule.category != NO_HEADING:
            part = self.is_part(rule)
            title = hit.title_start, hit.title_end
            self._add(Heading(start, *title, rule.category, part, rule.source), rule)

    def _add(self, heading: Heading, rule: SectionRule | None) -> None:
        if not heading.is_part:
            self._around.clear()
        self._around.add(heading.category)
        self.rows.append((heading, rule))


def _with_rests(text: str, rows: Sequence[_Ruled]) -> Iterator[Heading]:
    """:yields: the headings; behind what a rule's ``max_scope`` takes in, one without a title."""
    for n, (heading, rule) in enumerate(rows):
        yield heading
        if rule is None or rule.max_scope is None:
            continue
        following = rows[n + 1][0] if n + 1 < len(rows) else None
        stop = following.start if following else len(text)
        rest = _behind_scope(text, heading.title_end, stop, rule.max_scope)
        if rest is not None:
            # Between a section and its parts the rest does not close the section for these.
            inside = following is not None and following.is_part
            yield Heading(rest, rest, rest, None, inside, f"{rule.source} (max_scope)")


def _behind_scope(text: str, title_end: int, stop: int, scope: int) -> int | None:
    """:returns: where the first word behind a section's scope starts; None if it has no more."""
    colon = _BEHIND_TITLE.match(text, title_end, stop)
    start = colon.end() if colon else title_end
    for word in _COUNTED.finditer(text, start, stop):
        if scope <= 0 and not word[0].isspace():
            return word.start()
        scope -= word[0] != " "
    return None


def _is_blank(line: Line) -> bool:
    return line.start == line.end
