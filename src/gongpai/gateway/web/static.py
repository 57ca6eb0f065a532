"""Our own style sheets and scripts: read once, named by their content, kept by browsers for good."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent. *served_as* carries a hash of the content, so that it may be kept for ever."""

    served_as: str
    media_type: str
    body: bytes = field(repr=False)
    packed: bytes = field(repr=False)


def asset_url(name: str) -> str:
    """Return the path of the file *name* of ``static/``."""
    return f"/static/{_BY_NAME[name].served_as}"


def routes() -> list[BaseRoute]:
    """Return the route that serves the files; an unknown name is a plain 404."""
    return [Route("/static/{served_as}", _serve, methods=["GET"])]


async def _serve(request: Request) -> Response:
    asset = _BY_SERVED_NAME.get(request.path_params["served_as"])
    if asset is None:
        return Response(status_code=404, headers={"X-Content-Type-Options": "nosniff"})
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{asset.served_as}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    body = asset.body
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = asset.packed
    return Response(body, media_type=asset.media_type, headers=headers)


def _load() -> Mapping[str, Asset]:
    assets: dict[str, Asset] = {}
    for file in files(__package__).joinpath("static").iterdir():
        stem, dot, suffix = file.name.rpartition(".")
        media_type = _MEDIA_TYPES.get(dot + suffix)
        if media_type is None:  # licence texts lie beside what they cover
            continue
        body = file.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:16]
        assets[file.name] = Asset(f"{stem}.{digest}.{suffix}", media_type, body, gzip.compress(body, mtime=0))
    return MappingProxyType(assets)


_BY_NAME = _load()
_BY_SERVED_NAME = MappingProxyType({asset.served_as: asset for asset in _BY_NAME.values()})
