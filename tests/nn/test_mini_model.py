"""biotk-mini for inference gives what its network gives in training, whole sequences at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_mini import PIECES, read_tiny_encoder, tiny_network
from transformers import BertModel

from biotk.errors import InputError
from biotk.nn.mini import MiniModel
from biotk.nn.mini_format import padded

N = len(PIECES)
SOURCES = [(2, 7, 9 + N, 8 + N, 11, 3), (2, 30 + N, 3), (2, 5, 6, 7, 8, 9, 10 + N, 3)]


def arrays(sources):
    return [torch.from_numpy(array) for array in padded(sources, n_pieces=N)]


def model_of(network, **options) -> MiniModel:
    return MiniModel(network, end_id=3, nil_id=4, **options)


def test_network_without_marks_and_copying_is_its_encoder(tmp_path) -> None:
    network = tiny_network(tmp_path, copy=False)
    bert, _ = BertModel.from_pretrained(tmp_path, add_pooling_layer=False, output_loading_info=True)
    with torch.no_grad():
        network.marks.weight.zero_()
        ids, marks, padding = arrays(SOURCES)
        want = bert.eval()(input_ids=ids, attention_mask=(~padding).long()).last_hidden_state
        found = network.encode(ids, marks, padding).states
        torch.testing.assert_close(found[~padding], want[~padding], atol=1e-5, rtol=1e-5)
        network.marks.weight.normal_()
        moved = network.encode(ids, marks, padding).states
    assert not torch.allclose(moved[~padding], want[~padding], atol=1e-2)


def fed(model: MiniModel, sequences) -> list[torch.Tensor]:
    """:returns: queries of each sequence's tokens, fed in turns, one at a time."""
    memory = model.encode(SOURCES)
    slots: list[list[int]] = [[] for _ in sequences]
    found: list[list[torch.Tensor]] = [[] for _ in sequences]
    for step in range(max(map(len, sequences))):
        rows = [row for row, tokens in enumerate(sequences) if step < len(tokens)]
        paths = np.zeros((len(rows), step + 1), np.int64)
        for at, row in enumerate(rows):
            slots[row].append(memory.used + at)
            paths[at] = slots[row]
        queries = model.feed(
            memory,
            np.array([sequences[row][step] for row in rows]),
            paths,
            np.full(len(rows), step + 1),
            np.array(rows),
        )
        for row, query in zip(rows, queries):
            found[row].append(query)
    return [torch.stack(each) for each in found]


#: The second goes on behind the last position that the network tells apart.
FED = [[2, 9, 8, 3], [2, 30, 3, *range(10, 30)], [2, 10]]


@pytest.mark.parametrize("look_ahead", [True, False])
@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("overlap", [True, False])
def test_model_fed_step_by_step_equals_the_network(tmp_path, look_ahead, copied, overlap) -> None:
    network = tiny_network(tmp_path, look_ahead=look_ahead, copy=copied, overlap=overlap)
    found = fed(model_of(network), FED)
    with torch.no_grad():
        memory = network.encode(*arrays(SOURCES))
        tokens = torch.zeros(len(FED), max(map(len, FED)), dtype=torch.long)
        for row, each in zip(tokens, FED):
            row[: len(each)] = torch.tensor(each)
        hidden = network.decode(memory, tokens)
        child, ahead, common = network.queries(hidden)
    assert (ahead is None) == (not look_ahead)
    assert (common is None) == (not overlap)
    for row, (tokens, queries) in enumerate(zip(FED, found)):
        n = len(tokens)
        want = [child[row, :n], torch.zeros(n, 24) if ahead is None else ahead[row, :n]]
        want += [] if common is None else [common[row, :n]]
        torch.testing.assert_close(queries, torch.cat(want, 1), atol=1e-4, rtol=1e-4)


def test_model_in_bf16_is_close(tmp_path) -> None:
    network = tiny_network(tmp_path)
    wide, narrow = (
        torch.cat(fed(model_of(network, dtype=dtype), FED)).float()
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert torch.nn.functional.cosine_similarity(wide, narrow).min() > 0.98
    assert not torch.equal(wide, narrow)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_model_leaves_its_network_as_it_is(tmp_path, dtype) -> None:
    network = tiny_network(tmp_path).train()
    network.freeze_below()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    trained = {name for name, weight in network.named_parameters() if weight.requires_grad}
    model_of(network, dtype=dtype).encode(SOURCES)
    assert network.training and len(network.layers) == 2
    assert {n for n, weight in network.named_parameters() if weight.requires_grad} == trained
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]) and value.dtype == torch.float32
    memory = network.encode(*arrays(SOURCES))
    network.decode(memory, torch.tensor([[2, 5]] * 3)).sum().backward()
    assert network.copied.weight.grad is not None


def test_pieces_go_where_the_weights_go(tmp_path) -> None:
    network = tiny_network(tmp_path)
    assert network.pieces.dtype == torch.float32
    assert "_pieces" not in network.state_dict()
    assert network.to(torch.bfloat16).pieces.dtype == torch.bfloat16


def test_sources_that_do_not_fit_are_refused(tmp_path) -> None:
    model = model_of(tiny_network(tmp_path))
    for source in ((), (2, *[7] * 39, 3)):
        with pytest.raises(InputError, match=r"source 1 has .* allowed are 1 to 40"):
            model.encode([SOURCES[0], source])


def test_only_the_trie_can_be_normalised_over(tmp_path) -> None:
    model = model_of(tiny_network(tmp_path))
    for call in (model.normaliser, model.logits):
        with pytest.raises(InputError, match='"trie" only'):
            call(torch.zeros(1, 48))
    with pytest.raises(InputError, match="forced behind"):
        model.output_rows(np.array([7]))


def test_encoder_of_a_wrong_shape_is_refused(tmp_path) -> None:
    from biotk.nn.mini_files import new_network
    from biotk.nn.mini_network import MiniConfig

    tiny_network(tmp_path)
    encoder = read_tiny_encoder(tmp_path)
    for config, told in (
        (MiniConfig(tuned_layers=4, n_heads=2), "tuned_layers is 4; the encoder has 3"),
        (MiniConfig(tuned_layers=2, n_heads=5), "n_heads is 5; they must divide .* 24"),
        (MiniConfig(tuned_layers=2, n_heads=2, n_layers=0), "n_layers is 0"),
    ):
        with pytest.raises(InputError, match=told):
            new_network(encoder, config)
    lacking = encoder._replace(weights=dict(list(encoder.weights.items())[1:]))
    with pytest.raises(InputError, match="1 missing: embeddings"):
        new_network(lacking, MiniConfig(tuned_layers=2, n_heads=2))
