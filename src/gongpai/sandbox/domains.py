"""The domain rule: does a redirect_uri satisfy a trusted or callback domain?

The sandbox's own reading of the rule, written apart from the library's so that each can find the other's mistakes.
Source: WeCom 91335 and 98173 (tables), read 2026-11.
"""

from urllib.parse import urlsplit

_MAX_REDIRECT_URI = 2048


def redirect_host(redirect_uri: str) -> str | None:
    """Return the host[:port] that WeCom compares, in lower case, or None if there is none.

    A port is part of it exactly when it is written.
    """
    if len(redirect_uri) > _MAX_REDIRECT_URI or any(
        ord(letter) <= ord(" ") or letter in '\\"<>' for letter in redirect_uri
    ):
        return None
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return host if port is None else f"{host}:{port}"


def explain_domain(redirect_uri: str, domain: str) -> str | None:
    """Return why *redirect_uri* does not satisfy *domain*, or None if it does.

    Scheme and path do not matter, host and port are compared whole: no wildcard, no parent domain.
    """
    host = redirect_host(redirect_uri)
    if not domain:
        return "no domain is configured"
    if "/" in domain:
        return "a configured domain is host[:port], without a scheme or a path"
    if host is None:
        return "redirect_uri is not an http or https address with a host"
    if host == domain.lower():
        return None
    return f"redirect_uri is at {host}, configured is {domain.lower()}"
