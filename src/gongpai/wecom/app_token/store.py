"""The port behind which the fleet's one app token lies, in its two forms."""

from datetime import datetime, timedelta
from typing import Protocol

from gongpai.wecom.app_token.policy import AppToken, AppTokenKey


class AsyncAppTokenStore(Protocol):
    """Where the app token of a fleet lies, and who may renew it. Each method is one atomic act.

    The moments are the callers': the clocks of a fleet may differ by a few seconds. More than that costs a second
    gettoken now and then, never a wrong token, because of the fence.
    """

    async def get(self, key: AppTokenKey) -> AppToken | None:
        """Return the token of *key*, even when it is too old."""
        ...

    async def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """Take or prolong the right to renew the token of *key*.

        Returns:
            The fence, larger with every new lease; None while another holder has the lease.
        """
        ...

    async def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """Keep *token*; False, and nothing changes, if a lease later than *fence* was given out."""
        ...

    async def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """Forget the token of *key* if it is still the one that WeCom refused."""
        ...

    async def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """End the lease *fence*, if it is still the last one."""
        ...


class AppTokenStore(Protocol):
    """The twin of `AsyncAppTokenStore` for callers that block; safe to share between threads."""

    def get(self, key: AppTokenKey) -> AppToken | None:
        """Return the token of *key*, even when it is too old."""
        ...

    def acquire_lease(self, key: AppTokenKey, holder: str, ttl: timedelta, now: datetime) -> int | None:
        """Take or prolong the right to renew the token of *key*.

        Returns:
            The fence, larger with every new lease; None while another holder has the lease.
        """
        ...

    def put(self, key: AppTokenKey, token: AppToken, fence: int) -> bool:
        """Keep *token*; False, and nothing changes, if a lease later than *fence* was given out."""
        ...

    def drop(self, key: AppTokenKey, failed_version: int) -> None:
        """Forget the token of *key* if it is still the one that WeCom refused."""
        ...

    def release_lease(self, key: AppTokenKey, fence: int) -> None:
        """End the lease *fence*, if it is still the last one."""
        ...
