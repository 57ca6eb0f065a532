"""A gateway whose one relying party is a real program, and a browser that goes back and forth between them."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateways import PORTAL, WECOM_UA
from gongpai.cli.recipes import SECRET_PLACEHOLDER, Filling, find_recipe
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


def free_address() -> str:
    """Return a URL of loopback where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def gateway_for(corner: Corner, folder: Path, issuer: str, party: Mapping[str, object]) -> Iterator[None]:
    """Run a gateway at *issuer*, with one party."""
    corner.hold_phone("lisi")
    # Consent is asked for once; what follows of it is silent.
    corner.set_consent(PORTAL, "lisi", ("mobile", "email", "biz_mail", "address"))
    host = urlsplit(issuer).netloc
    settings = {f"parties.{CLIENT_ID}.{name}": value for name, value in party.items()}
    config = write_config(folder, corner, public_url=issuer, listen=host, **settings)
    corner.update_app(PORTAL, oauth_domain=host, callback_domain=host)
    with served(config):
        yield


@contextmanager
def provided(
    corner: Corner, folder: Path, command: list[str], callback: str = "/callback", home: str = "/", **settings: object
) -> Iterator[Provided]:
    """Run the gateway and the party that *command* starts; its *home* is where it answers when it is ready.

    *settings* are those of the party in the gateway's configuration, beside the usual ones.
    """
    issuer, party_url = free_address(), free_address()
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
    environ = {"ISSUER": issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET, "PARTY_URL": party_url}
    with gateway_for(corner, folder, issuer, party), _program(folder, command, environ, f"{party_url}{home}"):
        yield Provided(issuer, party_url)


@contextmanager
def by_recipe(
    corner: Corner, folder: Path, recipe: str, command: Callable[[int], list[str]], home: str = "/", **environ: str
) -> Iterator[Provided]:
    """Run the gateway, and the program that *command* starts, both set up as the recipe called *recipe* prints it.

    *command* is told the port of the program, which starts in the folder of the recipe's files, with *environ* beside
    what recipes read from there. The party is trusted: consent is tested elsewhere, and is asked for but once.
    """
    found = find_recipe(recipe)
    filling = Filling(free_address(), CLIENT_ID, free_address())
    place = folder / "program"
    for snippet in found.snippets:
        file = place / snippet.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(snippet.fill(filling).replace(SECRET_PLACEHOLDER, SECRET), encoding="utf-8")
    environ = {"OIDC_CLIENT_SECRET": SECRET, "PARTY_URL": filling.url, **environ}
    party = {**found.party_settings(filling), "client_secret": SECRET, "trusted": True}
    with (
        gateway_for(corner, folder, filling.issuer, party),
        _program(place, command(urlsplit(filling.url).port or 0), environ, f"{filling.url}{home}"),
    ):
        yield Provided(filling.issuer, filling.url)


@contextmanager
def _program(place: Path, command: list[str], environ: Mapping[str, str], home: str) -> Iterator[None]:
    """Run *command* in *place* from when it answers at *home* until the block ends."""
    log = place / "party.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            dies_with_us(command),
            stdout=said,
            stderr=said,
            cwd=place,
            env={**os.environ, "NO_PROXY": "127.0.0.1", **environ},
        )
    try:
        if not answers(home, process, seconds=120):
            pytest.fail(log.read_text())
        yield
    finally:
        stop(process)
