"""The `gongpai` command: a file a command. Not for anything that a program could want to call."""

import sys

# Which extra brings what a command needs beside the command line itself.
_EXTRAS = {
    "demo": "all",
    "sandbox": "sandbox",
    "serve": "gateway",
    "audit": "gateway",
    "migrate": "gateway",
    "backup": "gateway",
    "config": "gateway",
    "keys": "gateway",
    "parties": "gateway",
    "sessions": "gateway",
}


def main() -> None:
    """Run the command line; where its parts are not installed, say which extra brings them."""
    try:
        from gongpai.cli.help import speak
        from gongpai.cli.language import choose_language
        from gongpai.cli.program import program
        from gongpai.cli.usage import run

        language = choose_language()
        run(speak(program, language), language)
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("gongpai"):
            raise
        sys.exit(_advice(sys.argv[1:], missing.name))


def _advice(arguments: list[str], missing: str | None) -> str:
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    extra = _EXTRAS.get(command, "cli")
    wanted = f"gongpai {command}".strip()
    # In both languages: to choose one needs a part that may be the missing one.
    return (
        f"{wanted} needs {missing}, which is not installed. Type: pip install 'gongpai[{extra}]'\n"
        f"{wanted} 需要 {missing}，它还没有安装。请运行：pip install 'gongpai[{extra}]'"
    )
