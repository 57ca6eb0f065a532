"""Languages and messages."""

import re
from pathlib import Path
from string import Formatter

import pytest
from starlette.requests import Request

import gongpai.sandbox
from gongpai.sandbox.pages.render import LANGUAGE_COOKIE, MESSAGES, Language, choose_language

_ROOM = Path(gongpai.sandbox.__file__).parent


def _request(query: str = "", accept_language: str | None = None, cookie: str | None = None) -> Request:
    headers = {"accept-language": accept_language, "cookie": cookie and f"{LANGUAGE_COOKIE}={cookie}"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": raw})


@pytest.mark.parametrize(
    ("query", "accept_language", "cookie", "expected"),
    [
        ("", None, None, "zh"),
        ("lang=", "en-GB,en;q=0.9", None, "en"),
        ("lang=zh", "en", "en", "zh"),
        ("lang=en", "zh-CN", None, "en"),
        ("lang=fr", "zh-CN", "en", "en"),
        ("", "fr-FR, en;q=0.4, zh-CN;q=0.8", None, "zh"),
        ("", "en;q=0, zh;q=0.1", None, "zh"),
        ("", "fr", None, "zh"),
        ("", "en;q=nonsense", None, "zh"),
        ("", "en", "klingon", "en"),
    ],
)
def test_the_parameter_beats_the_memory_and_the_memory_beats_the_browser(
    query: str, accept_language: str | None, cookie: str | None, expected: Language
) -> None:
    assert choose_language(_request(query, accept_language, cookie)) == expected


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    def places(message: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(message)}

    assert MESSAGES["zh"].keys() == MESSAGES["en"].keys()
    for key in MESSAGES["zh"]:
        assert places(MESSAGES["zh"][key]) == places(MESSAGES["en"][key]), key


def test_every_message_that_a_template_names_exists_and_none_is_left_over() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in (_ROOM / "templates").glob("*.html"))
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in [*(_ROOM / "pages").glob("*.py"), _ROOM / "phone.py", _ROOM / "console.py"]
    )
    named = set(re.findall(r"""\bt\(f?["']([\w{}.-]+)["']""", templates + code))
    families = tuple(each.split("{")[0] for each in named if each.endswith("_") or "{" in each)
    assert all(any(key.startswith(family) for key in MESSAGES["zh"]) for family in families if family)
    words = set(re.findall(r"\w+", templates + code))
    assert {each for each in named if not each.endswith("_") and "{" not in each} <= MESSAGES["zh"].keys()
    for key in MESSAGES["zh"].keys() - words:
        stem = key.removesuffix("_title").removesuffix("_why")
        assert stem in words or key.startswith((*filter(None, families), "address_", "login_-")), key


def test_no_page_has_a_script_or_a_handler_within_it() -> None:
    for path in (_ROOM / "templates").glob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"\son[a-z]+=|<style|style=|javascript:", html), path.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html)), path.name
