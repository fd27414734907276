"""The layers hold: imports go down only, and heavy libraries stay where they belong.

Reads the source of every module, imports inside functions and under ``TYPE_CHECKING`` as well.
``biotk/__init__.py``, the façade, stands above all: it may name anything (what it loads at import
is test_light_import's subject), and only the command line and batch may import from it.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Top down. A unit is a module or a package right under biotk/; it imports from rows below its own,
# never from its own row. Beside the standard library it may use what its row names, no more.
LAYERS: list[tuple[str, str]] = [
    # units                                        other libraries
    ("cli",                                        "rich typer"),
    ("batch",                                      "rich"),
    ("components",                                 "numpy spacy"),
    ("training",                                   "accelerate datasets matplotlib numpy "
                                                   "sentence_transformers torch transformers"),
    ("linking",                                    "numpy"),
    ("detection candidates sections",              "numpy safetensors"),
    ("genomics",                                   "numpy pyarrow safetensors"),
    ("decoding",                                   "numpy torch"),
    ("nn",                                         "fastnode2vec huggingface_hub numpy safetensors "
                                                   "sentence_transformers "
                                                   "tokenizers torch transformers"),
    ("io evaluation index",                        "faiss numpy pyarrow"),
    ("kb",                                         "marisa_trie networkx numpy pyarrow"),
    ("text",                                       ""),
    ("document",                                   ""),
    ("types resources",                            ""),
    ("errors",                                     ""),
]  # fmt: skip

# Side by side in the design, and so not allowed to see each other.
APART = {
    ("components", "training"),
    *((unit, "genomics") for unit in ("detection", "candidates", "sections")),
}

FACADE_USERS = {"cli", "batch"}

# Distributions whose module has another name, or that come with one that we require.
PROVIDED_BY = {
    "faiss": "faiss-cpu",
    "huggingface_hub": "transformers",
    "safetensors": "transformers",
    "tokenizers": "transformers",
}

ROW = {unit: i for i, (units, _) in enumerate(LAYERS) for unit in units.split()}
LIBRARIES = {unit: set(libs.split()) for units, libs in LAYERS for unit in units.split()}


def unit_of(module: str) -> str:
    """:returns: ``kb`` for ``biotk.kb.readers.obo``, the empty string for ``biotk`` itself."""
    return [*module.split("."), ""][1]


def imported(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield the line and the full name of everything that a module imports."""
    parts = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = parts[: len(parts) - node.level + is_package]
                base = ".".join([*package, base]).rstrip(".")
            # Only below biotk itself does it matter which names are taken.
            names = [alias.name for alias in node.names] if base == "biotk" else [""]
            yield from ((node.lineno, f"{base}.{name}".rstrip(".")) for name in names)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            first = node.args[0] if node.args else None
            if called in {"import_module", "__import__"} and isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)


def may_import(unit: str, target: str) -> bool:
    """:returns: whether the unit may import the module ``target``."""
    top, other = target.partition(".")[0], unit_of(target)
    if top != "biotk":
        return top in sys.stdlib_module_names or top in LIBRARIES[unit]
    if other == "__version__":
        return True
    if other not in ROW:
        return unit in FACADE_USERS
    if (unit, other) in APART or (other, unit) in APART:
        return False
    return unit == other or ROW[unit] < ROW[other]


def violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """:returns: what a module imports and must not, one line each; empty if it keeps the rules."""
    unit = unit_of(module)
    if unit == "":
        return []
    if unit not in ROW:
        return [f"{module}: {unit!r} stands in no layer; give it one in LAYERS"]
    tree = ast.parse(source)
    return [
        f"{module}:{line} imports {target}"
        for line, target in imported(tree, module, is_package=is_package)
        if not may_import(unit, target)
    ]


def modules() -> dict[str, Path]:
    """:returns: every module of the package, by its full name."""
    files = sorted((ROOT / "biotk").rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return {name.removesuffix(".__init__"): file for name, file in zip(names, files, strict=True)}


def test_modules_are_all_seen() -> None:
    assert {"biotk", "biotk.errors", "biotk.kb", "biotk.text.normalize"} <= set(modules())


@pytest.mark.parametrize("module", modules())
def test_module_keeps_to_its_layer(module: str) -> None:
    file = modules()[module]
    found = violations(module, file.read_text("utf-8"), is_package=file.name == "__init__.py")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("biotk.kb.build", "from biotk.linking import Linker"),  # up
        ("biotk.kb.build", "import biotk.linking.lexical"),
        ("biotk.kb.build", "from biotk import linking"),
        ("biotk.kb.build", "from ..linking import Linker"),
        ("biotk.kb.build", "from .. import linking"),
        ("biotk.kb.build", "def f():\n    from biotk.cli import main"),  # in a function
        ("biotk.kb.build", "if TYPE_CHECKING:\n    from biotk.cli import main"),
        ("biotk.kb.build", "import importlib\nimportlib.import_module('biotk.cli')"),
        ("biotk.detection.dictionary", "from biotk.candidates import names"),  # sideways
        ("biotk.io.text", "from biotk.evaluation import score"),
        ("biotk.components.linker", "from biotk.training import fit"),
        ("biotk.training.fit", "from biotk.components import linker"),
        ("biotk.batch.run", "from biotk.cli import main"),
        ("biotk.linking.lexical", "from biotk import load"),  # the façade
        ("biotk.linking.lexical", "import biotk"),
        ("biotk.linking.lexical", "import spacy"),  # spaCy elsewhere than in components
        ("biotk.cli.annotate", "def f():\n    import spacy"),
        ("biotk.candidates.names", "import torch"),  # torch too low
        ("biotk.detection.tagger", "from transformers import AutoModel"),
        ("biotk.text.normalize", "import numpy as np"),  # more than the standard library
        ("biotk.document", "import pyarrow"),
        ("biotk.errors", "from biotk.types import Concept"),
        ("biotk.kb.build", "import spacy.tokens"),
        ("biotk.kb.build", "import requests"),  # not a requirement at all
        ("biotk.vectors", "import json"),  # in no layer
    ],
)  # fmt: skip
def test_violation_is_seen(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source", "is_package"),
    [
        ("biotk", "from biotk.components import load", True),
        ("biotk.cli.annotate", "import typer\nfrom biotk.batch import run\nimport biotk", False),
        ("biotk.kb.build", "import numpy.typing\nfrom biotk import __version__, errors", False),
        ("biotk.kb.build", "from . import manifest\nfrom .readers import obo", False),
        ("biotk.kb", "from . import manifest\nfrom ..text import normalize", True),
        ("biotk.components.linker", "from spacy.tokens import Doc\nimport biotk.linking", False),
        ("biotk.linking.lexical", "import biotk.index.ngram\nfrom biotk.kb import Kb", False),
    ],
)
def test_allowed_import_passes(module: str, source: str, is_package: bool) -> None:
    assert violations(module, source, is_package=is_package) == []


def test_libraries_are_all_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    declared = {re.match(r"[\w-]+", line).group().lower() for line in lines}  # type: ignore
    used = {library for libraries in LIBRARIES.values() for library in libraries}
    needed = {PROVIDED_BY.get(library, library.replace("_", "-")) for library in used}
    assert needed <= declared
