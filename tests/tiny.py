"""A small KB of real shape: homonyms, synonyms, a hierarchy, cross-references."""

from __future__ import annotations

from pathlib import Path

from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.manifest import SourceInfo
from biotk.types import Concept

MESH = [
    Concept("MESH:D006331", "Heart Diseases", ("Cardiac Diseases",), ("Disease",)),
    Concept(
        "MESH:D006333",
        "Heart Failure",
        ("Cardiac Failure", "Congestive Heart Failure", "Heart Decompensation"),
        ("Disease",),
        parents=("MESH:D006331",),
        xrefs=("OMIM:999001",),
    ),
    Concept("MESH:D003920", "Diabetes Mellitus", (), ("Disease",)),
    Concept(
        "MESH:D003924",
        "Diabetes Mellitus, Type 2",
        ("NIDDM", "Maturity-Onset Diabetes"),
        ("Disease",),
        definition="Diabetes in which insulin does not work.",
        parents=("MESH:D003920",),
        alt_ids=("MESH:D999999",),
    ),
    Concept("MESH:D007674", "Kidney Diseases", ("Nephropathies",), ("Disease",)),
    Concept("MESH:D007680", "Kidney Neoplasms", ("Kidney Cancer",), ("Disease",),
            parents=("MESH:D007674",)),
    Concept("MESH:D005334", "Fever", ("Pyrexia",), ("Disease",)),
    Concept("MESH:D003371", "Cough", (), ("Disease",)),
    Concept("MESH:D001241", "Aspirin", ("Acetylsalicylic Acid", "ASA"), ("Chemical",)),
    Concept("MESH:D005665", "Furosemide", ("Lasix",), ("Chemical",)),
    Concept("MESH:D000001", "Cold", ("Common Cold",), ("Disease",)),
    Concept("MESH:D003080", "Cold Temperature", ("Cold",), ("Chemical",)),
    Concept("MESH:D016643", "tricky-1,2-name", ("Tricky 1 2 name alpha",), ("Chemical",)),
]  # fmt: skip
HGNC = [
    Concept("HGNC:1516", "CAT", ("catalase",), ("Gene",), xrefs=("NCBIGene:847",)),
    Concept("HGNC:6001", "IL2", ("interleukin 2", "IL-2"), ("Gene",), xrefs=("NCBIGene:3558",)),
]


def build_tiny(folder: Path, name: str = "tiny") -> Path:
    builder = KbBuilder(name)
    for concepts, source in ((MESH, "MeSH"), (HGNC, "HGNC")):
        builder.add(concepts, SourceInfo(name=source, file="", format="memory", sha256=""))
    return builder.write(folder / name)


def open_tiny(folder: Path) -> KnowledgeBase:
    return open_kb(build_tiny(folder))
