import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gongpai.cli.recipes import all_recipes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
pages: Callable[[str], Mapping[str, str]] = runpy.run_path(str(DOCS / "generate_recipes.py"))["pages"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_are_what_the_command_prints(language: str) -> None:
    found = {file.name: file.read_text(encoding="utf-8") for file in (DOCS / language / "recipes").glob("*.md")}
    assert found == dict(pages(language)), "type: python docs/generate_recipes.py"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_says_whether_it_was_tested(language: str) -> None:
    marks = {"en": ("Tested: ", "Not run by us: "), "zh": ("已实测：", "我们没有实际运行过：")}[language]
    written = pages(language)
    for name, recipe in all_recipes().items():
        tested, untested = (mark in written[f"{name}.md"] for mark in marks)
        assert (tested, untested) == (bool(recipe.tested), not recipe.tested), name


@pytest.mark.parametrize("name", [name for name, recipe in all_recipes().items() if recipe.tested])
def test_what_is_marked_tested_names_a_test_and_what_it_ran(name: str) -> None:
    recipe = all_recipes()[name]
    assert (ROOT / recipe.tested).is_file()
    assert any(letter.isdigit() for letter in recipe.tested_with), "with which version?"
