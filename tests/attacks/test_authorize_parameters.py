"""Attacks 24 to 54: what is asked, and of whom."""

import pytest

from gateways import Gateway, query_of
from relying_party import Party


async def error_of(provider: Gateway, **changes: str | None) -> str:
    """Return the error that the party is told, with its own state and our iss."""
    party = Party(provider)
    told = query_of((await provider.browser().get(party.url(**changes))).headers["location"])
    assert (told["state"], told["iss"]) == (party.state, provider.config.public_url)
    return told["error"]


@pytest.mark.parametrize("scope", ["profile", "openidd", None])
async def test_attack_024_a_scope_without_openid(provider: Gateway, scope: str | None) -> None:
    assert await error_of(provider, scope=scope) == "invalid_scope"


async def test_attack_024_an_unknown_scope_is_never_granted(provider: Gateway) -> None:
    party = Party(provider)
    tokens = await party.tokens(provider.browser(), scope="openid root")
    assert tokens["scope"] == "openid"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": "short"},
        {"code_challenge": None, "code_challenge_method": None},
    ],
)
async def test_attack_026_pkce_is_s256_or_nothing_and_nothing_is_refused(
    provider: Gateway, changes: dict[str, str | None]
) -> None:
    assert await error_of(provider, **changes) == "invalid_request"


@pytest.mark.parametrize(
    ("response_type", "error"),
    [("token", "unsupported_response_type"), ("code id_token", "unsupported_response_type"), (None, "invalid_request")],
)
async def test_no_implicit_and_no_hybrid(provider: Gateway, response_type: str | None, error: str) -> None:
    assert await error_of(provider, response_type=response_type) == error


async def test_attack_031_prompt_none_with_another(provider: Gateway) -> None:
    assert await error_of(provider, prompt="none login") == "invalid_request"


async def test_attack_032_select_account_is_accepted(provider: Gateway) -> None:
    assert "code" in await Party(provider).sign_in(provider.browser(), prompt="select_account")


@pytest.mark.parametrize(
    "uri", ["http://169.254.169.254/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://rp.example.com/r"]
)
async def test_attack_037_request_uri_is_refused_unread(provider: Gateway, uri: str) -> None:
    assert await error_of(provider, request_uri=uri) == "request_uri_not_supported"
    assert await error_of(provider, request="eyJhbGciOiJub25lIn0.e30.") == "request_not_supported"


async def test_attack_039_a_nonce_and_a_state_of_kilobytes_come_back_whole(provider: Gateway) -> None:
    party = Party(provider, state="s" * 4000, nonce="n" * 2048)
    back = await party.sign_in(provider.browser())
    assert back["state"] == party.state
    claims = await party.claims((await party.redeem(back["code"])).json()["id_token"])
    assert claims["nonce"] == party.nonce
    too_long = Party(provider, nonce="n" * 2049)
    told = query_of((await provider.browser().get(too_long.url())).headers["location"])
    assert told["error"] == "invalid_request"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_attack_040_other_methods_are_not_answered(provider: Gateway, method: str) -> None:
    assert (await provider.browser().http.request(method, "/authorize")).status_code == 405


async def test_attack_043_garbage_in_hints_is_ignored(provider: Gateway) -> None:
    hints = {"ui_locales": "xx-😀 " * 50, "display": "hologram", "login_hint": "x" * 900, "unknown": "1"}
    assert "code" in await Party(provider).sign_in(provider.browser(), **hints)


async def test_attack_047_no_state_of_wecoms_trip_opens_a_code_of_ours(provider: Gateway) -> None:
    party, browser, thief = Party(provider), provider.browser(), provider.browser()
    begun = await browser.get((await browser.get(party.url())).headers["location"])
    state = query_of(begun.headers["location"])["state"]
    for path in (f"/authorize/{state}", f"/signin/callback/main?state={state}&code=x"):
        answer = await thief.get(path)
        assert "wiki.example.com" not in answer.headers.get("location", "")


async def test_attack_051_our_pages_cannot_be_framed(provider: Gateway) -> None:
    page = await provider.browser().get(Party(provider).url(client_id="nobody"))
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/authorize/x", "/device", "/device/confirm", "/signout/confirm"])
async def test_attack_052_a_form_without_this_browsers_token_does_nothing(provider: Gateway, path: str) -> None:
    browser, other = provider.browser(), provider.browser()
    await browser.sign_in()
    await other.get("/signout")
    token = (await other.get("/signout")).text.split('name="csrf_token" value="')[1].split('"')[0]
    for fields in ({"answer": "allow"}, {"answer": "allow", "csrf_token": token}):
        assert (await browser.http.post(path, data=fields)).status_code == 403
    assert (await browser.get("/me")).status_code == 200


async def test_attack_054_forty_requests_in_one_browser_leave_one_cookie(provider: Gateway) -> None:
    party, browser = Party(provider), provider.browser()
    begun = [(await browser.get(party.url())).headers["location"] for _ in range(40)]
    assert len(browser.http.cookies) == 1
    answer = await browser.get(begun[0])
    for _ in range(3):
        answer = await browser.get(answer.headers["location"])
    assert "code" in query_of(answer.headers["location"])
