"""What a child has in common with a mention, by loops over plain lists."""

from __future__ import annotations

import math
from collections.abc import Sequence


def followed(mention: Sequence[int], path: Sequence[int]) -> tuple[set[int], int, int]:
    """:returns: the places of a mention that a path has taken, the last, and its other pieces."""
    used: set[int] = set()
    last, foreign = -1, 0
    for token in path:
        free = [at for at, piece in enumerate(mention) if piece == token and at not in used]
        if not free:
            foreign += 1
            continue
        last = min([at for at in free if at > last] or free)
        used.add(last)
    return used, last, foreign


def child_features(
    mention: Sequence[int],
    before: Sequence[int],
    token: int | None,
    run: Sequence[int],
    *,
    leaf: bool,
    names: Sequence[tuple[int, ...]],
) -> list[float]:
    """:returns: the features of a child in order; the token of END is None."""
    mention, end = tuple(mention), token is None
    used, last, foreign = followed(mention, before)

    def at(place: int) -> int | None:
        return mention[place] if place < len(mention) else None

    said = [p for p, piece in enumerate(mention) if p in used or piece in (token, *run)]
    left = 1 - len(said) / len(mention)
    strange = [piece for piece in run if piece not in mention]
    foreign += len(strange) + (not end and token not in mention)
    all_said = len(said) == len(mention) and not foreign
    more, share = math.log1p(foreign), max(len(run), 1)
    in_order = sum(piece == at(last + 1 + n) for n, piece in enumerate(run, 1))
    is_name = mention in names
    path = (*before, *([] if end else [token]))
    return [
        float(value)
        for value in (
            not end and at(last + 1) == token,
            not end and any(piece == token and p not in used for p, piece in enumerate(mention)),
            not end and token not in mention,
            (len(run) - len(strange)) / share,
            math.log1p(len(strange)),
            in_order / share,
            left * (not end),
            left * leaf,
            all_said and leaf,
            more * leaf,
            end,
            left * end,
            all_said and end,
            more * end,
            not end and is_name and mention[: len(path)] == path,
            end and is_name and mention == path,
        )
    ]
