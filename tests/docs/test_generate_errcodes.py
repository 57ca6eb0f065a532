import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from gongpai.wecom.errcodes import catalogue

DOCS = Path(__file__).parents[2] / "docs"
render: Callable[[str], str] = runpy.run_path(str(DOCS / "generate_errcodes.py"))["render"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_what_the_catalogue_says(lang: str) -> None:
    page = (DOCS / lang / "errcodes.md").read_text(encoding="utf-8")
    assert page == render(lang), "type: python docs/generate_errcodes.py"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_code_has_one_heading(lang: str) -> None:
    page = render(lang)
    assert all(page.count(f"(errcode-{code})=\n") == 1 for code in catalogue())
