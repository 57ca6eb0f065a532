"""The help of all commands in the operator's language: they carry it in English, `help.toml` has its Chinese."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import cast

import typer
from typer import rich_utils
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from gongpai.cli.language import Language

_Words = Mapping[str, Mapping[str, str]]


def speak(program: typer.Typer, language: Language) -> TyperGroup:
    """Return the command line of *program* with its help in *language*."""
    group = cast("TyperGroup", typer.main.get_command(program))
    if language == "zh":
        words = read_chinese()
        _translate_marks(words["mark"])
        for command in walk(group):
            _translate(command, words["help"], words["panel"])
    return group


def read_chinese() -> _Words:
    """Return the Chinese of each text of the help, by its English, and the headings of the panels."""
    return tomllib.loads(files("gongpai.cli").joinpath("help.toml").read_text(encoding="utf-8"))


def walk(command: TyperCommand | TyperGroup) -> Iterator[TyperCommand | TyperGroup]:
    """Yield the command, and all below it."""
    yield command
    if isinstance(command, TyperGroup):
        for below in command.commands.values():
            yield from walk(cast("TyperCommand | TyperGroup", below))


def options_of(command: TyperCommand | TyperGroup) -> list[TyperOption | TyperArgument]:
    """Return what may stand behind the command, with the ``--help`` that all have."""
    own_help = command.get_help_option(typer.Context(command))
    return [*cast("list[TyperOption | TyperArgument]", command.params), *([own_help] if own_help else [])]


def _translate_marks(mark: Mapping[str, str]) -> None:
    rich_utils.DEFAULT_STRING = mark["default"]
    rich_utils.ENVVAR_STRING = mark["environment"]
    rich_utils.REQUIRED_LONG_STRING = mark["required"]


def _translate(command: TyperCommand | TyperGroup, help_: Mapping[str, str], panel: Mapping[str, str]) -> None:
    usage = command.get_usage
    command.get_usage = (  # type: ignore[method-assign]  # the library takes the word from nowhere else
        lambda ctx: usage(ctx).replace("Usage: ", "用法：", 1)
    )
    command.help = help_.get(command.help or "", command.help)
    command.rich_help_panel = panel["commands"]
    for option in options_of(command):
        option.help = help_.get(option.help or "", option.help)
        option.rich_help_panel = panel["arguments" if isinstance(option, TyperArgument) else "options"]
