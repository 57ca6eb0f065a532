"""The templates hold no words of their own, and every word in the catalogue is on some page."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import get_args

import jinja2
import pytest
from jinja2 import nodes

from gongpai import gateway
from gongpai.gateway.messages import CATALOGUE
from gongpai.gateway.web.pages import Page

_FOLDER = files("gongpai.gateway.web").joinpath("templates")
_SOURCES = {file.name: file.read_text("utf-8") for file in _FOLDER.iterdir() if file.name.endswith(".html")}
_READ_ALOUD = {"alt", "title", "aria-label", "placeholder", "content"}
_NOT_WORDS = {"width=device-width, initial-scale=1, viewport-fit=cover", "light dark", "noindex, nofollow"}


class BareText(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        if re.search(r"\w", data):
            self.found.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [
            value for name, value in attrs if name in _READ_ALOUD and value and value not in _NOT_WORDS
        ]  # fmt: skip


def keys_asked_for() -> Iterator[re.Pattern[str]]:
    """Yield a pattern for each message a template asks for; the parts known only at run time match anything."""
    for source in _SOURCES.values():
        for call in jinja2.Environment(autoescape=True).parse(source).find_all(nodes.Call):
            if not (isinstance(call.node, nodes.Name) and call.node.name == "t"):
                continue
            parts = call.args[0].nodes if isinstance(call.args[0], nodes.Concat) else [call.args[0]]
            known = [re.escape(part.value) if isinstance(part, nodes.Const) else "[^.]+" for part in parts]
            yield re.compile(known[0] + "".join("[^ ]+" if part == "[^.]+" else part for part in known[1:]))


@pytest.mark.parametrize("name", sorted(_SOURCES))
def test_a_template_has_no_bare_text(name: str) -> None:
    bare = BareText()
    bare.feed(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", _SOURCES[name], flags=re.DOTALL))
    assert bare.found == []


def test_bare_text_would_be_found() -> None:
    bare = BareText()
    bare.feed('<p>Hello</p><img alt="a face">')
    assert bare.found == ["Hello", "a face"]


def test_every_message_a_template_asks_for_is_there() -> None:
    for pattern in keys_asked_for():
        assert any(pattern.fullmatch(key) for key in CATALOGUE["en"]), pattern.pattern


def keys_said_without_a_page() -> Iterator[re.Pattern[str]]:
    """Yield a pattern for each message that goes to somebody who sees no page of ours."""
    for file in Path(gateway.__path__[0]).rglob("*.py"):
        for key in re.findall(r"""\btext\(\w+, ["']([a-z_.]+)["']""", file.read_text(encoding="utf-8")):
            yield re.compile(re.escape(key))


def test_every_message_is_asked_for() -> None:
    patterns = [*keys_asked_for(), *keys_said_without_a_page()]
    unused = [key for key in CATALOGUE["en"] if not any(pattern.fullmatch(key) for pattern in patterns)]
    assert unused == []


def test_every_page_has_its_template_and_every_template_its_page() -> None:
    of_pages = {page.template for page in get_args(Page)}
    assert of_pages | {"layout.html", "message.html", "facts.html", "wanted.html", "party_form.html"} == set(_SOURCES)
