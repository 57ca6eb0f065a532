"""People and parties who go on using a fleet through nginx, and write down how they fared."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

import memory
from fleet.nodes import Fleet
from fleet.visitor import Party, Visitor

_PEOPLE = 4


@dataclass
class Load:
    """What came of each thing they did: its name, and the status of the answer, or the fault."""

    fleet: Fleet
    http: httpx2.AsyncClient
    outcomes: Counter[tuple[str, int | str]] = field(default_factory=Counter)

    def count(self) -> int:
        """Return how much was done so far."""
        return self.outcomes.total()

    def failed(self) -> dict[tuple[str, int | str], int]:
        """Return what did not succeed."""
        return {what: times for what, times in self.outcomes.items() if what[1] not in {200, 303}}

    async def goes_on(self, things: int) -> None:
        """Wait until so many *things* more were done."""
        enough = self.count() + things
        await memory.until(lambda: self.count() >= enough)

    async def signs_in_again(self) -> None:
        """Wait until more sign-ins have succeeded than there are people, so that some were begun by now."""
        enough = self.outcomes["code", 200] + 5 * _PEOPLE
        await memory.until(lambda: self.outcomes["code", 200] >= enough)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Load"]:
        """Let people arrive, and go on until the block ends; everything that was begun is finished."""
        ending = asyncio.Event()
        people = [await self._arrive() for _ in range(_PEOPLE)]
        async with asyncio.TaskGroup() as group:
            for visitor, tokens in people:
                group.create_task(self._go_on(visitor, tokens, ending))
            try:
                yield self
            finally:
                ending.set()

    async def _arrive(self) -> tuple[Visitor, dict[str, Any]]:
        visitor = Visitor(self.fleet, self.http)
        tokens = await Party(self.fleet, self.http).tokens(visitor)
        assert (await visitor.browse(self.fleet.app_url)).status_code == 200
        return visitor, tokens

    async def _go_on(self, visitor: Visitor, tokens: dict[str, Any], ending: asyncio.Event) -> None:
        party = Party(self.fleet, self.http)
        while not ending.is_set():
            await self._note("discovery", self.http.get(f"{self.fleet.issuer}/.well-known/openid-configuration"))
            await self._note("userinfo", party.userinfo(tokens["access_token"]))
            await self._note("introspection", party.call("/introspect", {"token": tokens["access_token"]}))
            await self._note("app", visitor.get(f"{self.fleet.app_url}/"))
            refreshed = await self._note("refresh", party.refresh(tokens["refresh_token"]))
            if refreshed is not None and refreshed.status_code == 200:
                tokens = refreshed.json()
            await self._sign_in(Visitor(self.fleet, self.http), party)

    async def _sign_in(self, visitor: Visitor, party: Party) -> None:
        asked = party.question("openid")
        answer = await self._note("sign-in", visitor.browse(asked.url(self.fleet.issuer)))
        if answer is not None and asked.is_answered_by(answer):
            await self._note("code", party.call("/token", asked.brought(answer).fields()))

    async def _note(self, what: str, asking: Awaitable[httpx2.Response]) -> httpx2.Response | None:
        try:
            answer = await asking
        except httpx2.TransportError as error:
            self.outcomes[what, type(error).__name__] += 1
            return None
        self.outcomes[what, answer.status_code] += 1
        return answer
