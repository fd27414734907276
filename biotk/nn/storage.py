"""How weights are stored: as they are, in half of the space, or in a quarter of it.

``int8`` keeps a matrix as one byte a number and one scale a row, so that a row of small numbers
loses nothing to one of large ones. What is no matrix (norms, biases) is a few kilobytes and stays.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from biotk.errors import InputError, UnknownNameError

#: The name of a row's scales is that of the matrix and this.
SCALES = ".row_scales"

_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
STORAGES = (*_DTYPES, "int8")


def packed(tensors: Mapping[str, Tensor], storage: str) -> dict[str, Tensor]:
    """Make weights small.

    :param tensors: by name.
    :param storage: one of :data:`STORAGES`.
    :raises UnknownNameError: it is none.
    :raises InputError: a weight is too large for it.
    """
    if storage not in STORAGES:
        raise UnknownNameError("storage", storage, STORAGES)
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        wide = tensor.detach().float()
        if tensor.dim() != 2:
            found[name] = wide
        elif storage == "int8":
            found[name], found[name + SCALES] = _rows(wide)
        else:
            found[name] = wide.to(_DTYPES[storage])
            if not torch.isfinite(found[name]).all():
                raise InputError(f"the weight {name} does not fit into {storage}")
    return found


def unpacked(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Make weights of what :func:`packed` made of them.

    :returns: by name, in fp32.
    :raises InputError: scales are missing or do not fit.
    """
    found: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        if name.endswith(SCALES):
            continue
        found[name] = tensor.float()
        if tensor.dtype == torch.int8:
            scales = stored.get(name + SCALES)
            if scales is None or tensor.dim() != 2 or scales.shape != tensor.shape[:1]:
                raise InputError(f"the scales of {name} are missing, or not one a row")
            found[name] *= scales.float()[:, None]
    for name in stored:
        if name.endswith(SCALES):
            of = stored.get(name.removesuffix(SCALES))
            if of is None or of.dtype != torch.int8:
                raise InputError(f"{name} are scales of nothing")
    return found


def _rows(matrix: Tensor) -> tuple[Tensor, Tensor]:
    scales = matrix.abs().amax(1) / 127
    divisors = torch.where(scales > 0, scales, torch.ones_like(scales))
    rounded = (matrix / divisors[:, None]).round().clamp(-127, 127)
    return rounded.to(torch.int8), scales
