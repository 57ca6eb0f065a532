"""`gongpai demo`: a pretend WeCom, the gateway and a small app that it protects, on this machine, until Ctrl-C."""

import base64
import secrets
import signal
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from gongpai.cli.language import choose_language
from gongpai.cli.statuses import Status

_GATEWAY, _SANDBOX = 1, 2
_WORDS = {
    "zh": {
        "open": "gongpai demo：请打开",
        "stop": "按 Ctrl-C 全部结束。",
        "ended": "已全部结束，什么也没有留下。",
        "died": "网关自行结束了。它日志的末尾：",
    },
    "en": {
        "open": "gongpai demo: open",
        "stop": "Ctrl-C ends all of it.",
        "ended": "Everything has ended; nothing is kept.",
        "died": "The gateway has ended by itself. The end of its log:",
    },
}


def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65_533, help="Where the demo begins; it takes the next two too.")
    ] = 8100,
) -> None:
    """Try it all: sign in as a pretend colleague, by QR code and inside a pretend WeCom."""
    from gongpai.cli.demo_app.gateway import GatewayDiedError

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run(port)
    except GatewayDiedError as died:
        typer.echo(f"{_WORDS[choose_language()]['died']}\n{died}", err=True)
        raise typer.Exit(Status.NO) from None
    except KeyboardInterrupt:
        typer.echo(f"\n{_WORDS[choose_language()]['ended']}")


def _run(port: int) -> None:
    import uvicorn

    from gongpai.cli.demo_app.gateway import Gateway
    from gongpai.cli.demo_app.start import Links, make_app
    from gongpai.cli.demo_app.world import Places, gateway_toml, home_of, lunch_of, make_world, portal_of

    with ExitStack() as stack:
        listener = stack.enter_context(_listen(port))
        places = Places(
            start=_origin(listener.getsockname()[1]),
            gateway=_origin(_free_port(port + _GATEWAY)),
            sandbox=_origin(_free_port(port + _SANDBOX)),
        )
        world = make_world(places, lambda: secrets.token_urlsafe(32))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gongpai-demo-")))
        config = _write_settings(folder, gateway_toml(places, portal_of(world), folder), portal_of(world).corpsecret)
        gateway = stack.enter_context(Gateway(config, folder / "gateway.log"))
        # While the gateway starts. It asks WeCom nothing before somebody signs in.
        from gongpai.sandbox import Sandbox

        sandbox = stack.enter_context(Sandbox.start(world=world, port=_port(places.sandbox)))
        key = secrets.token_urlsafe(9)
        links = Links(
            phone=sandbox.phone_url,
            console=sandbox.console_url,
            gateway=f"{places.gateway}/me",
            in_app=f"{sandbox.url}/phone/open?{urlencode({'token': sandbox.control_token, 'url': home_of(world)})}",
            lunch=f"{places.start}/lunch",
        )

        def announce() -> None:
            words = _WORDS[choose_language()]
            typer.echo(f"\n  {words['open']}  {places.start}/start/{key}\n\n  {words['stop']}")

        app = make_app(links, key, lunch_of(world), places.start, places.sandbox, announce)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))

        def end() -> None:
            server.should_exit = True

        gateway.on_death(end)
        gateway.wait_until_ready(places.gateway)
        server.run(sockets=[listener])
        gateway.require_alive()


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def _free_port(wanted: int) -> int:
    with _listen(wanted) as listener:
        port: int = listener.getsockname()[1]
        return port


def _origin(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _port(origin: str) -> int:
    return int(origin.rpartition(":")[2])


def _write_settings(folder: Path, settings: str, corpsecret: str) -> Path:
    (folder / "secret.key").write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    (folder / "corpsecret").write_text(corpsecret)
    config = folder / "gongpai.toml"
    config.write_text(settings, encoding="utf-8")
    return config
