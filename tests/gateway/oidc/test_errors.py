"""The errors, as the wire and the log see them."""

from gongpai.gateway.oidc.errors import BearerError, ErrorCode, InvalidClientError


def test_every_failed_proof_looks_the_same_from_outside() -> None:
    error = InvalidClientError("wrong secret")
    assert (error.status, error.error, error.description) == (401, "invalid_client", "client authentication failed")
    assert str(error) == "invalid_client: wrong secret"


def test_a_challenge_names_the_error() -> None:
    error = BearerError(ErrorCode.INSUFFICIENT_SCOPE, "openid is missing", status=403)
    assert error.challenge == 'Bearer error="insufficient_scope", error_description="openid is missing"'
    assert error.detail == "openid is missing"
