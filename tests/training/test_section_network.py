"""The networks of a section model in torch, held to those in numpy and to slow loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from biotk.sections.features import CUES, section_features, text_features
from biotk.sections.hashing import Bags
from biotk.sections.network import Networks
from biotk.training import section_network as network

NOTES = [
    "Seen today.\n\nPLAN: Rest.\nHISTORY OF PRESENT ILLNESS The man coughs.\n-----\n1. Dry - yes",
    "He is well and was seen by no one in the whole of the long day that came after that one",
    "EXAM:\nHEENT: Clear.\nLUNGS: Clear.\n" * 9,
]
SPANS = [[(13, 17, 19, 24), (25, 51, 52, 70)], [(0, 0, 0, 40)], [(0, 4, 6, 6)] * 12]


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    return network.initial(torch.Generator().manual_seed(3))


def arrays(weights: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in weights.items()}


def test_line_scores_are_those_of_numpy_in_a_batch_and_alone(
    weights: dict[str, torch.Tensor],
) -> None:
    networks = Networks(arrays(weights))
    together = text_features(NOTES)
    ours = network.line_scores(weights, together).detach().numpy()
    theirs = networks.line_scores(together)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    alone = [networks.line_scores(text_features([text])) for text in NOTES]
    np.testing.assert_allclose(np.concatenate(alone), theirs, rtol=1e-4, atol=1e-5)
    assert [len(scores) for scores in alone] == together.n_found


def test_section_scores_are_those_of_numpy_in_a_batch_and_alone(
    weights: dict[str, torch.Tensor],
) -> None:
    networks = Networks(arrays(weights))
    together = section_features(list(zip(NOTES, SPANS)))
    ours = network.section_scores(weights, together).detach().numpy()
    theirs = networks.section_scores(together)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    alone = [networks.section_scores(section_features([each])) for each in zip(NOTES, SPANS)]
    np.testing.assert_allclose(np.concatenate(alone), theirs, rtol=1e-4, atol=1e-5)


def test_line_cost_is_that_of_a_loop_over_lines() -> None:
    scores = torch.tensor([0.3, -1.0, 2.0, -0.5, 1.5])
    at = torch.tensor([0, 0, 3, 5, 5])
    right = torch.tensor([True, False, False, False, True])
    cost, share = network.line_cost(scores, at, right)
    total = 0.0
    for some, title in (([0.3, -1.0], 0.3), ([2.0], 0.0), ([-0.5, 1.5], 1.5)):
        total += math.log(1 + sum(map(math.exp, some))) - title
    assert float(cost) == pytest.approx(total / 3, rel=1e-5)
    assert share == pytest.approx(2 / 3)


def test_section_cost_leaves_out_what_is_not_known() -> None:
    scores = torch.randn((4, 30), generator=torch.Generator().manual_seed(0))
    category, part = torch.tensor([3, -1, -1, 7]), torch.tensor([0.0, 1.0, -1.0, -1.0])
    cost, _ = network.section_cost(scores, category, part)
    changed = scores.clone()
    changed[2] += 9.0
    changed[1, :-1] += torch.arange(29)
    again, _ = network.section_cost(changed, category, part)
    assert float(cost) == pytest.approx(float(again), rel=1e-5)
    nothing, _ = network.section_cost(scores, torch.full((4,), -1), torch.full((4,), -1.0))
    assert float(nothing) == 0.0


def test_dropped_pieces_leave_row_0_and_whole_titles_can_go() -> None:
    table = torch.eye(5)
    bags = Bags.of([(0, 1, 2), (0,), (0, 3, 4)])
    generator = torch.Generator().manual_seed(1)
    gone = network._bag(table, bags, network.Dropped(titles=1.0), generator)
    assert torch.equal(gone, table[[0, 0, 0]])
    kept = network._bag(table, bags, network.KEPT, None)
    np.testing.assert_allclose(kept.numpy()[0], [1 / 3, 1 / 3, 1 / 3, 0, 0], rtol=1e-6)
    some = network._bag(table, bags, network.Dropped(pieces=0.5), generator)
    assert torch.equal((some > 0)[:, 0], torch.ones(3, dtype=torch.bool))


def test_without_cues_hides_a_kind_from_all_of_a_note_and_leaves_the_rest() -> None:
    texts = text_features(NOTES)
    gone = network.without_cues(texts, 1.0, None)
    kinds = [set().union(*(kind[n] for kind in CUES)) for n in (0, 1)]
    for before, after, hidden in (
        (texts.candidate, gone.candidate, kinds[0]),
        (texts.line, gone.line, kinds[1]),
    ):
        kept = [n for n in range(before.shape[1]) if n not in hidden]
        assert not after[:, list(hidden)].any() and before[:, list(hidden)].any()
        assert np.array_equal(after[:, kept], before[:, kept]) and before[:, kept].any()
    assert set(gone.titles) == {""}
    generator = torch.Generator().manual_seed(0)
    some = network.without_cues(text_features(NOTES[:1] * 40), 0.5, generator)
    upper = some.candidate[:, 3].reshape(40, -1).max(1)
    assert 5 < (upper == 0).sum() < 35


def test_cues_of_case_are_the_columns_that_small_letters_change() -> None:
    before, after = (
        text_features([t]) for t in ("Seen. So\n\nPlan: rest", "seen. so\n\nplan: rest")
    )
    of_candidate, of_line = CUES[0]
    changed = np.flatnonzero((before.candidate != after.candidate).any(0))
    assert set(changed) <= {*of_candidate, 10, 11}
    assert set(np.flatnonzero((before.line != after.line).any(0))) == set(of_line)
