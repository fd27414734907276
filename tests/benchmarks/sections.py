"""Sections beside medspaCy's sectionizer and strict rules: accuracy by format, notes per second.

The hand-annotated notes (``models/biotk-sections/gold.jsonl``), as they are and with their headings
rewritten to each format; a heading counts as found if its title starts at the same character.
medspaCy runs with its own default rules over texts that spaCy has tokenised already: only its
sectionizer is timed, and once more with the tokenizer. BioTK is timed from the raw text, all notes
at once and one by one. All sides are timed once in each round by the processor's time, and ratios
are taken within a round.

medspaCy's sectionizer is imported alone, so that the compiled sentence splitter and the UMLS
matcher that it does not use need not be there:

    pip install --no-deps medspacy pysbd PyFastNER jsonschema
    python tests/benchmarks/sections.py CORPUS.csv.gz [--notes 1000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import spacy
from process_memory import growth, smaps

from biotk.document import Document
from biotk.io.mtsamples import read_mtsamples, restore
from biotk.sections.corpora import read_section_corpus
from biotk.sections.formats import FORMATS, blocks_of, render
from biotk.sections.loading import load_segmenter

GOLD = Path(__file__).resolve().parents[2] / "models" / "biotk-sections" / "gold.jsonl"

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
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", help="MTSamples' CSV")
    parser.add_argument("--notes", type=int, default=1000)
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
    sides = {
        "biotk-sections": ours(model),
        "rules": ours(load_segmenter("rules")),
        "medspaCy": theirs(nlp, sectionizer),
    }
    report["boundary_f1"] = {
        shape: {side: round(boundary_f1(find, some), 3) for side, find in sides.items()}
        for shape, some in shaped.items()
    }
    texts = [restore(r.flat).text for r in read_mtsamples(arguments.corpus)][: arguments.notes]
    report |= {"n_notes": len(texts), "rounds": arguments.rounds}
    short = [text[:400] for text in texts]
    for label, some in (("notes", texts), ("first 400 characters", short)):
        rounds: list[dict[str, float]] = []
        for _ in range(arguments.rounds):
            docs = []
            tokenised = timed(lambda docs=docs, some=some: docs.extend(map(nlp.make_doc, some)))
            rounds.append({
                "medspaCy, tokenised": timed(lambda docs=docs: [sectionizer(doc) for doc in docs]),
                "biotk, together": timed(lambda some=some: model.segment_batch(some)),
                "biotk, one by one": timed(lambda some=some: [model.segment(t) for t in some]),
                "rules": timed(lambda some=some: sides["rules"](some)),
            })  # fmt: skip
            rounds[-1]["medspaCy, from text"] = rounds[-1]["medspaCy, tokenised"] + tokenised
        report[label] = {
            "notes_per_second_median": {
                side: round(len(some) / statistics.median(each[side] for each in rounds))
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
