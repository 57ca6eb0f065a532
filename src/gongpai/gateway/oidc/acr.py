"""Which way into WeCom was used, as an authentication context. Source: OpenID Connect Core 2 and 3.1.2.1 (pure)."""

from collections.abc import Sequence

from gongpai.wecom.signin import Way

_PREFIX = "urn:gongpai:wecom:"
ACR_VALUES = tuple(f"{_PREFIX}{way.value}" for way in Way)


def acr_of(way: str) -> str:
    """Return the context of a session that came *way*."""
    return _PREFIX + way


def wished_way(acr_values: Sequence[str]) -> str | None:
    """Return the way that a party likes best, as a value of ``Way``; None if it names none of ours.

    It is a wish only: a session that came another way is good, and the ID token says which way it was.
    """
    for value in acr_values:
        if value in ACR_VALUES:
            return value.removeprefix(_PREFIX)
    return None
