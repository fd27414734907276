"""The tagger's network: what is ours of it, and labels that no batch and no window changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_tagger import OVERLAP, TYPES, WINDOW, tiny_tagger, tiny_tagger_form

from biotk.nn import tagger
from biotk.nn.tagger import Piece, TaggerModel, tagger_input
from biotk.nn.tagger_format import Window

TEXT = "No fever. Takes IL-2 for gout, (zinc) 3 mg."


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny_tagger(tmp_path_factory.mktemp("tagger") / "encoder")


@pytest.fixture(scope="module")
def model(network):
    return TaggerModel(network, tiny_tagger_form(), window=WINDOW, overlap=OVERLAP)


def plain_log_probs(network, text: str) -> np.ndarray:
    """The slow way: one text, nothing beside it, the encoder called as transformers has it."""
    units = tiny_tagger_form().units_of(text)
    n = len(units)
    given = tagger_input([Piece(0, units, Window(0, n, 0, n))], tiny_tagger_form())
    states = network.encoder.embeddings(input_ids=given.ids) + network.shapes(given.shapes)
    for layer in network.encoder.encoder.layer:
        states = layer(states)
    unit = states[0][given.firsts]
    inner = network.inner(unit) + network.inner_shapes(given.shapes[0][given.firsts])
    logits = network.labels(torch.nn.functional.gelu(network.norm(inner)))
    return logits.view(n, len(TYPES), 3).log_softmax(-1).detach().numpy()


def test_labels_are_those_of_the_network_alone(model, network) -> None:
    (found,) = model.label(["No fever."])
    np.testing.assert_allclose(found.log_probs, plain_log_probs(network, "No fever."), atol=1e-4)
    np.testing.assert_allclose(np.exp(found.log_probs).sum(-1), 1, atol=1e-5)


def test_labels_are_the_same_in_any_batch(model, monkeypatch) -> None:
    texts = ["No fever.", "", TEXT, "  ", "zinc", TEXT * 4]
    together = model.label(texts)
    monkeypatch.setattr(tagger, "_AT_ONCE", 1)
    for text, found in zip(texts, together, strict=True):
        (alone,) = model.label([text])
        assert found.log_probs.shape == (len(found.units), len(TYPES), 3)
        np.testing.assert_allclose(found.log_probs, alone.log_probs, atol=1e-4)


def test_long_text_is_read_whole_each_unit_in_its_window(model, network) -> None:
    text = TEXT * 5
    (found,) = model.label([text])
    assert np.isfinite(found.log_probs).all() and (found.log_probs != 0).all()
    units = found.units
    at = np.searchsorted(units.offsets, units.offsets[-1] - WINDOW)
    begins = int(units.starts[at])
    # The last window is the text's end, read alone.
    alone = plain_log_probs(network, text[begins:])
    # Nothing says within a text that a blank stands before it; its first unit's shape does.
    np.testing.assert_allclose(found.log_probs[-3:], alone[-3:], atol=0.2)


def test_shape_of_units_changes_labels(model) -> None:
    small, capitals = (model.label([text])[0].log_probs for text in ("fever", "FEVER"))
    assert np.abs(small - capitals).max() > 1e-3


def test_own_weights_are_what_is_trained(network) -> None:
    network.freeze_below()
    trained = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert trained == set(network.own_state())
    assert not any(name.startswith("encoder.embeddings") for name in trained)
    assert not any(name.startswith("encoder.encoder.layer.0.") for name in trained)
    assert any(name.startswith("encoder.encoder.layer.1.") for name in trained)


def test_dropout_is_where_fast_attention_stays_possible(network) -> None:
    network.drop(0.3)
    dropping = {
        name
        for name, module in network.encoder.named_modules()
        if isinstance(module, torch.nn.Dropout) and module.training
    }
    assert dropping and not any(".self." in name or ".layer.0." in name for name in dropping)
    network.eval()
    assert not any(module.training for module in network.modules())


def test_gradients_reach_shapes_and_tuned_layers(network) -> None:
    units = tiny_tagger_form().units_of(TEXT[:20])
    n = len(units)
    network.freeze_below()
    given = tagger_input([Piece(0, units, Window(0, n, 0, n))], tiny_tagger_form())
    network(given)[..., 1].sum().backward()
    for name in ("shapes.weight", "labels.bias", "encoder.encoder.layer.1.output.dense.weight"):
        assert network.get_parameter(name).grad.abs().max() > 0
    assert network.get_parameter("encoder.encoder.layer.0.output.dense.weight").grad is None
    network.zero_grad()


def test_model_in_bfloat16_is_close_and_leaves_the_network_as_it_is(network, model) -> None:
    half = TaggerModel(
        network, tiny_tagger_form(), window=WINDOW, overlap=OVERLAP, dtype=torch.bfloat16
    )
    assert network.inner.weight.dtype == torch.float32
    a, b = half.label([TEXT])[0].log_probs, model.label([TEXT])[0].log_probs
    assert np.abs(np.exp(a) - np.exp(b)).mean() < 0.05
