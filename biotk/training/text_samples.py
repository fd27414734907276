"""Samples of raw text: passages with gaps, which are to be filled in.

BioBART's objective (arXiv 2204.03905), as BART's: spans whose lengths are drawn from a Poisson
distribution are each put in one mask's place, until so much of the passage is masked. A span of
length 0 is a mask where nothing is missing. What is to be written is told by a :data:`Gaps`: the
whole passage for BART, what is missing for ``biotk-mini``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from biotk.document import Document
from biotk.index.kb_trie import NameEncoder
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.mini_format import MiniFormat
from biotk.training.decisions import Target
from biotk.training.kb_samples import Sample

#: Makes a sample of a passage's pieces and its gaps: the first piece of each and that behind it.
Gaps = Callable[[Sequence[int], Sequence[tuple[int, int]]], Sample]

#: Documents with fewer pieces teach nothing.
LEAST = 8
_AT_ONCE = 512
_HELD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSampling:
    """How samples are drawn.

    :param masked: share of a passage's pieces that are masked.
    :param span: the mean of the spans' lengths.
    :param length: pieces of a passage.
    """

    masked: float = 0.3
    span: float = 3.0
    length: int = 96


def draw_gaps(
    n: int, rng: np.random.Generator, *, masked: float, span: float
) -> list[tuple[int, int]]:
    """Draw what is masked in a passage.

    :param n: its pieces.
    :param masked: the share of them.
    :param span: the mean length of a gap.
    :returns: where each gap begins and ends, in order; no two touch.
    """
    room = min(max(round(masked * n), 1), n)
    lengths: list[int] = []
    while sum(lengths) < room and len(lengths) <= n - room:
        lengths.append(min(int(rng.poisson(span)), room - sum(lengths)))
    lengths[-1] += room - sum(lengths)
    # Each gap stands before another of the pieces that are left, or behind the last of them.
    slots = np.sort(rng.choice(n - room + 1, len(lengths), replace=False)).tolist()
    gaps, before = [], 0
    for slot, length in zip(slots, lengths):
        gaps.append((slot + before, slot + before + length))
        before += length
    return gaps


class TextSamples:
    """Samples of documents that are nothing but text.

    Their pieces are held in memory, four bytes each.

    :param form: makes the pieces.
    :param documents: the text.
    :param sampling: how samples are drawn.
    :param gaps: makes a sample of a passage.
    """

    def __init__(
        self,
        form: NameEncoder,
        documents: Iterable[Document],
        sampling: TextSampling,
        gaps: Gaps,
    ) -> None:
        self._sampling, self._gaps = sampling, gaps
        #: Documents that teach nothing, by the reason.
        self.left_out: Counter[str] = Counter()
        parts: dict[bool, list[NDArray[np.int32]]] = {False: [], True: []}
        source = iter(documents)
        while some := list(islice(source, _AT_ONCE)):
            for document, ids in zip(some, form.encode_batch([each.text for each in some])):
                if len(ids) < LEAST:
                    self.left_out[f"fewer than {LEAST} pieces"] += 1
                else:
                    parts[held_out(document.id)].append(np.array(ids, np.int32))
        self._texts, self._held = parts[False], parts[True]
        self._cumulative = np.cumsum([len(each) for each in self._texts])

    def __len__(self) -> int:
        """How many documents are drawn from."""
        return len(self._texts)

    def stream(self, rng: np.random.Generator) -> Iterator[Sample]:
        """:returns: samples, for ever; a document is drawn as often as it is long."""
        while self._texts:
            at = rng.integers(int(self._cumulative[-1]))
            yield self._sample(
                self._texts[int(np.searchsorted(self._cumulative, at, "right"))], rng
            )

    def held(self) -> list[Sample]:
        """:returns: a sample each of some documents that nothing is drawn from."""
        rng = np.random.default_rng(0)
        return [self._sample(each, rng) for each in self._held[:_HELD]]

    def _sample(self, pieces: NDArray[np.int32], rng: np.random.Generator) -> Sample:
        sampling = self._sampling
        start = int(rng.integers(max(len(pieces) - sampling.length, 0) + 1))
        passage = pieces[start : start + sampling.length].tolist()
        return self._gaps(
            passage, draw_gaps(len(passage), rng, masked=sampling.masked, span=sampling.span)
        )


def held_out(document_id: str) -> bool:
    """:returns: whether a text is kept to tell how well gaps are filled: one in thirty-two."""
    digest = hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).digest()
    return digest[1] < 8


def mini_gaps(form: MiniFormat) -> Gaps:
    """Gaps as ``biotk-mini`` fills them: what is missing, one END behind each of them.

    Masks are marked as mentions are, and the decoder begins as if its mention were a mask.
    """
    mask, marked = form.nil_id, form.nil_id + form.n_pieces

    def made(passage: Sequence[int], gaps: Sequence[tuple[int, int]]) -> Sample:
        source = (form.begin_id, *_masked(passage, gaps, marked), form.end_id)
        written: list[int] = []
        for number, (first, end) in enumerate(gaps):
            written += [form.end_id] * (number > 0) + list(passage[first:end])
        prefix = (form.begin_id, mask, form.end_id)
        return Sample(Seq2SeqInput(source, prefix), Target(tuple(written)))

    return made


def seq2seq_gaps(*, begin_id: int, end_id: int, start_id: int, mask_id: int) -> Gaps:
    """Gaps as BART fills them: the whole passage is written anew.

    :param begin_id: begins a source, and what is written.
    :param end_id: ends a source.
    :param start_id: what the decoder starts with.
    :param mask_id: stands in a gap's place.
    """

    def made(passage: Sequence[int], gaps: Sequence[tuple[int, int]]) -> Sample:
        source = (begin_id, *_masked(passage, gaps, mask_id), end_id)
        target = Target((begin_id, *passage))
        return Sample(Seq2SeqInput(source, (start_id,)), target)

    return made


def _masked(passage: Sequence[int], gaps: Sequence[tuple[int, int]], mask: int) -> list[int]:
    left: list[int] = []
    at = 0
    for first, end in gaps:
        left += [*passage[at:first], mask]
        at = end
    return [*left, *passage[at:]]
