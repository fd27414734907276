"""Recipes: how a name table is made from the tables that pinned, hashed packages carry.

``kb/open/recipe.toml`` is the one that comes along. A recipe names a package, its checksum, the
files in it, their licences, and the steps that choose concepts and names; the same recipe gives
the same table, byte for byte.
"""

from biotk.kb.recipes.compile import CompileReport, compile_recipe
from biotk.kb.recipes.package import fetch_package
from biotk.kb.recipes.recipe import Recipe, read_recipe
from biotk.kb.recipes.steps import STEPS

__all__ = [
    "STEPS",
    "CompileReport",
    "Recipe",
    "compile_recipe",
    "fetch_package",
    "read_recipe",
]
