"""Which concept of a name is answered: by the first id, by names alone, by evidence.

Run by hand, in a minute or less; KBs are built as docs/evaluation-vocabularies.md tells::

    python tests/benchmarks/homonyms.py hgnc biored/dev.pubtator --gold-types Gene

Strict Recall@1 of each, as counts. The mentions are those with a gold id in the KB. ``first_id``:
of the concepts whose name is ranked first the one with the lowest id. ``names``: type, training
mentions and preferred names decide, then ids. ``now``: what the lexical linker answers.
``lenient``: any concept of the name is right. ``homonyms`` is the same over mentions whose first
name several concepts have, ``tied`` how many answers of these are told as ties.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from biotk.candidates.learned import LearnedNames
from biotk.cli.evaluate_corpus import half_of, read_corpus
from biotk.cli.evaluate_gold import of_gold_types
from biotk.cli.evaluate_items import _asked
from biotk.cli.evaluate_options import Half
from biotk.cli.evaluate_part import resolver
from biotk.document import Candidate
from biotk.evaluation import without_held_out
from biotk.evaluation.linking import best_rank, is_strictly_right
from biotk.evaluation.resolve import Groups, resolved
from biotk.kb.default import resolve_kb
from biotk.linking import LexicalLinker
from biotk.linking.homonyms import Homonyms, Settled
from biotk.text.normalize import exact_key


class NamesAlone(Homonyms):
    """Leaves candidates in the order that names give them."""

    def settle(self, query, candidates):
        return Settled(tuple(candidates), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kb")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--gold-types")
    parser.add_argument("--half", type=Half, default=Half.both)
    given = parser.parse_args()
    kb = resolve_kb(given.kb)
    types = None if given.gold_types is None else [given.gold_types]
    documents = half_of(of_gold_types(read_corpus(given.corpus), types), given.half)
    learned = None
    if given.train is not None:
        training = without_held_out(read_corpus(given.train), documents)
        learned = LearnedNames.from_documents(kb, training)
    asked = [
        (query, known)
        for _, mention, query, _ in _asked(documents, abbreviations=True)
        if (known := tuple(filter(None, resolved(mention, resolver(kb)))))
    ]
    linker = LexicalLinker(kb, learned=learned)
    queries = [query for query, _ in asked]
    now = [link.candidates for link in linker.link_batch(queries, exhaustive=True)]
    linker._homonyms = NamesAlone(kb)
    alone = [link.candidates for link in linker.link_batch(queries, exhaustive=True)]
    counts: dict[str, Counter[str]] = {"all": Counter(), "homonyms": Counter()}
    for (_, known), ranked, named in zip(asked, now, alone, strict=True):
        right = figures(known, ranked, named)
        counts["all"] += right
        if len(of_first_name(named)) > 1:
            counts["homonyms"] += right + Counter(tied=ranked[0].tied)
    print(json.dumps({group: dict(each) for group, each in counts.items()}, indent=2))


def of_first_name(candidates: Sequence[Candidate]) -> list[Candidate]:
    """:returns: those that have the name of the first one, but for case and punctuation."""
    if candidates and candidates[0].route.startswith("training"):
        return list(candidates[:1])  # what annotators meant is no name of the KB
    keys = [exact_key(each.name) for each in candidates]
    return [each for each, key in zip(candidates, keys) if key == keys[0]]


def figures(known: Groups, now: Sequence[Candidate], named: Sequence[Candidate]) -> Counter[str]:
    """:returns: whether each way of choosing is right."""
    gold = frozenset().union(*known)
    first = [min(each.concept_id for each in of_first_name(named))] if named else []
    return Counter(
        n=1,
        first_id=is_strictly_right(first, known),
        names=is_strictly_right([each.concept_id for each in named[:1]], known),
        now=is_strictly_right([each.concept_id for each in now[:1]], known),
        lenient=best_rank(now, gold) == 1,
    )


if __name__ == "__main__":
    main()
