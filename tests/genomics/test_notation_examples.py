"""The examples in the docstrings of the package hold."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import biotk.evaluation.tmvar
import biotk.genomics

MODULES = [
    "biotk.evaluation.tmvar",
    *(f"biotk.genomics.{module.name}" for module in pkgutil.iter_modules(biotk.genomics.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
