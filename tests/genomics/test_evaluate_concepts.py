"""Relatedness and synonyms: figures of a space on a KB in which all is plain to see."""

from __future__ import annotations

from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest

from biotk.errors import InputError
from biotk.genomics.evaluate_concepts import FURTHEST, _ladders, evaluate_concepts
from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.types import Concept

SIZE = 40


def built(concepts, folder) -> KnowledgeBase:
    builder = KbBuilder("chain")
    builder.add(concepts, SourceInfo(name="X", file="", format="memory", sha256=""))
    return open_kb(builder.write(folder / "kb"))


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> KnowledgeBase:
    """Concepts in a row, each broader than the next."""
    concepts = [
        Concept(
            f"X:{n}", f"disease {n:02}", (f"malady {n:02}",), parents=(f"X:{n - 1}",) if n else ()
        )
        for n in range(SIZE)
    ]
    return built(concepts, tmp_path_factory.mktemp("chain"))


class OnACircle:
    """Texts with a number lie on a half circle, by it; those of the frozen encoder anywhere."""

    def concept_vectors(self, texts):
        angles = np.array([int(text[-2:]) for text in texts]) * np.pi / SIZE
        return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)

    def text_vectors(self, texts):
        seeds = [sum(map(ord, text)) * 7919 % 2**31 for text in texts]
        return np.stack([np.random.default_rng(s).normal(size=8) for s in seeds]).astype(np.float32)


def test_a_space_that_follows_the_hierarchy_is_told_from_one_that_does_not(chain):
    report = evaluate_concepts(OnACircle(), chain, n=30, seed=1)
    related = report["relatedness"]
    assert related["n"] == 30
    assert related["space"]["value"] == pytest.approx(1.0)
    assert abs(related["minilm"]["value"]) < 0.4
    assert related["minilm"]["low"] < related["minilm"]["value"] < related["minilm"]["high"]
    # Both names of a concept have its number, and so its place.
    assert report["synonyms"]["space"]["recall_at_1"] == 1.0
    assert report["synonyms"]["minilm"]["recall_at_1"] < 0.5
    assert report["synonyms"]["n"] == 30


def test_what_is_drawn_is_as_far_away_as_it_is_said(chain):
    graph = chain.hierarchy.to_networkx(chain).to_undirected()
    ladders = _ladders(chain, np.arange(SIZE), SIZE, np.random.default_rng(0))
    assert len(ladders) == SIZE
    for ladder in ladders:
        anchor, *others = (chain.id_of(idx) for idx in ladder.tolist())
        steps = [nx.shortest_path_length(graph, anchor, each) for each in others]
        assert steps[:-1] == list(range(1, FURTHEST + 1))
        assert steps[-1] > FURTHEST


def test_a_kb_without_hierarchy_and_synonyms_is_an_error(tmp_path):
    kb = built([Concept(f"X:{n}", f"disease {n:02}") for n in range(5)], tmp_path)
    with pytest.raises(InputError, match="neither a hierarchy nor synonyms"):
        evaluate_concepts(SimpleNamespace(), kb)
