"""Discovery and the public keys: prepared bytes, kept by whoever asks, readable from any page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from gongpai.gateway.web.machine import JSON, Answer, Call

# Keys are published two days before they sign, so an hour is early enough (signing_keys.PUBLISH_AHEAD).
_FRESH = b"public, max-age=3600"
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")


@dataclass(frozen=True, slots=True)
class Document:
    """Serves the bytes that *current* returns; they are prepared again only when they are other bytes."""

    current: Callable[[], bytes]
    _prepared: dict[bytes, tuple[Answer, Answer]] = field(default_factory=dict)

    async def __call__(self, call: Call) -> Answer:
        """Answer ``GET`` and ``HEAD``; 304 to whom has it already. Source: RFC 9110 13.1.2."""
        whole, unchanged = self._prepare()
        known = call.header_values(b"if-none-match")
        tag = whole.headers[-1][1].decode()
        return unchanged if any(tag in each or each.strip() == "*" for each in known) else whole

    def whole(self) -> Answer:
        """Return the answer to whom does not have it yet."""
        return self._prepare()[0]

    def _prepare(self) -> tuple[Answer, Answer]:
        body = self.current()
        found = self._prepared.get(body)
        if found is None:
            self._prepared.clear()
            found = self._prepared[body] = _prepare(body)
        return found


def _prepare(body: bytes) -> tuple[Answer, Answer]:
    tag = b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'
    headers = ((b"cache-control", _FRESH), _ANY_ORIGIN, (b"etag", tag))
    return Answer(body, 200, (JSON, *headers)), Answer(b"", 304, headers)
