"""The weights of a decoder in one form, whatever architecture they come from.

BART, mBART and T5 decoders are the same three blocks (self-attention, cross-attention, feed
forward) with a few switches: norm before or behind a block, positions learned or as a bias of
attention, a gate. :func:`decoder_weights` reads a Hugging Face model and sets the switches.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor
from transformers import PreTrainedModel

from biotk.errors import UnknownNameError
from biotk.nn.linear import Linear


class Norm(NamedTuple):
    """Layer norm or, without a bias, T5's root mean square norm.

    :param weight: *Shape*: (width,).
    :param bias: *Shape*: (width,).
    """

    weight: Tensor
    bias: Tensor | None
    eps: float

    def __call__(self, x: Tensor) -> Tensor:
        """:returns: x, normalised over its last dimension."""
        if self.bias is not None:
            return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)
        # In fp32 whatever x is in, as T5 was trained.
        wide = x.float()
        scale = torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * (wide * scale).to(self.weight.dtype)


class FeedForward(NamedTuple):
    """``wo(act(wi(x)))``, times ``gate(x)`` inside where there is one."""

    act: Callable[[Tensor], Tensor]
    wi: Linear
    wo: Linear
    gate: Linear | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """:returns: the block's output, without the residual."""
        inner = self.act(self.wi(x))
        return self.wo(inner if self.gate is None else inner * self.gate(x))


class Layer(NamedTuple):
    """One layer of a decoder; ``qkv`` and ``kv`` are several maps in one matrix."""

    qkv: Linear
    self_out: Linear
    self_norm: Norm
    cross_q: Linear
    cross_kv: Linear
    cross_out: Linear
    cross_norm: Norm
    ffn: FeedForward
    ffn_norm: Norm


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderWeights:
    """A decoder.

    :param embed: token embeddings, scaling included. *Shape*: (vocabulary, width).
    :param positions: learned positions, the last row for all beyond. *Shape*: (positions, width).
    :param distances: bias of attention by distance, the last row for all beyond.
        *Shape*: (distances, heads).
    :param scale: of the product of query and key.
    :param pre_norm: whether norms stand before the blocks.
    """

    embed: Tensor
    positions: Tensor | None
    distances: Tensor | None
    embed_norm: Norm | None
    layers: tuple[Layer, ...]
    final_norm: Norm | None
    n_heads: int
    head_width: int
    scale: float
    pre_norm: bool


def decoder_weights(model: PreTrainedModel) -> DecoderWeights:
    """Take the decoder out of a Hugging Face model.

    :raises UnknownNameError: the architecture is none that we know.
    """
    readers = {"bart": _bart, "mbart": _bart, "t5": _t5, "mt5": _t5}
    kind = str(model.config.model_type)
    if kind not in readers:
        raise UnknownNameError("architecture (model_type)", kind, readers)
    return readers[kind](model)


def _linear(*modules: Any) -> Linear:
    """:returns: the map that puts the outputs of some ``nn.Linear`` one behind the other."""
    weight = torch.cat([module.weight.detach() for module in modules])
    biases = [module.bias for module in modules]
    bias = None if biases[0] is None else torch.cat([each.detach() for each in biases])
    return Linear(weight, bias)


def _layer_norm(module: Any) -> Norm:
    return Norm(module.weight.detach(), module.bias.detach(), module.eps)


def _rms_norm(module: Any) -> Norm:
    return Norm(module.weight.detach(), None, module.variance_epsilon)


def _bart(model: Any) -> DecoderWeights:
    config, decoder = model.config, model.get_decoder()
    layers = tuple(
        Layer(
            qkv=_linear(layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj),
            self_out=_linear(layer.self_attn.out_proj),
            self_norm=_layer_norm(layer.self_attn_layer_norm),
            cross_q=_linear(layer.encoder_attn.q_proj),
            cross_kv=_linear(layer.encoder_attn.k_proj, layer.encoder_attn.v_proj),
            cross_out=_linear(layer.encoder_attn.out_proj),
            cross_norm=_layer_norm(layer.encoder_attn_layer_norm),
            ffn=FeedForward(layer.activation_fn, _linear(layer.fc1), _linear(layer.fc2)),
            ffn_norm=_layer_norm(layer.final_layer_norm),
        )
        for layer in decoder.layers
    )
    head_width = config.d_model // config.decoder_attention_heads
    scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0
    return DecoderWeights(
        embed=decoder.embed_tokens.weight.detach() * scale,
        # The first rows of BART's table belong to no position.
        positions=decoder.embed_positions.weight.detach()[decoder.embed_positions.offset :],
        distances=None,
        embed_norm=_layer_norm(decoder.layernorm_embedding),
        layers=layers,
        final_norm=_layer_norm(decoder.layer_norm) if hasattr(decoder, "layer_norm") else None,
        n_heads=config.decoder_attention_heads,
        head_width=head_width,
        scale=head_width**-0.5,
        pre_norm=config.model_type == "mbart",
    )


def _t5(model: Any) -> DecoderWeights:
    config, decoder = model.config, model.get_decoder()
    layers = []
    for block in decoder.block:
        own, cross, last = block.layer
        ours, theirs, dense = own.SelfAttention, cross.EncDecAttention, last.DenseReluDense
        gated = hasattr(dense, "wi_1")
        ffn = FeedForward(
            act=dense.act,
            wi=_linear(dense.wi_0 if gated else dense.wi),
            wo=_linear(dense.wo),
            gate=_linear(dense.wi_1) if gated else None,
        )
        layers.append(
            Layer(
                qkv=_linear(ours.q, ours.k, ours.v),
                self_out=_linear(ours.o),
                self_norm=_rms_norm(own.layer_norm),
                cross_q=_linear(theirs.q),
                cross_kv=_linear(theirs.k, theirs.v),
                cross_out=_linear(theirs.o),
                cross_norm=_rms_norm(cross.layer_norm),
                ffn=ffn,
                ffn_norm=_rms_norm(last.layer_norm),
            )
        )
    bias = decoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight.detach()
    buckets = distance_buckets(
        config.relative_attention_num_buckets, config.relative_attention_max_distance
    )
    return DecoderWeights(
        embed=decoder.embed_tokens.weight.detach(),
        positions=None,
        distances=bias[buckets.to(bias.device)],
        embed_norm=None,
        layers=tuple(layers),
        final_norm=_rms_norm(decoder.final_layer_norm),
        n_heads=config.num_heads,
        head_width=config.d_kv,
        scale=1.0,  # T5 has it in its weights
        pre_norm=True,
    )


def distance_buckets(n_buckets: int, max_distance: int) -> Tensor:
    """:returns: T5's bucket of each distance back, up to the first of the last bucket for good.

    Half of the buckets are for one distance each, the others grow with its logarithm.
    *Shape*: (max_distance + 1,).
    """
    exact = n_buckets // 2
    distance = torch.arange(max_distance + 1)
    # In single precision, which is where T5 has its borders.
    growth = torch.log(distance.clamp(min=1).float() / exact) / math.log(max_distance / exact)
    far = (exact + (growth * (n_buckets - exact)).long()).clamp(max=n_buckets - 1)
    return torch.where(distance < exact, distance, far)
