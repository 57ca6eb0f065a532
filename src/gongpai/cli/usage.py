"""Runs the command line, and says in the operator's language what was typed wrongly."""

import sys
from typing import NoReturn

import typer
from typer.core import TyperGroup

from gongpai.cli.language import Language
from gongpai.cli.phrases import in_chinese
from gongpai.cli.statuses import Status


def run(group: TyperGroup, language: Language) -> NoReturn:
    """Run what was typed, and leave with its status. In English the library speaks for itself."""
    if language == "en":
        group()
    try:
        status = group(standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        said = in_chinese(error.format_message(), "usage")
        # Without a word it is the help that was printed, for want of a command.
        if said and context is not None:
            typer.echo(f"{context.get_usage()}\n请运行 {context.command_path} --help 查看说明。", err=True)
        if said:
            typer.echo(f"错误：{said}", err=True)
        sys.exit(error.exit_code)
    except typer.Abort:
        typer.echo("已中止。", err=True)
        sys.exit(Status.NO)
    sys.exit(status if isinstance(status, int) else 0)
