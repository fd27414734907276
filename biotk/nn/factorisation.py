"""Matrix factorisation of links: the baseline of who knows nothing but the links themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

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
    indices = torch.from_numpy(np.ascontiguousarray(links.T))
    table = torch.sparse_coo_tensor(
        indices, torch.ones(len(links)), size=shape, check_invariants=True
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        left, values, right = torch.svd_lowrank(table.coalesce(), q=min(dim, *shape), niter=4)
    return (left * values).numpy(), right.numpy()
