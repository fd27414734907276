"""The token trie of all names of a KB: built by streaming, kept beside the KB, memory-mapped.

Loading a tokenizer is not done here: whoever has one hands it in as a :class:`NameEncoder`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from biotk.errors import InputError, KbCorruptError, KbNotFoundError
from biotk.index.token_trie import TokenTrie
from biotk.index.token_trie_build import Sequences, build_arrays
from biotk.index.trie_arrays import MAX_TOKENS, Int64, map_arrays, write_arrays
from biotk.index.trie_info import FORMAT_VERSION, SHOWN, TrieInfo, TrieReport, read_info
from biotk.kb import KnowledgeBase
from biotk.kb.derived import derived_folder, describe_file, read_seal, write_derived
from biotk.text.cleaning import cleaner

logger = logging.getLogger(__name__)

#: Told how far building is: what is being done, how much of it, and how much there is.
Progress = Callable[[str, int, int], None]

_NAMES = 1 << 15  # names that are tokenised at once
_FINGERPRINT = re.compile(r"[0-9A-Za-z]{1,64}")


@runtime_checkable
class NameEncoder(Protocol):
    """Makes tokens of names: a tokenizer, and all that is put before a name (GenBioEL's blank).

    No token that starts or ends a sequence belongs to them: END is the decoder's business.
    """

    @property
    def fingerprint(self) -> str:
        """Letters and digits that change when the tokens of any name do."""

    def encode_batch(self, texts: list[str], /) -> Sequence[Sequence[int]]:
        """:returns: the tokens of each text."""


def open_kb_trie(
    kb: KnowledgeBase,
    tokenizer: NameEncoder,
    *,
    cleaning: str = "spaces",
    unknown_id: int | None = None,
    longest: int = MAX_TOKENS,
    progress: Progress | None = None,
) -> TokenTrie:
    """Open the trie of a KB's names, building it beside the KB the first time.

    Where the KB's folder cannot be written to, the trie is made in memory. Names that are not in
    it, or that the tokenizer does not know all of, are counted in its report, and told in a warning
    when it is built.

    :param kb: the knowledge base.
    :param tokenizer: what the decoder's tokens come from.
    :param cleaning: how names are cleaned first, a key of :data:`biotk.text.cleaning.CLEANERS`.
    :param unknown_id: the token of unknown pieces; names with one are counted.
    :param longest: names of more tokens are left out: the decoder has no room for them.
    :param progress: told how far building is.
    :raises KbCorruptError: what stands there is damaged.

    >>> trie = open_kb_trie(kb, tokenizer)                  # doctest: +SKIP
    >>> trie.info.report.unknown                            # doctest: +SKIP
    3
    """
    name = derived_name(tokenizer, cleaning, longest=longest)
    folder = derived_folder(kb, name)
    if not folder.is_dir():
        built = build_token_trie(
            kb,
            tokenizer,
            cleaning=cleaning,
            unknown_id=unknown_id,
            longest=longest,
            progress=progress,
        )
        _warn(kb, built.info.report, longest)
        if write_derived(kb, name, partial(write_token_trie, trie=built)) is None:
            return built
        del built  # what is mapped takes its place
    return open_token_trie(folder, kb=kb, tokenizer=tokenizer)


def _warn(kb: KnowledgeBase, report: TrieReport, longest: int) -> None:
    found = {
        "left out, with nothing to tokenise": report.empty,
        f"left out, of more than {longest:,} tokens": report.too_long,
        "in it with pieces unknown to the tokenizer, which names may share": report.unknown,
    }
    told = "; ".join(f"{count:,} {what}" for what, count in found.items() if count)
    if told:
        logger.warning(
            "the token trie of %s: of %s names, %s. Its info.report says which",
            kb.path, f"{kb.n_names:,}", told,
        )  # fmt: skip


def derived_name(tokenizer: NameEncoder, cleaning: str, *, longest: int = MAX_TOKENS) -> str:
    """:returns: what the trie is called in the KB's ``derived`` folder.

    :raises InputError: the tokenizer's fingerprint is none.
    """
    own = tokenizer.fingerprint
    if not _FINGERPRINT.fullmatch(own):
        raise InputError(f"a tokenizer's fingerprint is 1 to 64 letters and digits, not {own!r}")
    bound = "" if longest == MAX_TOKENS else f"-{longest}"
    return f"token-trie-{cleaning}-{own}{bound}-{FORMAT_VERSION}"


def open_token_trie(
    folder: Path,
    *,
    kb: KnowledgeBase | None = None,
    tokenizer: NameEncoder | None = None,
    verify: bool = False,
) -> TokenTrie:
    """Memory-map a trie.

    :param folder: what :func:`open_kb_trie` wrote.
    :param kb: the KB that it is to be used with; None for any.
    :param tokenizer: the tokenizer that it is to be used with; None for any.
    :param verify: check every checksum first; reads all files once.
    :raises KbNotFoundError: there is none.
    :raises KbVersionError: it was written in another version.
    :raises KbCorruptError: it is damaged.
    :raises KbMismatchError: it is of another KB or tokenizer.
    """
    if not folder.is_dir():
        raise KbNotFoundError(
            f"no token trie at {folder}: make one with "
            "biotk.index.kb_trie.open_kb_trie(kb, tokenizer)"
        )
    _check_files(folder, verify=verify)
    info = read_info(folder)
    info.check(
        kb=None if kb is None else kb.fingerprint,
        tokenizer=None if tokenizer is None else tokenizer.fingerprint,
    )
    return TokenTrie(map_arrays(folder), info=info, folder=folder)


def write_token_trie(folder: Path, trie: TokenTrie) -> None:
    """Write a trie's files into an empty folder."""
    write_arrays(folder, trie.arrays)
    trie.info.write(folder)


def build_token_trie(
    kb: KnowledgeBase,
    tokenizer: NameEncoder,
    *,
    cleaning: str = "spaces",
    unknown_id: int | None = None,
    longest: int = MAX_TOKENS,
    progress: Progress | None = None,
) -> TokenTrie:
    """Make the trie of a KB's names in memory; the parameters are those of :func:`open_kb_trie`.

    :raises InputError: the tokenizer gives more or fewer sequences than it was asked for, or a
        token that is none.
    """
    names = _Names(unknown_id, min(longest, MAX_TOKENS))
    show = progress or (lambda step, done, total: None)
    parts = []
    for first, encoded in _encoded(kb, tokenizer, cleaning):
        parts.append(names.take(first, encoded))
        show("tokenising", first + len(encoded), kb.n_names)
    show("sorting", 0, 1)
    sequences = Sequences.joined(parts)
    parts.clear()
    kept = _joined(names.kept)
    arrays, n_sequences = build_arrays(sequences, names=kept, concepts=kb.name_concepts[kept])
    show("sorting", 1, 1)
    report = names.report(sequences, n_sequences=n_sequences)
    return TokenTrie(arrays, info=TrieInfo(kb.fingerprint, tokenizer.fingerprint, cleaning, report))


def _encoded(
    kb: KnowledgeBase, tokenizer: NameEncoder, cleaning: str
) -> Iterator[tuple[int, Sequence[Sequence[int]]]]:
    """:returns: the tokens of the names, some at a time, and ``name_idx`` of the first of them."""
    clean, names, first = cleaner(cleaning), kb.iter_names(), 0
    while texts := [clean(name) for name in islice(names, _NAMES)]:
        encoded = tokenizer.encode_batch(texts)
        if len(encoded) != len(texts):
            raise InputError(
                f"the tokenizer gave {len(encoded)} token sequences for {len(texts)} names"
            )
        yield first, encoded
        first += len(texts)


class _Names:
    """Which names are kept, and what is to be told of them."""

    def __init__(self, unknown_id: int | None, longest: int) -> None:
        self._unknown_id, self._longest = unknown_id, longest
        self.kept: list[Int64] = []
        self._empty: list[Int64] = []
        self._too_long: list[Int64] = []
        self._unknown: list[Int64] = []

    def take(self, first: int, encoded: Sequence[Sequence[int]]) -> Sequences:
        """:returns: those of some names that are kept."""
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        good = (lengths > 0) & (lengths <= self._longest)
        if not good.all():
            self._empty.append(first + np.flatnonzero(lengths == 0))
            self._too_long.append(first + np.flatnonzero(lengths > self._longest))
            encoded = [encoded[at] for at in np.flatnonzero(good).tolist()]
        kept = first + np.flatnonzero(good)
        self.kept.append(kept)
        sequences = Sequences.of(encoded)
        if self._unknown_id is not None:
            where = np.flatnonzero(sequences.tokens == self._unknown_id)
            rows = np.searchsorted(sequences.offsets, where, side="right") - 1
            self._unknown.append(kept[np.unique(rows)])
        return sequences

    def report(self, sequences: Sequences, *, n_sequences: int) -> TrieReport:
        """:returns: what became of all names."""
        empty, too_long, unknown = map(_joined, (self._empty, self._too_long, self._unknown))
        return TrieReport(
            names=sum(map(len, self.kept)),
            sequences=n_sequences,
            empty=len(empty),
            too_long=len(too_long),
            unknown=len(unknown),
            longest=int(sequences.lengths.max(initial=0)),
            first_empty=tuple(empty[:SHOWN].tolist()),
            first_too_long=tuple(too_long[:SHOWN].tolist()),
            first_unknown=tuple(unknown[:SHOWN].tolist()),
        )


def _joined(parts: list[Int64]) -> Int64:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _check_files(folder: Path, *, verify: bool) -> None:
    try:
        for name, expected in read_seal(folder).items():
            path = folder / name
            if not path.is_file():
                raise ValueError(f"{name} is missing")
            if path.stat().st_size != expected.bytes:
                raise ValueError(f"{name} has another size than it had when it was written")
            if verify and describe_file(path) != expected:
                raise ValueError(f"the checksum of {name} is not what it was when it was written")
    except ValueError as error:
        raise KbCorruptError(
            f"the token trie at {folder} is damaged: {error}. Remove its folder: it is made again."
        ) from error
