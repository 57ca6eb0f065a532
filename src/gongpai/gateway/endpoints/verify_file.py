"""WeCom's proof that a domain is ours: files at its root, from the configuration alone (T31)."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route


@dataclass(frozen=True, slots=True)
class VerifyFiles:
    """Serves the configured files, each with its exact body. Source: WeCom 91335 and its help page 21316."""

    files: Mapping[str, str]

    def routes(self) -> list[BaseRoute]:
        """Return one route a file: a name that is not configured has none, so nothing is derived from it."""
        return [Route(f"/{name}", self._serve, methods=["GET"]) for name in self.files]

    async def _serve(self, request: Request) -> Response:
        body = self.files[request.scope["path"].removeprefix("/")]
        return Response(body.encode(), media_type="text/plain")
