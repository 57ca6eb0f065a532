"""A recipe as a page, the same on a terminal and in the documentation (pure, but for reading its own words once)."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gongpai.cli.language import Language, read_words
from gongpai.cli.recipes.recipe import SECRET_PLACEHOLDER, Filling, Recipe, Setting, Snippet

_HERE = "gongpai.cli.recipes"
_FOLD_AFTER = 100
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Known:
    """The party or host of the reader's that the recipe is for, where there is one."""

    is_configured: bool
    lacks: tuple[str, ...]
    """The settings that the program needs and this one does not have."""


def say(language: Language, key: str, **values: str) -> str:
    """Return one of the words that stand around a recipe's own."""
    return str(read_words(_HERE, language)[key]).format(**values)


def render(recipe: Recipe, filling: Filling, language: Language, known: Known | None = None) -> str:
    """Return the whole recipe as Markdown: our side, the program's, and what to know."""
    words = recipe.words(language)
    parts = [
        f"# {recipe.title}",
        words.about,
        _mark(recipe, language),
        f"## {say(language, 'here')}",
        *_here(recipe, filling, language, known),
        f"## {say(language, 'there', title=recipe.program)}",
        *(part for snippet in recipe.snippets for part in _snippet(snippet, filling, language)),
    ]
    if words.notes:
        notes = "\n".join(f"- {filling.fill(note)}" for note in words.notes)
        parts += [f"## {say(language, 'notes')}", notes]
    return "\n\n".join(parts) + "\n"


def render_index(recipes: Mapping[str, Recipe], language: Language) -> str:
    """Return the page that lists all recipes."""
    rows = [
        f"| [{name}]({name}.md) | {recipe.title} | {_index_mark(recipe, language)} |"
        for name, recipe in recipes.items()
    ]
    tree = "\n".join(["```{toctree}", ":hidden:", "", *recipes, "```"])
    table = "\n".join([say(language, "index_table"), "|---|---|---|", *rows])
    title = f"# {say(language, 'index_title')}"
    return "\n\n".join([title, say(language, "index_lead"), table, tree]) + "\n"


def render_list(recipes: Mapping[str, Recipe], language: Language) -> str:
    """Return one line for each recipe, for a terminal."""
    width = max(map(len, recipes)) + 2
    titles = max(len(each.title) for each in recipes.values()) + 2
    return "\n".join(
        f"{name:{width}}{recipe.title:{titles}}{_index_mark(recipe, language)}" for name, recipe in recipes.items()
    )


def add_command(client_id: str, settings: Mapping[str, Setting]) -> str:
    """Return the command that adds a party with *settings*."""
    words = ["gongpai parties add", client_id]
    for key, value in _flat(settings):
        match key, value:
            case "name", _:
                words.append(f"--name {shlex.quote(str(value))}")
            case "redirect_uris", list():
                words += [f"--redirect-uri {shlex.quote(uri)}" for uri in value]
            case _:
                words.append(f"--set {shlex.quote(f'{key}={_word(value)}')}")
    line = " ".join(words)
    return line if len(line) <= _FOLD_AFTER else f" \\\n{_INDENT}".join([" ".join(words[:2]), *words[2:]])


def party_table(client_id: str, settings: Mapping[str, Setting]) -> str:
    """Return ``[parties.NAME]`` as the configuration file has it."""
    lines = [f"[parties.{client_id}]"]
    if settings.get("auth_method", "secret") == "secret":
        lines.append(f'client_secret_file = "/etc/gongpai/{client_id}.secret"')
    return "\n".join([*lines, *(f"{key} = {_toml(value)}" for key, value in _flat(settings))])


def _mark(recipe: Recipe, language: Language) -> str:
    origin = {"source": recipe.source, "url": recipe.source_url}
    if recipe.tested:
        return say(language, "tested", program=recipe.tested_with, test=recipe.tested, **origin)
    if recipe.by_hand:
        return say(language, "by_hand", program=recipe.by_hand, when=recipe.by_hand_when, **origin)
    return say(language, "untested", read=recipe.read, **origin)


def _here(recipe: Recipe, filling: Filling, language: Language, known: Known | None) -> Iterator[str]:
    place = "" if known is None else say(language, "place_file" if known.is_configured else "place_store")
    about = {"client_id": filling.client_id, "place": place, "title": recipe.program}
    if known is not None and not known.lacks:
        yield say(language, "known", **about)
    elif known is not None:
        yield say(language, "lacking", keys=", ".join(f"`{key}`" for key in known.lacks), **about)
    has_settings = known is None or bool(known.lacks)
    if recipe.host and has_settings:
        yield say(language, "in_the_file")
        yield _fenced("toml", _host_table(filling, recipe.host_settings(filling)))
    if not recipe.party:
        return
    settings = recipe.party_settings(filling)
    has_secret = settings.get("auth_method", "secret") == "secret"
    if has_settings:
        yield say(language, "in_the_file")
        yield _fenced("toml", party_table(filling.client_id, settings))
    if known is None:
        yield say(language, "or_by_command" if has_secret else "by_command_public")
        yield _fenced("sh", add_command(filling.client_id, settings))
    if _asks_email(settings):
        yield say(language, "asks_email")
    if has_secret:
        yield say(language, "secret", placeholder=SECRET_PLACEHOLDER)


def _asks_email(settings: Mapping[str, Setting]) -> bool:
    scopes, source = settings.get("scopes"), settings.get("email", "biz_mail")
    wants_mail = isinstance(scopes, list) and "email" in scopes and source in {"biz_mail", "personal"}
    return wants_mail and settings.get("disclosure") != "never"


def _host_table(filling: Filling, settings: Mapping[str, Setting]) -> str:
    lines = [
        'trusted_proxies = ["127.0.0.1"]',
        "",
        "[gate]",
        f"listen = {json.dumps(filling.gate)}",
        "",
        f"[gate.hosts.{filling.client_id}]",
    ]
    return "\n".join([*lines, *(f"{key} = {_toml(value)}" for key, value in _flat(settings))])


def _snippet(snippet: Snippet, filling: Filling, language: Language) -> Iterator[str]:
    said = snippet.zh if language == "zh" else snippet.en
    yield f"`{snippet.file}`" + (f"{'：' if language == 'zh' else ': '}{filling.fill(said)}" if said else "")
    yield _fenced(snippet.format, snippet.fill(filling).strip("\n"))


def _fenced(form: str, text: str) -> str:
    # Pygments, which colours the documentation, has no lexer of Caddy's, and names that of nothing "text".
    return f"```{'text' if form == 'caddyfile' else form}\n{text}\n```"


def _flat(settings: Mapping[str, Setting]) -> Iterator[tuple[str, Setting]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", each) for inner, each in value.items())
        else:
            yield key, value


def _word(value: Setting) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _toml(value: Setting) -> str:
    # JSON writes texts, numbers, booleans and lists as TOML reads them.
    return json.dumps(value, ensure_ascii=False)


def _index_mark(recipe: Recipe, language: Language) -> str:
    if recipe.by_hand:
        return say(language, "index_by_hand", when=recipe.by_hand_when)
    return say(language, "index_tested" if recipe.tested else "index_untested")
