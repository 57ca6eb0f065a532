"""Sending messages. Source: WeCom 90236, read 2026-11.

It says what a message must have, and not with which code one is refused that has not: the codes here are those whose
words in the table (WeCom 90313) fit best, or ``faulty_message_errcode``. The order of the checks is our choice.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

import msgspec

from gongpai.sandbox.api.asked import Allowed, CallRefusedError, Json
from gongpai.sandbox.world import App, Member, Message
from gongpai.sandbox.world.messages import new_msgid

_EVERYBODY = "@all"
_HALF_AN_HOUR = 1_800
_LONGEST_CHECK = 14_400
_TITLE_LIMIT, _TEXT_LIMIT, _CONTENT_LIMIT, _BUTTON_LIMIT = 128, 512, 2_048, 4
_CODES: Mapping[str, int] = {"content": 44004, "url": 41010, "scheme": 40094, "title": 41016, "description": 41033}
# The other types that WeCom knows; the sandbox delivers them without a look inside.
_OPAQUE = frozenset(
    {"image", "voice", "video", "file", "news", "mpnews", "miniprogram_notice", "taskcard", "template_card"}
)


def send(allowed: Allowed) -> Json:
    """message/send."""
    app, body = allowed.app(otherwise=48002), allowed.asked.body
    _require_own(app, body.get("agentid"))
    wanted = {name: _listed(body.get(name)) for name in ("touser", "toparty", "totag")}
    if not any(wanted.values()):
        raise CallRefusedError(82001)
    message = _read(allowed, app, body)
    members, invalid = _recipients(allowed, app, wanted)
    if not members:
        raise CallRefusedError(81013)
    if not _is_repeated(allowed, body):
        keys = [f"{allowed.corp.corpid}/{member.userid}" for member in members]
        allowed.asked.world.messages.deliver(keys, message)
    return {**{name: "|".join(values) for name, values in invalid.items() if values}, "msgid": message.msgid}


def _require_own(app: App, agentid: object) -> None:
    if agentid is None or agentid == "":
        raise CallRefusedError(41011)
    if isinstance(agentid, bool) or not (
        isinstance(agentid, int) or (isinstance(agentid, str) and agentid.isdecimal())
    ):
        raise CallRefusedError(40056)
    if int(agentid) != app.agentid:
        raise CallRefusedError(301002)


def _listed(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, str):
        raise CallRefusedError(40058)
    return tuple(dict.fromkeys(part for part in value.split("|") if part))


def _read(allowed: Allowed, app: App, body: Mapping[str, object]) -> Message:
    kind = body.get("msgtype")
    content = body.get(kind) if isinstance(kind, str) else None
    if not isinstance(kind, str) or kind not in _OPAQUE | {"text", "markdown", "textcard"}:
        raise CallRefusedError(40008)
    if not isinstance(content, dict):
        raise CallRefusedError(40058)
    sent = Message(
        msgid=new_msgid(), at=allowed.asked.now, corpid=allowed.corp.corpid, agentid=app.agentid, to="", msgtype=kind
    )
    if kind in _OPAQUE:
        return sent
    for_all = allowed.asked.corner.switches.faulty_message_errcode
    codes = _CODES if for_all == "of_part" else dict.fromkeys(_CODES, for_all)
    if kind != "textcard":
        return msgspec.structs.replace(sent, text=_part(content, "content", codes)[:_CONTENT_LIMIT])
    url = _part(content, "url", codes)
    if not url.startswith(("http://", "https://")):
        raise CallRefusedError(codes["scheme"])
    button = content.get("btntxt")
    return msgspec.structs.replace(
        sent,
        title=_part(content, "title", codes)[:_TITLE_LIMIT],
        text=_part(content, "description", codes)[:_TEXT_LIMIT],
        url=url,
        button=button[:_BUTTON_LIMIT] if isinstance(button, str) else "",
    )


def _part(content: Mapping[str, object], name: str, codes: Mapping[str, int]) -> str:
    value = content.get(name)
    if not isinstance(value, str) or not value:
        raise CallRefusedError(codes[name])
    return value


def _recipients(
    allowed: Allowed, app: App, wanted: Mapping[str, Collection[str]]
) -> tuple[list[Member], dict[str, list[str]]]:
    """Return who gets it, and who or what of those named is not to be reached."""
    index = allowed.index
    visible = {
        userid: member
        for userid, member in index.members.items()
        if not member.has_left and index.is_visible(app, member)
    }
    if _EVERYBODY in wanted["touser"]:
        return list(visible.values()), {}
    # Source: WeCom 90236: they compare without case and come back in lower case.
    chosen = {userid.lower() for userid in wanted["touser"]}
    parties = {int(each): each for each in wanted["toparty"] if each.isdecimal() and int(each) in index.departments}
    tags = {each: index.tags[int(each)] for each in wanted["totag"] if each.isdecimal() and int(each) in index.tags}
    invalid = {
        "invaliduser": sorted(chosen - visible.keys()),
        "invalidparty": [each for each in wanted["toparty"] if each not in parties.values()],
        "invalidtag": [each for each in wanted["totag"] if each not in tags],
    }
    below = {department for root in parties for department in index.subtree(root)}
    chosen |= {userid.lower() for tag in tags.values() for userid in tag.userids}
    chosen |= {userid for userid, member in visible.items() if below & set(member.departments)}
    return [member for userid, member in visible.items() if userid in chosen], invalid


def _is_repeated(allowed: Allowed, body: Mapping[str, object]) -> bool:
    if body.get("enable_duplicate_check") != 1:
        return False
    seconds = body.get("duplicate_check_interval", _HALF_AN_HOUR)
    within = timedelta(seconds=min(seconds, _LONGEST_CHECK) if isinstance(seconds, int) else _HALF_AN_HOUR)
    content = msgspec.json.encode([allowed.corp.corpid, body], order="deterministic")
    return allowed.asked.world.messages.is_repeated(content, within, allowed.asked.now)
