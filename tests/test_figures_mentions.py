"""The figures that README and docs claim for finding mentions, on the reported half of dev."""

from __future__ import annotations

from dataclasses import replace

import pytest

from biotk.cli.evaluate_corpus import half_of, read_corpus
from biotk.cli.evaluate_options import Half
from biotk.detection import TaggerDetector
from biotk.evaluation import score_mentions

pytestmark = pytest.mark.data


@pytest.mark.parametrize(
    ("corpus", "types", "least"),
    [
        ("bc5cdr/dev.pubtator.gz", ["Disease", "Chemical"], 0.83),
        ("ncbi_disease/dev.pubtator", ["Disease"], 0.85),
        (
            "biored/dev.pubtator",
            ["Disease", "Chemical", "Gene", "Variant", "Species", "CellLine"],
            0.78,
        ),
    ],
)
def test_biotk_tagger(shared_data, corpus, types, least):
    documents = half_of(read_corpus(shared_data / "corpora" / corpus), Half.reported)
    detector = TaggerDetector.load("biotk-tagger", types=types)
    found = detector.detect_batch([document.text for document in documents])
    pairs = [(d, replace(d, mentions=m)) for d, m in zip(documents, found, strict=True)]
    assert score_mentions(pairs, resamples=10).exact.f1 >= least
