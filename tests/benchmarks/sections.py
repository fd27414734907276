"""Sections beside medspaCy's sectionizer and strict rules: accuracy by format, notes per second.

The hand-annotated notes (``models/biotk-sections/gold.jsonl``), as they are and with their headings
rewritten to each format; a heading counts as found if its title starts at the same character.
medspaCy runs with its own default rules over texts that spaCy has tokenised already: only its
sectionizer is timed, and once more with the tokenizer. BioTK is timed from the raw text, all notes
at once and one by one. All sides are timed in each round by the processor's time, taking turns, and
ratios are taken within a round. Each round has notes of its own that none has read before, since
much is worked out once for a title; 400 others are read first.

medspaCy's sectionizer is imported alone, so that the compiled sentence splitter and the UMLS
matcher that it does not use need not be there:

    pip install --no-deps medspacy pysbd PyFastNER jsonschema
    python tests/benchmarks/sections.py CORPUS.csv.gz [--notes 300] [--rounds 5]
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
import types
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import spacy
from process_memory import growth, smaps
from spacy.tokens import Doc

from biotk.document import Document
from biotk.io.mtsamples import read_mtsamples, restore
from biotk.sections.corpora import read_section_corpus
from biotk.sections.formats import FORMATS, blocks_of, render
from biotk.sections.loading import load_segmenter

GOLD = Path(__file__).resolve().parents[2] / "models" / "biotk-sections" / "gold.jsonl"

#: Notes that are read before anything is timed.
WARM_UP = 400
#: Notes that a side reads before the next takes its turn.
TURN = 150

#: Says where the titles of each text start.
Finder = Callable[[Sequence[str]], list[set[int]]]


def medspacy_sectionizer():
    """:returns: medspaCy's sectionizer with its default rules, and a tokenizer."""
    for name in ("PyRuSH", "PyRuSH.PyRuSHSentencizer", "quickumls", "quickumls.spacy_component"):
        module = sys.modules.setdefault(name, types.ModuleType(name))
        if name == "PyRuSH":
            module.PyRuSHSentencizer = object
    from medspacy.section_detection import Sectionizer

    nlp = spacy.blank("en")
    return nlp, Sectionizer(nlp, rules="default")


def ours(segmenter) -> Finder:
    def find(texts: Sequence[str]) -> list[set[int]]:
        return [
            {s.title_start for s in sections if s.title_end > s.title_start}
            for sections in segmenter.segment_batch(texts)
        ]

    return find


def theirs(nlp, sectionizer) -> Finder:
    def find(texts: Sequence[str]) -> list[set[int]]:
        docs = [sectionizer(nlp.make_doc(text)) for text in texts]
        return [
            {doc[s.title_start].idx for s in doc._.sections if s.category is not None}
            for doc in docs
        ]

    return find


def boundary_f1(find: Finder, documents: Sequence[Document]) -> float:
    found = find([each.text for each in documents])
    right = wrong = missed = 0
    for document, starts in zip(documents, found):
        gold = {s.title_start for s in document.sections if s.title_end > s.title_start}
        right += len(gold & starts)
        wrong += len(starts - gold)
        missed += len(gold - starts)
    return 2 * right / max(1, 2 * right + wrong + missed)


def timed(run: Callable[[], object]) -> float:
    """:returns: seconds of processor time. Collecting garbage is put off, as :mod:`timeit` does:
    what it takes hangs on what else there is in the process."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    run()
    spent = time.process_time() - start
    gc.enable()
    return spent


def one_round(nlp, sectionizer, model, rules, texts: Sequence[str]) -> dict[str, float]:
    """:returns: seconds that each side takes; they take turns, so that noise meets all alike."""
    seconds: Counter[str] = Counter()
    for first in range(0, len(texts), TURN):
        some = texts[first : first + TURN]
        # What was read once is read faster: each half of them is new to one way of giving them.
        together, alone = some[::2], some[1::2]
        docs: list[Doc] = []
        seconds["medspaCy, from text"] += timed(lambda: docs.extend(map(nlp.make_doc, some)))  # noqa: B023
        for side, run in {
            "medspaCy, tokenised": lambda: [sectionizer(doc) for doc in docs],  # noqa: B023
            "biotk, together": lambda: model.segment_batch(together),  # noqa: B023
            "biotk, one by one": lambda: [model.segment(text) for text in alone],  # noqa: B023
            "rules": lambda: rules.segment_batch(some),  # noqa: B023
        }.items():
            halved = side.startswith("biotk")
            seconds[side] += timed(run) * (1 + halved)
    seconds["medspaCy, from text"] += seconds["medspaCy, tokenised"]
    return dict(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", help="MTSamples' CSV")
    parser.add_argument("--notes", type=int, default=300, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    gold = list(read_section_corpus(arguments.corpus, gold=GOLD))
    shaped = {"as they are": gold}
    for name in FORMATS:
        shaped[name] = [render(d.id, blocks_of(d), name, rng=Random(f"{d.id}{name}")) for d in gold]
    before = smaps()
    model = load_segmenter()
    model.segment("PLAN: rest")
    report: dict = {"model_megabytes": growth(before, smaps())}
    nlp, sectionizer = medspacy_sectionizer()
    rules = load_segmenter("rules")
    sides = {
        "biotk-sections": ours(model),
        "rules": ours(rules),
        "medspaCy": theirs(nlp, sectionizer),
    }
    report["boundary_f1"] = {
        shape: {side: round(boundary_f1(find, some), 3) for side, find in sides.items()}
        for shape, some in shaped.items()
    }
    texts = [restore(r.flat).text for r in read_mtsamples(arguments.corpus)]
    report |= {"n_notes": arguments.notes, "rounds": arguments.rounds}
    for label, some in (("notes", texts), ("first 400 characters", [t[:400] for t in texts])):
        # Reports of one specialty stand together.
        Random(label).shuffle(some)
        one_round(nlp, sectionizer, model, rules, some[:WARM_UP])
        rounds = []
        for first in range(WARM_UP, len(some), arguments.notes)[: arguments.rounds]:
            unread = some[first : first + arguments.notes]
            spent = one_round(nlp, sectionizer, model, rules, unread)
            rounds.append({side: seconds / len(unread) for side, seconds in spent.items()})
        report[label] = {
            "notes_per_second_median": {
                side: round(1 / statistics.median(each[side] for each in rounds))
                for side in rounds[0]
            },
            "times_as_fast_as_medspaCy": {
                **{
                    side: [round(each["medspaCy, tokenised"] / each[side], 1) for each in rounds]
                    for side in rounds[0]
                },
                "biotk, together over text": [
                    round(each["medspaCy, from text"] / each["biotk, together"], 1)
                    for each in rounds
                ],
            },
        }
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
