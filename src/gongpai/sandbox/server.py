"""Start a sandbox in this process, or connect to one that runs elsewhere.

Both doors lead through the control API, so that a test means the same wherever the sandbox runs.
"""

import ipaddress
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx2

from gongpai.sandbox.app import LOOPBACK, Run, SandboxApp
from gongpai.sandbox.control import words
from gongpai.sandbox.corners import Corners
from gongpai.sandbox.errors import NotAllowedError
from gongpai.sandbox.handle import Corner, world_body
from gongpai.sandbox.listeners import Listeners
from gongpai.sandbox.tls import WECOM_HOSTS, Throwaway, make_throwaway
from gongpai.sandbox.world_file import WorldSource, load_world

_TIMEOUT_SECONDS = 30.0

__all__ = ["Corner", "Sandbox"]


class Sandbox:
    """A running sandbox; `with` stops it (or, if connected, lets go of it).

    Attributes:
        url: the origin of all four hosts' paths, and of the root corner.
        control_token: opens the control API, the phone and the console.
        root: the corner at the server's own root.
        tls_port: where WeCom's host names are answered over TLS; None without it.
        throwaway: the authority of the TLS mode; None without it.
    """

    def __init__(
        self,
        url: str,
        control_token: str,
        *,
        listeners: Listeners | None = None,
        throwaway: Throwaway | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.control_token = control_token
        self.throwaway = throwaway
        self.tls_port = listeners.tls_port if listeners else None
        self._listeners = listeners
        self._client = httpx2.Client(timeout=_TIMEOUT_SECONDS, trust_env=False)
        self.root = Corner(self._client, self.url, control_token)

    @classmethod
    def start(
        cls,
        world: WorldSource = "default",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool = False,
        tls_port: int = 0,
        expose: Iterable[str] = (),
    ) -> Self:
        """Serve *world* from a thread of this process.

        Args:
            world: a shipped world (default, base), the path of a world file, or a mapping.
            host: address to listen on; one that is not loopback needs *expose*.
            port: 0 takes a free one.
            tls: also answer for WeCom's real host names, at *tls_port*, with a certificate that lives for this run.
            tls_port: 0 takes a free one.
            expose: names and addresses at which other machines may reach it.

        Raises:
            WorldFileError: the world does not fit; every fault is named.
            NotAllowedError: *host* is not loopback and *expose* is empty.
            OSError: the port is taken.
        """
        names = frozenset(name.lower() for name in expose)
        if not _is_loopback(host) and not names:
            raise NotAllowedError(f"{host} is not loopback: say by which names others may reach it (expose)")
        hosts = names | (frozenset(WECOM_HOSTS) if tls else frozenset())
        run = Run(secrets.token_urlsafe(32), Corners(load_world(world)), hosts)
        throwaway = make_throwaway(datetime.now(UTC)) if tls else None
        context = throwaway.server_context() if throwaway else None
        listeners = Listeners(SandboxApp(run), host, port, context, tls_port)
        listeners.start()
        reachable = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host  # noqa: S104  compared, not bound
        url = f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{listeners.port}"
        return cls(url, run.control_token, listeners=listeners, throwaway=throwaway)

    @classmethod
    def connect(cls, url: str, control_token: str) -> Self:
        """Return a handle on a sandbox that runs elsewhere."""
        return cls(url, control_token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop serving, if it was started here; everything in it is gone."""
        self._client.close()
        if self._listeners is not None:
            self._listeners.stop()

    def corner(self, world: WorldSource | None = None) -> Corner:
        """Open an isolated corner with *world*, or with a fresh copy of the server's own.

        Raises:
            WorldFileError: the world does not fit; every fault is named.
        """
        opened = self.root.ask("POST", "/corners", words.CornerInfo, world_body(world))
        return Corner(self._client, self.url, self.control_token, opened.id)

    @property
    def home_url(self) -> str:
        """The address to open first, with the token."""
        return self.root.home_url

    @property
    def phone_url(self) -> str:
        """The address of the pretend phone, with the token."""
        return self.root.phone_url

    @property
    def console_url(self) -> str:
        """The address of the administrator's page, with the token."""
        return self.root.console_url


def _is_loopback(host: str) -> bool:
    if host.lower() in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
