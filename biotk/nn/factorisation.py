"""Matrix factorisation of tables of links: as a baseline, and to make features of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


def factorised(
    links: Ints, shape: tuple[int, int], *, dim: int = 64, seed: int = 0
) -> tuple[Floats, Floats]:
    """Factorise a table of links by a truncated singular value decomposition.

    By ``torch.svd_lowrank``, which draws (Halko et al., 2011, "Finding structure with randomness").

    :param links: where the table holds 1. *Shape*: (links, 2).
    :param shape: of the table.
    :param dim: how many singular values are kept, fewer where the table has fewer.
    :param seed: of what is drawn; the global state of torch is left as it is.
    :returns: the left vectors times the values, and the right ones; their products are near the
        table. *Shape*: (left, dim), (right, dim).
    """
    left, values, right = _svd(links, np.ones(len(links), np.float32), shape, dim, seed)
    return (left * values).numpy(), right.numpy()


def weighted_factors(
    cells: Ints, weights: npt.NDArray[Any], shape: tuple[int, int], *, dim: int, seed: int = 0
) -> Floats:
    """Factorise a table of weights by a truncated singular value decomposition.

    :param cells: where the table holds something, each once. *Shape*: (cells, 2).
    :param weights: what it holds there. *Shape*: (cells,).
    :param shape: of the table.
    :param dim: how many singular values are kept, fewer where the table has fewer.
    :param seed: of what is drawn.
    :returns: the left vectors times the values. *Shape*: (left, dim).
    """
    left, values, _ = _svd(cells, weights.astype(np.float32), shape, dim, seed)
    return (left * values).numpy()


def _svd(
    cells: Ints, weights: Floats, shape: tuple[int, int], dim: int, seed: int
) -> tuple[Tensor, Tensor, Tensor]:
    table = torch.sparse_coo_tensor(
        torch.from_numpy(np.ascontiguousarray(cells.T)),
        torch.from_numpy(weights),
        size=shape,
        check_invariants=True,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        left, values, right = torch.svd_lowrank(table.coalesce(), q=min(dim, *shape), niter=4)
    return left, values, right
