"""One more party in the file needs no restart, and a fault there does no harm."""

from collections import UserDict
from collections.abc import Callable, ItemsView, Mapping
from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs

from gongpai.gateway.config import load
from gongpai.gateway.parties import Parties
from gongpai.gateway.party_file import PartyFile
from gongpai.gateway.store.open import Stores
from gongpai.sandbox import Corner
from served import Served, served, until, write_config
from settings_of_tests import RIGHT

GRAFANA = """
[parties.grafana]
redirect_uris = ["https://grafana.example.com/cb"]
client_secret_file = "{secret}"
"""
FAULT = "[parties.gitea]\nredirect_uris = []\n"


class Written:
    """A configuration file and what follows it."""

    def __init__(self, folder: Path, stores: Stores) -> None:
        self.path, self.secret = folder / "gongpai.toml", folder / "grafana.secret"
        self.secret.write_text("the first secret of a test")
        self.path.write_text("")
        config = load(self.path, RIGHT)
        self.parties = Parties(config.parties, stores.parties, stores.replays)
        self.file = PartyFile(self.path, RIGHT, config, self.parties)

    async def write(self, text: str) -> list[Mapping[str, object]]:
        """Write the file anew, by a rename as editors do; return what is logged when it is looked at."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text.format(secret=self.secret))
        fresh.rename(self.path)
        return await self.look()

    async def look(self) -> list[Mapping[str, object]]:
        """Look until nothing moves any more; return what is logged."""
        with capture_logs() as logged:
            await self.file.look()
            await self.file.look()
        return list(logged)

    async def secrets(self) -> list[str]:
        """Return the hashes of Grafana's secrets."""
        party = await self.parties.get("grafana")
        return [] if party is None else [each.hash for each in party.secret_hashes]


@pytest.fixture
def written(stores: Stores, tmp_path: Path) -> Written:
    return Written(tmp_path, stores)


async def test_a_party_comes_and_goes_with_the_file(written: Written) -> None:
    assert await written.parties.get("grafana") is None
    (told,) = await written.write(GRAFANA)
    assert (told["event"], told["parties"], told["needs_restart"]) == ("config.parties_read", 1, False)
    assert await written.parties.get("grafana") is not None
    assert await written.look() == []
    await written.write("")
    assert await written.parties.get("grafana") is None


async def test_a_secret_that_is_exchanged_in_its_own_file_counts(written: Written) -> None:
    await written.write(GRAFANA)
    before = await written.secrets()
    written.secret.write_text("the second secret of a test, longer")
    await written.look()
    assert len(before) == len(await written.secrets()) == 1
    assert await written.secrets() != before


@pytest.mark.parametrize("broken", [FAULT, "not toml", "[parties.grafana]\nredirect_uris = 1\n"])
async def test_a_file_with_a_fault_changes_nothing_and_is_told_once(written: Written, broken: str) -> None:
    await written.write(GRAFANA)
    before = await written.secrets()
    (told,) = await written.write(broken)
    assert (told["event"], bool(told["faults"])) == ("config.not_taken_over", True)
    assert await written.look() == []
    assert await written.secrets() == before


async def test_a_file_that_is_still_being_written_changes_nothing(written: Written) -> None:
    whole = GRAFANA.format(secret=written.secret) + '[parties.grafana.policy]\ndeny_userids = ["zhangsan"]\n'
    await written.write(whole)
    for text in (GRAFANA.format(secret=written.secret), "", whole):
        written.path.write_text(text)
        await written.file.look()
        party = await written.parties.get("grafana")
        assert party is not None
        assert party.policy.deny_userids
    await written.look()
    assert await written.secrets()


class WrittenMeanwhile(UserDict[str, str]):
    """An environment that is looked at after each reading of the file; after *nth* of them, *write* is done."""

    def __init__(self, nth: int, write: Callable[[], object]) -> None:
        super().__init__(RIGHT)
        self._left, self._write = nth, write

    def items(self) -> ItemsView[str, str]:
        """Count a reading, and tell the settings."""
        self._left -= 1
        if self._left == 0:
            self._write()
        return super().items()


@pytest.mark.parametrize("nth", [1, 2])
async def test_what_is_written_while_it_is_read_is_not_taken_over_by_half(written: Written, nth: int) -> None:
    rules = '[parties.grafana.policy]\ndeny_userids = ["zhangsan"]\n'
    whole = GRAFANA.format(secret=written.secret) + rules
    await written.write(whole)
    half = GRAFANA.format(secret=written.secret)
    written.file.environ = WrittenMeanwhile(nth, lambda: written.path.write_text(half))
    await written.write(f"# as before\n{whole}")
    party = await written.parties.get("grafana")
    assert party is not None
    assert party.policy.deny_userids
    written.path.write_text(f"# whole again\n{whole}")
    await written.look()
    assert await written.look() == []


async def test_a_volume_that_is_exchanged_as_a_whole_is_followed(written: Written) -> None:
    # As Kubernetes does: the names lead through a link to a folder, and the link is replaced.
    folder = written.path.parent
    for name, secret in (("one", "the first secret of a volume"), ("two", "the second secret of a volume")):
        (folder / name).mkdir()
        (folder / name / "secret").write_text(secret)
        (folder / name / "gongpai.toml").write_text(GRAFANA.format(secret=folder / "data" / "secret"))
    (folder / "data").symlink_to("one")
    written.path.unlink()
    written.path.symlink_to("data/gongpai.toml")
    await written.look()
    before = await written.secrets()
    (folder / "fresh").symlink_to("two")
    (folder / "fresh").rename(folder / "data")
    await written.look()
    assert len(before) == len(await written.secrets()) == 1
    assert await written.secrets() != before


@pytest.mark.parametrize(
    "monster",
    [
        f"a = {'[' * 20_000}",
        f"[tokens]\naccess = {'9' * 5_000}\n",
        f"[{'a.' * 2_000}a]\nb = 1\n",
        f"# {'x' * 5_000_000}",
        '[parties.key]\nauth_method = "private_key_jwt"\nredirect_uris = ["https://a.example/"]\njwks_file = "{deep}"',
    ],
)
async def test_a_file_that_no_parser_bears_is_a_fault_like_others(written: Written, monster: str) -> None:
    await written.write(GRAFANA)
    deep = written.path.with_name("deep.json")
    deep.write_text("[" * 100_000)
    (told,) = await written.write(monster.replace("{deep}", str(deep)))
    assert told["event"] == "config.not_taken_over"
    assert await written.look() == []
    assert await written.secrets()


async def test_a_name_that_no_file_can_have_is_a_fault_like_others(written: Written) -> None:
    await written.write(GRAFANA)
    (told,) = await written.write(GRAFANA.replace("{secret}", r"a\u0000b"))
    assert told["event"] == "config.not_taken_over"
    assert await written.look() == []
    await written.write("")
    assert await written.secrets() == []


async def test_a_file_that_is_gone_for_a_moment_changes_nothing(written: Written) -> None:
    await written.write(GRAFANA)
    kept = written.path.read_text()
    written.path.unlink()
    await written.look()
    assert await written.secrets()
    await written.write(kept)
    assert await written.secrets()


async def test_a_secret_of_an_app_that_is_exchanged_in_its_own_file_waits_for_a_restart(written: Written) -> None:
    secret = written.path.with_name("app.secret")
    written.file.environ = {name: value for name, value in RIGHT.items() if name != "GONGPAI_APPS__MAIN__CORPSECRET"}
    secret.write_text(RIGHT["GONGPAI_APPS__MAIN__CORPSECRET"])
    (told,) = await written.write(f'[apps.main]\ncorpsecret_file = "{secret}"\n')
    assert told["needs_restart"] is False
    secret.write_text("another secret of the app")
    (told,) = await written.look()
    assert told["needs_restart"] is True


async def test_what_else_is_changed_there_waits_for_a_restart_and_is_told(written: Written) -> None:
    (told,) = await written.write('[tokens]\naccess = "5m"\n' + GRAFANA)
    assert told["needs_restart"] is True
    assert await written.secrets()


def knows(gateway: Served, client_id: str) -> bool:
    """Whether every one of a few connections, which workers share out among them, leads to one that knows the party."""
    url = f"{gateway.url}/authorize?client_id={client_id}&redirect_uri=https://grafana.example.com/cb"
    return all(httpx2.get(url, timeout=120).status_code == httpx2.codes.SEE_OTHER for _ in range(8))


def test_every_worker_follows_the_file(wecom_sandbox: Corner, tmp_path: Path) -> None:
    config = write_config(tmp_path, wecom_sandbox)
    secret = tmp_path / "grafana.secret"
    secret.write_text("a secret of this test, and long enough")
    with served(config, workers=2) as gateway:
        assert not knows(gateway, "grafana")
        config.write_text(config.read_text() + GRAFANA.format(secret=secret))
        until(lambda: knows(gateway, "grafana"))
