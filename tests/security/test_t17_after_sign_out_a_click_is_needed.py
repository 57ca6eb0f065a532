"""T17: after sign-out nothing signs this browser in silently; the click is a form of our own page."""

from gateways import DESKTOP_UA, Browser, Gateway, callback, csrf_token, query_of


async def _signed_out(gateway: Gateway) -> Browser:
    browser = gateway.browser()
    await browser.sign_in()
    answer = await browser.post("/signout", page=(await browser.get("/signout")).text)
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
    return browser


async def test_signin_shows_a_button_and_does_not_leave(gateway: Gateway) -> None:
    browser = await _signed_out(gateway)
    for url in ("/signin", "/signin?return_to=/me", "/signin?via=in_app", "/signin?app=main"):
        page = await browser.get(url)
        assert page.status_code == 200
        assert 'action="/signin"' in page.text
    assert (await browser.get("/me")).headers["location"].startswith("/signin")


async def test_the_click_signs_in_again_and_is_needed_once(gateway: Gateway) -> None:
    browser = await _signed_out(gateway)
    page = await browser.get("/signin?return_to=/signout")
    clicked = await browser.post("/signin", {"return_to": "/signout"}, page=page.text)
    assert clicked.status_code == 303
    state = query_of(clicked.headers["location"])["state"]
    done = await browser.get(callback(state, gateway.mint("lisi")))
    assert done.headers["location"] == "/signout"
    assert (await browser.get("/me")).status_code == 200
    assert browser.cookie("__Host-gongpai_signed_out") is None


async def test_a_click_without_the_token_of_our_page_is_refused(gateway: Gateway) -> None:
    browser = await _signed_out(gateway)
    assert (await browser.http.post("/signin", data={"return_to": "/me"})).status_code == 403
    token = csrf_token((await browser.get("/signin")).text)
    fields, elsewhere = {"csrf_token": token}, {"sec-fetch-site": "cross-site"}
    assert (await browser.http.post("/signin", data=fields, headers=elsewhere)).status_code == 403
    assert (await browser.http.post("/signin", data={"csrf_token": "0" * 64})).status_code == 403


async def test_signing_out_ends_the_session_everywhere(gateway: Gateway) -> None:
    browser = gateway.browser(DESKTOP_UA)
    state = (await browser.begin())["state"]
    await browser.get(callback(state, gateway.mint("lisi", way="web")))
    kept = browser.cookie("__Host-gongpai_session")
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    stolen = await gateway.browser().get("/me", cookie=f"__Host-gongpai_session={kept}")
    assert stolen.status_code == 303


async def test_a_link_signs_nobody_out(gateway: Gateway) -> None:
    browser = gateway.browser()
    await browser.sign_in()
    page = await browser.get("/signout")
    assert page.status_code == 200
    assert (await browser.http.post("/signout")).status_code in {400, 403}
    assert (await browser.get("/me")).status_code == 200


async def test_a_trip_begun_before_the_sign_out_comes_back_to_nobody(gateway: Gateway) -> None:
    browser = gateway.browser()
    state = (await browser.begin())["state"]  # another tab's, or the page before this one in the history
    await browser.sign_in()
    await browser.post("/signout", page=(await browser.get("/signout")).text)
    assert (await browser.get(callback(state, gateway.mint("lisi")))).status_code == 400
    assert (await browser.get("/me")).status_code == 303


async def test_a_strangers_callback_restarts_nothing_in_a_browser_that_signed_out(gateway: Gateway) -> None:
    browser = await _signed_out(gateway)
    browser.http.cookies.delete("__Host-gongpai_browser")  # it lives shorter than the memory of the sign-out
    state = (await gateway.browser().begin())["state"]
    answer = await browser.get(callback(state, gateway.mint("lisi")))
    assert answer.status_code == 400
    assert "location" not in answer.headers
