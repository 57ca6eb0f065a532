import re
import runpy
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from gongpai.cli.recipes import all_recipes

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# As Debian has them; all others are locked.
_OF_THE_SYSTEM = {"nginx", "caddy"}
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
def test_what_is_marked_tested_is_run_by_its_test_in_the_version_that_the_page_names(name: str) -> None:
    recipe = all_recipes()[name]
    assert f'"{name}"' in (ROOT / recipe.tested).read_text(encoding="utf-8")
    ran = re.findall(r"([A-Za-z-]+) (\d[\d.]*)", recipe.tested_with)
    assert ran, "with which version?"
    for program, version in ran:
        named = {program.lower(), *(f"{program.lower()}-{what}" for what in ("bin", "cli", "server"))}
        of_it = {f"{each}." for package, each in locked() if package in named}
        assert program.lower() in _OF_THE_SYSTEM or any(each.startswith(f"{version}.") for each in of_it), program


@cache
def locked() -> list[tuple[str, str]]:
    """Return the packages that tests run, with their versions."""
    locks = (ROOT / "requirements").glob("*.txt")
    return [pair for lock in locks for pair in re.findall(r"^([\w-]+)==([\w.]+)", lock.read_text(), re.MULTILINE)]
