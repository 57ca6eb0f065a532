"""Set the scene of a case: the values that its capitals name, made when first asked for."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx2
from starlette.testclient import TestClient

from gongpai.sandbox.corners import CornerState
from gongpai.sandbox.world import SENSITIVE_FIELDS, App, Corp, Member, Person, Principal, Scope, SensitiveField

IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 wxwork/4.1.30 MicroMessenger/7.0.1"
_EXPIRED = timedelta(seconds=7201)


class Stage:
    """The base world, a browser, and names for what was issued."""

    def __init__(self, corner: CornerState, browser: TestClient) -> None:
        self.corner = corner
        self.browser = browser
        self._values: dict[str, str] = {}

    @property
    def corp(self) -> Corp:
        return self.corner.world.corps[0]

    @property
    def app_a(self) -> App:
        return self.corp.apps[0]

    def person(self, key: str) -> Person:
        return self.corner.world.require_person(key)

    def member(self, userid: str) -> Member:
        return self.corner.world.require_member(userid)

    def consent(self, userid: str, fields: Iterable[SensitiveField]) -> None:
        self.corner.world.give_consent(self.corp, self.app_a, self.person(userid), fields)

    def value(self, name: str) -> str:
        """Return what *name* stands for, or *name* itself if it stands for nothing."""
        if name not in self._values and (name == "KEY" or name.startswith(("TOKEN_", "CODE_", "TICKET_"))):
            self._values[name] = self._issue(name)
        return self._values.get(name, name)

    def grow_old(self, name: str, seconds: float) -> None:
        self.value("TOKEN_A")
        self.value(name)
        self.corner.world.clock.advance(timedelta(seconds=seconds))

    def lose_domain(self, name: str) -> None:
        self.value(name)
        self.app_a.oauth_domain = self.app_a.callback_domain = "elsewhere.example"

    def ticket_with(self, fields: Iterable[SensitiveField]) -> None:
        self.value("TICKET_LISI")
        self.consent("lisi", fields)

    def use_ticket(self) -> None:
        body = {"user_ticket": self.value("TICKET_LISI")}
        query = {"access_token": self.value("TOKEN_A")}
        assert self.browser.post("/cgi-bin/auth/getuserdetail", params=query, json=body).json()["errcode"] == 0

    def get(self, call: str, **query: str) -> httpx2.Response:
        return self.browser.get(f"/cgi-bin/{call}", params=query)

    def ask(self, case: dict[str, Any]) -> httpx2.Response:
        request = case["request"]
        query = {name: self.value(value) for name, value in request["query"].items()}
        body = None if request["body"] is None else {k: self._said(v) for k, v in request["body"].items()}
        headers = {"Authorization": f"Bearer {self.value('TOKEN_A')}"} if case["id"] == "http-002" else {}
        return self.browser.request(request["method"], request["path"], params=query, json=body, headers=headers)

    def visit(self, path: str, query: dict[str, str], user_agent: str = "Mozilla/5.0 Chrome/142.0") -> httpx2.Response:
        wanted = {name: value for name, value in query.items() if name != "#"}
        return self.browser.get(path, params=wanted, headers={"User-Agent": user_agent})

    def _said(self, value: object) -> object:
        return self.value(value) if isinstance(value, str) else value

    def _issue(self, name: str) -> str:
        world = self.corner.world
        if name == "KEY":
            return world.qr_logins.begin(self.corp, self.app_a, "http://api.3dept.com").key
        if name == "TOKEN_A_EXPIRED":
            token = world.issue_token(Principal(self.corp, self.app_a))
            token.expires_at -= _EXPIRED
            return token.value
        if name.startswith("TOKEN_"):
            app = {"TOKEN_A": self.corp.apps[0], "TOKEN_B": self.corp.apps[1], "TOKEN_SYNC": None}[name]
            return world.issue_token(Principal(self.corp, app)).value
        if name == "TICKET_LISI":
            self.consent("lisi", SENSITIVE_FIELDS)
            return world.issue_ticket(self.corp, self.app_a, self.person("lisi")).value
        key = {"CODE_CUSTOMER": "wmCustomerOfLisi", "CODE_LINKED": "wwLinkedCorp/zhaoliu"}.get(name, "lisi")
        scope: Scope = "snsapi_privateinfo" if name in ("CODE_PRIV", "CODE_LINKED") else "snsapi_base"
        return world.issue_code(
            self.corp, self.app_a, self.person(key), scope=scope, redirect_host="api.3dept.com", way="in_app"
        ).value
