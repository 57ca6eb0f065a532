import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.messages import CATALOGUE, LANGUAGES, _flatten, choose_language, first_language, text

_HAN = re.compile(r"[一-鿿]")


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    assert CATALOGUE["zh"].keys() == CATALOGUE["en"].keys()


@pytest.mark.parametrize("key", sorted(CATALOGUE["en"]))
def test_a_message_is_said_in_its_own_language_with_the_same_values(key: str) -> None:
    zh, en = CATALOGUE["zh"][key], CATALOGUE["en"][key]
    assert placeholders(zh) == placeholders(en)
    assert zh.strip()
    assert en.strip()
    is_a_name = zh == en  # such as Windows, or the language switch, where each language is named in itself
    assert is_a_name or _HAN.search(zh), zh
    assert is_a_name or not _HAN.search(en), en


def test_a_message_carries_its_values() -> None:
    assert text("en", "layout.reference", reference="7F3K") == "Reference number: 7F3K"
    assert text("zh", "layout.reference", reference="7F3K") == "参考编号：7F3K"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_that_does_not_exist_or_lacks_a_value_is_an_error(language: str) -> None:
    with pytest.raises(KeyError):
        text("en" if language == "en" else "zh", "layout.nonsense")
    with pytest.raises(KeyError):
        text("en" if language == "en" else "zh", "layout.reference")


@pytest.mark.parametrize(
    ("accept_language", "remembered", "chosen"),
    [
        (None, None, "zh"),
        ("", None, "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", None, "zh"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", None, "en"),
        ("en,zh", None, "en"),
        ("zh,en", None, "zh"),
        ("en;q=0.2, zh;q=0.7", None, "zh"),
        ("zh;q=0, en;q=0.1", None, "en"),
        ("de-DE,de;q=0.9", None, "en"),
        ("*", None, "en"),
        ("nonsense;;;q=x", None, "en"),
        ("ZH-hant-tw", None, "zh"),
        ("zh-CN", "en", "en"),
        ("en-GB", "zh", "zh"),
        ("en-GB", "fr", "en"),
    ],
)
def test_the_persons_choice_comes_first_and_then_the_browsers(
    accept_language: str | None, remembered: str | None, chosen: str
) -> None:
    assert choose_language(accept_language, remembered) == chosen


@given(st.text(), st.none() | st.text())
def test_any_header_chooses_a_language(accept_language: str, remembered: str | None) -> None:
    assert choose_language(accept_language, remembered) in LANGUAGES


def test_a_catalogue_holds_texts_only() -> None:
    with pytest.raises(TypeError, match=r"page\.size is not a text"):
        list(_flatten("", {"page": {"title": "Me", "size": 3}}))


def test_what_a_party_wishes_comes_after_the_persons_choice_and_before_the_browsers() -> None:
    assert choose_language("zh-CN", None, "en") == "en"
    assert choose_language("zh-CN", "zh", "en") == "zh"
    assert choose_language("en", None, "fr") == "en"


@pytest.mark.parametrize(
    ("locales", "language"),
    [((), None), (("fr-CA",), None), (("fr-CA", "zh-Hans-CN", "en"), "zh"), (("EN-us", "zh"), "en"), (("zhx",), None)],
)
def test_the_first_locale_that_is_ours_counts(locales: tuple[str, ...], language: str | None) -> None:
    assert first_language(locales) == language
