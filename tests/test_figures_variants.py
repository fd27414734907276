"""The figures that README and docs claim for variants, on the reported half of dev."""

from __future__ import annotations

import csv
import gzip

import pytest

from biotk.cli.evaluate_options import Half
from biotk.cli.evaluate_variants import evaluate_variants
from biotk.genomics import find_variants

pytestmark = pytest.mark.data


def test_biored(shared_data):
    corpus = shared_data / "corpora" / "biored" / "dev.pubtator"
    report = evaluate_variants(corpus, half=Half.reported, tagger="biotk-tagger")
    assert report["exact"]["f1"] >= 0.81
    assert report["exact"]["f1"] > report["tagger"]["exact"]["f1"]
    assert report["normalised"]["rsid"]["accuracy"] == 1
    assert report["normalised"]["tmvar"]["accuracy"] >= 0.87


def test_no_false_alarms_in_notes(shared_data):
    """None of these reports names a variant: they were looked through."""
    path = shared_data / "notes" / "mtsamples_train.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        found = [v for row in csv.DictReader(stream) for v in find_variants(row["transcription"])]
    assert found == []
