"""A small KB of traits and genes, with what makes look-ups hard: homonyms, retired ids, commas."""

from __future__ import annotations

from pathlib import Path

from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.types import Concept

TRAITS = [
    Concept("EFO:0004340", "body mass index", ("BMI",), ("Trait",)),
    Concept("EFO:0000001", "osteoarthritis", (), ("Trait",)),
    Concept("EFO:0000002", "osteoarthritis, hip", (), ("Trait",)),
    Concept("MONDO:0005148", "type 2 diabetes mellitus", ("type II diabetes mellitus",),
            ("Disease",), alt_ids=("EFO:0001360",), xrefs=("DOID:9352", "OMIM:125853")),
    Concept("HP:0005978", "Type II diabetes mellitus", (), ("Phenotype",)),
    Concept("HP:0001250", "Seizure", (), ("Phenotype",)),
    Concept("MESH:D000001", "Cold", (), ("Disease",)),
    Concept("MESH:D000002", "cold", (), ("Disease",)),
    Concept("MESH:D008687", "Metformin", ("Glucophage",), ("Chemical",)),
]  # fmt: skip
GENES = [
    Concept("HGNC:11641", "TCF7L2", ("TCF4", "transcription factor 7 like 2"), ("Gene",),
            xrefs=("NCBIGene:6934", "Ensembl:ENSG00000148737")),
    Concept("HGNC:11634", "TCF4", ("SEF2",), ("Gene",), xrefs=("NCBIGene:6925",)),
    Concept("HGNC:613", "APOE", ("AD2", "twice"), ("Gene",), xrefs=("NCBIGene:348",)),
    Concept("HGNC:617", "APOL1", ("APOL", "twice"), ("Gene",), xrefs=("NCBIGene:8542",)),
    Concept("HGNC:1", "COLD", (), ("Gene",)),
]  # fmt: skip


def open_traits(folder: Path, name: str = "traits") -> KnowledgeBase:
    builder = KbBuilder(name)
    for concepts, source in ((TRAITS, "EFO"), (GENES, "HGNC")):
        builder.add(concepts, SourceInfo(name=source, file="", format="memory", sha256=""))
    return open_kb(builder.write(folder / name))
