"""The handle on one corner: what a test says and asks, through the control API."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import httpx2
import msgspec

from gongpai.sandbox.control import words
from gongpai.sandbox.errors import NotAllowedError, NotFoundError, SandboxError, WorldFileError
from gongpai.sandbox.faults import Fault
from gongpai.sandbox.journal import JournalEntry
from gongpai.sandbox.switches import Switches
from gongpai.sandbox.world import App, Member, Message, Scope, Way, WorldFile
from gongpai.sandbox.world_file import SHIPPED, WorldSource, load_world

_T = TypeVar("_T")


class Corner:
    """A world of your own on a running sandbox; `with` closes it."""

    def __init__(self, client: httpx2.Client, server_url: str, control_token: str, corner_id: str = "") -> None:
        self._client = client
        self._token = control_token
        self.id = corner_id
        self.url = f"{server_url}/c/{corner_id}" if corner_id else server_url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget this corner and all that is in it; the root corner stays."""
        if self.id:
            self.ask("DELETE", f"/corners/{self.id}", words.Done)

    @property
    def home_url(self) -> str:
        """The address to open first; it carries this run's token, which the first visit turns into a cookie."""
        return self._with_token("/")

    @property
    def phone_url(self) -> str:
        """The address of the pretend phone, with the token."""
        return self._with_token("/phone")

    @property
    def console_url(self) -> str:
        """The address of the administrator's page, with the token."""
        return self._with_token("/console")

    def read_world(self) -> WorldFile:
        """Return the world as it is now."""
        return self.ask("GET", "/world", WorldFile)

    def reset(self, world: WorldSource | None = None) -> None:
        """Begin again with *world*, or with the one given last.

        Raises:
            WorldFileError: it does not fit; every fault is named.
        """
        if world is None or (isinstance(world, str) and world in SHIPPED):
            self.ask("POST", "/world/reset", words.Done, {"world": world})
        else:
            self.ask("PUT", "/world", words.Done, load_world(world))

    def now(self) -> datetime:
        """Return the moment of this world."""
        return self.ask("GET", "/clock", words.Moment).now

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward; return the new moment."""
        return self.ask("POST", "/clock", words.Moment, {"seconds": seconds}).now

    def mint_code(
        self,
        agentid: int,
        userid: str,
        *,
        scope: Scope = "snsapi_base",
        way: Way = "in_app",
        redirect_host: str = "",
        fields: Collection[str] | None = None,
        corpid: str | None = None,
    ) -> str:
        """Return a code of *userid* (or any other person's key) for an app, without a browser.

        With ``snsapi_privateinfo`` the person consents to *fields*; left out, to all, unless they answered before.
        """
        order: dict[str, object] = {"agentid": agentid, "corpid": corpid, "person": userid, "scope": scope, "way": way}
        order |= {"redirect_host": redirect_host, "fields": _listed(fields)}
        return self.ask("POST", "/codes", words.Minted, order).value

    def mint_ticket(
        self, agentid: int, userid: str, *, fields: Collection[str] | None = None, corpid: str | None = None
    ) -> str:
        """Return a user_ticket of *userid*, who consents to *fields* as in `mint_code`."""
        order = {"agentid": agentid, "corpid": corpid, "person": userid, "fields": _listed(fields)}
        return self.ask("POST", "/tickets", words.Minted, order).value

    def revoke_tokens(self, agentid: int | None = None, *, corpid: str | None = None) -> int:
        """End the tokens of an app, a corp or everybody early; return how many."""
        return self.ask("POST", "/tokens/revoke", words.Count, {"agentid": agentid, "corpid": corpid}).count

    def set_consent(
        self, agentid: int, userid: str, fields: Collection[str] | None, *, corpid: str | None = None
    ) -> None:
        """Answer the consent page for *userid*; None: forget that they were ever asked."""
        order = {"agentid": agentid, "corpid": corpid, "person": userid, "fields": _listed(fields)}
        self.ask("PUT", "/consent", words.Done, order)

    def scan(self, qr: str, userid: str) -> str:
        """Let *userid* scan a QR code, given as its key or by what it says; return the status."""
        return self.ask("POST", "/qr/scan", words.QrState, {"qr": qr, "person": userid}).status

    def confirm(self, qr: str) -> str:
        """Confirm what was scanned; return the status."""
        return self.ask("POST", "/qr/confirm", words.QrState, {"qr": qr}).status

    def refuse(self, qr: str) -> str:
        """Refuse what was scanned; return the status."""
        return self.ask("POST", "/qr/refuse", words.QrState, {"qr": qr}).status

    def hold_phone(self, userid: str | None) -> None:
        """Choose who holds the phone when only a User-Agent says "inside the client"; None: nobody in particular."""
        self.ask("PUT", "/phone", words.PhoneHolder, {"person": userid})

    def plan_fault(
        self,
        call: str = "*",
        *,
        errcode: int | None = None,
        http_status: int | None = None,
        delay_seconds: float = 0.0,
        cut: bool = False,
        garble: bool = False,
        times: int | None = None,
        share: float | None = None,
    ) -> None:
        """Let the next call, the next *times* calls or a *share* of all calls fail.

        ``errcode`` and ``http_status`` answer without doing the call; ``cut`` and ``garble`` spoil the answer of a call
        that was done.
        """
        fault = Fault(
            call=call,
            errcode=errcode,
            http_status=http_status,
            delay_seconds=delay_seconds,
            cut=cut,
            garble=garble,
            times=times,
            share=share,
        )
        self.ask("POST", "/faults", words.Done, fault)

    def faults(self) -> list[Fault]:
        """Return the faults that are still planned."""
        return self.ask("GET", "/faults", list[Fault])

    def clear_faults(self) -> None:
        """Let everything work again."""
        self.ask("DELETE", "/faults", words.Done)

    def set_caller_ip(self, ip: str | None) -> None:
        """Choose where calls seem to come from; None: where they really do."""
        self.ask("PUT", "/caller-ip", words.CallerIp, {"ip": ip})

    def switches(self) -> Switches:
        """Return all switches."""
        return self.ask("GET", "/switches", Switches)

    def set_switch(self, name: str, value: object) -> None:
        """Turn one switch.

        Raises:
            SandboxError: no such switch, or it cannot have that value.
        """
        self.ask("PATCH", "/switches", Switches, {name: value})

    def app(self, agentid: int, *, corpid: str | None = None) -> App:
        """Return an app with its settings and its secret."""
        return self.ask("GET", f"/apps/{agentid}{_query(corpid=corpid)}", App)

    def update_app(self, agentid: int, *, corpid: str | None = None, **settings: object) -> App:
        """Change settings of an app, such as ``callback_domain`` or ``trusted_ips``, as its administrator would."""
        return self.ask("PATCH", f"/apps/{agentid}{_query(corpid=corpid)}", App, settings)

    def member(self, userid: str, *, corpid: str | None = None) -> Member:
        """Return a member's record."""
        return self.ask("GET", f"/members/{userid}{_query(corpid=corpid)}", Member)

    def update_member(self, userid: str, *, corpid: str | None = None, **values: object) -> Member:
        """Change a member's record, such as ``status=5`` for somebody who left."""
        return self.ask("PATCH", f"/members/{userid}{_query(corpid=corpid)}", Member, values)

    def journal(self, call: str | None = None) -> list[JournalEntry]:
        """Return what was asked, oldest first; only one call's entries if it is named."""
        return self.ask("GET", f"/journal{_query(call=call)}", words.JournalPage).entries

    def counts(self) -> dict[str, int]:
        """Return how often each call was asked since the last clear."""
        return self.ask("GET", f"/journal{_query(limit='1')}", words.JournalPage).counts

    def clear_journal(self) -> None:
        """Forget what was asked."""
        self.ask("DELETE", "/journal", words.Done)

    def messages(self) -> list[Message]:
        """Return what apps sent to members, oldest first."""
        return self.ask("GET", "/messages", words.MessagePage).messages

    def _with_token(self, path: str) -> str:
        return f"{self.url}{path}?{urlencode({'token': self._token})}"

    def ask(self, method: str, path: str, answer: type[_T], body: object = None) -> _T:
        """Ask the control API anything that has no method here.

        Raises:
            SandboxError: it refused.
        """
        content = None if body is None else msgspec.json.encode(body)
        response = self._client.request(
            method,
            f"{self.url}/_sandbox{path}",
            content=content,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        if response.status_code != httpx2.codes.OK:
            raise _error(response)
        return msgspec.json.decode(response.content, type=answer)


def _error(response: httpx2.Response) -> SandboxError:
    try:
        problem = msgspec.json.decode(response.content, type=words.Problem)
    except msgspec.DecodeError:
        return NotAllowedError(f"the sandbox answered {response.status_code}: {response.text[:200]}")
    if problem.faults:
        return WorldFileError(problem.faults, is_shape=response.status_code == httpx2.codes.BAD_REQUEST)
    return (
        NotFoundError(problem.error)
        if response.status_code == httpx2.codes.NOT_FOUND
        else NotAllowedError(problem.error)
    )


def _listed(fields: Collection[str] | None) -> list[str] | None:
    return None if fields is None else list(fields)


def _query(**values: str | None) -> str:
    given = {name: value for name, value in values.items() if value is not None}
    return f"?{urlencode(given)}" if given else ""


def world_body(world: WorldSource | None) -> Mapping[str, Any]:
    """Return the body that opens a corner with *world*."""
    if world is None or (not isinstance(world, Mapping | Path) and world in SHIPPED):
        return {"world": world}
    return {"world": load_world(world)}
