"""A space of SNPs and concepts on disk: vectors, and what makes those of what is new.

What the network adds up for a known SNP, gene or concept is kept as one vector. An unseen SNP is
made of regions and genes, a new text goes through an adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from biotk.errors import InputError
from biotk.kb.manifest import sha256_file
from biotk.nn.encoder_files import SHA256
from biotk.nn.generel_network import Adapter
from biotk.nn.model_files import WEIGHTS, ModelKind
from biotk.nn.storage import unpacked
from biotk.nn.tensor_files import check_finite, read_tensors

GENEREL = ModelKind(
    format="biotk-generel", version=2, fields={"scales": list, "terms": str}, least={}
)

Floats = npt.NDArray[np.float32]

#: Names of the tensors that are tables, and of the adapter's weights.
TABLES = ("snps", "regions", "genes", "concepts", "snp_mean")
_ADAPTER = "concept_adapter"


@dataclass(slots=True, kw_only=True)
class SpaceWeights:
    """What is stored of a space.

    :param snps: vectors of known SNPs, of unit length. *Shape*: (SNPs, dim).
    :param regions: what regions of chromosomes add. *Shape*: (regions, dim).
    :param genes: what genes add; at unit length their vectors. *Shape*: (genes, dim).
    :param concepts: vectors of known concepts, of unit length. *Shape*: (concepts, dim).
    :param snp_mean: what every SNP begins with. *Shape*: (dim,).
    :param adapter: for the texts of concepts that are new.
    :param scales: the lengths of regions, in bases.
    :param terms: the licences of what was trained on, parted by semicolons.
    :param encoder: the fingerprint of the sentence encoder's vectors.
    """

    snps: Floats
    regions: Floats
    genes: Floats
    concepts: Floats
    snp_mean: Floats
    adapter: Adapter
    scales: tuple[int, ...]
    terms: str
    encoder: str

    @property
    def dim(self) -> int:
        """The length of vectors."""
        return int(self.snp_mean.shape[0])

    @torch.inference_mode()
    def adapted(self, texts: Floats) -> Floats:
        """Make vectors of concepts.

        :param texts: the sentence encoder's vectors. *Shape*: (texts, width).
        :returns: not yet of unit length. *Shape*: (texts, dim).
        """
        made: Floats = self.adapter(torch.from_numpy(texts), 0.0).numpy()
        return made


def write_weights(folder: Path, weights: SpaceWeights, *, hidden: int, text_dim: int) -> None:
    """Write the weights of a space and its ``config.json``.

    :param hidden: the width inside the adapter.
    :param text_dim: the length of the sentence encoder's vectors.
    """
    tensors: dict[str, Tensor] = {
        name: torch.from_numpy(np.ascontiguousarray(getattr(weights, name))) for name in TABLES
    }
    for key, tensor in weights.adapter.state_dict().items():
        tensors[f"{_ADAPTER}.{key}"] = tensor
    settings = {
        "network": {
            "dim": weights.dim, "hidden": hidden, "text_dim": text_dim,
            **{name: len(getattr(weights, name)) for name in TABLES[:4]},
        },
        "tokenizer": weights.encoder,
        "scales": list(weights.scales),
        "terms": weights.terms,
    }  # fmt: skip
    GENEREL.write(folder, tensors, settings, encoder_sha256=SHA256, storage="int8")


def read_weights(folder: Path) -> SpaceWeights:
    """Read the weights of a space.

    :raises InputError: a file is missing, damaged or of another model.
    """
    config = GENEREL.read_config(folder)
    path = folder / WEIGHTS
    stored = read_tensors(path).tensors
    if sha256_file(path) != config["weights"]["sha256"]:
        raise InputError(
            f"{path} is not the file that config.json describes: its sha256 is another. Copy all "
            "files of the model from one place"
        )
    check_finite(path, stored)
    network = config["network"]
    try:
        tensors = unpacked(stored)
        adapter = _adapter(network, tensors)
        tables = {name: _table(name, network, tensors) for name in TABLES}
    except (InputError, KeyError, RuntimeError, TypeError) as error:
        raise InputError(f"{path} does not fit config.json: {error}") from None
    return SpaceWeights(
        **tables,
        adapter=adapter,
        scales=tuple(int(each) for each in config["scales"]),
        terms=config["terms"],
        encoder=config["tokenizer"],
    )


def _table(name: str, network: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Floats:
    dim = network["dim"]
    shape: Sequence[int] = (dim,) if name == "snp_mean" else (network[name], dim)
    if tuple(tensors[name].shape) != tuple(shape):
        raise InputError(f"{name} has the shape {tuple(tensors[name].shape)}, not {shape}")
    found: Floats = tensors[name].numpy()
    return found


def _adapter(network: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Adapter:
    adapter = Adapter(network["text_dim"], network["hidden"], network["dim"])
    prefix = f"{_ADAPTER}."
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    adapter.load_state_dict(own)
    return adapter.eval()
