"""What every test may ask for: private services, a real browser, one event loop."""

import pytest
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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write what this process covered, if that is measured: a worker that ends slowly is killed with all it knows."""
    measuring = Coverage.current()
    if measuring is not None:
        measuring.save()
