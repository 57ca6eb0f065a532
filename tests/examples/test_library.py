import asyncio
import doctest
import inspect
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongpai.sandbox import Corner
from gongpai.wecom import App, Hosts

ROOT = Path(__file__).parents[2]


def load(way: str) -> Callable[[App, Hosts], Any]:
    find_mobile: Callable[[App, Hosts], Any] = runpy.run_path(str(ROOT / f"examples/library_{way}.py"))["find_mobile"]
    return find_mobile


def portal(corner: Corner, fields: list[str]) -> tuple[App, Hosts]:
    corner.hold_phone("linwei")
    corner.set_consent(1000002, "linwei", fields)
    return App("wwgongpaidemo", 1000002, corner.app(1000002).secret), Hosts.at(corner.url)


@pytest.mark.parametrize(("fields", "mobile"), [(["mobile"], "13800138001"), (["email"], None)])
def test_the_example_that_blocks_finds_what_the_member_agreed_to(
    wecom_sandbox: Corner, fields: list[str], mobile: str | None
) -> None:
    assert load("sync")(*portal(wecom_sandbox, fields)) == mobile


@pytest.mark.parametrize(("fields", "mobile"), [(["mobile"], "13800138001"), (["email"], None)])
def test_the_example_that_awaits_finds_what_the_member_agreed_to(
    wecom_sandbox: Corner, fields: list[str], mobile: str | None
) -> None:
    assert asyncio.run(load("async")(*portal(wecom_sandbox, fields))) == mobile


@pytest.mark.parametrize("way", ["sync", "async"])
def test_an_outsider_has_no_mobile_number_for_us(wecom_sandbox: Corner, way: str) -> None:
    app, hosts = portal(wecom_sandbox, ["mobile"])
    stranger = next(corp.strangers[0].openid for corp in wecom_sandbox.read_world().corps if corp.strangers)
    wecom_sandbox.hold_phone(stranger)
    found = load(way)(app, hosts)
    assert (found if way == "sync" else asyncio.run(found)) is None


@pytest.mark.parametrize("way", ["sync", "async"])
def test_each_example_is_a_whole_program(way: str) -> None:
    ran = subprocess.run(
        [sys.executable, f"examples/library_{way}.py"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout == "13800138001\n"


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_guide_shows_the_example_itself_in_ten_lines(way: str, lang: str) -> None:
    source = inspect.getsource(load(way))
    assert len(source.splitlines()) <= 10
    assert f"```python\n{source}```\n" in (ROOT / f"docs/{lang}/library.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_the_guide_says_python_answers_is_what_it_answers(lang: str) -> None:
    ran = doctest.testfile(str(ROOT / f"docs/{lang}/library.md"), module_relative=False, encoding="utf-8")
    assert ran.attempted > 15
    assert ran.failed == 0
