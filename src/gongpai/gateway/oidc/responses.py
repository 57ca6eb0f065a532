"""What goes back to a relying party through the browser, always with our iss (RFC 9207)."""

from urllib.parse import quote_plus

from gongpai.gateway.oidc.errors import AuthorizationError


def success_url(redirect_uri: str, authorization_code: str, state: str | None, issuer: str) -> str:
    """Return where the browser takes the authorization code."""
    return _add(redirect_uri, {"code": authorization_code, "state": state, "iss": issuer})


def error_url(redirect_uri: str, error: AuthorizationError, state: str | None, issuer: str) -> str:
    """Return where the browser takes *error*."""
    fields = {"error": error.error.value, "error_description": error.description, "state": state, "iss": issuer}
    return _add(redirect_uri, fields)


def logout_url(post_logout_redirect_uri: str, state: str | None) -> str:
    """Return where the browser goes after a logout. Source: OpenID Connect RP-Initiated Logout 3."""
    return _add(post_logout_redirect_uri, {"state": state})


def _add(uri: str, fields: dict[str, str | None]) -> str:
    # The registered query is kept as it was written. Source: RFC 6749 3.1.2.
    query = "&".join([f"{name}={quote_plus(value)}" for name, value in fields.items() if value is not None])
    if not query:
        return uri
    joint = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{joint}{query}"
