"""What a token trie was made from, and what became of the names: ``trie.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from biotk.errors import KbCorruptError, KbMismatchError, KbVersionError

FORMAT = "biotk-token-trie"
FORMAT_VERSION = 1
INFO = "trie.json"
#: Names of each kind that a report shows.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class TrieReport:
    """What became of the names of a KB; nothing is left out without being counted here.

    :param names: names that are in the trie.
    :param sequences: different token sequences among them.
    :param empty: names that were left out, since nothing was left of them to tokenise.
    :param too_long: names that were left out, since they have too many tokens.
    :param unknown: names in the trie with an unknown piece, which others may share.
    :param longest: tokens of the longest name.
    :param first_empty: ``name_idx`` of the first of them; likewise the others.
    """

    names: int = 0
    sequences: int = 0
    empty: int = 0
    too_long: int = 0
    unknown: int = 0
    longest: int = 0
    first_empty: tuple[int, ...] = ()
    first_too_long: tuple[int, ...] = ()
    first_unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TrieInfo:
    """What a trie belongs to.

    :param kb: the fingerprint of the KB; empty for none.
    :param tokenizer: the fingerprint of the tokenizer; empty for none.
    :param cleaning: how the names were cleaned, a key of :data:`biotk.text.cleaning.CLEANERS`.
    """

    kb: str = ""
    tokenizer: str = ""
    cleaning: str = ""
    report: TrieReport = field(default_factory=TrieReport)

    def check(self, *, kb: str | None, tokenizer: str | None) -> None:
        """Make sure that a trie is used with what it was made from.

        :param kb: the fingerprint of the KB in use; None for any.
        :param tokenizer: that of the tokenizer.
        :raises KbMismatchError: it was made from another KB or with another tokenizer.
        """
        for what, own, used in (("KB", self.kb, kb), ("tokenizer", self.tokenizer, tokenizer)):
            if used is not None and used != own:
                raise KbMismatchError(
                    f"a token trie of {what} {own or '(none)'} cannot be used with {what} {used}: "
                    "make one with biotk.index.kb_trie.open_kb_trie(kb, tokenizer)"
                )

    def write(self, folder: Path) -> None:
        """Write ``trie.json``."""
        content = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        text = json.dumps(content, indent=1, sort_keys=True)
        (folder / INFO).write_text(text + "\n", encoding="utf-8")


def read_info(folder: Path) -> TrieInfo:
    """Read and check ``trie.json``.

    :raises KbCorruptError: it cannot be read.
    :raises KbVersionError: it was written in another version.
    """
    path = folder / INFO
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format"] != FORMAT:
            raise ValueError(f"it describes {raw['format']!r}, not {FORMAT!r}")
        version = raw["format_version"]
        if version == FORMAT_VERSION:
            report = {entry.name: raw["report"][entry.name] for entry in fields(TrieReport)}
            report = {k: tuple(v) if isinstance(v, list) else v for k, v in report.items()}
            bound = [raw[key] for key in ("kb", "tokenizer", "cleaning")]
            if not all(isinstance(value, str) for value in bound):
                raise TypeError("a fingerprint that is no string")
            kb, tokenizer, cleaning = bound
            return TrieInfo(kb, tokenizer, cleaning, TrieReport(**report))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KbCorruptError(
            f"{path} cannot be read ({type(error).__name__}: {error}). "
            "Remove its folder: it is made again."
        ) from error
    raise KbVersionError(
        f"the token trie at {folder} has format {version}; this BioTK reads {FORMAT_VERSION}. "
        "Remove its folder: it is made again."
    )
