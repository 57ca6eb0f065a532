"""The catalogue of WeCom's error codes: meaning, likely cause and remedy. Its texts are errcodes.json."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class ErrorClass(StrEnum):
    """Whose fault a code is, and so what a program does about it."""

    OK = "ok"
    RETRY = "retry"
    CONFIG = "config"
    TOKEN = "token"  # noqa: S105 - a class of errors, not a secret
    CODE = "code"
    DENIED = "denied"
    LIMIT = "limit"
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages."""

    en: str
    zh: str

    def in_language(self, lang: str) -> str:
        """Choose by language tag: Chinese for ``zh`` and its regions, English for everything else."""
        return self.zh if lang.lower().split("-")[0].split("_")[0] == "zh" else self.en


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """What the catalogue knows of one code."""

    code: int
    name: str
    klass: ErrorClass
    meaning: Text
    cause: Text
    remedy: Text
    console_path: Text | None


def describe(errcode: int) -> ErrorEntry | None:
    """Look *errcode* up; None for a code that the catalogue does not have."""
    return catalogue().get(errcode)


@cache
def catalogue() -> MappingProxyType[int, ErrorEntry]:
    """Read every entry once, by code, in the order of the data file."""
    rows = json.loads((files("gongpai.wecom") / "errcodes.json").read_text(encoding="utf-8"))
    return MappingProxyType({row["code"]: _parse(row) for row in rows})


def _parse(row: dict[str, Any]) -> ErrorEntry:
    path = row.get("console_path")
    return ErrorEntry(
        code=row["code"],
        name=row["name"],
        klass=ErrorClass(row["class"]),
        meaning=Text(**row["meaning"]),
        cause=Text(**row["cause"]),
        remedy=Text(**row["remedy"]),
        console_path=Text(**path) if path else None,
    )
