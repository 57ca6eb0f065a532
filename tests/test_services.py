import socket
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from programs import require_program
from services import PostgresServer


@pytest.mark.services
def test_each_test_has_an_empty_database_of_its_own(postgres_server: PostgresServer, postgres_url: str) -> None:
    name = postgres_url.rsplit("/", 1)[1]
    assert postgres_server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name) == "0\n"
    postgres_server.execute("CREATE TABLE badge (id int)", name)
    copy = postgres_server.create_database(template=name)
    assert postgres_server.execute("SELECT count(*) FROM badge", copy) == "0\n"
    postgres_server.drop_database(copy)


@pytest.mark.services
@pytest.mark.parametrize("test", ["first", "second"])
def test_redis_is_empty_when_a_test_begins(redis_url: str, test: str) -> None:
    where = urlsplit(redis_url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(b"DBSIZE\r\n")
        assert connection.recv(64) == b":0\r\n"
        connection.sendall(f"SET who {test}\r\n".encode())
        assert connection.recv(64) == b"+OK\r\n"


@pytest.mark.browser
def test_the_browser_is_a_real_chromium(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<h1>工牌</h1>")
    assert page.inner_text("h1") == "工牌"
    page.close()


def test_a_missing_program_fails_the_test_with_the_command_to_type() -> None:
    with pytest.raises(pytest.fail.Exception, match="scripts/system-packages"):
        require_program("no-such-program-of-ours")
