"""Rules by path: matched on the decoded path, and never on one that two readers could take for two things (pure)."""

import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from gongpai.gateway.config.settings import PathAction, PathRule

# What some server between us and the app, or the app itself, reads in a way of its own: a second decoding, a parameter
# of a segment, a slash in disguise, an end of the text.
_DOUBTFUL = re.compile(rb"[\x00-\x1f\x7f-\xff#;\\]|%2[35fF]|%3[bBfF]|%5[cC]|%[01]|%7[fF]|%(?![0-9A-Fa-f]{2})")
_EMPTY_OR_DOTTED = re.compile(r"/(?:\.{0,2}/|\.{1,2}$)")


def plain_path(target: bytes) -> str | None:
    """Return the decoded path of a request's *target*; None where it is not certain what the app will read.

    Uncertain are encoded slashes, percent signs and marks that end a path, parameters of a segment, backslashes,
    control characters, empty and dotted segments, and what is not UTF-8.
    """
    path = target.partition(b"?")[0]
    if not path.startswith(b"/") or _DOUBTFUL.search(path):
        return None
    try:
        # Counted, for `in` costs more between bytes: CPython asks by an exception.
        decoded = unquote_to_bytes(path).decode() if path.count(b"%") else path.decode()
    except UnicodeDecodeError:
        return None
    return None if _EMPTY_OR_DOTTED.search(decoded) else decoded


class Rules:
    """The rules of one host, made ready: the first one that covers a path counts."""

    __slots__ = ("_actions", "_closes_any", "_covering")

    def __init__(self, rules: Sequence[PathRule]) -> None:
        self._actions = tuple(rule.action for rule in rules)
        self._closes_any = PathAction.DENY in self._actions
        self._covering = re.compile("|".join(f"({_pattern(rule)})" for rule in rules))

    def action_for(self, path: str | None) -> PathAction:
        """Return what to do with *path*; one that no rule covers needs a sign-in.

        An uncertain path is opened by no rule, and closed by every rule that closes any path.
        """
        if path is None:
            return PathAction.DENY if self._closes_any else PathAction.ALLOW
        found = self._covering.match(path)
        return self._actions[found.lastindex - 1] if found and found.lastindex else PathAction.ALLOW


def _pattern(rule: PathRule) -> str:
    """Return what covers the path of *rule*: it alone, or with a slash at its end all below it too.

    To many an app its paths are the same in any case, so what is closed is closed in any.
    """
    path = rule.path
    found = re.escape(path[:-1]) + r"(?:/|\Z)" if path.endswith("/") else re.escape(path) + r"\Z"
    return f"(?i:{found})" if rule.action is PathAction.DENY else found
