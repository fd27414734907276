"""From character offsets to spans of tokens, without losing a character."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span, Token
from spacy.tokens.span_group import SpanGroup

# What a tagger, lemmatiser or parser has said of a token, and a new Doc could not be given whole.
_ANALYSES = ("DEP", "TAG", "POS", "LEMMA", "MORPH")


def whole_span(doc: Doc, start: int, end: int, label: str) -> Span:
    """:returns: the least span of tokens that covers ``doc.text[start:end]``."""
    span = doc.char_span(start, end, label=label, alignment_mode="expand")
    if span is None:
        raise ValueError(f"no token of the document lies in {start}:{end}")
    return span


def split_tokens(doc: Doc, offsets: Iterable[int]) -> Doc:
    """Split tokens so that one starts at every offset.

    A mention may end inside a token ("IL-2-induced"); ``text[start:end]`` must be the mention all
    the same, and a span of tokens can only say so if the tokens give way.

    :param doc: the document.
    :param offsets: character offsets at which a token shall start.
    :returns: the document, or a new one with the same text, entities, spans and user data.
    """
    cuts = _cuts(doc, offsets)
    if not cuts:
        return doc
    if any(doc.has_annotation(analysis) for analysis in _ANALYSES):
        _retokenize(doc, cuts)
        return doc
    return _rebuilt(doc, cuts)


def _cuts(doc: Doc, offsets: Iterable[int]) -> dict[int, list[int]]:
    """Where inside which tokens the offsets fall."""
    starts = [token.idx for token in doc]
    lengths = [len(token) for token in doc]
    cuts: dict[int, list[int]] = defaultdict(list)
    at = 0
    for offset in sorted(set(offsets)):
        while at + 1 < len(starts) and starts[at + 1] <= offset:
            at += 1
        if starts and starts[at] < offset < starts[at] + lengths[at]:
            cuts[at].append(offset - starts[at])
    return cuts


def _parts(token: Token, places: list[int]) -> list[str]:
    return [token.text[a:b] for a, b in pairwise([0, *places, len(token)])]


def _rebuilt(doc: Doc, cuts: dict[int, list[int]]) -> Doc:
    """One pass over the tokens; spaCy's retokenizer moves the rest of the document for each."""
    words: list[str] = []
    spaces: list[bool] = []
    sentence_starts: list[bool | int | None] = []
    counts = np.ones(len(doc), np.int64)
    for token in doc:
        parts = _parts(token, cuts.get(token.i, []))
        counts[token.i] = len(parts)
        words.extend(parts)
        spaces.extend([False] * (len(parts) - 1) + [bool(token.whitespace_)])
        sentence_starts.extend([bool(token.is_sent_start)] + [False] * (len(parts) - 1))
    new = Doc(
        doc.vocab,
        words=words,
        spaces=spaces,
        user_data=doc.user_data,
        sent_starts=sentence_starts if doc.has_annotation("SENT_START") else None,
    )
    new.cats = doc.cats
    if len(doc.tensor):
        new.tensor = np.repeat(doc.tensor, counts, axis=0)
    new.ents = [_moved(new, ent) for ent in doc.ents]
    for key, group in doc.spans.items():
        spans = [_moved(new, span) for span in group]
        new.spans[key] = SpanGroup(new, name=key, attrs=dict(group.attrs), spans=spans)
    return new


def _moved(doc: Doc, span: Span) -> Span:
    new = whole_span(doc, span.start_char, span.end_char, span.label_)
    return Span(doc, new.start, new.end, label=span.label, kb_id=span.kb_id, span_id=span.id)


def _retokenize(doc: Doc, cuts: dict[int, list[int]]) -> None:
    """Split in place: the first part keeps the token's analysis, the others hang on it."""
    groups = {
        key: [(s.start_char, s.end_char, s.label, s.kb_id, s.id) for s in group]
        for key, group in doc.spans.items()
    }
    attributes = {key: dict(group.attrs) for key, group in doc.spans.items()}
    counts = [len(cuts.get(i, ())) + 1 for i in range(len(doc))]
    tensor = np.repeat(doc.tensor, counts, axis=0) if len(doc.tensor) else None
    with doc.retokenize() as retokenizer:
        for token_idx, places in cuts.items():
            token = doc[token_idx]
            parts = _parts(token, places)
            rest = len(parts) - 1
            root = token.head.i == token.i
            heads: list[Token | tuple[Token, int]] = [(token, 0) if root else token.head]
            heads.extend([(token, 0)] * rest)
            analysis: dict[str | int, Any] = {
                "TAG": [token.tag_] * len(parts),
                "POS": [token.pos_] * len(parts),
                "DEP": [token.dep_] + ["dep"] * rest,
                "LEMMA": parts,
                "MORPH": [str(token.morph)] * len(parts),
            }
            retokenizer.split(token, parts, heads=heads, attrs=analysis)
    if tensor is not None:
        doc.tensor = tensor
    for key, rows in groups.items():
        spans = []
        for start, end, label, kb_id, span_id in rows:
            new = whole_span(doc, start, end, "")
            spans.append(Span(doc, new.start, new.end, label=label, kb_id=kb_id, span_id=span_id))
        doc.spans[key] = SpanGroup(doc, name=key, attrs=attributes[key], spans=spans)
