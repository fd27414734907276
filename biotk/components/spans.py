"""From character offsets to spans of tokens, without losing a character."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from spacy.tokens import Doc, Span, Token


def whole_span(doc: Doc, start: int, end: int, label: str) -> Span:
    """:returns: the least span of tokens that covers ``doc.text[start:end]``."""
    span = doc.char_span(start, end, label=label, alignment_mode="expand")
    if span is None:
        raise ValueError(f"no token of the document lies in {start}:{end}")
    return span


def split_tokens(doc: Doc, offsets: Iterable[int]) -> None:
    """Split tokens so that one starts at every offset.

    A mention may end inside a token ("IL-2-induced"); ``text[start:end]`` must be the mention all
    the same, and a span of tokens can only say so if the tokens give way.

    :param doc: the document; changed in place.
    :param offsets: character offsets at which a token shall start.
    """
    cuts: dict[int, list[int]] = defaultdict(list)
    starts = [token.idx for token in doc]
    at = 0
    for offset in sorted(set(offsets)):
        while at + 1 < len(starts) and starts[at + 1] <= offset:
            at += 1
        if starts and starts[at] < offset < starts[at] + len(doc[at]):
            cuts[at].append(offset - starts[at])
    if not cuts:
        return
    with doc.retokenize() as retokenizer:
        for token_idx, places in cuts.items():
            token = doc[token_idx]
            edges = [0, *places, len(token)]
            parts = [token.text[a:b] for a, b in pairwise(edges)]
            # Each part hangs on the first, which keeps the token's place in a parse.
            heads: list[Token | tuple[Token, int]] = [
                (token, 0 if part else 1) for part in range(len(parts))
            ]
            retokenizer.split(token, parts, heads=heads)
