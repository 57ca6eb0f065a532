"""How much a world remembers."""

from typing import TypeVar

# Old codes, tickets and tokens are kept to tell "used" and "expired" from "unknown", but not without end.
_MOST = 20_000
_T = TypeVar("_T")


def keep(kept: dict[str, _T], key: str, value: _T) -> None:
    """Add *value*, forgetting the oldest when there are too many."""
    kept[key] = value
    if len(kept) > _MOST:
        del kept[next(iter(kept))]
