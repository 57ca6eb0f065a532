"""The Chinese of sentences that others say in English only (pure, but for reading them once)."""

import re
import tomllib
from functools import cache
from importlib.resources import files

_FILE = files("gongpai.cli").joinpath("phrases.toml")
_PART = re.compile(r"\\{([a-z]+)\\}")


def in_chinese(said: str, table: str) -> str:
    """Return the Chinese of *said*; a sentence that is in no line of the *table* stays as it is."""
    for pattern, chinese in _patterns(table).items():
        found = pattern.fullmatch(said)
        if found is not None:
            parts = found.groupdict()
            if "fault" in parts:
                parts["fault"] = in_chinese(parts["fault"], table)
            return chinese.format(**parts)
    return said


@cache
def _patterns(table: str) -> dict[re.Pattern[str], str]:
    phrases: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))[table]
    return {
        re.compile(_PART.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL): chinese
        for english, chinese in phrases.items()
    }
