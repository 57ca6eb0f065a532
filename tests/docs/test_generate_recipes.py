import re
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
def test_every_page_says_whether_the_program_was_run(language: str) -> None:
    marks = {
        "en": ("Tested: ", "Run by hand: ", "Not run by us: "),
        "zh": ("已实测：", "已手动验证：", "我们没有实际运行过："),
    }[language]
    written = pages(language)
    for name, recipe in all_recipes().items():
        found = tuple(mark in written[f"{name}.md"] for mark in marks)
        was_run = bool(recipe.tested), bool(recipe.by_hand)
        assert found == (*was_run, not any(was_run)), name


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", [name for name, recipe in all_recipes().items() if recipe.by_hand])
def test_what_is_marked_run_by_hand_names_the_version_and_the_month(name: str, language: str) -> None:
    recipe = all_recipes()[name]
    assert re.search(r" \d+[.-]\d+", recipe.by_hand), "which version?"
    assert re.fullmatch(r"20\d\d-[01]\d", recipe.by_hand_when), "when?"
    page, index = (pages(language)[file] for file in (f"{name}.md", "index.md"))
    assert recipe.by_hand in page
    assert recipe.by_hand_when in page
    assert recipe.by_hand_when in index


@pytest.mark.parametrize("name", [name for name, recipe in all_recipes().items() if recipe.tested])
def test_what_is_marked_tested_names_a_test_and_what_it_ran(name: str) -> None:
    recipe = all_recipes()[name]
    assert (ROOT / recipe.tested).is_file()
    assert any(letter.isdigit() for letter in recipe.tested_with), "with which version?"
