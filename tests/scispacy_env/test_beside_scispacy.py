"""The pipeline on numpy 1.26, and in one process with scispaCy's own component."""

from __future__ import annotations

import pytest
import spacy
from scispacy.abbreviation import AbbreviationDetector  # noqa: F401 — registers its factory
from scispacy.linking_utils import KnowledgeBase as ScispacyKb
from tiny import build_tiny

from biotk.kb import KbBuilder, open_kb
from biotk.kb.export import iter_part, write_jsonl
from biotk.kb.readers import read_concepts

TEXT = "Kidney cancer (KC) and fever. KC was treated with acetylsalicylic acid."


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


def test_pipeline_finds_and_links_on_old_numpy(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("biotk_abbreviations")
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path})
    assert [ent.kb_id_ for ent in nlp(TEXT).ents] == [
        "MESH:D007680",
        "MESH:D007680",
        "MESH:D005334",
        "MESH:D007680",
        "MESH:D001241",
    ]


def test_linker_works_behind_scispacys_abbreviations(kb_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("abbreviation_detector")
    # scispaCy has taken doc._.abbreviations; ours warns and stands beside it.
    with pytest.warns(UserWarning) as warned:
        nlp.add_pipe("biotk_abbreviations")
    told = " ".join(str(warning.message) for warning in warned)
    assert "Doc._.biotk_abbreviations" in told
    assert "Span._.biotk_long_form" in told
    nlp.add_pipe("biotk_detector", config={"kb": kb_path})
    nlp.add_pipe("biotk_linker", config={"kb": kb_path})
    doc = nlp(TEXT)
    assert [span.text for span in doc._.abbreviations] == ["KC", "KC"]
    assert [span.text for span in doc._.biotk_abbreviations] == ["KC", "KC"]
    assert doc.ents[0].kb_id_ == "MESH:D007680"


def test_scispacys_kb_file_reads_the_same_here_and_there(kb_path, tmp_path):
    path = tmp_path / "kb.jsonl"
    kb = open_kb(kb_path)
    write_jsonl(iter_part(kb, kb.subset()), path, only_scispacy=True)
    theirs = ScispacyKb(str(path))
    builder = KbBuilder("copy")
    builder.add(read_concepts(path))
    ours = open_kb(builder.write(tmp_path / "copy"))
    assert len(ours) == len(theirs.cui_to_entity)
    for concept_id, entity in theirs.cui_to_entity.items():
        concept = ours[concept_id]
        assert (concept.name, list(concept.synonyms)) == (entity.canonical_name, entity.aliases)
