"""`gongpai sandbox`: a pretend WeCom on this machine, until Ctrl-C."""

import signal
import socket
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from gongpai.cli.language import choose_language
from gongpai.cli.phrases import in_chinese
from gongpai.cli.statuses import Status

if TYPE_CHECKING:
    from gongpai.sandbox import Sandbox

_TICK_SECONDS = 0.5
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  compared, not bound
_HTTPS, _OTHER_HTTPS = 443, 8443
_CANNOT_LISTEN = {
    "zh": "无法在 {host} 监听：{reason}。请换一个 --port 或 --tls-port。",
    "en": "Cannot listen at {host}: {reason}. Choose another --port or --tls-port.",
}
_ENDED = {"zh": "沙箱已结束，什么都没有留下。", "en": "The sandbox has ended; nothing is kept."}


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on; other than loopback needs --expose.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = 8180,
    world: Annotated[str, typer.Option(help="default, base, or the path of a .toml or .json file.")] = "default",
    tls_port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Where --tls listens. [default: 443 if allowed, else 8443]")
    ] = None,
    expose: Annotated[
        list[str] | None, typer.Option(help="Name or address by which other machines reach it; repeatable.")
    ] = None,
    *,
    tls: Annotated[bool, typer.Option("--tls", help="Also answer for WeCom's real host names, over TLS.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of a world file and stop.")] = False,
) -> None:
    """Run a pretend WeCom: API, login pages, phone and console, all in memory."""
    from gongpai.sandbox import Sandbox
    from gongpai.sandbox.errors import SandboxError, WorldFileError

    if schema:
        _print_schema()
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = _https_port(host) if tls and tls_port is None else tls_port or 0
    try:
        running = Sandbox.start(world, host=host, port=port, tls=tls, tls_port=chosen, expose=expose or ())
    except SandboxError as error:
        faults = error.faults if isinstance(error, WorldFileError) else [str(error)]
        for fault in faults:
            typer.echo(in_chinese(fault, "world") if choose_language() == "zh" else fault, err=True)
        raise typer.Exit(Status.WRONG_CALL) from None
    except OSError as error:
        typer.echo(_CANNOT_LISTEN[choose_language()].format(host=host, reason=error.strerror), err=True)
        raise typer.Exit(Status.NOT_SERVED) from None
    with running, tempfile.TemporaryDirectory(prefix="gongpai-sandbox-") as folder:
        try:
            # Nobody can be sent to "every address": the recipes then name the first of those given.
            address = expose[0] if expose and host in _EVERYWHERE else host
            _print_start(running, address, Path(folder), is_exposed=bool(expose))
            _wait()
        except KeyboardInterrupt:
            pass
    typer.echo(_ENDED[choose_language()])


def _print_schema() -> None:
    import json

    from gongpai.sandbox.world_file import world_schema

    typer.echo(json.dumps(world_schema(), indent=2, ensure_ascii=False))


def _https_port(host: str) -> int:
    """Return the port that programs expect of WeCom, if we may have it."""
    try:
        socket.create_server((host, _HTTPS), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        return _OTHER_HTTPS
    return _HTTPS


def _print_start(running: "Sandbox", address: str, folder: Path, *, is_exposed: bool) -> None:
    from gongpai.sandbox.banner import banner

    language = choose_language()
    typer.echo(banner(running.url, running.home_url, running.control_token, language, is_exposed=is_exposed))
    if running.throwaway is not None and running.tls_port is not None:
        from gongpai.sandbox.tls import recipes, write_trust

        files = write_trust(running.throwaway, folder, address)
        typer.echo(recipes(files, running.throwaway.spki_sha256, address, running.tls_port, language))


def _wait() -> NoReturn:
    """Wait for Ctrl-C or SIGTERM, which Windows notices only between two short waits."""
    ended = threading.Event()
    while True:
        ended.wait(_TICK_SECONDS)
