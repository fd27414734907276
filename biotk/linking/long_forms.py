"""Short forms in mentions, written out by what their document says they mean."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from biotk.document import Abbreviation, Mention


class LongForms:
    """Writes out the short forms in the mentions of one document.

    :param abbreviations: the uses of short forms; each has the long form that holds there.

    >>> forms = LongForms((Abbreviation(30, 33, "CHF", "congestive heart failure", 0, 24),))
    >>> forms.of("severe CHF", 23, 33)
    'severe congestive heart failure'
    """

    def __init__(self, abbreviations: Sequence[Abbreviation]) -> None:
        self._uses = sorted(abbreviations, key=lambda use: use.start)
        self._starts = [use.start for use in self._uses]

    def of(self, text: str, start: int, end: int) -> str | None:
        """Write a mention out.

        A mention that defines a short form itself, "heart failure (HF) clinic", loses it.

        :param text: the mention, ``document[start:end]``.
        :returns: the mention written out; None if it holds no short form.
        """
        first = bisect_left(self._starts, start)
        inside = [use for use in self._uses[first : first + len(text)] if use.end <= end]
        if not inside:
            return None
        parts: list[str] = []
        at = start
        for use in inside:
            before = text[at - start : use.start - start]
            defined_here = start <= use.long_start and use.long_end <= use.start
            if defined_here:
                parts.append(before.rstrip("([ "))
                at = use.end + (text[use.end - start : use.end - start + 1] in (")", "]"))
            else:
                parts.extend((before, use.long))
                at = use.end
        parts.append(text[at - start :])
        return " ".join("".join(parts).split())


def long_form_of(mention: Mention, forms: LongForms) -> str | None:
    """:returns: a mention written out; None if it holds no short form, or has several ranges."""
    if len(mention.spans) > 1:
        return None
    return forms.of(mention.text, mention.start, mention.end)
