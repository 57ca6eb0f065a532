"""What the sandbox says with each errcode: WeCom's observed words where they are known, else invented ones."""

from importlib import resources

import msgspec

_UNKNOWN = "sandbox: planned fault"


class ErrorText(msgspec.Struct, frozen=True):
    """One errcode.

    Attributes:
        text: the beginning of errmsg.
        meaning: what it means, by language (zh, en).
        remedy: what to do, by language.
    """

    text: str
    meaning: dict[str, str]
    remedy: dict[str, str]


def _read() -> dict[int, ErrorText]:
    data = resources.files("gongpai.sandbox").joinpath("errmsg.json").read_bytes()
    return msgspec.json.decode(data, type=dict[int, ErrorText])


TEXTS = _read()


def text_of(errcode: int) -> str:
    """Return the beginning of errmsg."""
    known = TEXTS.get(errcode)
    return known.text if known else _UNKNOWN
