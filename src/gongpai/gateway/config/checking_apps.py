"""The applications and who may come in through each."""

from collections.abc import Mapping

from gongpai.gateway.config.published import is_published
from gongpai.gateway.config.settings import AppConfig, Policy, WebLogin
from gongpai.gateway.config.source import Source
from gongpai.gateway.config.values import is_name
from gongpai.wecom.domains import explain_domain
from gongpai.wecom.errcodes import Text
from gongpai.wecom.errors import UsageError
from gongpai.wecom.models import App, fold_id

_SECRET_LIMIT = 128
_POLICY = ("allow_departments", "deny_departments", "allow_userids", "deny_userids")


def check_apps(source: Source, public_url: str | None, *, is_wecom: bool, is_sandbox: bool) -> dict[str, AppConfig]:
    """Return the applications by name; what is at fault is noted and left out."""
    names = source.names("apps")
    if not names:
        source.fault("apps", "no_apps")
    apps: dict[str, AppConfig] = {}
    for name in names:
        domain = _check_domain(source, f"apps.{name}.trusted_domain", public_url)
        app = _check_app(source, name, domain, is_sandbox=is_sandbox)
        if app is None:
            continue
        where = f"apps.{name}"
        twin = next((each.name for each in apps.values() if _same(each.app, app)), None)
        if twin is not None:
            source.fault(where, "same_app", f"apps.{twin}")
        web_login = _check_web_login(source, f"{where}.web_login", public_url, is_wecom=is_wecom)
        title = source.text(f"{where}.name", name) or name
        policy = _check_policy(source, where, app)
        apps[name] = AppConfig(name, title, app, web_login, policy)
    _require_own_rules(source, apps)
    return apps


def _check_app(source: Source, name: str, domain: str | None, *, is_sandbox: bool) -> App | None:
    where = f"apps.{name}"
    if not is_name(name):
        source.fault(where, "bad_name")
    corpid = source.text(f"{where}.corpid", is_required=True)
    agentid = source.number(f"{where}.agentid")
    secret = source.secret(f"{where}.corpsecret")
    encrypted = source.flag(f"{where}.encrypted_ids")
    if secret is not None and not (secret.isascii() and secret.isprintable() and len(secret) <= _SECRET_LIMIT):
        source.fault(f"{where}.corpsecret", "bad_id")
    # The sandbox's worlds are public and so are their secrets, which open nothing real.
    elif secret is not None and not is_sandbox and is_published(secret):
        source.fault(f"{where}.corpsecret", "published")
    if corpid is None or agentid is None or secret is None:
        return None
    try:
        # One address of ours must satisfy both: in-app links the trusted domain, web login the callback domain.
        return App(corpid, agentid, secret, encrypted_ids=encrypted, trusted_domain=domain, callback_domain=domain)
    except UsageError:
        source.fault(f"{where}.corpid", "bad_id")
        return None


def _same(one: App, other: App) -> bool:
    return (one.corpid.lower(), one.agentid) == (other.corpid.lower(), other.agentid)


def _check_web_login(source: Source, key: str, public_url: str | None, *, is_wecom: bool) -> WebLogin:
    given = source.text(key, WebLogin.PAGE.value)
    if given not in {each.value for each in WebLogin}:
        source.fault(key, "not_one_of", ", ".join(each.value for each in WebLogin))
        return WebLogin.PAGE
    web_login = WebLogin(given)
    # The panel's official script calls WeCom's own host whatever we configure, and refuses plain http.
    if web_login is WebLogin.PANEL and not (is_wecom and (public_url or "").startswith("https:")):
        source.fault(key, "panel_needs_wecom")
    return web_login


def _check_domain(source: Source, key: str, public_url: str | None) -> str | None:
    domain = source.text(key)
    if domain is None or public_url is None:
        return domain
    reason = explain_domain(public_url, domain).reason
    if reason is not None:
        detail = Text(f"{public_url}: {reason.text.en}", f"{public_url}：{reason.text.zh}")
        source.fault(key, "domain_mismatch", detail)
    return domain


def _check_policy(source: Source, where: str, app: App) -> Policy:
    """Read the rules of one application; each list stands in place of the general one of the same name."""
    keys = {name: f"{where}.policy.{name}" for name in _POLICY}
    keys = {name: key if source.has(key) else f"policy.{name}" for name, key in keys.items()}
    return _policy(source, keys, is_encrypted=app.encrypted_ids)


def check_policy(source: Source, section: str, *, is_encrypted: bool) -> Policy:
    """Return the rules of *section* about departments and members."""
    return _policy(source, {name: f"{section}.{name}" for name in _POLICY}, is_encrypted=is_encrypted)


def _policy(source: Source, keys: Mapping[str, str], *, is_encrypted: bool) -> Policy:
    return Policy(
        allow_departments=check_departments(source, keys["allow_departments"]),
        deny_departments=check_departments(source, keys["deny_departments"]),
        allow_userids=_check_userids(source, keys["allow_userids"], is_encrypted=is_encrypted),
        deny_userids=_check_userids(source, keys["deny_userids"], is_encrypted=is_encrypted),
    )


def check_departments(source: Source, key: str) -> frozenset[int]:
    """Return the ids of departments that stand at *key*."""
    found = set()
    for given in source.texts(key):
        if given.isascii() and given.isdigit() and int(given) > 0:
            found.add(int(given))
        else:
            source.fault(key, "bad_id", f" ({given})")
    return frozenset(found)


def _check_userids(source: Source, key: str, *, is_encrypted: bool) -> frozenset[str]:
    found = set()
    for given in source.texts(key):
        try:
            folded = fold_id(given)
        except UsageError:
            source.fault(key, "bad_id", f" ({given})")
        else:
            found.add(given if is_encrypted else folded)
    return frozenset(found)


def _require_own_rules(source: Source, apps: dict[str, AppConfig]) -> None:
    """Refuse general rules where ids could mean a department or a member of another corp (T6)."""
    if len({each.app.corpid.lower() for each in apps.values()}) > 1:
        for name in source.names("policy"):
            source.fault(f"policy.{name}", "several_corps")
