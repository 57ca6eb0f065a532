"""Is this process alive, and can it serve? For a supervisor and for a load balancer."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response


@dataclass(frozen=True, slots=True)
class Health:
    """Answers both questions; *is_ready* says whether this worker hears the news, which it reads from the store."""

    is_ready: Callable[[], bool]

    async def alive(self, _request: Request) -> Response:
        """Say that this process answers: ``GET /healthz``."""
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        """Say whether this process may serve: ``GET /readyz``. The cause of a no is in the log."""
        return PlainTextResponse("ready\n") if self.is_ready() else PlainTextResponse("not ready\n", 503)
