"""What holds for every linker."""

from __future__ import annotations

import pickle

import pytest
from tiny import open_tiny
from tiny_generator import tiny_generator
from tiny_router import made_router
from tiny_vectors import LetterEncoder

from biotk.document import Document, Mention
from biotk.linking import (
    CascadeLinker,
    DenseLinker,
    FusedLinker,
    GenerativeConfig,
    GenerativeLinker,
    LexicalLinker,
    Linker,
    Query,
    RoutedLinker,
    link_document,
    link_documents,
)

TEXT = "Kidney cancer (KC) and fever. No cough; KC was treated with acetylsalicylic acid."
MENTIONS = ("Kidney cancer", "KC", "fever", "cough", "acetylsalicylic acid", "treated", "KC was")
KINDS = ["lexical", "generative", "shortlist", "cascade", "dense", "fused", "fused, no model"]
KINDS += ["routed", "routed, encoder"]


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(params=KINDS)
def make(request, kb):
    """:returns: makes a linker, of all kinds one after the other."""

    def made(**parts) -> Linker:
        if request.param == "lexical":
            return LexicalLinker(kb, **parts)
        if request.param == "shortlist":
            config = GenerativeConfig(shortlist="trie")
            return GenerativeLinker(kb, tiny_generator(), config=config, **parts)
        if request.param == "dense":
            return DenseLinker(kb, LetterEncoder(), **parts)
        if request.param.startswith("fused"):
            model = tiny_generator() if request.param == "fused" else None
            return FusedLinker(kb, LetterEncoder(), model, **parts)
        if request.param == "routed":
            return RoutedLinker(kb, tiny_generator(), made_router(), **parts)
        if request.param == "routed, encoder":
            router = made_router("dense", "cascade", "fused", vectors=True)
            return RoutedLinker(kb, tiny_generator(), router, encoder=LetterEncoder(), **parts)
        kind = {"generative": GenerativeLinker, "cascade": CascadeLinker}[request.param]
        return kind(kb, tiny_generator(), **parts)

    return made


def queries():
    found = [TEXT.index(mention) for mention in MENTIONS]
    places = [
        Query(mention, "Disease", None, TEXT, at, at + len(mention))
        for mention, at in zip(MENTIONS, found)
    ]
    return [*places, *(Query(mention) for mention in (*MENTIONS, "", "日本語"))]


def near(one, other):
    """Whether two links are the same but for rounding."""
    assert (one.concept_id, one.route, one.reasons.keys()) == (
        other.concept_id,
        other.route,
        other.reasons.keys(),
    )
    assert one.score == pytest.approx(other.score, abs=2e-4)
    ids = [[c.concept_id for c in link.candidates] for link in (one, other)]
    assert ids[0] == ids[1]


def test_it_is_a_linker(make):
    assert isinstance(make(), Linker)


def test_batch_answers_each_in_order_as_alone(make):
    linker = make()
    asked = queries()
    together = linker.link_batch(asked)
    assert len(together) == len(asked)
    for query, link in zip(asked, together):
        near(link, linker.link_batch([query])[0])
    for one, other in zip(linker.link_batch(asked[::-1])[::-1], together):
        near(one, other)


def test_nothing_asked_is_nothing_answered(make):
    assert make().link_batch([]) == []


def test_link_is_a_batch_of_one_without_a_passage(make):
    linker = make()
    for text in ("fever", "kidney cancr", ""):
        near(linker.link(text, type="Disease"), linker.link_batch([Query(text, "Disease")])[0])


def test_exhaustive_changes_no_answer(make):
    linker = make()
    for fast, full in zip(
        linker.link_batch(queries()), linker.link_batch(queries(), exhaustive=True)
    ):
        assert (fast.concept_id, fast.route) == (full.concept_id, full.route)
        assert set(fast.candidates[:1]) <= set(full.candidates[:1])


def test_answer_is_the_first_candidate_and_each_concept_comes_once(make):
    for link in make().link_batch(queries(), exhaustive=True):
        ids = [candidate.concept_id for candidate in link.candidates]
        assert len(ids) == len(set(ids))
        if link.is_nil:
            assert (link.route, link.score) == ("nil", 0.0)
            assert link.reasons["nil"]
        else:
            best = link.candidates[0]
            assert (link.concept_id, link.matched) == (best.concept_id, best.name)
            assert (link.score, link.route) == (best.score, best.route)


def test_nothing_outside_the_subset_is_answered_or_shown(make, kb):
    subset = kb.subset(types=["Chemical"])
    allowed = set(kb.ids_of(subset.indices))
    for link in make(subset=subset).link_batch(queries(), exhaustive=True):
        assert {c.concept_id for c in link.candidates} <= allowed
        assert link.concept_id in allowed | {None}


def test_type_that_the_kb_lacks_is_no_hindrance(make):
    linker = make()
    for text in ("fever", "cold"):
        near(linker.link(text, type="Widget"), linker.link(text))


def test_long_form_is_what_is_looked_up(make):
    linker = make()
    link = linker.link("KC", long_form="kidney cancer")
    assert link.query == "kidney cancer"
    assert link.concept_id == linker.link("kidney cancer").concept_id


def test_links_are_plain_values(make):
    for link in make().link_batch(queries()):
        assert pickle.loads(pickle.dumps(link)) == link


def test_documents_are_linked_together_as_one_by_one(make):
    def document(name, *mentions):
        places = [(TEXT.index(mention), mention) for mention in mentions]
        found = [Mention(((at, at + len(m)),), m, "Disease") for at, m in places]
        return Document(name, TEXT, tuple(found))

    linker = make()
    documents = [document("1", "fever", "cough"), document("2"), document("3", "KC")]
    together = link_documents(linker, documents)
    assert [d.id for d in together] == ["1", "2", "3"]
    assert [m.text for d in together for m in d.mentions] == ["fever", "cough", "KC"]
    for one, alone in zip(together, (link_document(linker, d) for d in documents)):
        for mention, other in zip(one.mentions, alone.mentions, strict=True):
            near(mention.links[0], other.links[0])
    assert together[2].mentions[0].links[0].query == "Kidney cancer"
