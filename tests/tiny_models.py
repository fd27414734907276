"""Small encoder–decoders with random weights, of the shapes that we run, from fixed seeds."""

from __future__ import annotations

import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    MBartConfig,
    MBartForConditionalGeneration,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

SHAPES = ("bart", "mbart", "t5", "t5-gated")


def tiny_model(shape: str, *, vocabulary: int = 60, seed: int = 0, spread: float = 3.0):
    """:returns: a model of two layers; the greater ``spread``, the surer it is of its answers."""
    torch.manual_seed(seed)
    model = _make(shape, vocabulary)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:  # so that a norm that is left out shows
                weight.add_(0.2 * torch.randn_like(weight))
            elif weight.dim() == 1:
                weight.normal_(std=0.1)
        if "bart" in shape:
            model.final_logits_bias.normal_()
            model.get_output_embeddings().weight.mul_(spread * 10)
        else:
            model.get_output_embeddings().weight.mul_(spread)
    return model.eval()


def _make(shape: str, vocabulary: int) -> PreTrainedModel:
    if shape in {"bart", "mbart"}:
        config, model = {
            "bart": (BartConfig, BartForConditionalGeneration),
            "mbart": (MBartConfig, MBartForConditionalGeneration),
        }[shape]
        return model(
            config(
                vocab_size=vocabulary, d_model=16, encoder_layers=2, decoder_layers=2,
                encoder_attention_heads=2, decoder_attention_heads=4, encoder_ffn_dim=24,
                decoder_ffn_dim=24, max_position_embeddings=64, scale_embedding=shape == "mbart",
                pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2,
                forced_eos_token_id=None,
            )
        )  # fmt: skip
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=vocabulary, d_model=16, d_kv=6, d_ff=24, num_layers=2,
            num_heads=4, relative_attention_num_buckets=8, relative_attention_max_distance=12,
            feed_forward_proj="gated-gelu" if shape == "t5-gated" else "relu",
            tie_word_embeddings=shape == "t5", decoder_start_token_id=0,
        )
    )  # fmt: skip
