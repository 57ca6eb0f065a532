"""Bad requests at /authorize: npm oidc-provider makes the same of them, or here is why not."""

from functools import partial

import pytest

from two_providers import Difference, Side, judge

LONG = "x" * 5_000
# By name: what is changed in a right request; None leaves a parameter out.
CHANGES: dict[str, dict[str, str | None]] = {
    "no client_id": {"client_id": None},
    "unknown client_id": {"client_id": "nobody"},
    "no redirect_uri": {"redirect_uri": None},
    "another redirect_uri": {"redirect_uri": "https://evil.example/cb"},
    "redirect_uri with more path": {"redirect_uri": "https://wiki.example.com/cb/more"},
    "redirect_uri with a query": {"redirect_uri": "https://wiki.example.com/cb?x=1"},
    "redirect_uri with a fragment": {"redirect_uri": "https://wiki.example.com/cb#x"},
    "redirect_uri in capitals": {"redirect_uri": "https://WIKI.example.com/cb"},
    "redirect_uri with a port": {"redirect_uri": "https://wiki.example.com:443/cb"},
    "redirect_uri that is a script": {"redirect_uri": "javascript:alert(1)"},
    "redirect_uri without a scheme": {"redirect_uri": "//wiki.example.com/cb"},
    "no response_type": {"response_type": None},
    "unknown response_type": {"response_type": "cod"},
    "response_type token": {"response_type": "token"},
    "response_type id_token": {"response_type": "id_token"},
    "response_type code id_token": {"response_type": "code id_token"},
    "response_type none": {"response_type": "none"},
    "unknown response_mode": {"response_mode": "pigeon"},
    "response_mode fragment": {"response_mode": "fragment"},
    "response_mode form_post": {"response_mode": "form_post"},
    "response_mode form_post with a fault": {"response_mode": "form_post", "prompt": "none login"},
    "no scope": {"scope": None},
    "scope without openid": {"scope": "profile"},
    "only an unknown scope": {"scope": "root"},
    "an unknown scope beside openid": {"scope": "openid root"},
    "a scope that the party was not given": {"scope": "openid email"},
    "scope with a quotation mark": {"scope": 'openid "profile"'},
    "scope with a line end": {"scope": "openid\nprofile"},
    "prompt none with another": {"prompt": "none login"},
    "unknown prompt": {"prompt": "dance"},
    "max_age in words": {"max_age": "soon"},
    "max_age below zero": {"max_age": "-1"},
    "max_age with a point": {"max_age": "1.5"},
    "max_age beyond all bounds": {"max_age": "9" * 30},
    "a request object": {"request": "eyJhbGciOiJub25lIn0.e30."},
    "a foreign request_uri": {"request_uri": "https://evil.example/r"},
    "an unknown pushed request": {"request_uri": "urn:ietf:params:oauth:request_uri:unknown"},
    "registration": {"registration": "{}"},
    "no code_challenge": {"code_challenge": None, "code_challenge_method": None},
    "code_challenge_method plain": {"code_challenge_method": "plain"},
    "no code_challenge_method": {"code_challenge_method": None},
    "unknown code_challenge_method": {"code_challenge_method": "S512"},
    "code_challenge_method alone": {"code_challenge": None},
    "code_challenge too short": {"code_challenge": "short"},
    "code_challenge with odd characters": {"code_challenge": "!" * 43},
    "code_challenge that no hash can be": {"code_challenge": "v" * 43},
    "claims that are no JSON": {"claims": "{"},
    "claims that are a list": {"claims": "[]"},
    "claims about nothing known": {"claims": '{"other": {}}'},
    "claims of userinfo as text": {"claims": '{"userinfo": "name"}'},
    "an id_token_hint that is none": {"id_token_hint": "rubbish"},
    "an id_token_hint that is none, with prompt none": {"id_token_hint": "rubbish", "prompt": "none"},
    "an unsigned id_token_hint": {"id_token_hint": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsaXNpIn0."},
    "a party without the code grant": {"client_id": "device"},
    "a state that is too long": {"state": LONG},
    "a nonce that is too long": {"nonce": LONG},
    "a state with a control character": {"state": "a\x00b"},
}
TWICE = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "prompt", "code_challenge", "max_age")
_NO_SUCH_TYPE = "there we would have the type and its client may not use it; we have it for nobody (RFC 6749 4.1.2.1)"
_NO_FRAGMENT = "a code comes by query or form: no response type that needs the fragment is offered"
_SCOPE = "RFC 6749 3.3: a scope that is missing or cannot be granted is invalid_scope"
_HINT = "an old hint's key may have retired: it names nobody, so who is signed in is not whom it means"
_BOUNDED = "each value that we keep and give back has a limit (RFC 9700 4.16)"
EXPLAINED = {
    "a party without the code grant": Difference(
        "redirect unauthorized_client", "redirect invalid_request", "RFC 6749 4.1.2.1 has an error for just this"
    ),
    "no redirect_uri": Difference(
        "page 400",
        "redirect without error",
        "OpenID Connect Core 3.1.2.1 requires it; it takes the only one that is registered",
    ),
    "redirect_uri twice": Difference(
        "page 400", "redirect invalid_request", "with two of them nobody knows where the answer goes"
    ),
    "response_type id_token": Difference(
        "redirect unsupported_response_type", "redirect invalid_request", _NO_SUCH_TYPE
    ),
    "response_type code id_token": Difference(
        "redirect unsupported_response_type", "redirect invalid_request", _NO_SUCH_TYPE
    ),
    "response_type none": Difference("redirect unsupported_response_type", "redirect invalid_request", _NO_SUCH_TYPE),
    "unknown response_mode": Difference(
        "redirect invalid_request",
        "redirect unsupported_response_mode",
        "no specification that we follow knows the other error",
    ),
    "response_mode fragment": Difference("redirect invalid_request", "redirect without error", _NO_FRAGMENT),
    "response_mode form_post with a fault": Difference(
        "page 200", "page 400", "the party is told by the form in the page, and sees nothing of the page's status"
    ),
    "no scope": Difference("redirect invalid_scope", "redirect invalid_request", _SCOPE),
    "scope without openid": Difference("redirect invalid_scope", "redirect invalid_request", _SCOPE),
    "only an unknown scope": Difference("redirect invalid_scope", "redirect invalid_request", _SCOPE),
    "an unknown pushed request": Difference(
        "page 400", "redirect invalid_request_uri", "a pushed request alone says where its answer goes (RFC 9126 4)"
    ),
    "code_challenge that no hash can be": Difference(
        "redirect invalid_request", "redirect without error", "no verifier would ever answer it (RFC 7636 4.2)"
    ),
    "claims about nothing known": Difference(
        "redirect without error",
        "redirect invalid_request",
        "Core 5.5: members that are not understood MUST be ignored",
    ),
    "an id_token_hint that is none": Difference("redirect login_required", "redirect invalid_request", _HINT),
    "an id_token_hint that is none, with prompt none": Difference(
        "redirect login_required", "redirect invalid_request", _HINT
    ),
    "an unsigned id_token_hint": Difference("redirect login_required", "redirect invalid_request", _HINT),
    "a state that is too long": Difference(
        "redirect invalid_request without state", "redirect without error", _BOUNDED
    ),
    "a nonce that is too long": Difference("redirect invalid_request", "redirect without error", _BOUNDED),
    "a state with a control character": Difference(
        "redirect invalid_request without state",
        "redirect without error",
        "RFC 6749 A.5 allows visible characters only",
    ),
}


def ask(side: Side, name: str) -> str:
    """Ask with the fault *name*: one that is named here, or a parameter that comes twice."""
    parameter = name.removesuffix(" twice")
    if parameter not in TWICE:
        return side.authorize(CHANGES[name])
    return side.authorize({"prompt": "consent", "max_age": "5"}, [(parameter, "x")])


CASES = {name: partial(ask, name=name) for name in (*CHANGES, *(f"{each} twice" for each in TWICE))}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_at_the_authorization_endpoint_is_the_same_to_both_or_explained(
    sides: tuple[Side, Side], name: str
) -> None:
    judge(sides, CASES[name], name, EXPLAINED)


def test_a_fault_that_came_by_post_is_the_same_to_both(sides: tuple[Side, Side]) -> None:
    for changes in ({"client_id": "nobody"}, {"response_type": "token"}, {"prompt": "none login"}):
        ours, theirs = (side.authorize(changes, method="POST") for side in sides)
        assert ours == theirs


def test_prompt_none_with_nobody_signed_in_is_the_same_to_both(sides: tuple[Side, Side]) -> None:
    assert [side.authorize({"prompt": "none"}, signed_in=False) for side in sides] == ["redirect login_required"] * 2


def test_every_explanation_is_of_a_case() -> None:
    assert EXPLAINED.keys() <= CASES.keys()
