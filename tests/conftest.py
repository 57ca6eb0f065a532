"""What every test may ask for: private services, a real browser, one event loop."""

from collections.abc import Iterator

import pytest
import structlog
from coverage import Coverage
from hypothesis import settings

pytest_plugins = ["browser", "services", "memory", "memory_provider"]

# Two busy cores make a deadline a coin toss, and a failure must come again when asked.
settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, which the gateway runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Undo what a command that ran in this process says of logs: it lives no longer than the command."""
    before = structlog.get_config() if structlog.is_configured() else None
    yield
    if before is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**before)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write what this process covered, if that is measured: a worker that ends slowly is killed with all it knows."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.save()
