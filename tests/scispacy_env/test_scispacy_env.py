"""BioTK beside scispaCy, on the numpy that scispaCy asks for.

``make test-scispacy`` runs this folder in an environment of its own; the main run leaves it out.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import version

import numpy
import pyarrow
import pytest
import spacy

import biotk

MODULES = [module.name for module in pkgutil.walk_packages(biotk.__path__, "biotk.")]


def test_environment_is_the_second_one() -> None:
    assert numpy.__version__.startswith("1.26.")
    assert int(pyarrow.__version__.partition(".")[0]) < 26
    assert version("scispacy")


def test_biotk_is_the_installed_one() -> None:
    assert biotk.__version__ == version("biotk")


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_on_old_numpy(module: str) -> None:
    assert importlib.import_module(module)


def test_pyarrow_and_numpy_exchange_arrays() -> None:
    # What fails first where the two were built against different numpys.
    assert pyarrow.array(numpy.arange(3)).to_numpy().tolist() == [0, 1, 2]


def test_scispacy_abbreviations_run_in_a_blank_pipeline() -> None:
    importlib.import_module("scispacy.abbreviation")
    nlp = spacy.blank("en")
    nlp.add_pipe("abbreviation_detector")
    doc = nlp("He has chronic kidney disease (CKD). CKD was stable.")
    assert [str(short._.long_form) for short in doc._.abbreviations] == [
        "chronic kidney disease",
        "chronic kidney disease",
    ]
