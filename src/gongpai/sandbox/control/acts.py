"""What each operation of the control API does to a corner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from gongpai.sandbox.control import words
from gongpai.sandbox.corners import Corners, CornerState
from gongpai.sandbox.errors import WorldFileError
from gongpai.sandbox.faults import Fault
from gongpai.sandbox.switches import Switches
from gongpai.sandbox.world import SENSITIVE_FIELDS, App, Corp, Member, Person, QrLogin, SensitiveField, WorldFile
from gongpai.sandbox.world.live import CODE_LIFE, TICKET_LIFE
from gongpai.sandbox.world_file import check_world, load_world, parse_world

_LONGEST_JOURNAL = 20_000
_Changed = TypeVar("_Changed", App, Member)


@dataclass(frozen=True, slots=True)
class Told:
    """One operation as it was told.

    Attributes:
        body: the checked body, of the type that the table names.
        raw: the same before it was checked: which keys were there.
    """

    corner: CornerState
    corners: Corners
    body: Any
    raw: Any
    path: Mapping[str, str]
    query: Mapping[str, str]


def read_world(told: Told) -> WorldFile:
    """Return the records as they are now."""
    return told.corner.world.file


def replace_world(told: Told) -> words.Done:
    """Begin again with another world."""
    told.corner.replace_world(parse_world(told.raw))
    return words.Done()


def reset_world(told: Told) -> words.Done:
    """Begin again with a shipped world, or the one given last."""
    if told.body.world is None:
        told.corner.reset_world()
    else:
        told.corner.replace_world(load_world(told.body.world))
    return words.Done()


def read_clock(told: Told) -> words.Moment:
    """Return the moment of this world."""
    return words.Moment(now=told.corner.world.now())


def advance_clock(told: Told) -> words.Moment:
    """Move the clock forward."""
    return words.Moment(now=told.corner.world.clock.advance(timedelta(seconds=told.body.seconds)))


def mint_code(told: Told) -> words.Minted:
    """Make a code as if the person had signed in."""
    order: words.CodeOrder = told.body
    corp, app, person = _app_and_person(told, order)
    if order.scope == "snsapi_privateinfo":
        _consent(told, corp, app, person, order.fields)
    host = order.redirect_host.lower() or app.oauth_domain or app.callback_domain
    code = told.corner.world.issue_code(corp, app, person, scope=order.scope, redirect_host=host, way=order.way)
    return words.Minted(value=code.value, expires_in=CODE_LIFE // timedelta(seconds=1))


def mint_ticket(told: Told) -> words.Minted:
    """Make a user_ticket as if a code had been exchanged."""
    order: words.TicketOrder = told.body
    corp, app, person = _app_and_person(told, order)
    _consent(told, corp, app, person, order.fields)
    ticket = told.corner.world.issue_ticket(corp, app, person)
    return words.Minted(value=ticket.value, expires_in=TICKET_LIFE // timedelta(seconds=1))


def revoke_tokens(told: Told) -> words.Count:
    """End tokens early."""
    return words.Count(count=told.corner.world.revoke_tokens(told.body.corpid, told.body.agentid))


def set_consent(told: Told) -> words.Done:
    """Answer the consent page, or forget the answer."""
    corp, app, person = _app_and_person(told, told.body)
    if told.body.fields is None:
        told.corner.world.withdraw_consent(corp, app, person)
    else:
        told.corner.world.give_consent(corp, app, person, told.body.fields)
    return words.Done()


def scan(told: Told) -> words.QrState:
    """Scan a QR code."""
    person = told.corner.world.require_person(told.body.person)
    return _qr_state(told.corner.world.qr_logins.scan(_qr_key(told.body.qr), person))


def confirm(told: Told) -> words.QrState:
    """Confirm what was scanned."""
    return _qr_state(told.corner.world.qr_logins.confirm(_qr_key(told.body.qr)))


def refuse(told: Told) -> words.QrState:
    """Refuse what was scanned."""
    return _qr_state(told.corner.world.qr_logins.refuse(_qr_key(told.body.qr)))


def hold_phone(told: Told) -> words.PhoneHolder:
    """Choose who holds the phone."""
    told.corner.holder = told.corner.world.require_person(told.body.person).key if told.body.person else None
    return words.PhoneHolder(person=told.corner.holder)


def read_faults(told: Told) -> list[Fault]:
    """Return what is still planned."""
    return told.corner.faults.faults()


def plan_fault(told: Told) -> words.Done:
    """Plan a fault."""
    told.corner.faults.add(told.body)
    return words.Done()


def clear_faults(told: Told) -> words.Done:
    """Plan nothing."""
    told.corner.faults.clear()
    return words.Done()


def set_caller_ip(told: Told) -> words.CallerIp:
    """Choose where calls seem to come from."""
    told.corner.world.file.caller_ip = told.body.ip
    return words.CallerIp(ip=told.body.ip)


def read_switches(told: Told) -> Switches:
    """Return all switches."""
    return told.corner.switches


def set_switches(told: Told) -> Switches:
    """Turn the switches named; the others stay."""
    for name in told.raw:
        setattr(told.corner.switches, name, getattr(told.body, name))
    return told.corner.switches


def read_app(told: Told) -> App:
    """Return an app with its settings."""
    return _app(told)[1]


def update_app(told: Told) -> App:
    """Change settings of an app, as its administrator would."""
    corp, app = _app(told)
    changed, secret = _change(told, app), app.secret
    # The trusted IPs by themselves: the world compares them with those before.
    _apply(told, app, msgspec.structs.replace(changed, trusted_ips=app.trusted_ips))
    told.corner.world.set_trusted_ips(corp, app, changed.trusted_ips)
    if changed.secret != secret:
        told.corner.world.revoke_tokens(corp.corpid, app.agentid)
    return app


def read_member(told: Told) -> Member:
    """Return a member."""
    return told.corner.world.require_member(told.path["userid"], told.query.get("corpid"))


def update_member(told: Told) -> Member:
    """Change a member: let them leave, move to another department, get another number."""
    member = read_member(told)
    return _apply(told, member, _change(told, member))


def read_journal(told: Told) -> words.JournalPage:
    """Return the newest entries."""
    limit = told.query.get("limit", _LONGEST_JOURNAL)
    entries = told.corner.journal.entries(told.query.get("call"), min(max(int(limit), 1), _LONGEST_JOURNAL))
    return words.JournalPage(entries=entries, counts=told.corner.journal.counts())


def clear_journal(told: Told) -> words.Done:
    """Forget all entries."""
    told.corner.journal.clear()
    return words.Done()


def read_messages(told: Told) -> words.MessagePage:
    """Read what apps sent to members."""
    return words.MessagePage(messages=told.corner.world.messages.all())


def open_corner(told: Told) -> words.CornerInfo:
    """Open a corner with a world of its own."""
    world = told.body.world
    if isinstance(world, WorldFile):
        check_world(world)
    corner = told.corners.open(load_world(world) if isinstance(world, str) else world)
    return words.CornerInfo(id=corner.id, path=f"/c/{corner.id}")


def close_corner(told: Told) -> words.Done:
    """Forget a corner."""
    told.corners.close(told.path["id"])
    return words.Done()


def _app(told: Told) -> tuple[Corp, App]:
    return told.corner.world.require_app(int(told.path["agentid"]), told.query.get("corpid"))


def _app_and_person(
    told: Told, order: words.CodeOrder | words.TicketOrder | words.ConsentOrder
) -> tuple[Corp, App, Person]:
    corp, app = told.corner.world.require_app(order.agentid, order.corpid)
    return corp, app, told.corner.world.require_person(order.person)


def _consent(told: Told, corp: Corp, app: App, person: Person, fields: list[SensitiveField] | None) -> None:
    """Consent to *fields*; if none are named, to all, unless the person has answered before."""
    if fields is not None or told.corner.world.get_consent(corp, app, person) is None:
        told.corner.world.give_consent(corp, app, person, SENSITIVE_FIELDS if fields is None else fields)


def _qr_key(said: str) -> str:
    """Return the key in what a QR code says, or what was given if it is the key itself."""
    if "?" not in said:
        return said
    query = parse_qs(urlsplit(said).query)
    return (query.get("k") or query.get("key") or [""])[0]


def _qr_state(login: QrLogin) -> words.QrState:
    return words.QrState(key=login.key, status=login.status)


def _change(told: Told, record: _Changed) -> _Changed:
    named = {name: value for name in told.raw if (value := getattr(told.body, name)) is not msgspec.UNSET}
    return msgspec.structs.replace(record, **named)


def _apply(told: Told, record: _Changed, changed: _Changed) -> _Changed:
    """Put *changed* in the place of *record*, if the world then still fits together."""
    before = {name: getattr(record, name) for name in record.__struct_fields__}
    for name in before:
        setattr(record, name, getattr(changed, name))
    try:
        check_world(told.corner.world.file)
    except WorldFileError:
        for name, value in before.items():
            setattr(record, name, value)
        raise
    return record
