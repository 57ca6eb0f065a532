"""What clients read first."""

import pytest

from gateways import PUBLIC_URL, Gateway
from relying_party import Party

PATHS = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"]


@pytest.mark.parametrize("path", PATHS)
async def test_documents_may_be_kept_read_from_anywhere_and_asked_again(provider: Gateway, path: str) -> None:
    party = Party(provider)
    answer = await party.raw(path, "GET", None, {})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "max-age=3600" in answer.headers["cache-control"]
    again = await party.raw(path, "GET", None, {"if-none-match": f'"other", W/{answer.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    head = await party.raw(path, "HEAD", None, {})
    assert (head.status_code, head.content) == (200, b"")
    assert (await party.raw(path, "POST", {"a": "b"}, {})).status_code == 405


async def test_every_endpoint_that_is_listed_is_there(provider: Gateway) -> None:
    party = Party(provider)
    document = (await party.raw(PATHS[0], "GET", None, {})).json()
    assert document["issuer"] == PUBLIC_URL
    urls = {name: url for name, url in document.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(urls) == 9
    for url in urls.values():
        answer = await party.raw(url.removeprefix(PUBLIC_URL), "GET", None, {})
        assert answer.status_code != 404, url


async def test_the_issuer_is_what_is_configured_whatever_the_headers_say(provider: Gateway) -> None:
    answer = await Party(provider).raw(PATHS[0], "GET", None, {"host": "evil.example", "x-forwarded-host": "evil"})
    assert "evil" not in answer.text
