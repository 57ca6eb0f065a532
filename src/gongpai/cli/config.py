"""``gongpai config``: is the configuration right, and what could be in it?"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongpai.cli.language import Language, LanguageOption, choose_language
from gongpai.cli.statuses import Status

if TYPE_CHECKING:
    from gongpai.gateway.config import Config

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="The file; gongpai.toml if it is here.",
        envvar="GONGPAI_CONFIG",
        # One that may not be read is a fault like others, said with its remedy in the operator's language.
        readable=False,
    ),
]

_DEFAULT = Path("gongpai.toml")

config = typer.Typer(help="Check the configuration, or print an example.", no_args_is_help=True)


@config.command("check")
def check(path: ConfigOption = None, lang: LanguageOption = None) -> None:
    """Read the configuration as `serve` does, and name every fault with its remedy."""
    require_config(path, lang)
    typer.echo("配置没有问题。" if choose_language(lang) == "zh" else "The configuration is right.")


@config.command("example")
def example(lang: LanguageOption = None) -> None:
    """Print a gongpai.toml to start from, with every setting explained."""
    from gongpai.gateway.config.example import render_example

    typer.echo(render_example(choose_language(lang)), nl=False)


def find_config(path: Path | None) -> Path | None:
    """Return the file that was named, else gongpai.toml if it is here; None: the environment alone."""
    return _DEFAULT if path is None and _DEFAULT.exists() else path


def require_config(path: Path | None, lang: Language | None = None) -> "Config":
    """Return the configuration, or show its faults and leave."""
    from gongpai.gateway.config import ConfigError, Fault, load
    from gongpai.gateway.logs import keep_logs_off_the_answer

    keep_logs_off_the_answer()
    file = find_config(path)
    try:
        return load(file, os.environ)
    except ConfigError as error:
        has_nothing = file is None and Fault("public_url", "missing") in error.faults
        absent = (Fault("", "no_file", str(Path.cwd())),) if has_nothing else ()
        for fault in (*absent, *error.faults):
            typer.echo(fault.render(choose_language(lang)), err=True)
        raise typer.Exit(Status.WRONG_CALL) from None
