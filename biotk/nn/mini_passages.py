"""Whole passages for ``biotk-mini``: encoded once, with all their mentions marked.

The encoder's work is then shared by the mentions of a passage. Which of them is asked for is told
by the decoder's prefix alone, as ever the mention, written out; so two mentions of the same words
in one passage are one. A short form stands in the passage as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from biotk.errors import InputError
from biotk.nn.inputs import Place, Seq2SeqInput
from biotk.nn.mini_format import MiniFormat

#: Pieces of a passage that are encoded together; twice as many cost more than they save.
LONGEST = 160

Ints = NDArray[np.int64]


def passage_inputs(
    form: MiniFormat, text: str, places: Sequence[Place], *, longest: int = LONGEST
) -> list[Seq2SeqInput | None]:
    """Make the inputs of all mentions of a passage. Those that stand near share their source.

    :param form: of the model.
    :param text: the passage.
    :param places: of its mentions, in any order; they may overlap.
    :param longest: pieces of a source, its first and last aside.
    :returns: one a mention; None where a mention has no piece.
    :raises InputError: a place is not in the passage.
    """
    for place in places:
        if not 0 <= place.start < place.end <= len(text):
            raise InputError(
                f"start {place.start} and end {place.end} name no mention in a text of "
                f"{len(text)} characters"
            )
    pieces, starts, ends = form.pieces_of(text)
    first = np.searchsorted(ends, [place.start for place in places], side="right")
    last = np.searchsorted(starts, [place.end for place in places], side="left")
    said = [text[p.start : p.end] if p.expansion is None else p.expansion for p in places]
    prefixes = [tuple(each[: form.max_mention]) for each in form.encode_batch(said)]
    asked = [at for at, prefix in enumerate(prefixes) if prefix and first[at] < last[at]]
    marked = pieces.copy()
    for at in asked:
        marked[first[at] : last[at]] = pieces[first[at] : last[at]] + form.n_pieces
    inputs: list[Seq2SeqInput | None] = [None] * len(places)
    for begin, end, members in _chunks(first, last, asked, form.window, longest):
        source = (form.begin_id, *marked[begin:end].tolist(), form.end_id)
        for at in members:
            prefix = (form.begin_id, *prefixes[at], form.end_id)
            inputs[at] = Seq2SeqInput(source, prefix)
    return inputs


def _chunks(
    first: Ints, last: Ints, asked: Sequence[int], window: int, longest: int
) -> Iterator[tuple[int, int, list[int]]]:
    """Part the mentions so that each part, with its context, has room.

    :returns: where the pieces of each part begin and end, and its mentions.
    """
    order = sorted(asked, key=lambda at: (int(first[at]), int(last[at])))
    while order:
        begin = max(int(first[order[0]]) - window, 0)
        members = order[:1]
        end = int(last[order[0]]) + window
        for at in order[1:]:
            wider = max(end, int(last[at]) + window)
            if wider - begin > longest:
                break
            members.append(at)
            end = wider
        # One long mention alone may leave no room for its context, or not even for itself.
        yield begin, min(end, begin + longest), members
        order = order[len(members) :]
