"""Lets one test speak to both twins: the blocking client is called in threads, as its callers do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gongpai.sandbox import Corner
from gongpai.wecom import App, AsyncWeComClient, Hosts, WeComClient
from wecom.clocks import JumpingClock

CORPID = "wwgongpaidemo"
AGENTID = 1000002


@dataclass
class Twin:
    """One of the two clients, on a clock that jumps."""

    client: AsyncWeComClient | WeComClient
    clock: JumpingClock = field(default_factory=JumpingClock)

    async def do(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the method returns
        method = getattr(self.client, name)
        if isinstance(self.client, AsyncWeComClient):
            return await method(*arguments)
        return await asyncio.to_thread(method, *arguments)


def app_of(corner: Corner, agentid: int = AGENTID) -> App:
    """Return the settings that an administrator would copy from the console."""
    return App(CORPID, agentid, corner.app(agentid).secret)


@asynccontextmanager
async def open_twin(*, is_async: bool, app: App, url: str, **settings: Any) -> AsyncIterator[Twin]:  # noqa: ANN401 - as the clients
    clock = JumpingClock()
    options = {"hosts": Hosts.at(url), "sandbox": True, "clock": clock, **settings}
    if is_async:
        async with AsyncWeComClient(app, **options) as awaiting:
            yield Twin(awaiting, clock)
    else:
        with WeComClient(app, **options) as blocking:
            yield Twin(blocking, clock)
