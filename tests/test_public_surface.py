from __future__ import annotations

import biotk

SURFACE = """
BioTKError Candidate CascadeLinker Concept DenseLinker DictionaryDetector Document FusedLinker
GenerativeLinker KbBuilder KbSubset KnowledgeBase LexicalLinker Link Mention Query RoutedLinker
Section TaggerDetector Variant __version__ find_variants link_document load load_encoder
load_generator open_kb parse_variant read_documents to_document write_documents
""".split()


def test_all_is_pinned():
    assert sorted(biotk.__all__) == sorted(SURFACE)
    assert dir(biotk) == sorted(SURFACE)


def test_every_public_name_is_there():
    for name in SURFACE:
        assert getattr(biotk, name) is not None


def test_unknown_name_is_an_attribute_error():
    assert not hasattr(biotk, "nonesuch")
