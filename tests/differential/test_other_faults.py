"""Bad requests at the other endpoints: npm oidc-provider says the same to them, or here is why not."""

from collections.abc import Callable, Mapping

import pytest

from two_providers import BYE, CHALLENGED, METHOD, UNPROVEN, Difference, Pairs, Side, basic, judge, right_request


def bearer(token: object) -> dict[str, str]:
    """Return an access token as a header."""
    return {"authorization": f"Bearer {token}"}


def ask(
    side: Side, name: str, *pairs: tuple[str, str], method: str = "POST", headers: Mapping[str, str] | None = None
) -> str:
    """Ask an endpoint, by default as the wiki."""
    return side.verdict(side.ask(name, pairs, method=method, headers=basic("wiki") if headers is None else headers))


def userinfo(side: Side, token: object, *pairs: tuple[str, str], method: str = "GET") -> str:
    """Ask who it is."""
    return ask(side, "userinfo", *pairs, method=method, headers=bearer(token))


def revoked(side: Side) -> str:
    """Ask with an access token that was revoked."""
    token = side.tokens()["access_token"]
    ask(side, "revocation", ("token", token))
    return userinfo(side, token)


def of_revoked_grant(side: Side) -> str:
    """Ask with an access token whose refresh token was revoked."""
    tokens = side.tokens()
    ask(side, "revocation", ("token", tokens["refresh_token"]))
    return userinfo(side, tokens["access_token"])


def not_its_own(side: Side) -> str:
    """Ask with an access token that another party threw away."""
    token = side.tokens()["access_token"]
    ask(side, "revocation", ("token", token), headers=basic("legacy"))
    return userinfo(side, token)


def push(side: Side, more: Pairs = (), headers: Mapping[str, str] | None = None, **changes: str | None) -> str:
    """Push a request with *changes*."""
    return ask(side, "par", *right_request(**changes), *more, headers=headers)


def brought_twice(side: Side) -> str:
    """Bring a pushed request twice."""
    pushed = side.ask("par", right_request(), headers=basic("wiki")).json()["request_uri"]
    fields = [("client_id", "wiki"), ("request_uri", pushed)]
    side.ask("authorize", fields, method="GET", headers={"cookie": side.cookie})
    return side.verdict(side.ask("authorize", fields, method="GET", headers={"cookie": side.cookie}))


def brought_by_another(side: Side) -> str:
    """Bring a request under the name of a party that did not push it."""
    pushed = side.ask("par", right_request(), headers=basic("wiki")).json()["request_uri"]
    fields = [("client_id", "legacy"), ("request_uri", pushed)]
    return side.verdict(side.ask("authorize", fields, method="GET", headers={"cookie": side.cookie}))


def leave(side: Side, *pairs: tuple[str, str]) -> str:
    """Sign out with nobody signed in."""
    return ask(side, "end_session", *pairs, method="GET", headers={})


CASES: dict[str, Callable[[Side], str]] = {
    # Userinfo.
    "userinfo without a token": lambda side: ask(side, "userinfo", method="GET", headers={}),
    "userinfo by POST without a token": lambda side: ask(side, "userinfo", headers={}),
    "userinfo with rubbish": lambda side: userinfo(side, "rubbish"),
    "userinfo with a secret": lambda side: ask(side, "userinfo", method="GET"),
    "userinfo with a token in the query": lambda side: ask(
        side, "userinfo", ("access_token", side.tokens()["access_token"]), method="GET", headers={}
    ),
    "userinfo with two tokens": lambda side: userinfo(
        side, side.tokens()["access_token"], ("access_token", "x"), method="POST"
    ),
    "userinfo with an ID token": lambda side: userinfo(side, side.tokens()["id_token"]),
    "userinfo with a refresh token": lambda side: userinfo(side, side.tokens()["refresh_token"]),
    "userinfo with a revoked token": revoked,
    "userinfo with a token of a revoked grant": of_revoked_grant,
    "userinfo with a token that another party revoked": not_its_own,
    "userinfo by PUT": lambda side: userinfo(side, "x", method="PUT"),
    # Introspection.
    "introspection without credentials": lambda side: ask(side, "introspection", ("token", "x"), headers={}),
    "introspection with a wrong secret": lambda side: ask(
        side, "introspection", ("token", "x"), headers=basic("wiki", "wrong")
    ),
    "introspection by a public party": lambda side: ask(
        side, "introspection", ("token", "x"), ("client_id", "public"), headers={}
    ),
    "introspection of nothing": lambda side: ask(side, "introspection"),
    "introspection of rubbish": lambda side: ask(side, "introspection", ("token", "rubbish")),
    "introspection of another party's token": lambda side: ask(
        side, "introspection", ("token", side.tokens()["access_token"]), headers=basic("legacy")
    ),
    "introspection of an ID token": lambda side: ask(side, "introspection", ("token", side.tokens()["id_token"])),
    "introspection with an unknown hint": lambda side: ask(
        side, "introspection", ("token", "x"), ("token_type_hint", "rubbish")
    ),
    "introspection of two tokens": lambda side: ask(side, "introspection", ("token", "x"), ("token", "y")),
    "introspection by GET": lambda side: ask(side, "introspection", ("token", "x"), method="GET"),
    "introspection by JSON": lambda side: ask(
        side, "introspection", ("token", "x"), headers={**basic("wiki"), "content-type": "application/json"}
    ),
    # Revocation.
    "revocation without credentials": lambda side: ask(side, "revocation", ("token", "x"), headers={}),
    "revocation with a wrong secret": lambda side: ask(
        side, "revocation", ("token", "x"), headers=basic("wiki", "wrong")
    ),
    "revocation of nothing": lambda side: ask(side, "revocation"),
    "revocation of rubbish": lambda side: ask(side, "revocation", ("token", "rubbish")),
    "revocation of another party's token": lambda side: ask(
        side, "revocation", ("token", side.tokens()["access_token"]), headers=basic("legacy")
    ),
    "revocation with an unknown hint": lambda side: ask(
        side, "revocation", ("token", "x"), ("token_type_hint", "rubbish")
    ),
    "revocation of two tokens": lambda side: ask(side, "revocation", ("token", "x"), ("token", "y")),
    "revocation by GET": lambda side: ask(side, "revocation", ("token", "x"), method="GET"),
    # Pushed requests.
    "pushed without credentials": lambda side: push(side, headers={}, client_id=None),
    "pushed with a client_id alone": lambda side: push(side, headers={}),
    "pushed with a wrong secret": lambda side: push(side, headers=basic("wiki", "wrong")),
    "pushed for another party": lambda side: push(side, client_id="legacy"),
    "pushed with a request_uri": lambda side: push(side, request_uri="urn:x"),
    "pushed with a request object": lambda side: push(side, request="eyJhbGciOiJub25lIn0.e30."),
    "pushed without a redirect_uri": lambda side: push(side, redirect_uri=None),
    "pushed with another redirect_uri": lambda side: push(side, redirect_uri="https://evil.example/cb"),
    "pushed without a response_type": lambda side: push(side, response_type=None),
    "pushed with response_type token": lambda side: push(side, response_type="token"),
    "pushed without a code_challenge": lambda side: push(side, code_challenge=None, code_challenge_method=None),
    "pushed with code_challenge_method plain": lambda side: push(side, code_challenge_method="plain"),
    "pushed with prompt none and another": lambda side: push(side, prompt="none login"),
    "pushed with a scope it was not given": lambda side: push(side, scope="openid email"),
    "pushed with max_age in words": lambda side: push(side, max_age="soon"),
    "pushed with a parameter twice": lambda side: push(side, more=(("state", "x"),)),
    "pushed by GET": lambda side: ask(side, "par", method="GET"),
    "a pushed request brought twice": brought_twice,
    "a pushed request brought by another party": brought_by_another,
    # Devices.
    "device without credentials": lambda side: ask(side, "device_authorization", headers={}),
    "device with a wrong secret": lambda side: ask(side, "device_authorization", headers=basic("wiki", "wrong")),
    "device of a party without that grant": lambda side: ask(side, "device_authorization", headers=basic("plain")),
    "device with a scope it was not given": lambda side: ask(side, "device_authorization", ("scope", "openid email")),
    "device with scope in quotation marks": lambda side: ask(side, "device_authorization", ("scope", '"openid"')),
    "device without openid": lambda side: ask(side, "device_authorization", ("scope", "profile")),
    "device with scope twice": lambda side: ask(side, "device_authorization", ("scope", "openid"), ("scope", "openid")),
    "device by GET": lambda side: ask(side, "device_authorization", method="GET"),
    # Signing out.
    "leaving with nothing": leave,
    "leaving with rubbish for a hint": lambda side: leave(side, ("id_token_hint", "rubbish")),
    "leaving for an address without a hint": lambda side: leave(side, ("post_logout_redirect_uri", BYE)),
    "leaving for another address with a hint": lambda side: leave(
        side, ("id_token_hint", side.tokens()["id_token"]), ("post_logout_redirect_uri", "https://evil.example/")
    ),
    "leaving for an address with a query": lambda side: leave(
        side, ("id_token_hint", side.tokens()["id_token"]), ("post_logout_redirect_uri", f"{BYE}?x=1")
    ),
    "leaving with the hint of another party": lambda side: leave(
        side, ("id_token_hint", side.tokens()["id_token"]), ("client_id", "legacy")
    ),
    "leaving with an unknown client_id": lambda side: leave(side, ("client_id", "nobody")),
    "leaving for another address with a client_id": lambda side: leave(
        side, ("client_id", "wiki"), ("post_logout_redirect_uri", "https://evil.example/")
    ),
    "leaving with a parameter twice": lambda side: leave(side, ("state", "x"), ("state", "y")),
}
_SPENT = "once it is spent nothing says where the answer would go"
_ASKED = "in doubt the person is asked and sent nowhere: they came to sign out, and an error would leave them signed in"
EXPLAINED = {
    "userinfo with a secret": Difference(
        "401 invalid_token Bearer",
        "400 invalid_request Bearer",
        "RFC 6750 3.1: a request without an access token is answered with 401",
    ),
    "userinfo with a token in the query": Difference(
        "401 invalid_token Bearer",
        "400 invalid_request Bearer",
        "a query is never looked at, so no token came (RFC 9700 4.3.2)",
    ),
    "userinfo by PUT": Difference("405 invalid_request", "page 404", METHOD),
    "introspection without credentials": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "introspection by a public party": Difference(
        "401 invalid_client Basic",
        "200 active=False",
        "RFC 7662 2.1: who asks must be authorized, or tokens could be guessed",
    ),
    "introspection of an ID token": Difference(
        "200 active=False",
        "400 unsupported_token_type",
        "RFC 7662 2.2: what is no token of ours is inactive and nothing more",
    ),
    "introspection by GET": Difference("405 invalid_request", "page 404", METHOD),
    "revocation without credentials": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "revocation of another party's token": Difference(
        "nothing 200",
        "400 invalid_request",
        "another answer would tell a stranger that the token lives; nothing is revoked",
    ),
    "revocation by GET": Difference("405 invalid_request", "page 404", METHOD),
    "pushed without credentials": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "pushed with a client_id alone": Difference("401 invalid_client Basic", "401 invalid_client", CHALLENGED),
    "pushed with a request_uri": Difference(
        "400 invalid_request",
        "400 request_uri_not_supported",
        "RFC 9126 2.1: it is a fault of this request, not of what we support",
    ),
    "pushed without a redirect_uri": Difference(
        "400 invalid_request",
        "201",
        "OpenID Connect Core 3.1.2.1 requires it; it takes the only one that is registered",
    ),
    "pushed by GET": Difference("405 invalid_request", "page 404", METHOD),
    "a pushed request brought twice": Difference("page 400", "redirect invalid_request_uri without state", _SPENT),
    "a pushed request brought by another party": Difference("page 400", "redirect invalid_request_object", _SPENT),
    "device without credentials": Difference("401 invalid_client Basic", "400 invalid_request", UNPROVEN),
    "device of a party without that grant": Difference(
        "400 unauthorized_client",
        "400 invalid_request",
        "RFC 6749 5.2: a grant that the client may not use is unauthorized_client",
    ),
    "device without openid": Difference(
        "400 invalid_scope", "200", "we sign people in and do nothing else: plain OAuth is not offered"
    ),
    "device by GET": Difference("405 invalid_request", "page 500", METHOD),
    "leaving with rubbish for a hint": Difference("page 200", "400 invalid_request", _ASKED),
    "leaving for another address with a hint": Difference("page 200", "400 invalid_request", _ASKED),
    "leaving for an address with a query": Difference("page 200", "400 invalid_request", _ASKED),
    "leaving with the hint of another party": Difference("page 200", "400 invalid_request", _ASKED),
    "leaving with an unknown client_id": Difference("page 200", "400 invalid_client", _ASKED),
    "leaving for another address with a client_id": Difference("page 200", "400 invalid_request", _ASKED),
    "leaving with a parameter twice": Difference("page 200", "400 invalid_request", _ASKED),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_the_same_to_both_or_explained(sides: tuple[Side, Side], name: str) -> None:
    judge(sides, CASES[name], name, EXPLAINED)


def test_every_explanation_is_of_a_case() -> None:
    assert EXPLAINED.keys() <= CASES.keys()
