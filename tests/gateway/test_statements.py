"""What a request asks of the store: each statement is a round trip to PostgreSQL, each commit waits for a disk."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateways import Gateway, gateway_config, open_gateway
from gongpai.sandbox import Corner
from relying_party import WIKI, Party
from services import PostgresServer

pytestmark = pytest.mark.services

_STATEMENT = re.compile(r"(?:execute [^:]*|statement): ((?:[^\n]|\n\t)*)")
_VERB = re.compile(r"\s*(\w+)")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)")
# What each worker does beside the requests: it hears the news, tends keys, cleans up, tells parties of logouts.
_UPKEEP = {"news", "news_head", "leases", "keys", "signing_keys", "outbox", "notices"}
_READ_TOKEN = "SELECT access_tokens"
_READ_SESSION = "SELECT sessions"


@dataclass
class Heard:
    """What a database was asked since the last time."""

    log: Path
    offset: int = 0

    def take(self) -> list[str]:
        """Return verb and table of each statement, and each commit; clean-up, which deletes, is upkeep too."""
        raw = self.log.read_bytes()[self.offset :]
        self.offset += len(raw)
        text = raw.decode(errors="replace")
        told = []
        for statement in _STATEMENT.findall(text):
            verb, table = _VERB.match(statement), _TABLE.search(statement)
            if verb is not None and verb[1] == "COMMIT":
                told.append("COMMIT")
            elif verb is not None and verb[1] != "DELETE" and table is not None and table[1] not in _UPKEEP:
                told.append(f"{verb[1]} {table[1]}")
        return told


@pytest.fixture
async def gateway(
    wecom_sandbox: Corner, tmp_path: Path, postgres_server: PostgresServer, postgres_url: str
) -> AsyncIterator[Gateway]:
    name = postgres_url.rpartition("/")[2]
    postgres_server.execute(f"ALTER DATABASE \"{name}\" SET log_statement = 'all'")
    parties = {"wiki": replace(WIKI, is_trusted=True)}
    config = replace(gateway_config(wecom_sandbox, tmp_path, parties=parties), storage=postgres_url)
    async with open_gateway(wecom_sandbox, config) as gateway:
        yield gateway


@pytest.fixture
def heard(postgres_server: PostgresServer) -> Heard:
    return Heard(postgres_server.service.log)


async def test_each_request_asks_no_more_than_it_must(gateway: Gateway, heard: Heard) -> None:
    party, browser, scope = Party(gateway), gateway.browser(), "openid profile offline_access"
    # From then on this worker knows who holds the name.
    await party.tokens(browser, scope=scope)
    heard.take()

    back = await party.sign_in(browser, scope=scope, prompt="none")
    assert heard.take() == [
        _READ_SESSION,
        # It holds the session while the grant is written, so that none outlives it.
        "INSERT grants",
        "INSERT authorization_codes",
        "COMMIT",
        "INSERT audit",
        "COMMIT",
    ]

    tokens = (await party.redeem(back["code"])).json()
    issued = ["INSERT access_tokens", "INSERT refresh_tokens", "COMMIT"]
    # The session is read with the code, and below with the access token.
    assert heard.take() == ["SELECT authorization_codes", "UPDATE authorization_codes", *issued]

    await party.userinfo(tokens["access_token"])
    assert heard.take() == [_READ_TOKEN]

    await party.call("/introspect", {"token": tokens["access_token"]})
    assert heard.take() == [_READ_TOKEN]

    refreshed = ["SELECT refresh_tokens", _READ_SESSION, "UPDATE refresh_tokens", "INSERT refresh_answers", *issued]
    again = (await party.refresh(tokens["refresh_token"])).json()
    assert heard.take() == refreshed
    await party.refresh(again["refresh_token"])
    assert heard.take() == refreshed


async def test_a_name_is_reserved_once_and_its_grants_carry_it(
    gateway: Gateway, heard: Heard, wecom_sandbox: Corner
) -> None:
    token = (await Party(gateway).tokens(gateway.browser(), scope="openid profile"))["access_token"]
    asked = heard.take()
    first = asked.index("SELECT reservations")
    assert asked[first : first + 4] == ["SELECT reservations", "INSERT reservations", "SELECT reservations", "COMMIT"]
    async with open_gateway(wecom_sandbox, gateway.config) as another:
        heard.take()
        # A worker that has never met the person finds the name in the grant.
        claims = (await Party(another).userinfo(token)).json()
        assert claims["preferred_username"] == "lisi"
        assert heard.take() == [_READ_TOKEN]


async def test_what_cannot_be_a_token_is_not_even_looked_up(gateway: Gateway, heard: Heard) -> None:
    party = Party(gateway)
    heard.take()
    assert (await party.userinfo("x" * 9_000)).status_code == 401
    await party.call("/introspect", {"token": "x" * 9_000})
    assert heard.take() == []
