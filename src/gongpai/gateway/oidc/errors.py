"""What a relying party can do wrong, sorted by where the answer goes.

    OAuthError                  never raised itself
    ├─ InvalidPartyError        who asks, or where to answer, is in doubt: a page of ours, never a redirect
    ├─ AuthorizationError       the party learns it by redirect to its own redirect_uri
    ├─ InvalidClientError       a machine did not prove which party it is: 401 with a challenge
    ├─ RequestError             a machine's request cannot be granted: 400 as JSON
    └─ BearerError              an access token does not open this: 401 or 403 with a challenge

Each has ``error`` for the wire, ``description`` for the party's developer and ``detail`` for our log; none of them
repeats a value that was sent.
"""

from enum import StrEnum


class ErrorCode(StrEnum):
    """What stands in ``error``, with the specification that knows it."""

    # RFC 6749 4.1.2.1 and 5.2.
    INVALID_REQUEST = "invalid_request"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    ACCESS_DENIED = "access_denied"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    INVALID_SCOPE = "invalid_scope"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    # OpenID Connect Core 3.1.2.6.
    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    # RFC 6750 3.1.
    INVALID_TOKEN = "invalid_token"  # noqa: S105  # the name of an error
    INSUFFICIENT_SCOPE = "insufficient_scope"
    # RFC 8628 3.5.
    AUTHORIZATION_PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105  # the name of an error


class OAuthError(Exception):
    """Base of the tree."""

    def __init__(self, error: ErrorCode, description: str, *, status: int = 400, detail: str | None = None) -> None:
        super().__init__(f"{error}: {detail or description}")
        self.error = error
        self.description = description
        self.status = status
        self.detail = detail or description


class InvalidPartyError(OAuthError):
    """Nobody can be told but the person before the browser."""

    def __init__(self, description: str, error: ErrorCode = ErrorCode.INVALID_REQUEST) -> None:
        super().__init__(error, description)


class AuthorizationError(OAuthError):
    """The party is told by redirect, with its state and our iss."""


class InvalidClientError(OAuthError):
    """Every failed proof looks the same from outside; ``detail`` says which it was."""

    def __init__(self, detail: str) -> None:
        super().__init__(ErrorCode.INVALID_CLIENT, "client authentication failed", status=401, detail=detail)


class RequestError(OAuthError):
    """The token endpoint, or one of its kin, says no."""


class BearerError(OAuthError):
    """What came as an access token opens nothing here."""

    @property
    def challenge(self) -> str:
        """The value of WWW-Authenticate. Source: RFC 6750 3."""
        return f'Bearer error="{self.error}", error_description="{self.description}"'
