import gzip
import hashlib
from importlib.resources import files

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gongpai.gateway.web.static import asset_url, routes

_FOLDER = files("gongpai.gateway.web").joinpath("static")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes()))


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        # dist/style/weui.min.css of npm weui 2.6.26
        ("weui-2.6.26.min.css", "d162d07343b00e7e13e24e2ce919a19e90ed3727831c85befd4c0f2313f2b482"),
        # dist/wecom.global.prod.js of npm @wecom/jssdk 2.4.4
        ("wecom-jssdk-2.4.4.js", "6a99cd5a09794bc4a267be3103c33dd0e5782491891121c66014e4fdf518ad8a"),
    ],
)
def test_what_others_wrote_is_unmodified_and_has_its_licence_beside_it(name: str, digest: str) -> None:
    assert hashlib.sha256(_FOLDER.joinpath(name).read_bytes()).hexdigest() == digest
    stem = name.removesuffix(".js").removesuffix(".min.css")
    assert "MIT" in _FOLDER.joinpath(f"{stem}.LICENSE.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["gongpai.css", "moments.js", "panel.js", "badge.svg"])
def test_a_file_is_named_by_its_content_and_kept_for_good(client: TestClient, name: str) -> None:
    answer = client.get(asset_url(name), headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert answer.content == _FOLDER.joinpath(name).read_bytes()
    assert hashlib.sha256(answer.content).hexdigest()[:16] in asset_url(name)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_browser_that_has_the_file_is_told_so(client: TestClient) -> None:
    first = client.get(asset_url("gongpai.css"))
    again = client.get(asset_url("gongpai.css"), headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_file_is_packed_for_browsers_that_can_unpack_it(client: TestClient) -> None:
    url = asset_url("weui-2.6.26.min.css")
    with client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as packed:
        sent = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert len(sent) < 30_000
    assert gzip.decompress(sent) == _FOLDER.joinpath("weui-2.6.26.min.css").read_bytes()
    assert "content-encoding" not in client.get(url, headers={"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize(
    "path", ["/static/gongpai.css", "/static/weui-2.6.26.LICENSE.txt", "/static/..%2Frender.py", "/static/"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_asset_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        asset_url("nonsense.css")
