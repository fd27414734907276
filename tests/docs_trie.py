"""Writes the figures into docs/images/trie-and-beam.svg: ``python tests/docs_trie.py MODEL``.

The picture is drawn by hand, and what it shows holds for any model with these word pieces: three
beams are enough for all that can be followed. A text with ``data-figure`` is a figure, ``share:``,
``log:`` or ``p:`` of a branch; a bar has ``data-bar``; ``data-weights`` says whose they are.
What docs/constrained-decoding.md says about them is to be read again when they have changed.
"""

from __future__ import annotations

import dataclasses
import html
import json
import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from biotk.index.token_trie import TokenTrie
from biotk.linking import Generator, load_generator
from biotk.linking.generator import find_model

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "trie-and-beam.svg"
MENTION = "decompensated congestive heart failure"

#: The branch of MeSH that is allowed in the picture, and its names in the trie.
BRANCH = "MESH:D006333"
ALLOWED = (
    "Heart Failure", "Heart Failure, Systolic", "Heart Failure, Diastolic",
    "Congestive Heart Failure", "congestive heart disease", "Cardiac Edema",
)  # fmt: skip
CUT_OFF = ("Heart Attack", "Heart Block", "Cardiac Arrest", "Hearing Loss")
NIL = "NIL"

#: Names of one concept.
CONCEPT = ("Heart Failure", "Congestive Heart Failure", "congestive heart disease")

#: Each branch: the one that it goes on from, and the names that lie there.
BRANCHES: dict[str, tuple[str, tuple[str, ...]]] = {
    "root": ("root", (*ALLOWED, *CUT_OFF, NIL)),
    "heart": ("root", (*ALLOWED[:3], *CUT_OFF[:2])),
    "attack": ("heart", CUT_OFF[:1]),
    "block": ("heart", CUT_OFF[1:2]),
    "failure": ("heart", ALLOWED[:3]),
    "failure END": ("failure", ALLOWED[:1]),
    ",": ("failure", ALLOWED[1:3]),
    "systolic": (",", ALLOWED[1:2]),
    "diastolic": (",", ALLOWED[2:3]),
    "congestive": ("root", ALLOWED[3:5]),
    "congestive failure": ("congestive", ALLOWED[3:4]),
    "congestive disease": ("congestive", ALLOWED[4:5]),
    "cardiac": ("root", ("Cardiac Edema", "Cardiac Arrest")),
    "edema": ("cardiac", ("Cardiac Edema",)),
    "arrest": ("cardiac", ("Cardiac Arrest",)),
    "hearing": ("root", ("Hearing Loss",)),
    "NIL": ("root", (NIL,)),
}

#: Sums that are branches of nothing.
SUMS = {"cut off": CUT_OFF, "none allowed": (*CUT_OFF, NIL), "concept": CONCEPT}

#: How wide a bar of the probability 1 would be.
_BAR = 240


def probabilities(generator: Generator) -> dict[str, float]:
    """:returns: what a model gives each name of the trie, and NIL, for the mention alone."""
    names = [*ALLOWED, *CUT_OFF]
    trie = TokenTrie.from_sequences(generator.form.encode_batch(names))
    options = dataclasses.replace(generator.options, beams=len(names), n_best=0)
    each = generator.form.encode(MENTION, start=0, end=len(MENTION))
    (found,) = generator.make_search(trie, options).search([each])
    if found.nil_log_prob is None:
        raise SystemExit(f"{generator.name} has no NIL, which the picture shows")
    known = {names[trie.names_at(name.node)[0]]: math.exp(name.log_prob) for name in found.names}
    return {**known, NIL: math.exp(found.nil_log_prob)}


def figures(given: Mapping[str, float]) -> dict[str, float]:
    """:returns: all that may stand in the picture.

    :param given: the probability of each name.
    """
    found = {}
    for key, (before, names) in BRANCHES.items():
        mass = math.fsum(given[name] for name in names)
        found[f"p:{key}"] = mass
        found[f"log:{key}"] = math.log(mass)
        found[f"share:{key}"] = mass / math.fsum(given[name] for name in BRANCHES[before][1])
    for key, names in SUMS.items():
        found[f"p:{key}"] = math.fsum(given[name] for name in names)
    return found


def weights(model: str | Path) -> str:
    """:returns: the beginning of the checksum of a model's weights."""
    config = json.loads((Path(find_model(model)) / "config.json").read_text("utf-8"))
    return str(config["weights"]["sha256"])[:16]


def fill(picture: str, values: Mapping[str, float], *, whose: str) -> str:
    """:returns: the picture with these figures.

    :param whose: the model's :func:`weights`.

    :raises KeyError: it asks for one that there is none of.
    """

    def text(match: re.Match[str]) -> str:
        return match["tag"] + html.escape(_told(match["key"], values[match["key"]]))

    def bar(match: re.Match[str]) -> str:
        return f'width="{_BAR * values[match["key"]]:.1f}" data-bar="{match["key"]}"'

    picture = re.sub(r'data-weights="[^"]*"', f'data-weights="{whose}"', picture)
    picture = re.sub(r'(?P<tag>data-figure="(?P<key>[^"]+)">)[^<]*', text, picture)
    return re.sub(r'width="[^"]*" data-bar="(?P<key>[^"]+)"', bar, picture)


def _told(key: str, value: float) -> str:
    if key.startswith("log:"):
        return f"{value:.2f}".replace("-", "\N{MINUS SIGN}")
    digits = 3 if key.startswith("p:") else 2
    least = 10.0**-digits
    return f"<{least}" if value < least / 2 else f"{value:.{digits}f}"


if __name__ == "__main__":
    model = sys.argv[1] if sys.argv[1:] else "biotk-mini"
    values = figures(probabilities(load_generator(model)))
    drawn = fill(PICTURE.read_text("utf-8"), values, whose=weights(model))
    PICTURE.write_text(drawn, encoding="utf-8")
    print(f"wrote {PICTURE}")
