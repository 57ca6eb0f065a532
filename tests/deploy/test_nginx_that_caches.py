"""An nginx that keeps what its apps answer keeps nothing of what the gate says of a person."""

from functools import partial
from pathlib import Path

import pytest

from behind_proxy import behind
from gongpai.sandbox import Corner
from proxies import nginx

_HTML = ("Accept", "text/html")


@pytest.mark.parametrize("stubborn", ["", "    proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;\n"])
def test_nobody_passes_by_what_was_said_of_somebody_else(wecom_sandbox: Corner, tmp_path: Path, stubborn: str) -> None:
    kept = f"    proxy_cache_path {tmp_path}/kept keys_zone=kept:1m;\n    proxy_cache kept;\n"
    with behind(
        partial(nginx, around=f"{kept}    proxy_cache_valid any 1h;\n{stubborn}"), tmp_path, wecom_sandbox
    ) as site:
        assert site.browse(site.url("/first")).status == 200
        assert site.send("/first").status == 401
        assert site.send("/second", _HTML).status == 302
        assert site.send("/second", site.cookie()).status == 200
        assert site.send("/internal/x", site.cookie()).status == 403
        begun = [site.send("/.gongpai/begin?return_to=/").header("location") for _ in range(2)]
        assert begun[0] != begun[1]
