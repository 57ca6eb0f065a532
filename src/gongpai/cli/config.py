"""``gongpai config``: is the configuration right, and what could be in it?"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from gongpai.gateway.config import Config

Language = Literal["zh", "en"]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The file; gongpai.toml if it is here.",
        envvar="GONGPAI_CONFIG",
    ),
]
LanguageOption = Annotated[str, typer.Option("--lang", help="zh or en.", envvar="GONGPAI_LANG", show_default="LANG's")]

_DEFAULT = Path("gongpai.toml")

config = typer.Typer(help="Check the configuration, or print an example.", no_args_is_help=True)


@config.command("check")
def check(path: ConfigOption = None, lang: LanguageOption = "") -> None:
    """Read the configuration as `serve` does, and name every fault with its remedy."""
    require_config(path, lang)
    typer.echo("配置没有问题。" if choose_language(lang) == "zh" else "The configuration is right.")


@config.command("example")
def example(lang: LanguageOption = "") -> None:
    """Print a gongpai.toml to start from, with every setting explained."""
    from gongpai.gateway.config.example import render_example

    typer.echo(render_example(choose_language(lang)), nl=False)


def require_config(path: Path | None, lang: str = "") -> "Config":
    """Return the configuration, or show its faults and leave with status 2."""
    from gongpai.gateway.config import ConfigError, load

    if path is None and _DEFAULT.exists():
        path = _DEFAULT
    try:
        return load(path, os.environ)
    except ConfigError as error:
        for fault in error.faults:
            typer.echo(fault.render(choose_language(lang)), err=True)
        raise typer.Exit(2) from None


def choose_language(lang: str) -> Language:
    """Return the language asked for, else that of the terminal."""
    wanted = lang or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if wanted.startswith("zh") else "en"
