"""The gateway as a program of its own, started just as an operator starts it, and ended with the demo."""

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from gongpai.gateway.config.source import ENV_PREFIX

# Linux ends it with us even where we are killed and cannot.
_SERVE = (
    "import ctypes, signal; ctypes.CDLL(None).prctl(1, signal.SIGTERM); "
    "from gongpai.cli import main; main()"
)  # fmt: skip
_READY_WITHIN_SECONDS = 30.0
_END_WITHIN_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
_LANGUAGE = "GONGPAI_LANG"  # no setting, but what the command line speaks
_TAIL_BYTES = 4_000


class GatewayDiedError(Exception):
    """The gateway ended by itself; the text is the end of its log."""


class Gateway:
    """A running ``gongpai serve``. Leave the context to end it."""

    def __init__(self, config: Path, log: Path) -> None:
        self._log = log
        self._is_ending = False
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and command
                [sys.executable, "-c", _SERVE, "serve", "--config", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the demo, which ends all in order
                env=_environment(config.parent),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_ending = True
        self._process.terminate()
        try:
            self._process.wait(_END_WITHIN_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()

    def wait_until_ready(self, origin: str) -> None:
        """Return once it answers that it is ready.

        Raises:
            GatewayDiedError: it ended, or is not ready in time.
        """
        address = urlsplit(origin)
        deadline = time.monotonic() + _READY_WITHIN_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=1)
            with closing(connection), suppress(OSError):
                connection.request("GET", "/readyz")
                if connection.getresponse().status == http.client.OK:
                    return
            time.sleep(_PAUSE_SECONDS)
        raise GatewayDiedError(self._end_of_log())

    def on_death(self, tell: Callable[[], None]) -> None:
        """Call *tell*, in a thread of its own, if the gateway ends without being asked."""

        def watch() -> None:
            self._process.wait()
            if not self._is_ending:
                tell()

        threading.Thread(target=watch, name="gateway-watch", daemon=True).start()

    @property
    def has_died(self) -> bool:
        """Whether it ended without being asked."""
        return not self._is_ending and self._process.poll() is not None

    def require_alive(self) -> None:
        """Raise if it ended by itself.

        Raises:
            GatewayDiedError: it did.
        """
        if self.has_died:
            raise GatewayDiedError(self._end_of_log())

    def _end_of_log(self) -> str:
        return self._log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment without an operator's own settings, which would be laid over the demo's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ENV_PREFIX) or name == _LANGUAGE}
    return kept | {"TMPDIR": str(folder)}  # what it leaves behind goes with the demo's folder
