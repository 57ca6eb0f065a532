"""T13: our cookies are always __Host-, out of reach of scripts and neighbours; two of one name are refused."""

import pytest

from gateways import Gateway, callback


async def test_every_cookie_is_host_only_secure_and_out_of_reach_of_scripts(gateway: Gateway) -> None:
    browser = gateway.browser()
    answers = [await browser.sign_in(), await browser.get("/me"), await browser.get("/language/en")]
    answers.append(await browser.get("/signin?via=web"))
    answers.append(await browser.post("/signout", page=answers[1].text))
    set_cookies = [value for answer in answers for value in answer.headers.get_list("set-cookie")]
    names = {value.partition("=")[0] for value in set_cookies}
    assert names == {
        "__Host-gongpai_session",
        "__Host-gongpai_browser",
        "__Host-gongpai_language",
        "__Host-gongpai_signed_out",
    }
    for value in set_cookies:
        attributes = {part.strip().lower() for part in value.split(";")[1:]}
        assert {"path=/", "secure", "httponly", "samesite=lax"} <= attributes
        assert not any(attribute.startswith("domain") for attribute in attributes)


async def test_two_session_cookies_are_refused(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    session = browser.cookie("__Host-gongpai_session")
    name = "__Host-gongpai_session"
    other = gateway.browser()
    assert (await other.get("/me", cookie=f"{name}={session}")).status_code == 200
    for twice in (f"{name}={session}; {name}={session}", f"{name}=planted; {name}={session}"):
        assert (await other.get("/me", cookie=twice)).status_code == 303


# Browsers keep these bytes before a name, and such a name is not __Host- to them: any neighbouring host may set it.
@pytest.mark.parametrize("white", ["\x85", "\xa0", "\x0b", "\x0c", "\x1c", "\x1f"])
async def test_a_neighbours_cookie_behind_white_space_is_not_ours(gateway: Gateway, white: str) -> None:
    attacker = gateway.browser()
    await attacker.sign_in()
    planted = f"{white}__Host-gongpai_session={attacker.cookie('__Host-gongpai_session')}".encode("latin-1")
    victim = gateway.browser()
    assert (await victim.http.get("/me", headers=[(b"cookie", planted)])).status_code == 303
    await victim.sign_in()
    own = f"__Host-gongpai_session={victim.cookie('__Host-gongpai_session')}".encode()
    both = await gateway.browser().http.get("/me", headers=[(b"cookie", planted + b"; " + own)])
    assert both.status_code == 200


async def test_an_altered_session_cookie_opens_nothing(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    session = browser.cookie("__Host-gongpai_session") or ""
    altered = session[:-2] + ("A" if session[-2] != "A" else "B") + session[-1]
    for value in (altered, session[:40], "", "x" * 5000, session + session):
        assert (await gateway.browser().get("/me", cookie=f"__Host-gongpai_session={value}")).status_code == 303


async def test_a_sign_in_gives_a_new_id_and_ends_the_session_before(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    before = browser.cookie("__Host-gongpai_session")
    state = (await browser.begin("/signin?via=web"))["state"]
    await browser.get(callback(state, gateway.mint("lisi", way="web")))
    after = browser.cookie("__Host-gongpai_session")
    assert after not in {None, before}
    assert (await gateway.browser().get("/me", cookie=f"__Host-gongpai_session={before}")).status_code == 303
    assert (await gateway.browser().get("/me", cookie=f"__Host-gongpai_session={after}")).status_code == 200
