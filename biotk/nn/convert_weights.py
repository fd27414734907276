"""Weights brought into the names and the dtype under which a model reads them, and checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from biotk.errors import InputError
from biotk.nn.architecture import Architecture
from biotk.nn.checkpoint import ZERO_WHEN_MISSING, counted, size, some

#: Numbers that tools keep beside weights, and that no model reads.
_BOOKKEEPING = re.compile(r"(^|\.)(version|_float_tensor|position_ids)$")
#: fairseq's name of the output layer.
_FAIRSEQ_OUTPUT = "decoder.output_projection.weight"


@dataclass(frozen=True, slots=True)
class Renaming:
    """How the names of weights become those that the model has.

    :param removed: what is taken off their beginning.
    :param added: what is put there.
    """

    removed: str = ""
    added: str = ""

    def new_name(self, key: str, names: Mapping[str, object]) -> str:
        """:returns: the name of a weight in the model, if it has a place there.

        :param names: those of the model.
        """
        bare = key.removeprefix(self.removed)
        new = bare if bare in names and self.added + bare not in names else self.added + bare
        if new.endswith(_FAIRSEQ_OUTPUT) and "lm_head.weight" in names:
            return "lm_head.weight"
        return new


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights as they are stored.

    :param tensors: by the name under which each is stored.
    :param renaming: how they got their names.
    :param left_out: those that the model has no place for, by their old names.
    :param made: those that were not there, and are zeros by their definition.
    :param shared: other names of weights, and the ones under which those are stored.
    """

    tensors: dict[str, Tensor]
    renaming: Renaming
    left_out: tuple[str, ...]
    made: tuple[str, ...]
    shared: dict[str, str]


def find_renaming(keys: Iterable[str], architecture: Architecture) -> Renaming:
    """Find which beginning of the names is a wrapper's: the one that makes most of them fit.

    ``module.`` of DataParallel, ``_orig_mod.`` of ``torch.compile``, and whatever else; fairseq's
    names, and those of a model without its output layer, lack one that is added.
    """
    votes: Counter[tuple[str, str]] = Counter()
    for key in keys:
        for cut in (0, *(at + 1 for at, character in enumerate(key) if character == ".")):
            for added in ("", architecture.prefix):
                if added + key[cut:] in architecture.shapes:
                    votes[key[:cut], added] += 1
    if not votes:
        return Renaming()
    return Renaming(*min(votes, key=lambda pair: (-votes[pair], len(pair[0]), len(pair[1]))))


def fit_weights(
    name: str,
    tensors: Mapping[str, Tensor],
    architecture: Architecture,
    *,
    dtype: torch.dtype,
    may_differ: bool = False,
    drop_extra: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Fitted:
    """Name, check and convert the weights of a checkpoint.

    :param name: of the checkpoint, for messages.
    :param tensors: the weights.
    :param may_differ: the output layer may have other weights than the embeddings.
    :param drop_extra: leave out weights that the model has no place for.
    :param progress: told how many weights are done, and of how many.
    :raises InputError: weights are missing, left over, of another shape, not finite, or differ
        where the model has but one.
    """
    renaming = find_renaming(tensors, architecture)
    named: dict[str, Tensor] = {}
    left_out: list[str] = []
    extra: list[str] = []
    for key, tensor in tensors.items():
        new = renaming.new_name(key, architecture.shapes)
        if new not in architecture.shapes:
            useless = _BOOKKEEPING.search(key) or any(
                re.search(pattern, new) for pattern in architecture.ignored
            )
            (left_out if useless or drop_extra else extra).append(key)
        elif new in named:
            raise InputError(f"model {name}: the weight {new} comes twice, once as {key}")
        else:
            named[new] = tensor
    _check_fit(name, named, sorted(extra), architecture)
    stored, shared = _without_copies(name, named, architecture, may_differ=may_differ)
    made = []
    if ZERO_WHEN_MISSING in architecture.shapes and ZERO_WHEN_MISSING not in stored:
        stored[ZERO_WHEN_MISSING] = torch.zeros(architecture.shapes[ZERO_WHEN_MISSING])
        made.append(ZERO_WHEN_MISSING)
    converted = {}
    for number, key in enumerate(sorted(stored), 1):
        converted[key] = _convert(name, key, stored[key], dtype)
        progress(number, len(stored))
    return Fitted(_unshared(converted), renaming, tuple(sorted(left_out)), tuple(made), shared)


def _check_fit(
    name: str, named: Mapping[str, Tensor], extra: list[str], architecture: Architecture
) -> None:
    shapes = architecture.shapes
    missing = [
        keys[0]
        for keys in architecture.same
        if keys[0] != ZERO_WHEN_MISSING and not any(key in named for key in keys)
    ]
    reshaped = [key for key in named if named[key].shape != shapes[key]]
    found, remedy = [], "Give it the config.json and the weights of one checkpoint"
    if missing:
        found.append(f"{counted(missing)} missing: {some(missing)}")
    if reshaped:
        told = [f"{key} is {size(named[key].shape)}, not {size(shapes[key])}" for key in reshaped]
        found.append(f"{counted(reshaped)} of another shape: {some(told)}")
    if extra:
        found.append(f"{counted(extra)} without a place in it: {some(extra)}")
        if not missing and not reshaped:
            remedy += ", or leave out what has no place with --drop-extra, if you know what it is"
    if found:
        raise InputError(
            f"model {name}: the weights do not fit its config.json; {'; '.join(found)}. {remedy}"
        )


def _without_copies(
    name: str, named: Mapping[str, Tensor], architecture: Architecture, *, may_differ: bool
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """:returns: each weight once, and the other names of those that have several."""
    stored: dict[str, Tensor] = {}
    shared: dict[str, str] = {}
    for first, *others in architecture.same:
        present = [key for key in (first, *others) if key in named]
        if not present:
            continue
        stored[first] = named[present[0]]
        for key in present[1:]:
            if _equal(named[key], stored[first]):
                continue
            if not (may_differ and key == "lm_head.weight"):
                raise InputError(
                    f"model {name}: {key} and {present[0]} are one weight in this model, and "
                    "differ in the checkpoint. If it was trained with an output layer of its own, "
                    'put "tie_word_embeddings": false into its config.json'
                )
            stored[key] = named[key]
        shared |= {key: first for key in others if key not in stored}
    return stored, shared


def _equal(one: Tensor, other: Tensor) -> bool:
    if one.data_ptr() == other.data_ptr() and one.stride() == other.stride():
        return True
    # NaN is unlike itself, and has an error of its own.
    return bool(torch.equal(one, other)) or bool(torch.allclose(one, other, 0, 0, equal_nan=True))


def _convert(name: str, key: str, tensor: Tensor, dtype: torch.dtype) -> Tensor:
    if not tensor.is_floating_point():
        return tensor.contiguous()
    if not torch.isfinite(tensor).all():
        raise InputError(
            f"model {name}: the weight {key} holds values that are not finite (NaN or infinite): "
            "its training has failed or the file is damaged. Take another checkpoint"
        )
    converted = tensor.to(dtype).contiguous()
    if not torch.isfinite(converted).all():
        raise InputError(
            f"model {name}: the weight {key} holds values up to {tensor.abs().max():.3g}, too "
            f"large for {str(dtype).removeprefix('torch.')}; take --dtype bfloat16 or float32"
        )
    return converted


def _unshared(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """:returns: the same, none of them in the memory of another, which safetensors refuses."""
    seen: set[int] = set()
    for key, tensor in tensors.items():
        memory = tensor.untyped_storage().data_ptr()
        if memory in seen:
            tensors[key] = tensor.clone()
        seen.add(memory)
    return tensors
