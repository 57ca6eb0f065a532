import os
import subprocess
import sys

import pytest

from gongpai.cli.help import options_of, read_chinese, speak, walk
from gongpai.cli.program import program


def said_in_english() -> set[str]:
    commands = list(walk(speak(program, "en")))
    texts = {command.help for command in commands} | {option.help for each in commands for option in options_of(each)}
    return {text for text in texts if text}


def shown(language: str, *arguments: str) -> str:
    environ = {**os.environ, "GONGPAI_LANG": language, "COLUMNS": "160", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "gongpai.cli", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, encoding="utf-8", check=True).stdout


def test_every_text_of_the_help_has_its_chinese_and_none_is_left_over() -> None:
    assert set(read_chinese()["help"]) == said_in_english()


def test_no_text_of_the_help_is_taken_for_markup_and_swallowed() -> None:
    assert not [text for text in said_in_english() if "[parties" in text or "[apps" in text]


@pytest.mark.parametrize(
    ("language", "expected", "foreign"),
    [("zh", ("添加一个依赖方", "选项", "参数", "显示本帮助"), "Options"), ("en", ("Add a party", "Options"), "选项")],
)
def test_the_help_speaks_the_language_of_the_operator(language: str, expected: tuple[str, ...], foreign: str) -> None:
    text = shown(language, "parties", "add", "--help")
    assert all(word in text for word in expected)
    assert foreign not in text
