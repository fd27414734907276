"""What is known of genes, as numbers beside the vectors of their names.

A locus that no study has reported yet is known by its genes alone. A gene's name tells little of
what it does; where it is expressed and what it is linked to tells more, as in PoPS (Weeks et al.,
2023, "Leveraging polygenic enrichments of gene features to predict genes underlying complex traits
and diseases").
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from biotk.nn.factorisation import weighted_factors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

#: What fewer genes are linked to tells nothing of other genes.
_LEAST_GENES = 2


def measured_features(measured: Floats) -> Floats:
    """Make features of what was measured of genes, as their expression in tissues.

    Each twice: its logarithm, and its share of the gene's largest, which is how special it is.

    :param measured: from 0 up. *Shape*: (genes, measured).
    :returns: of length one on average, where anything was measured. *Shape*: (genes, 2 · measured).
    """
    if not measured.any():
        return np.zeros((len(measured), 0), np.float32)
    most = measured.max(1, keepdims=True)
    shares = np.divide(measured, most, out=np.zeros_like(measured), where=most > 0)
    levels = np.log1p(measured)
    # So that neither of the two drowns the other.
    levels *= _mean_length(shares) / _mean_length(levels)
    both = np.concatenate([levels, shares], 1)
    found: Floats = (both / _mean_length(both)).astype(np.float32)
    return found


def relation_features(links: Iterable[Ints], n_genes: int, *, n: int, seed: int) -> Floats:
    """Factorise what genes are linked to: pathways, phenotypes, other genes.

    What few genes are linked to counts more, as rare words do in documents (tf–idf).

    :param links: of each kind of relation, rows of genes and of what they are linked to.
        *Shape*: (links, 2) each.
    :param n_genes: how many genes there are.
    :param n: how many factors; fewer where there is less to factorise.
    :param seed: of what is drawn.
    :returns: of length one; nothing for a gene without links. *Shape*: (genes, n or fewer).
    """
    tables = [np.unique(each, axis=0) for each in links if len(each)]
    begins, at = 0, []
    for table in tables:
        values, columns = np.unique(table[:, 1], return_inverse=True)
        at.append(np.stack([table[:, 0], columns + begins], 1))
        begins += len(values)
    if not at or not n:
        return np.zeros((n_genes, 0), np.float32)
    cells = np.concatenate(at)
    counts = np.bincount(cells[:, 1])
    cells = cells[counts[cells[:, 1]] >= _LEAST_GENES]
    if not len(cells):
        return np.zeros((n_genes, 0), np.float32)
    weights = np.log(n_genes / counts[cells[:, 1]]).clip(min=0.1)
    lengths = np.sqrt(np.bincount(cells[:, 0], weights**2, minlength=n_genes))
    weights = weights / lengths[cells[:, 0]]
    made = weighted_factors(cells, weights, (n_genes, begins), dim=n, seed=seed)
    length = np.linalg.norm(made, axis=1, keepdims=True)
    found: Floats = np.where(length > 1e-4, made / np.maximum(length, 1e-4), 0.0).astype(np.float32)
    return found


def _mean_length(vectors: Floats) -> float:
    """:returns: the mean length of those that are not nothing."""
    lengths = np.linalg.norm(vectors, axis=1)
    return float(lengths[lengths > 0].mean())
