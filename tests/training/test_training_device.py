"""On a GPU everything is on the GPU. Few machines have one, so torch's ``meta`` device stands in,
whose tensors have shapes and no numbers.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_mini import piece, tiny_form, tiny_network
from tiny_space import WordEncoder, write_material
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import BartConfig, BartForConditionalGeneration

from biotk.index.token_trie import TokenTrie
from biotk.nn.inputs import Seq2SeqInput
from biotk.training.batches import Batch
from biotk.training.decisions import DecisionMaker, Target
from biotk.training.generel import GenerelTraining
from biotk.training.generel_recipe import read_generel_recipe
from biotk.training.kb_samples import Sample
from biotk.training.mini import MiniTrainee
from biotk.training.seq2seq import Seq2SeqTrainee

FORM = tiny_form()
A, B, C, D = (piece(letter) for letter in "abcd")
NAMES = [(A, B), (A, C), (A, C, D, A), (B, D), (C,)]
SAMPLES = [
    Sample(FORM.from_pieces((A, B), (D,), (A, A)), Target((A, C, D, A))),
    Sample(FORM.from_pieces((B,)), Target((), (4,))),
]
#: What asks for a number; any will do.
NUMBER = torch.ops.aten._local_scalar_dense.default
UNIQUE = torch.ops.aten._unique2.default
#: What brings an array of numpy's to where it belongs.
BRINGS = {
    torch.ops.aten.lift_fresh.default,
    torch.ops.aten.detach.default,
    torch.ops.aten._to_copy.default,
}


class OnMetaAlone(TorchDispatchMode):
    """Fails where an operation takes a tensor that was left on the CPU; counts the others."""

    n = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        if func not in BRINGS:
            assert {each.device.type for each in tensors if each.dim()} <= {"meta"}, func
        self.n += 1
        if func is NUMBER:
            return args[0].dtype.is_floating_point * 0.5 or True
        if func is UNIQUE:  # how many there are, only numbers tell
            flat = args[0].flatten()
            return flat, torch.zeros_like(args[0]), flat
        return func(*args, **(kwargs or {}))


def check_cost(trainee, batch: Batch) -> None:
    trainee.train(dropout=0.1)
    with OnMetaAlone() as mode:
        cost = trainee.cost(batch, smoothing=0.1)
    assert cost.loss.device.type == cost.nll.device.type == "meta"
    assert mode.n > 100 and cost.right == 0.5


@pytest.mark.parametrize("loss", ["trie", "vocabulary"])
def test_cost_of_biotk_mini_is_worked_out_where_it_is(tmp_path, loss) -> None:
    network = tiny_network(tmp_path, look_ahead=True, overlap=True)
    trainee = MiniTrainee(network.to("meta"), FORM)
    trainee.add_trie("kb", DecisionMaker(TokenTrie.from_sequences(NAMES), end_id=FORM.end_id))
    check_cost(trainee, Batch("kb", SAMPLES, loss))


def test_cost_of_a_bart_is_worked_out_where_it_is() -> None:
    config = BartConfig(
        vocab_size=60, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, pad_token_id=1,
        bos_token_id=0, eos_token_id=2, decoder_start_token_id=2,
    )  # fmt: skip
    model = BartForConditionalGeneration(config).to("meta")
    samples = [Sample(Seq2SeqInput((0, 20, 21, 2), (2, 30)), Target((40, 41)))]
    trainee = Seq2SeqTrainee(model, None, base="bart")
    check_cost(trainee, Batch("", samples, "vocabulary"))


def test_costs_of_a_space_are_worked_out_where_it_is(tmp_path) -> None:
    recipe = read_generel_recipe(write_material(tmp_path))
    training = GenerelTraining(recipe, tmp_path / "run", device="meta", encoder=WordEncoder())
    names = []
    for task in training.tasks:
        with OnMetaAlone() as mode:
            cost = task.cost(training.network, np.random.default_rng(3))
        assert cost.device.type == "meta"
        assert mode.n > 30
        names.append(task.name)
    assert {"snp_trait", "snp_gene", "disease_phenotype"} <= set(names)
