from __future__ import annotations

from biotk.kb.readers import ReaderOptions, read_concepts


def test_headers_that_say_what_they_are_need_no_mapping(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("code\tterm\tsynonyms\tname\nK1\tFrozen shoulder\tCapsulitis|Stiff\tShoulder\n")
    options = ReaderOptions(columns={"name": "term", "types": "name"}, prefix="X")
    (concept,) = read_concepts(path, format="table", options=options)
    assert concept.concept_id == "X:K1"
    assert (concept.name, concept.synonyms) == ("Frozen shoulder", ("Capsulitis", "Stiff"))
    assert concept.types == ("Shoulder",)
