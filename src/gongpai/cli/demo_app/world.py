"""The demo's pretend world and the gateway's settings for it: the published world with secrets of this run."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from gongpai.wecom import App

_PORTAL = 1000002
_LUNCH = 1000004
_SECRETS = ("secret", "sync_secret")


@dataclass(frozen=True, slots=True)
class Places:
    """Where each part of the demo listens: origins such as ``http://127.0.0.1:8100``."""

    start: str
    gateway: str
    sandbox: str


def make_world(places: Places, new_secret: Callable[[], str]) -> dict[str, Any]:
    """Return the default world with the demo's own apps, addresses and secrets; nothing published opens anything."""
    text = files("gongpai.sandbox").joinpath("worlds/default.toml").read_text(encoding="utf-8")
    world = tomllib.loads(text)
    corp = world["corps"][0]
    portal = _record_of(world, _PORTAL)
    lunch = {**portal, "agentid": _LUNCH, "name": "今日午餐", "name_en": "Lunch list", "sensitive_fields": []}
    corp["apps"].append(lunch)
    for app, origin, home in ((portal, places.gateway, "/signin?return_to=%2Fme"), (lunch, places.start, "/lunch")):
        app |= {"oauth_domain": _domain(origin), "callback_domain": _domain(origin), "home_url": f"{origin}{home}"}
    for record in (corp, *corp["apps"]):
        record |= {name: new_secret() for name in _SECRETS if name in record}
    return world


def portal_of(world: dict[str, Any]) -> App:
    """Return the app that the gateway signs people in with."""
    return _app(world, _PORTAL)


def lunch_of(world: dict[str, Any]) -> App:
    """Return the app of the lunch list."""
    return _app(world, _LUNCH)


def home_of(world: dict[str, Any]) -> str:
    """Return the address that the phone opens for the gateway's app."""
    return str(_record_of(world, _PORTAL)["home_url"])


def gateway_toml(places: Places, portal: App, folder: Path) -> str:
    """Return the gateway's configuration; the secrets lie in files beside it, in *folder*."""
    return f"""\
# Made by `gongpai demo`, and removed when it ends.
public_url = "{places.gateway}"
listen = "{_domain(places.gateway)}"
metrics_listen = "off"
storage = "sqlite:///{folder}/gongpai.db"
secret_key_file = "{folder}/secret.key"
sandbox = true

[hosts]
all = "{places.sandbox}"

[apps.portal]
name = "员工门户 Staff portal"
corpid = "{portal.corpid}"
agentid = {portal.agentid}
corpsecret_file = "{folder}/corpsecret"
"""


def _app(world: dict[str, Any], agentid: int) -> App:
    return App(world["corps"][0]["corpid"], agentid, _record_of(world, agentid)["secret"])


def _record_of(world: dict[str, Any], agentid: int) -> dict[str, Any]:
    record: dict[str, Any] = next(app for app in world["corps"][0]["apps"] if app["agentid"] == agentid)
    return record


def _domain(origin: str) -> str:
    return origin.removeprefix("http://")
