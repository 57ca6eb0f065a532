"""PRODUCT 3: a WeCom to develop against: its API, its pages, a pretend phone and faults on demand.

Not for: anything real. It keeps all in memory, marks each answer, and shares no code with what it checks.
Importing this package imports nothing else, so that the pytest plug-in costs nothing until it is used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gongpai.sandbox.server import Corner, Sandbox

__all__ = ["Corner", "Sandbox"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from gongpai.sandbox import server  # noqa: PLC0415  as the docstring says

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
