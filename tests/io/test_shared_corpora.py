"""The readers on the real corpora: counts, offsets and ids."""

from __future__ import annotations

import pytest

from biotk.document import span_text
from biotk.errors import Problems
from biotk.io import read_documents, read_jsonl, write_jsonl

pytestmark = pytest.mark.data

CORPORA = [
    ("bc5cdr/train.pubtator.gz", 500, 9385, 76, 0),
    ("bc5cdr/dev.pubtator.gz", 500, 9591, 59, 0),
    ("ncbi_disease/train.pubtator.gz", 592, 5134, 0, 1),
    ("ncbi_disease/dev.pubtator", 100, 787, 0, 0),
    ("biored/train.pubtator.gz", 346, 11413, 28, 0),
    ("biored/dev.pubtator", 84, 2907, 17, 0),
    ("craft/train.jsonl.gz", 67, 43143, 0, 0),
    ("gsc_plus/dev.jsonl", 127, 1559, 0, 9),
]


@pytest.mark.parametrize(("name", "documents", "mentions", "nil", "problem_count"), CORPORA)
def test_corpus_is_read_whole(shared_data, tmp_path, name, documents, mentions, nil, problem_count):
    problems = Problems()
    docs = list(read_documents(shared_data / "corpora" / name, problems=problems))
    found = [(doc, mention) for doc in docs for mention in doc.mentions]
    assert (len(docs), len(found)) == (documents, mentions)
    assert sum(mention.is_nil for _, mention in found) == nil
    assert problems.count == problem_count
    assert all(mention.links for _, mention in found)
    assert all(mention.text == span_text(doc.text, mention.spans) for doc, mention in found)
    write_jsonl(docs, tmp_path / "copy.jsonl")
    assert list(read_jsonl(tmp_path / "copy.jsonl")) == docs


@pytest.mark.parametrize("name", [name for name, *_ in CORPORA if "pubtator" in name])
def test_corpus_ids_have_no_trace_of_the_format(shared_data, name):
    docs = list(read_documents(shared_data / "corpora" / name, problems=Problems()))
    for doc in docs:
        for mention in doc.mentions:
            for concept_id in mention.concept_ids:
                assert concept_id == concept_id.strip() != ""
                if mention.type != "SequenceVariant":
                    assert not set(concept_id) & set("|+,; ")
