"""Bad requests at /token: npm oidc-provider says the same to them, or here is why not."""

from collections.abc import Callable

import pytest

from two_providers import CHALLENGED, METHOD, UNPROVEN, Difference, Pairs, Side, basic, judge, redemption

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
POSTED = (("client_secret", "the-secret-of-tests-only-and-long"),)


def redeem(
    side: Side, client_id: str = "wiki", more: Pairs = (), headers: dict[str, str] | None = None, **changes: str | None
) -> str:
    """Redeem a good code with *changes*, by default with the right credentials in the header."""
    sent = basic(client_id) if headers is None else headers
    return side.verdict(side.ask("token", [*redemption(side.code(client_id), **changes), *more], headers=sent))


def send(side: Side, *pairs: tuple[str, str], client_id: str = "wiki", method: str = "POST") -> str:
    """Send just *pairs*."""
    return side.verdict(side.ask("token", pairs, headers=basic(client_id), method=method))


def refresh(side: Side, refresh_token: str, *more: tuple[str, str], client_id: str = "wiki") -> str:
    """Use a refresh token."""
    return send(side, ("grant_type", "refresh_token"), ("refresh_token", refresh_token), *more, client_id=client_id)


def twice(side: Side) -> str:
    """Redeem a code a second time."""
    code = side.code()
    side.ask("token", redemption(code), headers=basic("wiki"))
    return side.verdict(side.ask("token", redemption(code), headers=basic("wiki")))


def after_reuse(side: Side) -> str:
    """Ask who it is with a token whose code came a second time."""
    code = side.code()
    token = side.ask("token", redemption(code), headers=basic("wiki")).json()["access_token"]
    side.ask("token", redemption(code), headers=basic("wiki"))
    return side.verdict(side.ask("userinfo", method="GET", headers={"authorization": f"Bearer {token}"}))


def burnt(side: Side) -> str:
    """Redeem a code that another party has tried before."""
    code = side.code()
    side.ask("token", redemption(code), headers=basic("plain"))
    return side.verdict(side.ask("token", redemption(code), headers=basic("wiki")))


def guessed(side: Side) -> str:
    """Redeem a code after a wrong verifier came for it."""
    code = side.code()
    side.ask("token", redemption(code, code_verifier="w" * 43), headers=basic("wiki"))
    return side.verdict(side.ask("token", redemption(code), headers=basic("wiki")))


def refresh_twice(side: Side) -> str:
    """Use a refresh token a second time at once."""
    token = str(side.tokens()["refresh_token"])
    refresh(side, token)
    return refresh(side, token)


def refresh_grandparent(side: Side) -> str:
    """Use a refresh token whose successor was used."""
    first = str(side.tokens()["refresh_token"])
    fields = [("grant_type", "refresh_token"), ("refresh_token", first)]
    second = side.ask("token", fields, headers=basic("wiki")).json()["refresh_token"]
    refresh(side, second)
    return refresh(side, first)


CASES: dict[str, Callable[[Side], str]] = {
    # Who calls.
    "no credentials": lambda side: redeem(side, headers={}),
    "unknown client in the header": lambda side: redeem(side, headers=basic("nobody")),
    "unknown client in the body": lambda side: redeem(side, more=(("client_id", "nobody"), *POSTED), headers={}),
    "wrong secret in the header": lambda side: redeem(side, headers=basic("wiki", "wrong")),
    "wrong secret in the body": lambda side: redeem(
        side, "poster", (("client_id", "poster"), ("client_secret", "wrong")), headers={}
    ),
    "empty secret in the header": lambda side: redeem(side, headers=basic("wiki", "")),
    "empty secret in the body": lambda side: redeem(
        side, "poster", (("client_id", "poster"), ("client_secret", "")), headers={}
    ),
    "only the client_id of a party with a secret": lambda side: redeem(side, more=(("client_id", "wiki"),), headers={}),
    "secret in the body of a party of the header": lambda side: redeem(
        side, more=(("client_id", "wiki"), *POSTED), headers={}
    ),
    "secret in the header of a party of the body": lambda side: redeem(side, "poster"),
    "header and body": lambda side: redeem(side, more=(("client_id", "wiki"), *POSTED)),
    "another client_id in the body": lambda side: redeem(side, more=(("client_id", "plain"),)),
    "header that is no Base64": lambda side: redeem(side, headers={"authorization": "Basic !!!"}),
    "header without a colon": lambda side: redeem(side, headers={"authorization": "Basic d2lraQ=="}),
    "header of another scheme": lambda side: redeem(side, headers={"authorization": "Bearer x"}),
    "secret of a public party in the header": lambda side: redeem(side, "public"),
    "secret of a public party in the body": lambda side: redeem(
        side, "public", (("client_id", "public"), *POSTED), headers={}
    ),
    "an assertion that is none": lambda side: redeem(
        side,
        more=(
            ("client_assertion", "rubbish"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ),
        headers={},
    ),
    "an assertion without its type": lambda side: redeem(side, more=(("client_assertion", "x"),), headers={}),
    "an unknown type of assertion": lambda side: redeem(
        side, more=(("client_assertion", "x"), ("client_assertion_type", "y")), headers={}
    ),
    # What it asks for.
    "no grant_type": lambda side: redeem(side, grant_type=None),
    "unknown grant_type": lambda side: redeem(side, grant_type="magic"),
    "password": lambda side: send(side, ("grant_type", "password"), ("username", "lisi"), ("password", "x")),
    "implicit": lambda side: send(side, ("grant_type", "implicit")),
    "client_credentials": lambda side: send(side, ("grant_type", "client_credentials")),
    "a grant that the party may not use": lambda side: refresh(side, "x", client_id="plain"),
    "a device code of a party without that grant": lambda side: send(
        side, ("grant_type", DEVICE), ("device_code", "x"), client_id="plain"
    ),
    "nothing at all": send,
    "a parameter twice": lambda side: redeem(side, more=(("code", "x"),)),
    "grant_type twice": lambda side: redeem(side, more=(("grant_type", "authorization_code"),)),
    "GET": lambda side: send(side, ("grant_type", "authorization_code"), method="GET"),
    "PUT": lambda side: send(side, ("grant_type", "authorization_code"), method="PUT"),
    "a body of JSON": lambda side: redeem(side, headers={**basic("wiki"), "content-type": "application/json"}),
    "a body of plain text": lambda side: redeem(side, headers={**basic("wiki"), "content-type": "text/plain"}),
    # Codes.
    "no code": lambda side: redeem(side, code=None),
    "unknown code": lambda side: redeem(side, code="unknown"),
    "another party's code": lambda side: redeem(side, headers=basic("plain")),
    "a code that another party tried": burnt,
    "a code twice": twice,
    "a token whose code came twice": after_reuse,
    "no redirect_uri": lambda side: redeem(side, redirect_uri=None),
    "another redirect_uri": lambda side: redeem(side, redirect_uri="https://wiki.example.com/other"),
    "no code_verifier": lambda side: redeem(side, code_verifier=None),
    "wrong code_verifier": lambda side: redeem(side, code_verifier="w" * 43),
    "short code_verifier": lambda side: redeem(side, code_verifier="v" * 42),
    "long code_verifier": lambda side: redeem(side, code_verifier="v" * 129),
    "code_verifier with odd characters": lambda side: redeem(side, code_verifier="!" * 43),
    "a code after a wrong code_verifier": guessed,
    "code_verifier without a challenge before": lambda side: side.verdict(
        side.ask(
            "token",
            redemption(side.code("legacy", code_challenge=None, code_challenge_method=None)),
            headers=basic("legacy"),
        )
    ),
    # Refresh tokens.
    "no refresh_token": lambda side: send(side, ("grant_type", "refresh_token")),
    "unknown refresh_token": lambda side: refresh(side, "unknown"),
    "another party's refresh_token": lambda side: refresh(side, side.tokens()["refresh_token"], client_id="legacy"),
    "an access token as refresh_token": lambda side: refresh(side, side.tokens()["access_token"]),
    "a refresh token again at once": refresh_twice,
    "a refresh token whose successor was used": refresh_grandparent,
    "a wider scope": lambda side: refresh(side, side.tokens()["refresh_token"], ("scope", "openid profile")),
    "an unknown scope": lambda side: refresh(side, side.tokens()["refresh_token"], ("scope", "root")),
    "a scope with a quotation mark": lambda side: refresh(side, side.tokens()["refresh_token"], ("scope", '"')),
    # Device codes.
    "no device_code": lambda side: send(side, ("grant_type", DEVICE)),
    "unknown device_code": lambda side: send(side, ("grant_type", DEVICE), ("device_code", "unknown")),
    "a device_code that nobody approved": lambda side: send(
        side, ("grant_type", DEVICE), ("device_code", side.device_code())
    ),
    "another party's device_code": lambda side: send(
        side, ("grant_type", DEVICE), ("device_code", side.device_code()), client_id="legacy"
    ),
}
_NOT_ITS_GRANT = "RFC 6749 5.2: a grant that the client may not use is unauthorized_client"
_VERIFIER = "RFC 7636 4.6: a verifier that does not answer its challenge is invalid_grant, whatever is wrong with it"
EXPLAINED = {
    "no credentials": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "empty secret in the header": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "header that is no Base64": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "header without a colon": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "header of another scheme": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "an assertion that is none": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "an assertion without its type": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "an unknown type of assertion": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "unknown client in the body": Difference("401 invalid_client Basic", "401 invalid_client", CHALLENGED),
    "wrong secret in the body": Difference("401 invalid_client Basic", "401 invalid_client", CHALLENGED),
    "empty secret in the body": Difference("401 invalid_client Basic", "401 invalid_client", CHALLENGED),
    "only the client_id of a party with a secret": Difference(
        "401 invalid_client Basic", "401 invalid_client", CHALLENGED
    ),
    "secret of a public party in the body": Difference("401 invalid_client Basic", "401 invalid_client", CHALLENGED),
    "a grant that the party may not use": Difference("400 unauthorized_client", "400 invalid_request", _NOT_ITS_GRANT),
    "a device code of a party without that grant": Difference(
        "400 unauthorized_client", "400 invalid_request", _NOT_ITS_GRANT
    ),
    "GET": Difference("405 invalid_request", "page 404", METHOD),
    "PUT": Difference("405 invalid_request", "page 404", METHOD),
    "a code that another party tried": Difference(
        "400 invalid_grant", "200", "a code that another party holds has leaked: it is burnt"
    ),
    "no redirect_uri": Difference(
        "400 invalid_grant",
        "200",
        "RFC 6749 4.1.3 requires what came at /authorize; it takes the only one that is registered",
    ),
    "short code_verifier": Difference("400 invalid_grant", "400 invalid_request", _VERIFIER),
    "long code_verifier": Difference("400 invalid_grant", "400 invalid_request", _VERIFIER),
    "code_verifier with odd characters": Difference("400 invalid_grant", "400 invalid_request", _VERIFIER),
    "a refresh token again at once": Difference(
        "200", "400 invalid_grant", "a lost answer is repeated for ten seconds, with the same successor (T23)"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_at_the_token_endpoint_is_the_same_to_both_or_explained(sides: tuple[Side, Side], name: str) -> None:
    judge(sides, CASES[name], name, EXPLAINED)


def test_every_explanation_is_of_a_case() -> None:
    assert EXPLAINED.keys() <= CASES.keys()
