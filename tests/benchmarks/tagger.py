"""The detectors side by side on notes, in one process: words per second, memory, mentions.

``python tests/benchmarks/tagger.py [MODEL [PIPELINE|CORPUS]]``: the model is biotk-tagger by
default; PIPELINE is a trained spaCy pipeline that has a ``ner``, such as en_core_web_sm, which is
run beside them with nothing but what its ``ner`` needs. Of a CORPUS, such as
corpora/bc5cdr/train.pubtator.gz, spaCy's ``ner`` is trained first, with its own default network and
three rounds: enough to be as quick as a trained one is. Prints JSON.
"""

from __future__ import annotations

import csv
import gzip
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import spacy
import torch
from spacy.training import Example

from biotk.detection import BothDetector, Detector, DictionaryDetector, TaggerDetector
from biotk.errors import Problems
from biotk.io import read_documents
from biotk.kb.default import resolve_kb

DATA = Path(__file__).parents[3] / "shared" / "data"
TYPES = ["Disease", "Chemical"]
_BATCH = 32
_NOT_OF_NER = ["parser", "lemmatizer", "attribute_ruler", "tagger"]


def notes(n: int) -> list[str]:
    csv.field_size_limit(10**9)
    with gzip.open(DATA / "notes" / "mtsamples_train.csv.gz", "rt", encoding="utf-8") as file:
        return [row["transcription"] for _, row in zip(range(n), csv.DictReader(file))]


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(
    load: Callable[[], Callable[[Sequence[str]], int]], texts: Sequence[str]
) -> dict[str, float]:
    """:returns: processor time to load, memory on top, words per second of processor time."""
    before, start = peak_mb(), time.process_time()
    run = load()
    run(["fever"])
    loaded = time.process_time() - start
    words = sum(len(text.split()) for text in texts)
    start = time.process_time()
    found = sum(run(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH))
    return {
        "load_seconds": loaded,
        "memory_mb": peak_mb() - before,
        "words_per_second": words / (time.process_time() - start),
        "mentions": found,
    }


def trained_spacy(corpus: Path) -> spacy.language.Language:
    """:returns: a pipeline of spaCy's ``ner`` alone, its network the default one."""
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    examples = []
    for document in read_documents(corpus, problems=Problems()):
        doc = nlp.make_doc(document.text)
        gold = nlp.make_doc(document.text)
        spans = [gold.char_span(m.start, m.end, label=m.type or "") for m in document.mentions]
        gold.ents = spacy.util.filter_spans([span for span in spans if span is not None])
        examples.append(Example(doc, gold))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(3):
        for batch in spacy.util.minibatch(examples, 16):
            nlp.update(batch, sgd=optimizer, drop=0.1)
    return nlp


def main() -> None:
    torch.set_num_threads(1)
    model = sys.argv[1] if len(sys.argv) > 1 else "biotk-tagger"
    texts = notes(100)
    kb = resolve_kb("open")
    part = kb.subset(types=TYPES)

    def count(detector: Detector) -> Callable[[Sequence[str]], int]:
        return lambda texts: sum(map(len, detector.detect_batch(texts)))

    def with_spacy() -> Callable[[Sequence[str]], int]:
        nlp = trained if trained is not None else spacy.load(sys.argv[2], exclude=_NOT_OF_NER)
        return lambda texts: sum(len(doc.ents) for doc in nlp.pipe(texts))

    trained = None
    if len(sys.argv) > 2 and Path(sys.argv[2]).is_file():
        trained = trained_spacy(Path(sys.argv[2]))
    made = {
        "dictionary": lambda: count(DictionaryDetector(kb, subset=part)),
        "tagger": lambda: count(TaggerDetector.load(model, types=TYPES)),
        "both": lambda: count(
            BothDetector(
                TaggerDetector.load(model, types=TYPES), DictionaryDetector(kb, subset=part)
            )
        ),
    }
    figures = {name: measured(load, texts) for name, load in made.items()}
    if len(sys.argv) > 2:
        figures["spacy"] = measured(with_spacy, texts)
    words = sum(len(text.split()) for text in texts)
    print(json.dumps({"notes": len(texts), "words": words, "threads": 1, **figures}, indent=2))


if __name__ == "__main__":
    main()
