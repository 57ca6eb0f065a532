"""In which language does a command speak, and with which words?"""

import locale
import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import typer

Language = Literal["zh", "en"]
LanguageOption = Annotated[
    Language | None, typer.Option("--lang", help="Else GONGPAI_LANG, else as the system is set.")
]

# The first that is set decides, as in other programs. Windows sets none of them.
_VARIABLES = ("GONGPAI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def choose_language(asked: Language | None = None) -> Language:
    """Return the language asked for, else that of the environment, else that of the system."""
    named = next(filter(None, map(os.environ.get, _VARIABLES)), None) or locale.getlocale()[0] or ""
    return asked or ("zh" if named.startswith(("zh", "Chinese")) else "en")


@cache
def read_words(package: str, language: Language) -> Mapping[str, object]:
    """Return the words in *language* that lie beside the modules of *package*; a table of them is a mapping again."""
    return tomllib.loads(files(package).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
