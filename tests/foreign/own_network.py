"""Run one foreign client against the sandbox's TLS mode, in a network that holds nothing else.

Started by the tests with `unshare`: in a network namespace of its own, port 443 is free and no packet can reach the
real WeCom. The client is started by the very commands that the sandbox prints. The answer goes to stdout as JSON.
"""

import fcntl
import json
import re
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from gongpai.sandbox import Sandbox
from gongpai.sandbox.tls import TrustFiles, recipes, write_trust

HERE = Path(__file__).parent
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1
_QR = re.compile(r'data-key="([0-9a-f]+)"')


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _printed_command(sandbox: Sandbox, files: TrustFiles, program: str) -> tuple[str, str]:
    """Return the printed shell function, and the printed command of *program* without the example at its end."""
    assert sandbox.throwaway is not None
    text = recipes(files, sandbox.throwaway.spki_sha256, "127.0.0.1", 443)
    function = re.search(r"wecom\(\) \{.*\}", text)
    command = re.search(rf"^{program} +(.*wecom \S+)", text, re.MULTILINE)
    assert function is not None
    assert command is not None
    return function[0], command[1]


def run_logto(sandbox: Sandbox, files: TrustFiles, way: str) -> object:
    """Sign in with @logto/connector-wecom, whose hosts are constants in its source."""
    function, command = _printed_command(sandbox, files, "Node")
    script = HERE.parent / "npm" / "logto_sign_in.mjs"
    node = subprocess.Popen(
        ["bash", "-c", f'{function}; {command} "$@"', "bash", str(script), way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert node.stdin is not None
    assert node.stdout is not None
    if way == "qr":
        key = _QR.search(node.stdout.readline())
        assert key is not None
        sandbox.root.scan(key[1], "lisi")
        sandbox.root.confirm(key[1])
        node.stdin.write("confirmed\n")
        node.stdin.flush()
    answer, _ = node.communicate(timeout=240)
    return json.loads(answer.splitlines()[-1])


def run_wechatpy(sandbox: Sandbox, files: TrustFiles) -> object:
    """Identify a member with wechatpy as it comes, at its built-in address."""
    function, command = _printed_command(sandbox, files, "Python")
    command = command.removesuffix("python") + sys.executable
    code = sandbox.root.mint_code(agentid=1000000, userid="lisi")
    arguments = [str(HERE / "wechatpy_identify.py"), code]
    shell = ["bash", "-c", f'{function}; {command} "$@"', "bash", *arguments]
    return json.loads(subprocess.run(shell, check=True, capture_output=True, text=True, timeout=240).stdout)


def run_curl(sandbox: Sandbox, files: TrustFiles) -> object:
    """Type the printed curl command."""
    assert sandbox.throwaway is not None
    text = recipes(files, sandbox.throwaway.spki_sha256, "127.0.0.1", 443)
    command = re.search(r"curl --cacert(.|\n)*?SECRET'", text)
    assert command is not None
    typed = command[0].replace("corpid=ID", "corpid=wxCorpId").replace("=SECRET'", "=SECRET_A' --silent --fail")
    return json.loads(subprocess.run(["bash", "-c", typed], check=True, capture_output=True, text=True).stdout)


def main(scenario: str) -> None:
    """Run *scenario* and print what came of it, with what the sandbox was asked."""
    _raise_loopback()
    with Sandbox.start("base", tls=True, tls_port=443) as sandbox, tempfile.TemporaryDirectory() as folder:
        assert sandbox.throwaway is not None
        files = write_trust(sandbox.throwaway, Path(folder), "127.0.0.1")
        if scenario == "wechatpy":
            answer = run_wechatpy(sandbox, files)
        elif scenario == "curl":
            answer = run_curl(sandbox, files)
        else:
            answer = run_logto(sandbox, files, scenario)
        asked = [[entry.host, entry.path] for entry in sandbox.root.journal()]
    print(json.dumps({"answer": answer, "asked": asked}))  # noqa: T201  the way back to the test


if __name__ == "__main__":
    main(sys.argv[1])
