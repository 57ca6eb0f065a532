"""One running WeCom: its records, and the state machine of tokens, codes, tickets, consents and QR sign-ins."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from gongpai.sandbox.errors import NotAllowedError, NotFoundError
from gongpai.sandbox.world.clock import Clock
from gongpai.sandbox.world.kept import keep
from gongpai.sandbox.world.live import (
    CODE_LIFE,
    TICKET_LIFE,
    TOKEN_LIFE,
    AppToken,
    Code,
    Consent,
    JsapiTicket,
    Person,
    Principal,
    Scope,
    Ticket,
    Way,
)
from gongpai.sandbox.world.messages import Messages
from gongpai.sandbox.world.people import CorpIndex, people_of
from gongpai.sandbox.world.qr_logins import QrLogins
from gongpai.sandbox.world.records import App, Corp, Member, SensitiveField, WorldFile


def new_value() -> str:
    """Return 43 characters of base64url, as WeCom's own codes have."""
    return secrets.token_urlsafe(32)


class World:
    """Hold one world; every method is quick and none waits."""

    def __init__(self, file: WorldFile, *, clock: Clock | None = None, value: Callable[[], str] = new_value) -> None:
        self.file = file
        self.clock = clock or Clock()
        self._new_value = value
        self._corps = {corp.corpid.lower(): CorpIndex(corp) for corp in file.corps}
        self._people = {person.key: person for corp in file.corps for person in people_of(corp)}
        self._tokens: dict[str, AppToken] = {}
        self._current_tokens: dict[tuple[str, int | None], AppToken] = {}
        self._codes: dict[str, Code] = {}
        self._tickets: dict[str, Ticket] = {}
        self._jsapi_tickets: dict[tuple[str, int | None], JsapiTicket] = {}
        self._consents: dict[tuple[str, int, str], Consent] = {}
        self.qr_logins = QrLogins(self)
        self.messages = Messages()
        self._ip_trusted_from: dict[tuple[str, int, str], datetime] = {}

    def now(self) -> datetime:
        """Return this world's moment."""
        return self.clock.now()

    @property
    def corps(self) -> list[Corp]:
        """All corps of this world."""
        return self.file.corps

    def index(self, corp: Corp) -> CorpIndex:
        """Return the index of *corp*."""
        return self._corps[corp.corpid.lower()]

    def get_corp(self, corpid: str) -> Corp | None:
        """Return the corp named, or None; plain corpids compare without case. Source: WeCom 96079."""
        index = self._corps.get(corpid.lower())
        return index.corp if index else None

    def get_app(self, corpid: str, agentid: int) -> tuple[Corp, App] | None:
        """Return the app and its corp, or None."""
        index = self._corps.get(corpid.lower())
        app = index.apps.get(agentid) if index else None
        return (index.corp, app) if index and app else None

    def require_app(self, agentid: int, corpid: str | None = None) -> tuple[Corp, App]:
        """Return the app and its corp; without *corpid* the agentid alone must say which.

        Raises:
            NotFoundError: no such app, or more than one.
        """
        corps = [corp for corp in self.corps if corpid is None or corp.corpid.lower() == corpid.lower()]
        found = [(corp, app) for corp in corps for app in corp.apps if app.agentid == agentid]
        if len(found) != 1:
            raise NotFoundError(
                f"{len(found) or 'no'} apps have agentid {agentid}" + (f" in {corpid}" if corpid else "")
            )
        return found[0]

    def people(self) -> list[Person]:
        """Return everybody who can hold the phone."""
        return list(self._people.values())

    def get_person(self, key: str) -> Person | None:
        """Return whom *key* or, if only one has it, a bare userid, openid or external_userid names."""
        if key in self._people:
            return self._people[key]
        folded = key.lower()
        found = [
            person
            for person in self._people.values()
            if person.key.lower() == folded
            or person.handle == key
            or (person.member and person.handle.lower() == folded)
        ]
        return found[0] if len(found) == 1 else None

    def require_person(self, key: str) -> Person:
        """Return the person named.

        Raises:
            NotFoundError: nobody, or several people of different corps.
        """
        person = self.get_person(key)
        if person is None:
            raise NotFoundError(f"nobody, or more than one person, is called {key[:64]!r}")
        return person

    def require_member(self, userid: str, corpid: str | None = None) -> Member:
        """Return the record of a member.

        Raises:
            NotFoundError: there is none.
        """
        person = self.require_person(f"{corpid}/{userid}" if corpid else userid)
        if person.member is None:
            raise NotFoundError(f"{person.key} is not a member")
        return person.member

    def is_visible(self, corp: Corp, app: App, person: Person) -> bool:
        """Whether the person is a member of *corp* in the visible range of *app*."""
        index = self.index(corp)
        member = index.standing(person).member
        return member is not None and index.is_visible(app, member)

    # Tokens

    def get_principal(self, corp: Corp, secret: str) -> Principal | None:
        """Return whom *secret* belongs to, or None."""
        for app in corp.apps:
            if secrets.compare_digest(app.secret.encode(), secret.encode()):
                return Principal(corp, app)
        if corp.sync_secret and secrets.compare_digest(corp.sync_secret.encode(), secret.encode()):
            return Principal(corp, None)
        return None

    def issue_token(self, principal: Principal) -> AppToken:
        """Return the principal's token: the same while it is valid, unless a switch says otherwise."""
        key = (principal.corp.corpid, principal.agentid)
        current = self._current_tokens.get(key)
        if current and not current.is_revoked and current.expires_at > self.now():
            if not self.file.switches.fresh_token_each_call:
                return current
            current.is_revoked = not self.file.switches.old_token_survives
        token = AppToken(self._new_value() + self._new_value(), principal, self.now() + TOKEN_LIFE)
        self._current_tokens[key] = token
        keep(self._tokens, token.value, token)
        return token

    def get_token(self, value: str) -> AppToken | None:
        """Return a token that was issued once, expired and revoked ones too."""
        return self._tokens.get(value)

    def revoke_tokens(self, corpid: str | None = None, agentid: int | None = None) -> int:
        """End the tokens of an app, a corp or everybody before their time; return how many there were."""
        chosen = [
            token
            for token in self._tokens.values()
            if not token.is_revoked
            and (corpid is None or corpid.lower() == token.principal.corp.corpid.lower())
            and agentid in (None, token.principal.agentid)
        ]
        for token in chosen:
            token.is_revoked = True
        return len(chosen)

    def issue_jsapi_ticket(self, corp: Corp, app: App | None) -> JsapiTicket:
        """Return the ticket of the corp or, with *app*, of the app; the same while it is valid."""
        key = (corp.corpid, app.agentid if app else None)
        ticket = self._jsapi_tickets.get(key)
        if ticket is None or ticket.expires_at <= self.now():
            ticket = JsapiTicket(self._new_value() + self._new_value(), self.now() + TOKEN_LIFE)
            self._jsapi_tickets[key] = ticket
        return ticket

    # Codes and tickets

    def issue_code(self, corp: Corp, app: App, person: Person, *, scope: Scope, redirect_host: str, way: Way) -> Code:
        """Return a new code of *person* for *app*, obtained through *redirect_host*."""
        code = Code(self._new_value(), corp.corpid, app.agentid, person, scope, way, redirect_host, self.now())
        keep(self._codes, code.value, code)
        return code

    def get_code(self, value: str) -> Code | None:
        """Return a code that was issued once, used and expired ones too."""
        return self._codes.get(value)

    def is_code_expired(self, code: Code) -> bool:
        """Whether the code's five minutes are over."""
        return self.now() - code.issued_at >= CODE_LIFE

    def issue_ticket(self, corp: Corp, app: App, person: Person) -> Ticket:
        """Return a new user_ticket of *person* for *app*."""
        ticket = Ticket(self._new_value(), corp.corpid, app.agentid, person, self.now())
        keep(self._tickets, ticket.value, ticket)
        return ticket

    def get_ticket(self, value: str) -> Ticket | None:
        """Return a user_ticket that was issued once, expired ones too."""
        return self._tickets.get(value)

    def is_ticket_expired(self, ticket: Ticket) -> bool:
        """Whether the ticket's 1800 seconds are over."""
        return self.now() - ticket.issued_at >= TICKET_LIFE

    # Consents

    def get_consent(self, corp: Corp, app: App, person: Person) -> Consent | None:
        """Return what *person* granted to *app*, however long ago."""
        return self._consents.get((corp.corpid, app.agentid, person.key))

    def remembers_consent(self, corp: Corp, app: App, person: Person) -> bool:
        """Whether the consent page is left out: it was answered in the last 30 days. Source: WeCom 91335."""
        consent = self.get_consent(corp, app, person)
        return consent is not None and consent.expires_at > self.now()

    def give_consent(self, corp: Corp, app: App, person: Person, fields: Iterable[SensitiveField]) -> Consent:
        """Record the answer of *person* on the consent page."""
        consent = Consent(frozenset(fields), self.now())
        self._consents[(corp.corpid, app.agentid, person.key)] = consent
        return consent

    def change_consent(self, corp: Corp, app: App, person: Person, fields: Iterable[SensitiveField]) -> Consent:
        """Change the fields later (个人敏感信息授权管理), which does not prolong the 30 days.

        Raises:
            NotAllowedError: there was no manual consent yet. Source: WeCom 91335.
        """
        consent = self.get_consent(corp, app, person)
        if consent is None:
            raise NotAllowedError("nothing was consented to yet")
        changed = Consent(frozenset(fields), consent.granted_at)
        self._consents[(corp.corpid, app.agentid, person.key)] = changed
        return changed

    def withdraw_consent(self, corp: Corp, app: App, person: Person) -> None:
        """Forget that *person* was ever asked, so that the consent page comes again."""
        self._consents.pop((corp.corpid, app.agentid, person.key), None)

    # The admin console

    def set_trusted_ips(self, corp: Corp, app: App, ips: list[str]) -> None:
        """Save the trusted IPs; new ones work about a minute later. Source: help of 60020 in WeCom 90313."""
        delay = timedelta(seconds=self.file.switches.trusted_ip_delay_seconds)
        for ip in set(ips) - set(app.trusted_ips):
            self._ip_trusted_from[(corp.corpid, app.agentid, ip)] = self.now() + delay
        app.trusted_ips = list(ips)

    def is_ip_trusted(self, corp: Corp, app: App, ip: str) -> bool:
        """Whether calls of *app* may come from *ip*.

        An app made before 2022-06-20 has no such rule unless its administrator set one. Source: WeCom 96079.
        """
        if not app.trusted_ips:
            return not app.is_new
        if ip not in app.trusted_ips:
            return False
        trusted_from = self._ip_trusted_from.get((corp.corpid, app.agentid, ip))
        return trusted_from is None or trusted_from <= self.now()

    def reset_secret(self, corp: Corp, app: App) -> str:
        """Give the app a new secret, which ends its tokens."""
        app.secret = self._new_value()
        self.revoke_tokens(corp.corpid, app.agentid)
        return app.secret
