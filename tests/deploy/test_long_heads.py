"""Browsers whose cookies are long or many: the real proxies let them pass or say why not, and send nobody round."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from behind_proxy import APP, OTHER, Behind, Proxy, behind
from gongpai.sandbox import Sandbox
from proxies import caddy, nginx

HTML = ("Accept", "text/html")
# An operator may let nginx take longer lines than its own 8 kB.
GENEROUS = partial(nginx, around="    client_header_buffer_size 96k;\n    large_client_header_buffers 4 96k;\n")
NEWEST = partial(caddy, is_newest=True)
SIZES = (7_000, 9_000, 18_000, 50_000, 70_000)
PASS = 200
# nginx itself refuses a line that is too long. Where it takes longer ones, it makes a fault of what the gate refuses to
# read, and of an answer that is longer than its buffers.
ANSWERS = {
    "nginx": (nginx, (PASS, 400, 400, 400, 400)),
    "generous nginx": (GENEROUS, (PASS, PASS, PASS, 500, 500)),
    "caddy": (caddy, (PASS, PASS, PASS, PASS, 431)),
    "newest caddy": (NEWEST, (PASS, PASS, PASS, 431, 431)),
}


@pytest.fixture(scope="module", params=ANSWERS.values(), ids=list(ANSWERS))
def asked(
    request: pytest.FixtureRequest, wecom_sandbox_server: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Behind, dict[int, int]]]:
    """Yield an app behind a proxy, signed in on one host, and what a proxy says to cookies of each size."""
    proxy: Proxy
    proxy, statuses = request.param
    folder: Path = tmp_path_factory.mktemp("proxy")
    corner = wecom_sandbox_server.corner()
    with behind(proxy, folder, corner) as site:
        assert site.browse(site.url("/")).status == PASS
        yield site, dict(zip(SIZES, statuses, strict=True))
    corner.close()


def one(size: int) -> str:
    """Return one cookie of this size."""
    return f"pad={'x' * size}"


def many(size: int) -> str:
    """Return cookies of this size together."""
    return "; ".join(f"pad{number:04}={'x' * 90}" for number in range(size // 100))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("is_ours_last", [True, False])
@pytest.mark.parametrize("cookies", [one, many])
def test_whoever_is_signed_in_passes_with_all_cookies_of_the_app_or_is_told_why_not(
    asked: tuple[Behind, dict[int, int]], cookies: object, size: int, *, is_ours_last: bool
) -> None:
    site, statuses = asked
    assert callable(cookies)
    name, ours = site.cookie()
    padding = cookies(size)
    line = f"{padding}; {ours}" if is_ours_last else f"{ours}; {padding}"
    answer = site.send("/x", (name, line), HTML)
    assert answer.status == statuses[size]
    assert answer.header("location") == ""
    if answer.status == PASS:
        assert answer.seen("Cookie") == [padding]
        assert answer.seen("X-Auth-Request-Preferred-Username") == ["lisi"]
    else:
        assert "target" not in answer.body


@pytest.mark.parametrize("size", SIZES)
def test_nobody_passes_by_long_cookies(asked: tuple[Behind, dict[int, int]], size: int) -> None:
    site, statuses = asked
    for planted in (one(size), f"{many(size)}; __Host-gongpai_gate={'x' * 300}"):
        answer = site.send("/x", ("Cookie", planted))
        assert answer.status in {401, statuses[size]} - {PASS}
        opened = site.send("/public/x", ("Cookie", planted))
        assert opened.status == statuses[size]
        if opened.status == PASS:
            assert opened.seen("Cookie") == [planted.partition("; __Host")[0]]
            assert "".join(opened.seen("X-Auth-Request-User")) == ""


@pytest.mark.parametrize("size", SIZES)
def test_a_browser_that_signs_in_with_long_cookies_is_sent_round_by_nobody(
    asked: tuple[Behind, dict[int, int]], size: int
) -> None:
    site, statuses = asked
    site.jars[f"{OTHER}:{site.port}"] = {"pad": "x" * size}
    answer = site.browse(site.url("/deep", OTHER))
    assert answer.status == statuses[size]
    # What it learnt on the way opens the other host still, and what was too long there harms nobody here.
    assert site.send("/x", site.cookie(APP)).status == PASS
    site.jars.pop(f"{OTHER}:{site.port}")


@pytest.mark.parametrize("size", SIZES)
def test_a_long_address_or_header_passes_or_is_refused(asked: tuple[Behind, dict[int, int]], size: int) -> None:
    site, _ = asked
    for target, headers in ((f"/x?{'q' * size}", ()), ("/x", (("X-Long", "x" * size),))):
        known = site.send(target, site.cookie(), HTML, *headers)
        assert known.status in {PASS, 400, 414, 431, 500}
        assert known.header("location") == ""
        assert site.send(target, *headers).status in {401, 400, 414, 431, 500}
