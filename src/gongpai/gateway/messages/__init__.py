"""What the gateway says to people, in Chinese and English: one catalogue, a file a language beside this one."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

# One entry of Accept-Language (RFC 9110 section 12.5.4): a range and its weight.
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,32})?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
_MAX_ACCEPT_LANGUAGE = 512


def text(language: Language, key: str, **values: object) -> str:
    """Return the message *key*, with *values* in the places it names.

    Raises:
        KeyError: there is no such message, or a value for it is missing.
    """
    return CATALOGUE[language][key].format(**values)


def choose_language(accept_language: str | None, chosen_before: str | None, wished: str | None = None) -> Language:
    """Choose the language of a page: the one *chosen before*, else the one that a party *wished*, else the browser's.

    WeCom's own pages are Chinese when nobody says otherwise, so an absent header means Chinese; a header that wants
    neither language means English.
    """
    for settled in (chosen_before, wished):
        for language in LANGUAGES:
            if settled == language:
                return language
    if not accept_language:
        return "zh"
    chosen: Language = "en"
    best = 0.0
    for name, weight in _ranges(accept_language[:_MAX_ACCEPT_LANGUAGE]):
        for language in LANGUAGES:
            if name == language and weight > best:
                # Not ">=": among equals the one named first is meant.
                chosen, best = language, weight
    return chosen


def first_language(locales: Iterable[str]) -> Language | None:
    """Return the first of these BCP 47 tags that is ours, such as ``zh`` of ``("fr-CA", "zh-CN")``; None of none."""
    for locale in locales:
        for language in LANGUAGES:
            if locale.partition("-")[0].lower() == language:
                return language
    return None


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    for entry in header.split(","):
        found = _RANGE.fullmatch(entry)
        if found is not None:
            yield found[1].lower(), float(found[2] or 1)


def _load(language: Language) -> Mapping[str, str]:
    tree = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return MappingProxyType(dict(_flatten("", tree)))


def _flatten(prefix: str, tree: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        match value:
            case str():
                yield prefix + key, value
            case dict():
                yield from _flatten(f"{prefix}{key}.", value)
            case _:
                message = f"message {prefix}{key} is not a text"
                raise TypeError(message)


CATALOGUE: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {language: _load(language) for language in LANGUAGES}
)
