"""Write the pages of recipes/ in both languages from the command's own recipes: `python docs/generate_recipes.py`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from gongpai.cli.recipes import Filling, Recipe, all_recipes
from gongpai.cli.recipes.page import render, render_index

FOLDER: Final = Path(__file__).parent
LANGUAGES: Final[tuple[Literal["zh", "en"], ...]] = ("en", "zh")
_DOMAIN: Final = "corp.example"
# Proxmox sends the bare address, which has a port where it is installed as usual.
_PORTS: Final = {"proxmox": ":8006"}


def pages(language: Literal["zh", "en"]) -> Mapping[str, str]:
    """Return every page of recipes/ in *language* by the name of its file."""
    recipes = all_recipes()
    written = {f"{name}.md": render(recipe, _example(recipe), language) for name, recipe in recipes.items()}
    return {"index.md": render_index(recipes, language), **written}


def _example(recipe: Recipe) -> Filling:
    url = f"https://{recipe.usual_id}.{_DOMAIN}{_PORTS.get(recipe.name, '')}"
    return Filling(f"https://sso.{_DOMAIN}", recipe.usual_id, url, _DOMAIN)


if __name__ == "__main__":
    for language in LANGUAGES:
        folder = FOLDER / language / "recipes"
        folder.mkdir(exist_ok=True)
        for name, page in pages(language).items():
            (folder / name).write_text(page, encoding="utf-8")
