"""WeCom's codes that reached us. One that was seen anywhere is dead under every other state or browser (T1).

WeCom binds a code to the app and the host only, so an attacker can make a colleague's browser fetch one for our host
and try to play it under a state of their own; and that state may already stand in the link that the colleague opens.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gongpai.gateway.records import SeenCode
from gongpai.gateway.store.ports import CodeStore
from gongpai.wecom.signin import hash_browser_secret

# Source: WeCom 91022: a code lives 5 minutes; twice that allows for clocks that differ.
TOMBSTONE_AGE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SeenCodes:
    """Remembers codes by a keyed hash, for all nodes, without a call to WeCom."""

    store: CodeStore
    key: bytes = field(repr=False)
    clock: Callable[[], datetime]

    def hash_of(self, code: str) -> str:
        """Return the keyed hash under which *code* is remembered."""
        return hmac.new(self.key, code.encode(), hashlib.sha256).hexdigest()

    def bearer_of(self, state: str, browser_hash: str) -> str:
        """Return the keyed hash that stands for one trip in one browser."""
        return hmac.new(self.key, f"{browser_hash} {state}".encode(), hashlib.sha256).hexdigest()

    async def see(self, codes: Sequence[str], state: str, browser_secret: str | None) -> list[SeenCode]:
        """Remember that *codes* came with *state* from this browser; return the first sighting of each."""
        now = self.clock()
        bearer = self.bearer_of(state, hash_browser_secret(browser_secret or ""))
        return [await self.store.see(SeenCode(self.hash_of(code), bearer, now, now + TOMBSTONE_AGE)) for code in codes]
