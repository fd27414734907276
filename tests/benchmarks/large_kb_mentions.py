"""What a large KB is asked: real mentions of four corpora, and its own names with errors in them.

The corpora's mentions say how long a search takes on what people write; the errors, whose answer is
known, say what it finds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from biotk.errors import Problems
from biotk.io import read_documents

CORPORA = (
    "bc5cdr/dev.pubtator.gz",
    "ncbi_disease/dev.pubtator",
    "gsc_plus/dev.jsonl",
    "craft/train.jsonl.gz",
)
_NEAR = dict(zip("qwertyuiopasdfghjklzxcvbnm", "wqrewytuoisapdgfhjlkxzvcnb"))


def corpus_mentions(data: Path, count: int, chance: random.Random) -> list[str]:
    """:returns: distinct mentions drawn from all four corpora, as they stand there."""
    found: dict[str, None] = {}
    for name in CORPORA:
        for document in read_documents(data / "corpora" / name, problems=Problems()):
            found |= dict.fromkeys(" ".join(m.text.split()) for m in document.mentions)
    mentions = [text for text in found if text]
    return chance.sample(mentions, min(count, len(mentions)))


def _doubled(word: str, at: int) -> str:
    return word[:at] + word[at] + word[at:]


def _lost(word: str, at: int) -> str:
    return word[:at] + word[at + 1 :]


def _swapped(word: str, at: int) -> str:
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]


def _beside(word: str, at: int) -> str:
    return word[:at] + _NEAR.get(word[at].lower(), "e") + word[at + 1 :]


TYPOS: Sequence[Callable[[str, int], str]] = (_doubled, _lost, _swapped, _beside)


def with_typo(name: str, chance: random.Random) -> str:
    """:returns: a name with one slip of a finger in one of its longer words."""
    words = name.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 3]
    if not long:
        return name
    place = chance.choice(long)
    at = chance.randrange(1, len(words[place]))
    words[place] = chance.choice(TYPOS)(words[place], at)
    return " ".join(words)


def with_word_lost(name: str, chance: random.Random) -> str:
    """:returns: a name without one of its words, if it has three or more."""
    words = name.split(" ")
    if len(words) > 2:
        del words[chance.randrange(len(words))]
    return " ".join(words)


def corrupted(
    names: Sequence[str], count: int, chance: random.Random
) -> Iterator[tuple[str, str, str]]:
    """Yield names with an error: what the error is, the name, and what became of it.

    :param names: names to draw from.
    :param count: how many to yield.
    :param chance: the only source of chance.
    """
    kinds = {"typo": with_typo, "word lost": with_word_lost}
    made = 0
    while made < count:
        name = chance.choice(names)
        kind = ("typo", "word lost")[made % 2]
        wrong = kinds[kind](name, chance)
        if len(name) >= 8 and wrong.lower() != name.lower():
            made += 1
            yield kind, name, wrong
