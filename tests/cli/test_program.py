from typer.testing import CliRunner

import gongpai
from gongpai.cli.program import program


def test_the_version_is_shown() -> None:
    shown = CliRunner().invoke(program, ["--version"])
    assert shown.exit_code == 0
    assert shown.output == f"gongpai {gongpai.__version__}\n"


def test_help_is_shown_when_nothing_is_asked() -> None:
    assert "--version" in CliRunner().invoke(program, []).output
