"""Recipes: how a particular program signs people in through gongpai, as data. One file a program, in ``data/``.

Not here: anything that knows a gateway's configuration or store; ``cli/recipe.py`` brings what is filled in.
"""

import difflib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from gongpai.cli.recipes.recipe import SECRET_PLACEHOLDER, Filling, Recipe, Snippet

__all__ = ["SECRET_PLACEHOLDER", "Filling", "Recipe", "Snippet", "UnknownRecipeError", "all_recipes", "find_recipe"]

_SUFFIX = ".toml"


class UnknownRecipeError(Exception):
    """There is no recipe of this name; ``near`` are names that look like it."""

    def __init__(self, name: str, near: list[str]) -> None:
        super().__init__(name)
        self.near = near


def find_recipe(name: str) -> Recipe:
    """Return the recipe called *name*, in any case.

    Raises:
        UnknownRecipeError: there is none; show what is near.
    """
    recipes = all_recipes()
    by_name = {other: recipe for recipe in recipes.values() for other in recipe.also} | dict(recipes)
    found = by_name.get(name.lower())
    if found is None:
        raise UnknownRecipeError(name, difflib.get_close_matches(name.lower(), by_name, cutoff=0.5))
    return found


@cache
def all_recipes() -> Mapping[str, Recipe]:
    """Return every recipe by name."""
    names = sorted(
        each.name.removesuffix(_SUFFIX) for each in _folder().joinpath("data").iterdir() if each.name.endswith(_SUFFIX)
    )
    return {name: _read(name) for name in names}


def _read(name: str) -> Recipe:
    tree = tomllib.loads(_folder().joinpath("data", f"{name}{_SUFFIX}").read_text(encoding="utf-8"))
    recipe = msgspec.convert({"name": name, **tree}, Recipe)
    return msgspec.structs.replace(recipe, snippets=tuple(_with_text(each) for each in recipe.snippets))


def _with_text(snippet: Snippet) -> Snippet:
    """Return *snippet* with the file of deploy/ that it ships, if it ships one."""
    if not snippet.ships:
        return snippet
    text = _deploy().joinpath(*snippet.ships.split("/")).read_text(encoding="utf-8")
    for there, here in snippet.swaps.items():
        text = text.replace(there, here)
    return msgspec.structs.replace(snippet, text=text)


def _deploy() -> Traversable:
    """Return the folder of proxies' files: a wheel has it here, and a checkout at its root."""
    here = _folder().joinpath("deploy")
    return here if here.is_dir() else Path(__file__).parents[4] / "deploy"


def _folder() -> Traversable:
    return files(__package__)
