"""The dictionary detector beside spaCy's PhraseMatcher: same KB, same notes, same process.

PhraseMatcher (LOWER, over the tokens of ``spacy.blank("en")``) is what a spaCy user would take to
find the names of a vocabulary. Both get tokenised documents, so that the tokeniser counts for
neither; ours is the component, which sets entities, theirs the bare matcher.
"""

from __future__ import annotations

import csv
import gzip
import json
import resource
import sys
import time
from pathlib import Path

import spacy
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

from biotk.components.detector import DetectorComponent
from biotk.components.kb import KbHandle
from biotk.kb.default import resolve_kb

DATA = Path(__file__).parents[3] / "shared" / "data"
TYPES = ["Disease", "Chemical"]


def notes(n: int) -> list[str]:
    csv.field_size_limit(10**9)
    with gzip.open(DATA / "notes" / "mtsamples_train.csv.gz", "rt", encoding="utf-8") as file:
        return [row["transcription"] for _, row in zip(range(n), csv.DictReader(file))]


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def words_per_second(run, docs: list[Doc]) -> float:
    words = sum(len(doc.text.split()) for doc in docs)
    start = time.perf_counter()
    for doc in docs:
        run(doc)
    return words / (time.perf_counter() - start)


def main() -> None:
    nlp = spacy.blank("en")
    docs = [nlp.make_doc(text) for text in notes(300)]
    kb = resolve_kb("open")

    before = peak_mb()
    start = time.perf_counter()
    detector = DetectorComponent("biotk", KbHandle(str(kb.path), types=TYPES))
    detector(nlp.make_doc("fever"))
    ours = {"load_seconds": time.perf_counter() - start, "memory_mb": peak_mb() - before}
    ours["words_per_second"] = words_per_second(detector, [doc.copy() for doc in docs])

    before = peak_mb()
    start = time.perf_counter()
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    subset = kb.subset(types=TYPES)
    names = (name for idx in subset.indices.tolist() for name in kb.names_of(idx))
    matcher.add("NAME", list(nlp.tokenizer.pipe(names)))
    theirs = {"load_seconds": time.perf_counter() - start, "memory_mb": peak_mb() - before}
    theirs["words_per_second"] = words_per_second(matcher, docs)

    report = {
        "kb_names": kb.n_names,
        "biotk_detector": ours,
        "spacy_phrase_matcher": theirs,
        "ratio": {key: ours[key] / theirs[key] for key in ours if theirs[key]},
    }
    json.dump(report, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
