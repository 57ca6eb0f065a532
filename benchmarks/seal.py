"""What forward-auth pays for each request that it lets pass: opening the gate cookie and the whole pure check."""

from collections.abc import Iterator

from cryptography.fernet import Fernet

from benchmarks.harness import Bar, Row, Side, compare
from gongpai.gateway.gate import GateCookie, Pass, check, seal_gate
from gongpai.gateway.news import Heard
from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing, RingKey

AUDIENCE = b"app.example.com"
START = 1_800_000_000
GROUPS = b",".join(b"dept:%d" % number for number in range(8))
COOKIE = GateCookie("0" * 64, b"s" * 22, b"lisi", b"lisi@example.com", GROUPS, 0, START, START + 43_200)
_TEN_MICROSECONDS = Bar(max_us=10)


def make_ring() -> KeyRing:
    """Return a ring with one key that every process of the benchmark can make."""
    ring = KeyRing()
    ring.replace([RingKey(b"gate", KeyPurpose.GATE, bytes(32))], {KeyPurpose.GATE: b"gate"})
    ring.allow(b"gate", 1_000)
    return ring


def measure() -> Iterator[Row]:
    ring, heard = make_ring(), Heard()
    heard.catch_up(0.0)
    sealed = seal_gate(ring, COOKIE, AUDIENCE)
    assert isinstance(check(sealed, AUDIENCE, ring, heard, START, 0.0), Pass)
    fernet = Fernet(Fernet.generate_key())
    token = fernet.encrypt(b"x" * 200)

    def check_often(count: int) -> None:
        for _ in range(count):
            check(sealed, AUDIENCE, ring, heard, START, 0.0)

    def open_fernet(count: int) -> None:
        for _ in range(count):
            fernet.decrypt(token)

    ours, peer = Side("gate.check", check_often), Side("Fernet", open_fernet)
    yield compare("gate cookie check", ours, peer, _TEN_MICROSECONDS)
