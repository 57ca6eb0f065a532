"""WeCom's codes that reached us. One that was seen anywhere is dead under every other state (T1).

WeCom binds a code to the app and the host only, so an attacker can make a colleague's browser fetch one for our host
and try to play it under a state of their own.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gongpai.gateway.records import SeenCode
from gongpai.gateway.store.ports import CodeStore

# Source: WeCom 91022: a code lives 5 minutes; twice that allows for clocks that differ.
TOMBSTONE_AGE = timedelta(minutes=10)
# Longer ones are no state of ours, and not kept.
_MAX_STATE = 128


@dataclass(frozen=True, slots=True)
class SeenCodes:
    """Remembers codes by a keyed hash, for all nodes, without a call to WeCom."""

    store: CodeStore
    key: bytes = field(repr=False)
    clock: Callable[[], datetime]

    def hash_of(self, code: str) -> str:
        """Return the keyed hash under which *code* is remembered."""
        return hmac.new(self.key, code.encode(), hashlib.sha256).hexdigest()

    async def see(self, codes: Sequence[str], state: str) -> list[SeenCode]:
        """Remember that *codes* came with *state*; return the first sighting of each."""
        now = self.clock()
        first_state = state if len(state) <= _MAX_STATE else ""
        return [
            await self.store.see(SeenCode(self.hash_of(code), first_state, now, now + TOMBSTONE_AGE)) for code in codes
        ]
