"""The sandbox's page names, in both languages, every switch, operation and key there is."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from gongpai.sandbox.control.operations import OPERATIONS
from gongpai.sandbox.server import Sandbox
from gongpai.sandbox.switches import Switches
from gongpai.sandbox.world import records
from gongpai.sandbox.world_file import parse_world

DOCS = Path(__file__).parents[2] / "docs"
RECORDS = [each for each in vars(records).values() if isinstance(each, type) and issubclass(each, records.Record)]


@pytest.fixture(params=["en", "zh"])
def page(request: pytest.FixtureRequest) -> str:
    text: str = (DOCS / request.param / "sandbox.md").read_text(encoding="utf-8")
    return text


def test_every_switch_is_in_the_table_with_its_default(page: str) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", page, re.MULTILINE))
    defaults = {field.name: str(field.default) for field in msgspec.structs.fields(Switches)}
    assert {name: value.lower() for name, value in defaults.items()} == rows


def test_every_operation_of_control_is_named(page: str) -> None:
    assert [each.path for each in OPERATIONS if f"`{each.method} {each.path}`" not in page] == []


def test_every_key_of_a_world_file_is_named(page: str) -> None:
    keys = {field.name for record in RECORDS for field in msgspec.structs.fields(record)}
    assert sorted(key for key in keys if f"`{key}`" not in page) == []


def test_the_world_on_the_page_is_sound(page: str) -> None:

    (world,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert parse_world(tomllib.loads(world)).corps[0].name_en == "My Corp"


def test_the_python_on_the_page_runs(page: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    scope: dict[str, object] = {}
    exec(compile(code, "sandbox.md", "exec"), scope)  # noqa: S102  our own page
    assert scope["Sandbox"] is Sandbox
