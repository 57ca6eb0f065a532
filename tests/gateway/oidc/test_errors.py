"""The errors, as the wire and the log see them."""

from gongpai.gateway.oidc.errors import (
    AuthorizationError,
    BearerError,
    ErrorCode,
    InvalidClientError,
    InvalidPartyError,
    RequestError,
)


def test_only_an_error_after_the_redirect_uri_is_sure_may_be_redirected() -> None:
    # Attack 18.
    assert AuthorizationError(ErrorCode.INVALID_REQUEST, "x").may_redirect
    for error in (InvalidPartyError("x"), InvalidClientError("x"), RequestError(ErrorCode.INVALID_GRANT, "x")):
        assert not error.may_redirect


def test_every_failed_proof_looks_the_same_from_outside() -> None:
    error = InvalidClientError("wrong secret")
    assert (error.status, error.error, error.description) == (401, "invalid_client", "client authentication failed")
    assert str(error) == "invalid_client: wrong secret"


def test_a_challenge_names_the_error() -> None:
    error = BearerError(ErrorCode.INSUFFICIENT_SCOPE, "openid is missing", status=403)
    assert error.challenge == 'Bearer error="insufficient_scope", error_description="openid is missing"'
    assert error.detail == "openid is missing"
