"""A tiny BART, trained in GenBioEL's format: the loss, what is saved, and that it learns."""

from __future__ import annotations

import json
import math

import pytest
import torch
from tiny_bpe import tiny_bpe
from tiny_models import tiny_model
from tiny_training import FINETUNE, INFILL, PRETRAIN, RECIPE, write_training
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from biotk.errors import InputError
from biotk.kb import open_kb
from biotk.linking import GenerativeLinker, load_generator
from biotk.nn.inputs import Seq2SeqInput
from biotk.training.batches import Batch
from biotk.training.decisions import Target
from biotk.training.kb_samples import Sample
from biotk.training.places import check_places
from biotk.training.recipe_file import read_recipe
from biotk.training.run import RunOptions, train
from biotk.training.seq2seq import Seq2SeqTrainee

START = RECIPE.index("[model]")
SEQ2SEQ = (
    RECIPE[:START]
    + '[model]\nkind = "seq2seq"\nbase = "bart"\n\n'
    + RECIPE[RECIPE.index("[[kb]]") :]
)


@pytest.fixture
def bart(tmp_path):
    torch.manual_seed(0)
    config = BartConfig(
        vocab_size=300, d_model=24, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
        max_position_embeddings=256, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        decoder_start_token_id=2, forced_eos_token_id=None,
    )  # fmt: skip
    BartForConditionalGeneration(config).save_pretrained(tmp_path / "bart")
    PreTrainedTokenizerFast(tokenizer_object=tiny_bpe()).save_pretrained(tmp_path / "bart")
    return tmp_path / "bart"


def test_cost_equals_transformers_with_the_prefix_masked(bart) -> None:
    trainee = Seq2SeqTrainee.begin(bart)
    samples = [
        Sample(Seq2SeqInput((0, 20, 21, 2), (2, 30, 31)), Target((40, 41))),
        Sample(Seq2SeqInput((0, 22, 2), (2, 30)), Target((42, 43, 44))),
    ]
    trainee.network.eval()
    with torch.no_grad():
        cost = trainee.cost(Batch("", samples, "vocabulary"))
        for each, nll in zip(samples, cost.nll.tolist()):
            (source, prefix), pieces = each.input, each.target.pieces
            labels = [-100] * (len(prefix) - 1) + [*pieces, 2]
            want = trainee.network(
                input_ids=torch.tensor([source]),
                decoder_input_ids=torch.tensor([[*prefix, *pieces]]),
                labels=torch.tensor([labels]),
            ).loss
            assert math.isclose(nll, float(want) * (len(pieces) + 1), rel_tol=1e-4)
        smoothed = trainee.cost(Batch("", samples, "vocabulary"), smoothing=0.1)
    assert math.isclose(float(cost.loss), float(cost.nll.mean()), rel_tol=1e-5)
    assert float(smoothed.loss) != float(cost.loss)


def test_dropout_is_that_of_the_stage(bart) -> None:
    trainee = Seq2SeqTrainee.begin(bart)
    samples = [Sample(Seq2SeqInput((0, 20, 21, 2), (2, 30, 31)), Target((40, 41)))]
    batch = Batch("", samples, "vocabulary")
    for dropout, same in ((0.0, True), (0.3, False)):
        trainee.train(dropout=dropout)
        with torch.no_grad():
            first, second = (float(trainee.cost(batch).loss) for _ in range(2))
        assert (first == second) is same


def test_bart_is_trained_and_saved_as_a_checkpoint(bart, tmp_path) -> None:
    path = write_training(tmp_path, INFILL, PRETRAIN, FINETUNE, steps=24, recipe=SEQ2SEQ)
    out = tmp_path / "run"
    assert train(read_recipe(path), out, RunOptions())
    for stage, name in (("infill", "text"), ("pretrain", "dev"), ("finetune", "dev")):
        lines = [json.loads(line) for line in (out / stage / "log.jsonl").read_text().splitlines()]
        told = [line[f"{name} nll"] for line in lines if f"{name} nll" in line]
        assert told[-1] < told[0]
    facts = json.loads((out / "metrics.json").read_text())
    assert facts["data"]["feeds"]["notes for tiny"]["left_out"] == {
        "NIL, which the model does not have": 7
    }
    linker = GenerativeLinker(open_kb(tmp_path / "tiny"), load_generator(out / "model"))
    assert linker.link("fever").candidates


def test_models_that_the_format_is_not_for_are_refused_at_once(bart, tmp_path) -> None:
    path = write_training(tmp_path, PRETRAIN, recipe=SEQ2SEQ)
    check_places(read_recipe(path), tmp_path / "run")
    tiny_model("t5", vocabulary=300).config.save_pretrained(bart)
    with pytest.raises(InputError, match="GenBioEL's format is for BART"):
        check_places(read_recipe(path), tmp_path / "run")


def test_tokenizer_without_a_mask_cannot_fill_gaps(bart) -> None:
    settings = json.loads((bart / "tokenizer.json").read_text())
    vocabulary = settings["model"]["vocab"]
    vocabulary["<gap>"] = vocabulary.pop("<mask>")
    (bart / "tokenizer.json").write_text(json.dumps(settings))
    with pytest.raises(InputError, match="no <mask>"):
        Seq2SeqTrainee.begin(bart).gaps()
