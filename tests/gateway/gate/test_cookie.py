from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.gate import (
    COOKIE_LIMIT,
    Ask,
    GateCookie,
    Pass,
    ReadStore,
    Refusal,
    Refuse,
    Verdict,
    check,
    seal_gate,
)
from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing, RingKey
from memory import NOW

AUDIENCE = b"app.example.com"
START = 1_800_000_000
COOKIE = GateCookie("ref", b"subject", b"lisi", b"", b"dept:1", 0, START, START + 3600)
RING = KeyRing()
RING.replace([RingKey(b"gate", KeyPurpose.GATE, bytes(32))], {KeyPurpose.GATE: b"gate"})
RING.allow(b"gate", 1_000_000)


@dataclass
class Ears:
    ended: dict[str, datetime] = field(default_factory=dict)
    epochs: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True
    fresh: bool = True

    def is_fresh(self, _at: float) -> bool:
        return self.fresh


def ask(cookie: GateCookie = COOKIE, heard: Ears | None = None, now: float = START + 1) -> Verdict:
    return check(seal_gate(RING, cookie, AUDIENCE), AUDIENCE, RING, heard or Ears(), now, 0.0)


def test_a_good_cookie_passes_without_asking_anybody() -> None:
    assert ask() == Pass(COOKIE)


def test_it_passes_to_its_own_host_only() -> None:
    sealed = seal_gate(RING, COOKIE, AUDIENCE)
    assert check(sealed, b"other.example.com", RING, Ears(), START, 0.0) == Refuse(Refusal.NOT_OURS)


def test_one_that_a_clock_ran_ahead_with_is_looked_at() -> None:
    assert ask(now=START - 299) == Pass(COOKIE)
    assert ask(now=START - 3600) == ReadStore(COOKIE, Ask.OLD)


@pytest.mark.parametrize("sealed", [None, b""])
def test_no_cookie_does_not_pass(sealed: bytes | None) -> None:
    assert check(sealed, AUDIENCE, RING, Ears(), START, 0.0) == Refuse(Refusal.NO_COOKIE)


def test_a_cookie_that_is_too_long_is_not_even_opened() -> None:
    assert check(b"x" * (COOKIE_LIMIT + 1), AUDIENCE, RING, Ears(), START, 0.0) == Refuse(Refusal.NOT_OURS)


def test_a_seal_around_something_else_does_not_pass() -> None:
    sealed = RING.seal(KeyPurpose.GATE, b"\x01", b"__Host-gongpai_gate\x00" + AUDIENCE)
    assert check(sealed, AUDIENCE, RING, Ears(), START, 0.0) == Refuse(Refusal.NOT_OURS)


def test_past_its_end_it_does_not_pass() -> None:
    assert ask(now=COOKIE.expires_at) == Refuse(Refusal.EXPIRED)


def test_an_ended_session_does_not_pass_however_stale_the_news() -> None:
    assert ask(heard=Ears(ended={"ref": NOW}, fresh=False)) == Refuse(Refusal.ENDED)


@pytest.mark.parametrize(
    ("heard", "now", "why"),
    [
        (Ears(fresh=False), START + 1, Ask.STALE),
        (Ears(is_whole=False), START + 1, Ask.NOT_WHOLE),
        (Ears(), START + 300, Ask.OLD),
        (Ears(epochs={"subject": 1}), START + 1, Ask.EPOCH),
    ],
)
def test_when_only_the_store_can_say_it_is_read(heard: Ears, now: float, why: Ask) -> None:
    assert ask(heard=heard, now=now) == ReadStore(COOKIE, why)


def test_another_persons_epoch_changes_nothing() -> None:
    assert ask(heard=Ears(epochs={"another": 5})) == Pass(COOKIE)


def test_a_cookie_with_too_many_groups_is_not_made() -> None:
    crowded = msgspec.structs.replace(COOKIE, groups=tuple(f"dept:{n}" for n in range(500)))
    assert seal_gate(RING, crowded, AUDIENCE) is None


@given(st.binary(max_size=300))
def test_hostile_bytes_never_pass(sealed: bytes) -> None:
    assert isinstance(check(sealed, AUDIENCE, RING, Ears(), START, 0.0), Refuse)
