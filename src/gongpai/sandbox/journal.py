"""What was asked of the sandbox, for a test to question afterwards. Secrets are kept as hashes only."""

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime

import msgspec

# Parameters whose values open a door: T25 keeps a hash, never the value.
SECRET_PARAMETERS = frozenset(
    {"access_token", "corpsecret", "code", "user_ticket", "suite_access_token", "state", "key", "k", "token", "ticket"}
)
_MOST = 20_000
# WeCom has some hundreds of calls; whoever asks for others may make up any number of names.
_MOST_CALLS = 1_000


def fingerprint(value: str) -> str:
    """Return what the journal keeps of a secret; equal secrets have equal fingerprints."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        call: the path behind /cgi-bin/, or "" for a page.
        fingerprints: a hash for each secret parameter.
        warning: what the person who runs the sandbox should know.
    """

    at: datetime
    method: str
    host: str
    path: str
    call: str = ""
    corpid: str | None = None
    agentid: int | None = None
    errcode: int | None = None
    http_status: int
    fingerprints: dict[str, str] = {}
    warning: str | None = None


class Journal:
    """Remember the newest requests, and count them all."""

    def __init__(self) -> None:
        self._entries: deque[JournalEntry] = deque(maxlen=_MOST)
        self._counts: Counter[str] = Counter()

    def record(self, entry: JournalEntry) -> None:
        """Write down one request."""
        self._entries.append(entry)
        is_counted_apart = entry.call in self._counts or len(self._counts) < _MOST_CALLS
        self._counts[entry.call if is_counted_apart else ""] += 1

    def entries(self, call: str | None = None, limit: int = _MOST) -> list[JournalEntry]:
        """Return the newest entries, oldest first; only those of one call if it is named."""
        entries = [entry for entry in self._entries if call is None or entry.call == call]
        return entries[-limit:]

    def counts(self) -> dict[str, int]:
        """Return how often each call was asked since the last clear, forgotten entries included."""
        return dict(self._counts)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._counts.clear()


def fingerprints(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return a fingerprint for each secret among *parameters*."""
    return {
        name: fingerprint(value)
        for name, value in parameters.items()
        if name in SECRET_PARAMETERS and isinstance(value, str) and value
    }
