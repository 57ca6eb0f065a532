"""The app token in the memory of one process: for a script, a test, or a server of one process."""

from datetime import datetime, timedelta
from threading import Lock

from gongpai.wecom.app_token.policy import AppToken, AppTokenKey
from gongpai.wecom.app_token.slot import Slot, forget, free, keep, lease


class AsyncMemoryStore:
    """Keeps app tokens in this process; shared by its tasks.

    Args:
        store: The memory to share with callers that block; a new one if absent.
    """

    def __init__(self, store: "MemoryStore | None" = None) -> None:
        self._store = store or MemoryStore()

    async def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        return self._store.get(key)

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        return self._store.acquire_lease(key, holder, ttl, now)

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        return self._store.put(key, token, fence)

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        self._store.drop(key, failed_version)

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        self._store.release_lease(key, fence)


class MemoryStore:
    """Keeps app tokens in this process; shared by its threads."""

    def __init__(self) -> None:
        self._slots: dict[AppTokenKey, Slot] = {}
        self._lock = Lock()

    def get(self, key: AppTokenKey) -> AppToken | None:
        """As the port says."""
        with self._lock:
            return self._slots.get(key, Slot()).token

    def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """As the port says."""
        with self._lock:
            self._slots[key], fence = lease(self._slots.get(key, Slot()), holder, ttl, now)
        return fence

    def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """As the port says."""
        with self._lock:
            self._slots[key], is_kept = keep(self._slots.get(key, Slot()), token, fence)
        return is_kept

    def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """As the port says."""
        with self._lock:
            self._slots[key] = forget(self._slots.get(key, Slot()), failed_version)

    def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """As the port says."""
        with self._lock:
            self._slots[key] = free(self._slots.get(key, Slot()), fence)
