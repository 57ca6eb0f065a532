"""QR sign-ins: shown, scanned, confirmed or refused, expired."""

import secrets
from typing import TYPE_CHECKING

from gongpai.sandbox.domains import redirect_host
from gongpai.sandbox.errors import NotAllowedError, NotFoundError
from gongpai.sandbox.world.kept import keep
from gongpai.sandbox.world.live import QR_LIFE, Person, QrLogin
from gongpai.sandbox.world.records import App, Corp

if TYPE_CHECKING:
    from gongpai.sandbox.world.world import World

_OPEN = ("QRCODE_SCAN_NEVER", "QRCODE_SCAN_ING")


class QrLogins:
    """Hold the QR codes that login pages of one world show."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._logins: dict[str, QrLogin] = {}

    def begin(self, corp: Corp, app: App, redirect_uri: str) -> QrLogin:
        """Return a new QR code that a person can scan."""
        key = secrets.token_hex(16)
        expires_at = self._world.now() + QR_LIFE
        login = QrLogin(key, corp.corpid, app.agentid, redirect_uri, expires_at)
        keep(self._logins, key, login)
        return login

    def get(self, key: str) -> QrLogin | None:
        """Return the QR sign-in with its status of this moment, or None."""
        login = self._logins.get(key)
        if login and login.status in _OPEN and login.expires_at <= self._world.now():
            login.status = "QRCODE_SCAN_ERR"
        return login

    def waiting(self) -> list[QrLogin]:
        """Return what can be scanned or confirmed now, newest first."""
        logins = [self.get(key) for key in reversed(self._logins)]
        return [login for login in logins if login and login.status in _OPEN]

    def scan(self, key: str, person: Person) -> QrLogin:
        """Let *person* point the phone at the code.

        Raises:
            NotFoundError: no such code.
            NotAllowedError: expired, settled, scanned by somebody else, or the person may not use the app.
        """
        login = self._require_open(key)
        if login.person_key not in (None, person.key):
            raise NotAllowedError("somebody else has scanned this code")
        corp, app = self._world.require_app(login.agentid, login.corpid)
        if not self._world.is_visible(corp, app, person):
            raise NotAllowedError("无权限: not in the visible range of the app")
        login.status, login.person_key = "QRCODE_SCAN_ING", person.key
        return login

    def confirm(self, key: str) -> QrLogin:
        """Let the person who scanned agree; the login page then goes on with a code.

        Raises:
            NotFoundError: no such code.
            NotAllowedError: it was not scanned, is expired or settled.
        """
        login = self._require_open(key)
        if login.person_key is None:
            raise NotAllowedError("nobody has scanned this code")
        corp, app = self._world.require_app(login.agentid, login.corpid)
        person, host = self._world.require_person(login.person_key), redirect_host(login.redirect_uri) or ""
        code = self._world.issue_code(corp, app, person, scope="snsapi_base", redirect_host=host, way="web")
        login.status, login.code = "QRCODE_SCAN_SUCC", code.value
        return login

    def refuse(self, key: str) -> QrLogin:
        """Let whoever holds the phone refuse.

        Raises:
            NotFoundError: no such code.
            NotAllowedError: it is expired or settled.
        """
        login = self._require_open(key)
        login.status = "QRCODE_SCAN_FAIL"
        return login

    def _require_open(self, key: str) -> QrLogin:
        login = self.get(key)
        if login is None:
            raise NotFoundError("no such QR code")
        if login.status not in _OPEN:
            raise NotAllowedError(f"this QR code is settled: {login.status}")
        return login
