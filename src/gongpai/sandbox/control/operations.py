"""Every operation of the control API, as a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from gongpai.sandbox.control import acts, words
from gongpai.sandbox.control.acts import Told
from gongpai.sandbox.faults import Fault
from gongpai.sandbox.switches import Switches
from gongpai.sandbox.world import App, Member, WorldFile


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to tell or ask.

    Attributes:
        path: below /_sandbox; braces name a parameter.
        body: what the request carries; None: nothing.
        queries: name and type of the parameters that may be left out.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    summary: str
    run: Callable[[Told], Any]
    answer: Any
    body: Any = None
    queries: Mapping[str, type] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name for generated clients."""
        return self.run.__name__


_APP = {"corpid": str}

OPERATIONS: tuple[Operation, ...] = (
    Operation("GET", "/world", "Read the world as it is now", acts.read_world, WorldFile),
    Operation("PUT", "/world", "Replace the world", acts.replace_world, words.Done, WorldFile),
    Operation("POST", "/world/reset", "Begin again", acts.reset_world, words.Done, words.WorldChosen),
    Operation("GET", "/clock", "Read the clock", acts.read_clock, words.Moment),
    Operation("POST", "/clock", "Advance the clock", acts.advance_clock, words.Moment, words.ClockMove),
    Operation("POST", "/codes", "Mint a code without a browser", acts.mint_code, words.Minted, words.CodeOrder),
    Operation("POST", "/tickets", "Mint a user_ticket", acts.mint_ticket, words.Minted, words.TicketOrder),
    Operation("POST", "/tokens/revoke", "Revoke tokens", acts.revoke_tokens, words.Count, words.TokensChosen),
    Operation("PUT", "/consent", "Give or forget a consent", acts.set_consent, words.Done, words.ConsentOrder),
    Operation("POST", "/qr/scan", "Scan a QR code", acts.scan, words.QrState, words.QrScan),
    Operation("POST", "/qr/confirm", "Confirm on the phone", acts.confirm, words.QrState, words.QrChosen),
    Operation("POST", "/qr/refuse", "Refuse on the phone", acts.refuse, words.QrState, words.QrChosen),
    Operation("PUT", "/phone", "Choose who holds the phone", acts.hold_phone, words.PhoneHolder, words.PhoneHolder),
    Operation("GET", "/messages", "Read the members' messages", acts.read_messages, words.MessagePage),
    Operation("GET", "/faults", "Read the planned faults", acts.read_faults, list[Fault]),
    Operation("POST", "/faults", "Plan a fault", acts.plan_fault, words.Done, Fault),
    Operation("DELETE", "/faults", "Plan no faults", acts.clear_faults, words.Done),
    Operation("PUT", "/caller-ip", "Set the caller's IP", acts.set_caller_ip, words.CallerIp, words.CallerIp),
    Operation("GET", "/switches", "Read the switches", acts.read_switches, Switches),
    Operation("PATCH", "/switches", "Turn the switches named", acts.set_switches, Switches, Switches),
    Operation("GET", "/apps/{agentid}", "Read an app", acts.read_app, App, queries=_APP),
    Operation("PATCH", "/apps/{agentid}", "Change an app", acts.update_app, App, words.AppChange, _APP),
    Operation("GET", "/members/{userid}", "Read a member", acts.read_member, Member, queries=_APP),
    Operation("PATCH", "/members/{userid}", "Change a member", acts.update_member, Member, words.MemberChange, _APP),
    Operation(
        "GET", "/journal", "Read the journal", acts.read_journal, words.JournalPage, queries={"call": str, "limit": int}
    ),
    Operation("DELETE", "/journal", "Clear the journal", acts.clear_journal, words.Done),
    Operation("POST", "/corners", "Open an isolated corner", acts.open_corner, words.CornerInfo, words.CornerOrder),
    Operation("DELETE", "/corners/{id}", "Close a corner", acts.close_corner, words.Done),
)


def json_schemas() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a schema for the body and the answer of each operation, in order, and their parts."""
    types = [each for operation in OPERATIONS for each in (operation.body or words.Done, operation.answer)]
    schemas, parts = msgspec.json.schema_components([*types, words.Problem], ref_template="#/components/schemas/{name}")
    return list(schemas), parts
