"""All commands under one name.

Each imports its product only when it runs, so that the help is quick and needs no extra.
"""

from typing import Annotated

import typer

import gongpai
from gongpai.cli import audit, backup, config, demo, errcode, keys, migrate, parties, recipe, sandbox, serve, sessions
from gongpai.cli.preview import command as preview

program = typer.Typer(
    name="gongpai",
    help="WeCom (企业微信) sign-in: a gateway, a pretend WeCom to try it with, and tools for both.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with local variables would show secrets
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  typer calls it so
    if wanted:
        typer.echo(f"gongpai {gongpai.__version__}")
        raise typer.Exit


@program.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


# "-1" is a code, not an option.
program.command("errcode", context_settings={"ignore_unknown_options": True})(errcode.errcode)
program.command("demo")(demo.demo)
program.command("sandbox")(sandbox.sandbox)
program.command("serve")(serve.serve)
program.command("backup")(backup.backup)
program.add_typer(audit.audit, name="audit")
program.add_typer(migrate.migrations, name="migrate")
program.add_typer(config.config, name="config")
program.add_typer(keys.keys, name="keys")
parties.parties.command("recipe")(recipe.recipe)
parties.parties.command("preview")(preview.preview)
program.add_typer(parties.parties, name="parties")
program.add_typer(sessions.sessions, name="sessions")
