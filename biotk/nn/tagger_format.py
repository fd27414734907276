"""The input format of ``biotk-tagger``, version 1: units of a text, their word pieces and shapes.

A *unit* is what a mention may begin and end at: a run of letters, cut where a capital follows a
small letter, a run of digits, or any other single character. Of "hGRalpha-D401H" each part can be
reached. The word pieces of a unit are those that the encoder knows, lower-cased; what is lost by
that, and by cutting, is told by the unit's *shape*: its case, its length, and whether blanks stand
around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biotk.nn.mini_format import Ints, MiniFormat

VERSION = 1

_MARK = "[\u0300-\u036f]*"
#: Scripts without blanks between words: each character is a unit.
_IDEOGRAPH = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
_SMALL = rf"(?:(?!{_IDEOGRAPH})[^\W\d_A-Z]{_MARK})"
_UNIT = re.compile(
    rf"{_IDEOGRAPH}|(?:[A-Z]{_MARK})?{_SMALL}+|(?:[A-Z]{_MARK})+|\d+|\S",
)
#: Where a line ends, and what marks an item of a list at the beginning of the next one.
_LINE_END = re.compile(r"(?:\r\n?|\n)\s*(?P<mark>(?:[-*\u2022\u2013]|\d{1,2}[.)])[^\S\n\r]+)?")
#: A line that is shorter was not broken because it was full.
_FULL_LINE = 40

#: Of a longer unit only so many pieces are read.
MAX_PIECES = 24
_CASES = ("small", "capital first", "capitals", "one capital", "digits", "mark", "other script")
#: Units up to this long have a bucket of their own length each, longer ones share one.
_LENGTHS = (1, 2, 3, 4, 6, 9)
N_SHAPES = len(_CASES) * (len(_LENGTHS) + 1) * 4
_CACHE = 200_000


@dataclass(frozen=True, slots=True)
class Units:
    """A text in units.

    :param starts: where each begins. *Shape*: (units,).
    :param ends: where each ends. *Shape*: (units,).
    :param shapes: below :data:`N_SHAPES`. *Shape*: (units,).
    :param ids: the word pieces of all units, one behind the other. *Shape*: (pieces,).
    :param offsets: where in ``ids`` the pieces of each begin, and the end. *Shape*: (units + 1,).
    :param breaks: whether no mention may come from before each: where a line ends that was not
        merely full, and at tabs. *Shape*: (units,).
    """

    starts: Ints
    ends: Ints
    shapes: Ints
    ids: Ints
    offsets: Ints
    breaks: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.starts)


class Window(NamedTuple):
    """A part of a text's units that is read at once.

    :param start: its first unit.
    :param end: behind its last one.
    :param keep_start: the first unit whose labels are taken from here; each unit's are taken once.
    :param keep_end: behind the last one of these.
    """

    start: int
    end: int
    keep_start: int
    keep_end: int


class TaggerFormat:
    """Makes units of texts.

    :param base: has the tokenizer of the encoder.
    """

    def __init__(self, base: MiniFormat) -> None:
        self._base = base
        self.begin_id, self.end_id = base.begin_id, base.end_id
        self._known: dict[str, Sequence[int]] = {}

    @classmethod
    def load(cls, folder: str | Path) -> TaggerFormat:
        """Take the tokenizer from a folder with ``tokenizer.json``.

        :raises InputError: there is none, or it is none that we can use.
        """
        return cls(MiniFormat.load(folder))

    @property
    def n_pieces(self) -> int:
        """How many word pieces there are."""
        return self._base.n_pieces

    @property
    def vocabulary_fingerprint(self) -> str:
        """See :attr:`biotk.nn.mini_format.MiniFormat.vocabulary_fingerprint`."""
        return self._base.vocabulary_fingerprint

    def units_of(self, text: str) -> Units:
        """Part a text.

        :returns: its units; none of a text of blanks.
        """
        places = [match.span() for match in _UNIT.finditer(text)]
        starts, ends = np.array(places, np.int64).reshape(-1, 2).T
        words = [text[start:end] for start, end in places]
        pieces = self._pieces_of(words)
        offsets = np.zeros(len(words) + 1, np.int64)
        np.cumsum([len(each) for each in pieces], out=offsets[1:])
        ids = np.fromiter((piece for each in pieces for piece in each), np.int64, int(offsets[-1]))
        return Units(
            starts, ends, _shapes(words, starts, ends), ids, offsets, _breaks(text, starts)
        )

    def _pieces_of(self, words: Sequence[str]) -> list[Sequence[int]]:
        known = self._known
        unknown = sorted({word for word in words if word not in known})
        if unknown:
            if len(known) > _CACHE:
                known = self._known = {}
                unknown = sorted(set(words))
            for word, ids in zip(unknown, self._base.encode_batch(unknown), strict=True):
                # What the tokenizer takes for nothing, such as a space of no width, is a unit too.
                known[word] = tuple(ids[:MAX_PIECES]) or (self._base.unknown_id,)
        return [known[word] for word in words]


def windows_of(offsets: Ints, *, window: int, overlap: int) -> list[Window]:
    """Part units into windows that overlap, so that each unit is read with what stands around it.

    :param offsets: of the pieces, as :class:`Units` has them.
    :param window: the most pieces of a window, at least :data:`MAX_PIECES`.
    :param overlap: pieces that two windows have in common, about.
    :returns: windows in order; what they keep tiles the units.
    """
    n = len(offsets) - 1
    spans: list[tuple[int, int]] = []
    start = 0
    # The last window is as long as the others: it reaches back.
    last = int(np.searchsorted(offsets, offsets[-1] - window))
    while n:
        end = int(np.searchsorted(offsets, offsets[start] + window, side="right")) - 1
        spans.append((start, min(end, n)))
        if end >= n:
            break
        back = int(np.searchsorted(offsets, offsets[end] - overlap))
        start = max(min(back, last), start + 1)
    cuts = [0, *((a[1] + b[0]) // 2 for a, b in pairwise(spans)), n]
    return [Window(*span, cuts[i], cuts[i + 1]) for i, span in enumerate(spans)]


def _breaks(text: str, starts: Ints) -> NDArray[np.bool_]:
    places = [match.end() for match in re.finditer("\t", text)]
    begin = 0
    for match in _LINE_END.finditer(text):
        if _is_break(text, begin, match):
            mark = match.start("mark")
            places += [match.end()] if mark < 0 else [mark, match.end()]
        begin = match.end()
    found = np.zeros(len(starts), bool)
    at = np.searchsorted(starts, np.array(places, np.int64))
    found[at[at < len(starts)]] = True
    return found


def _is_break(text: str, begin: int, match: re.Match[str]) -> bool:
    """:returns: whether a line ends there for another reason than that it was full.

    :param begin: where that line begins.
    :param match: its end, and the blanks and the mark behind it.
    """
    blank_line = len(re.findall("\r\n|\r|\n", match.group())) > 1
    short = match.start() - begin < _FULL_LINE
    goes_on = text[match.end() : match.end() + 1].islower() and match["mark"] is None
    return blank_line or short or not goes_on


def _shapes(words: Sequence[str], starts: Ints, ends: Ints) -> Ints:
    case = np.fromiter(map(_case, words), np.int64, len(words))
    length = np.searchsorted(_LENGTHS, ends - starts)
    apart = np.ones(len(words) + 1, np.int64)
    apart[1:-1] = starts[1:] > ends[:-1]
    around = 2 * apart[:-1] + apart[1:]
    found: Ints = (case * (len(_LENGTHS) + 1) + length) * 4 + around
    return found


def _case(word: str) -> int:
    first = word[0]
    if first.isdigit():
        return 4
    if not first.isalpha():
        return 5
    if not word.isascii() and not "a" <= word[-1].lower() <= "z":
        return 6
    if not first.isupper():
        return 0
    if len(word) == 1:
        return 3
    return 2 if word.isupper() else 1


def recased(shapes: Ints, *, capitals: bool) -> Ints:
    """Make the shapes of a text what they are in another case.

    :param capitals: all in capitals; else all small.
    """
    per_case = N_SHAPES // len(_CASES)
    case, rest = np.divmod(shapes, per_case)
    length = rest // 4
    letters = case < 4
    new = np.where(length == 0, 3, 2) if capitals else np.zeros_like(case)
    found: Ints = np.where(letters, new, case) * per_case + rest
    return found
