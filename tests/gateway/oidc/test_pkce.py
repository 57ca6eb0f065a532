"""PKCE: S256, both sides or neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.oidc.errors import ErrorCode, RequestError
from gongpai.gateway.oidc.pkce import challenge_of, check_verifier, is_challenge

# Source: RFC 7636 B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_specification_holds() -> None:
    assert challenge_of(_VERIFIER) == _CHALLENGE
    check_verifier(_VERIFIER, _CHALLENGE)


def test_without_both_there_is_nothing_to_check() -> None:
    check_verifier(None, None)


@pytest.mark.parametrize(
    ("verifier", "challenge"),
    [
        # Attack 61: the challenge was taken out on its way.
        (_VERIFIER, None),
        (None, _CHALLENGE),
        # Attack 62.
        (_VERIFIER[:-1] + "l", _CHALLENGE),
        (_CHALLENGE, _CHALLENGE),
        ("a" * 42, challenge_of("a" * 42)),
        ("a" * 129, challenge_of("a" * 129)),
        ("a" * 42 + "!", challenge_of("a" * 42 + "!")),
        ("a" * 43 + "\n", challenge_of("a" * 43 + "\n")),
        ("李" * 43, _CHALLENGE),
    ],
)
def test_a_verifier_that_does_not_answer_the_challenge_is_refused(verifier: str | None, challenge: str | None) -> None:
    with pytest.raises(RequestError) as refused:
        check_verifier(verifier, challenge)
    assert refused.value.error is ErrorCode.INVALID_GRANT


@given(st.from_regex(r"[A-Za-z0-9\-._~]{43,128}", fullmatch=True))
def test_every_verifier_answers_its_own_challenge(verifier: str) -> None:
    assert is_challenge(challenge_of(verifier))
    check_verifier(verifier, challenge_of(verifier))


@pytest.mark.parametrize("value", ["", "x", _CHALLENGE[:-1], _CHALLENGE + "A", _CHALLENGE[:-1] + "N", _CHALLENGE + "="])
def test_what_no_hash_gives_is_no_challenge(value: str) -> None:
    assert not is_challenge(value)
