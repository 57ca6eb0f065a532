"""A gateway whose one relying party is a real program, and a browser that goes back and forth between them."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import pytest

from gateways import PORTAL, WECOM_UA
from gongpai.sandbox import Corner
from programs import answers, dies_with_us, free_port, stop
from served import served, write_config

CLIENT_ID = "wiki"
SECRET = "the secret of a real program, of tests only"


@dataclass(frozen=True)
class Page:
    """Where a browser ended up, and what stood there."""

    url: str
    body: str

    def json(self) -> Any:  # noqa: ANN401  JSON
        """Return the page as JSON."""
        return json.loads(self.body)


def _opener() -> urllib.request.OpenerDirector:
    # A browser keeps Secure cookies of loopback addresses: they are trustworthy without TLS.
    jar = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(jar))
    opener.addheaders = [("User-Agent", WECOM_UA), ("Accept", "text/html"), ("Accept-Language", "en")]
    return opener


@dataclass(frozen=True)
class Provided:
    """A relying party that runs, and the address of its provider."""

    issuer: str
    party_url: str
    opener: urllib.request.OpenerDirector = field(default_factory=_opener)

    def browse(self, path: str) -> Page:
        """Load a page of the party as WeCom's browser does: with its cookies, wherever redirects lead."""
        with self.opener.open(f"{self.party_url}{path}", timeout=60) as answer:
            return Page(answer.url, answer.read().decode())


@contextmanager
def provided(
    corner: Corner, folder: Path, command: list[str], callback: str = "/callback", home: str = "/", **settings: object
) -> Iterator[Provided]:
    """Run the gateway and the party that *command* starts; its *home* is where it answers when it is ready.

    *settings* are those of the party in the gateway's configuration, beside the usual ones.
    """
    corner.hold_phone("lisi")
    port, party_port = free_port(), free_port()
    issuer, party_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{party_port}"
    party: dict[str, object] = {
        "name": "The Wiki",
        "client_secret": SECRET,
        "redirect_uris": [f"{party_url}{callback}"],
        "post_logout_redirect_uris": [f"{party_url}/bye"],
        "scopes": ["openid", "profile", "email", "groups", "offline_access"],
        "grant_types": ["authorization_code", "refresh_token"],
        "trusted": True,
        **settings,
    }
    parties = {f"parties.{CLIENT_ID}.{name}": value for name, value in party.items()}
    config = write_config(folder, corner, public_url=issuer, listen=f"127.0.0.1:{port}", **parties)
    corner.update_app(PORTAL, oauth_domain=f"127.0.0.1:{port}", callback_domain=f"127.0.0.1:{port}")
    environ = {"ISSUER": issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET, "PARTY_URL": party_url}
    log = folder / "party.log"
    with served(config), log.open("wb") as said:
        process = subprocess.Popen(
            dies_with_us(command), stdout=said, stderr=said, env={**os.environ, "NO_PROXY": "127.0.0.1", **environ}
        )
        try:
            if not answers(f"{party_url}{home}", process):
                pytest.fail(log.read_text())
            yield Provided(issuer, party_url)
        finally:
            stop(process)
