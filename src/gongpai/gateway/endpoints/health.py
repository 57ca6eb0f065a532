"""Is this process alive, and can it serve? For a supervisor and for a load balancer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gongpai.gateway.logs import logger

_log = logger("health")


@dataclass(frozen=True, slots=True)
class Health:
    """Answers both questions; *checks* raise or return False when what they look at is not ready."""

    checks: dict[str, Callable[[], Awaitable[bool]]]

    async def alive(self, _request: Request) -> Response:
        """Say that this process answers: ``GET /healthz``."""
        return PlainTextResponse("ok\n")

    async def ready(self, _request: Request) -> Response:
        """Say whether this process can sign people in: ``GET /readyz``. The cause of a no is in the log."""
        for name, check in self.checks.items():
            if not await check():
                _log.error("not_ready", check=name)
                return PlainTextResponse("not ready\n", 503)
        return PlainTextResponse("ready\n")
