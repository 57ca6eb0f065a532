"""A preview as text (pure, but for reading its own words once)."""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from gongpai.cli.language import Language, read_words
from gongpai.gateway.errors import Reason
from gongpai.gateway.messages import text
from gongpai.gateway.oidc.scopes import OFFLINE, SUPPORTED
from gongpai.gateway.preview.provenance import Row
from gongpai.gateway.preview.reader import HostEntry, Preview
from gongpai.gateway.records_provider import RelyingParty

_HERE = "gongpai.cli.preview"
# These differ from token to token, and say nothing of a person.
_EACH_TIME = frozenset({"iat", "exp", "at_hash"})
# Unicode's own classes: controls, marks of direction and of joining, and breaks of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


def say(language: Language, key: str, **values: str) -> str:
    """Return one of the preview's words; a dotted key leads into a table."""
    found: object = read_words(_HERE, language)
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else found
    return str(found).format(**{name: _visible(value) for name, value in values.items()})


def render(preview: Preview, party: RelyingParty, language: Language) -> str:
    """Return the whole preview."""
    known = preview.known
    title = say(language, "title", title=party.title, client_id=party.client_id, userid=known.userid)
    parts = ["\n".join([title, _since(preview, language), _verdict(preview, language)]), *_claims(preview, language)]
    left = [scope for scope in SUPPORTED if scope not in party.scopes | {OFFLINE, "openid"}]
    if left:
        parts.append(say(language, "scopes_left", scopes=", ".join(left)))
    told = {key: value for key, value in preview.id_token.items() if key not in preview.userinfo.keys() | _EACH_TIME}
    protocol = [f"  {key}: {_value(value)}" for key, value in told.items()]
    parts.append("\n".join([say(language, "protocol"), *protocol]))
    parts += _forward_auth(preview, language)
    return "\n\n".join([*parts, say(language, "nothing_written")]) + "\n"


def _since(preview: Preview, language: Language) -> str:
    known, read = preview.known, _moment(preview.known.at)
    if known.session is None:
        return say(language, "no_session", read=read)
    at, way = _moment(known.session.created_at), say(language, f"way.{known.way}")
    return say(language, "session", app=known.app, at=at, way=way, read=read)


def _verdict(preview: Preview, language: Language) -> str:
    if preview.is_unsure:
        return say(language, "unsure")
    if preview.refusal is None:
        return say(language, "may_use")
    return say(language, "may_not_use", reason=_reason(preview.refusal, language))


def _claims(preview: Preview, language: Language) -> Iterator[str]:
    head = [say(language, key) for key in ("claim", "id_token", "userinfo", "value", "origin")]
    lines = [head]
    for row in preview.rows:
        marks = [say(language, "yes" if row.claim in told else "no") for told in (preview.id_token, preview.userinfo)]
        shown = say(language, "none") if row.value is None else _value(row.value)
        lines.append([row.claim, *marks, shown, _origin(row, language)])
    yield "\n".join([say(language, "claims"), *_aligned(lines)])
    if not any(row.claim in preview.id_token for row in preview.rows[1:]):
        yield say(language, "no_claims_in_id_token")


def _origin(row: Row, language: Language) -> str:
    origin = say(language, f"origin_of.{row.origin.value}", source=row.source, at=_moment(row.at))
    notes = [say(language, f"note.{note.remark.value}", about=note.about) for note in row.notes]
    return ("；" if language == "zh" else "; ").join([*([] if notes and row.origin == "nothing" else [origin]), *notes])


def _forward_auth(preview: Preview, language: Language) -> Iterator[str]:
    if not preview.hosts:
        if preview.known.session is None:
            yield say(language, "no_headers")
        return
    headers = [f"  {name}: {_visible(value)}" for name, value in preview.headers]
    yield "\n".join([say(language, "headers"), *headers])
    hosts = [f"  {host.origin}  {_entry(host, language)}" for host in preview.hosts]
    yield "\n".join([say(language, "hosts"), *hosts])


def _entry(host: HostEntry, language: Language) -> str:
    if host.is_unsure:
        return say(language, "host_unsure")
    if host.reason is None:
        return say(language, "host_open")
    return say(language, "host_closed", reason=_reason(host.reason, language))


def _reason(reason: Reason, language: Language) -> str:
    return text(language, f"refused.{reason.value}.title")


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return *lines* with their columns under each other; a Chinese character is two columns wide."""
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        yield ("  " + "  ".join(cells)).rstrip()


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in cell)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _visible(value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(map(_visible, value))
    return _visible(json.dumps(value, ensure_ascii=False))


def _visible(text: str) -> str:
    """Return *text* with what nobody sees written out: a name can hold a new line, or what moves a cursor."""
    return "".join(
        letter.encode("unicode_escape").decode() if unicodedata.category(letter) in _UNSEEN else letter
        for letter in text
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%MZ}"
