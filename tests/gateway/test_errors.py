"""The tree of the gateway's errors, as it is drawn."""

import importlib
import pkgutil
from collections.abc import Iterator

import gongpai.gateway
from gongpai.gateway import errors
from gongpai.gateway.errors import GatewayError

# The specification's rooms know nothing of a gateway.
_OIDC = "gongpai.gateway.oidc."


def _classes() -> Iterator[type[Exception]]:
    for module in pkgutil.walk_packages(gongpai.gateway.__path__, "gongpai.gateway."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, Exception) and each.__module__ == module.name:
                yield each


def test_every_error_stands_in_the_tree_and_is_drawn_there() -> None:
    drawn = errors.__doc__ or ""
    found = [each for each in _classes() if not each.__name__.startswith("_") and not each.__module__.startswith(_OIDC)]
    assert len(found) > 12
    for each in found:
        assert issubclass(each, GatewayError), each
        assert f" {each.__name__} " in drawn, each


def test_whatever_is_drawn_exists() -> None:
    names = {each.__name__ for each in _classes()}
    drawn = [line.split("─ ")[1].split()[0] for line in (errors.__doc__ or "").splitlines() if "─ " in line]
    assert len(drawn) > 12
    assert set(drawn) <= names
