"""T26: the gateway refuses every secret that stands in our documents, worlds and test vectors."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongpai.gateway.config.published import is_published
from settings_of_tests import faults, read

ROOT = Path(__file__).parents[2]
_ASSIGNED = re.compile(r"""\b(?:corpsecret|secret_key|sync_secret)["']?\s*[=:]\s*["']([^"'\s]+)["']""")


def _values(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            if isinstance(value, str) and name in {"secret", "corpsecret", "sync_secret"}:
                yield value
            yield from _values(value)
    elif isinstance(tree, list):
        for each in tree:
            yield from _values(each)


def _published_values() -> Iterator[str]:
    for world in (ROOT / "src/gongpai/sandbox/worlds").glob("*.toml"):
        yield from _values(tomllib.loads(world.read_text(encoding="utf-8")))
    yield from _values(json.loads((ROOT / "tests/wecom-cases.json").read_text(encoding="utf-8")))
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.*")]
    for page in pages:
        if page.suffix in {".md", ".py", ".toml"}:
            yield from _ASSIGNED.findall(page.read_text(encoding="utf-8"))


PUBLISHED = sorted(set(_published_values()))


def test_there_are_published_secrets_to_look_for() -> None:
    assert "SECRET_A" in PUBLISHED


@pytest.mark.parametrize("secret", PUBLISHED)
def test_every_secret_that_we_publish_is_known(secret: str) -> None:
    assert is_published(secret), f"{secret} stands in our pages: add its SHA-256 to config/published.py"


def test_a_published_corpsecret_is_refused() -> None:
    assert faults(apps__main__corpsecret="SECRET_A") == [("apps.main.corpsecret", "published")]


@pytest.mark.parametrize("key", ["A" * 43, "A" * 43 + "=", "A" * 42 + "B"])
def test_a_published_secret_key_is_refused_even_for_the_sandbox(key: str) -> None:
    assert faults(secret_key=key) == [("secret_key", "published")]
    sandbox = {"sandbox": "true", "public_url": "http://127.0.0.1:8000", "hosts__all": "http://127.0.0.1:9000"}
    assert faults(**sandbox, secret_key=key) == [("secret_key", "published")]


def test_a_pretend_worlds_secret_is_good_for_the_sandbox_only() -> None:
    sandbox = {"sandbox": "true", "public_url": "http://127.0.0.1:8000", "hosts__all": "http://127.0.0.1:9000"}
    assert read(**sandbox, apps__main__corpsecret="SECRET_A").sandbox
