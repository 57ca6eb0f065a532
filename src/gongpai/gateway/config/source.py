"""The settings as a tree: read from the file and the environment, walked by dotted key, every fault collected."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from gongpai.gateway.config.faults import Fault
from gongpai.gateway.config.reference import is_known, known_keys
from gongpai.wecom.errcodes import Text

ENV_PREFIX = "GONGPAI_"
_NEST = "__"
# Read by the command line, not settings.
_NOT_SETTINGS = frozenset({"GONGPAI_CONFIG", "GONGPAI_LANG"})
_NONE: Mapping[str, str] = MappingProxyType({})
_SECRET_FILE_LIMIT = 4096
# Several times what thousands of relying parties take.
_FILE_LIMIT = 4 * 1024 * 1024


class Source:
    """The settings that were given, and the faults found so far."""

    def __init__(self, tree: Mapping[str, object], faults: list[Fault], variables: Mapping[str, str] = _NONE) -> None:
        """Take over *tree*; *variables* says of each key that the environment gave by which name."""
        self._values = dict(_leaves(tree))
        self.faults = faults
        for key in self._values:
            if not is_known(key):
                near = difflib.get_close_matches(key, known_keys(self._values), n=1)
                guess = f" ({near[0]}?)" if near else ""
                if key in variables:
                    self.fault(key, "unknown_variable", variables[key] + guess)
                else:
                    self.fault(key, "unknown_key", guess)

    @property
    def is_whole(self) -> bool:
        """Whether the file that was named could be read."""
        return all(fault.kind not in {"file_unreadable", "not_toml"} for fault in self.faults)

    @classmethod
    def read(cls, path: Path | None, environ: Mapping[str, str]) -> "Source":
        """Read the file at *path*, if any, and lay the environment over it."""
        faults: list[Fault] = []
        tree: dict[str, object] = {}
        if path is not None:
            try:
                tree = tomllib.loads(_read(path))
            except (ValueError, RecursionError) as error:
                # Beside what is no TOML: a number too long for Python, and lists too deep for its parser.
                faults.append(Fault(str(path), "not_toml", str(error)))
            except OSError as error:
                faults.append(Fault(str(path), "file_unreadable", os.strerror(error.errno or 0)))
        variables = {}
        for name, value in sorted(environ.items()):
            if name.startswith(ENV_PREFIX) and name not in _NOT_SETTINGS:
                path_of_key = name[len(ENV_PREFIX) :].lower().split(_NEST)
                variables[".".join(path_of_key)] = name
                _lay_over(tree, path_of_key, value)
        return cls(tree, faults, variables)

    def fault(self, key: str, kind: str, detail: str | Text = "") -> None:
        """Note a fault."""
        self.faults.append(Fault(key, kind, detail))

    def has(self, key: str) -> bool:
        """Whether *key* was given."""
        return key in self._values

    def names(self, section: str) -> list[str]:
        """Return the names right under *section*, in order."""
        start = f"{section}."
        return list(dict.fromkeys(key[len(start) :].split(".")[0] for key in self._values if key.startswith(start)))

    def files(self, section: str) -> list[str]:
        """Return the names under *section* where a name may hold dots, as that of a file does."""
        start = f"{section}."
        return [key[len(start) :] for key in self._values if key.startswith(start)]

    def keys(self, ending: str) -> list[str]:
        """Return the keys that were given and have this *ending*."""
        return [key for key in self._values if key.endswith(ending)]

    def text(self, key: str, default: str | None = None, *, is_required: bool = False) -> str | None:
        """Return a text, or *default* where it is absent or no text."""
        value = self._values.get(key)
        if isinstance(value, str) and value:
            return value
        if value is not None and value != "":
            self.fault(key, "wrong_type", "text")
        elif is_required:
            self.fault(key, "missing")
        return default

    def flag(self, key: str) -> bool:
        """Return a boolean; absent is false."""
        value = self._values.get(key, False)
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            self.fault(key, "wrong_type", "boolean (true, false)")
            return False
        return value

    def number(self, key: str, default: int | None = None) -> int | None:
        """Return a number from 0 to 2^31 - 1."""
        value = self._values.get(key, default)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
            return value
        if value is None:
            self.fault(key, "missing")
        else:
            self.fault(key, "wrong_type", "number")
        return default

    def texts(self, key: str) -> list[str]:
        """Return a list of texts; numbers count as texts, and so does one text with commas."""
        value = self._values.get(key, [])
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
            return [str(each) for each in value]
        self.fault(key, "wrong_type", "list")
        return []

    def secret(self, key: str) -> str | None:
        """Return a secret that stands here or in the file that ``KEY_file`` names."""
        file_key = f"{key}_file"
        if not self.has(file_key):
            return self.text(key, is_required=True)
        if self.has(key):
            self.fault(key, "both_given", file_key)
        name = self.text(file_key, is_required=True)
        if name is None:
            return None
        try:
            with Path(name).open("rb") as file:
                return file.read(_SECRET_FILE_LIMIT).decode("ascii").strip()
        except OSError as error:
            self.fault(file_key, "file_unreadable", f"{name}: {os.strerror(error.errno or 0)}")
        except ValueError:
            self.fault(file_key, "wrong_type", "text")
        return None


def why_unreadable(path: Path) -> str | None:
    """Return which file cannot be read and why, or None."""
    try:
        with path.open("rb"):
            return None
    except OSError as error:
        return f"{path}: {os.strerror(error.errno or 0)}"


def _lay_over(tree: dict[str, object], path: list[str], value: str) -> None:
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            inner = tree[name] = {}
        tree = inner
    tree[path[-1]] = value


def _read(path: Path) -> str:
    """Return what stands in the file at *path*.

    Raises:
        ValueError: it is no text, or too long for a file of settings.
    """
    with path.open("rb") as file:
        content = file.read(_FILE_LIMIT + 1)
    if len(content) > _FILE_LIMIT:
        message = f"it is longer than {_FILE_LIMIT} bytes"
        raise ValueError(message)
    return content.decode()


def _leaves(tree: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    # No recursion: a name may have any number of dots.
    waiting = list(tree.items())[::-1]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{inner}", each) for inner, each in list(value.items())[::-1]]
        else:
            yield name, value
