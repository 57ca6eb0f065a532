"""`gongpai errcode N`: what a number of WeCom's means, why it comes, and what to do."""

from typing import Annotated

import typer

from gongpai.cli.language import LanguageOption, choose_language
from gongpai.cli.statuses import Status

_LABELS = {
    "en": ("Meaning", "Likely cause", "What to do", "In the admin console", "For a program"),
    "zh": ("含义", "常见原因", "处理办法", "管理后台", "程序处理"),
}
_UNKNOWN = {
    "en": "{} is not in the catalogue. WeCom explains it, perhaps, at",
    "zh": "目录中没有 {}。可查看企业微信的说明：",
}
_HELP_PAGE = "https://open.work.weixin.qq.com/devtool/query?e={}"


def errcode(
    number: Annotated[int, typer.Argument(help="The errcode, such as 60020 or -1.")],
    lang: LanguageOption = None,
) -> None:
    """Explain an error code of WeCom's."""
    from gongpai.wecom import describe

    chosen = choose_language(lang)
    entry = describe(number)
    if entry is None:
        typer.echo(_UNKNOWN[chosen].format(number))
        typer.echo(_HELP_PAGE.format(number))
        raise typer.Exit(Status.NO)
    typer.echo(f"{entry.code}  {entry.name}")
    texts = (entry.meaning, entry.cause, entry.remedy, entry.console_path)
    for label, text in zip(_LABELS[chosen], texts, strict=False):
        if text is not None:
            typer.echo(f"{label}: {text.in_language(chosen)}")
    typer.echo(f"{_LABELS[chosen][-1]}: {entry.klass.value}")
