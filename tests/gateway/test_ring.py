import pybase64
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.gateway.records import KeyPurpose
from gongpai.gateway.ring import KeyRing, RingExhaustedError, RingKey, SealError, derive, open_under, seal_under

SESSION, GATE = KeyPurpose.SESSION, KeyPurpose.GATE
ONE, TWO = RingKey(b"\x00\x00\x00\x01", SESSION, bytes(32)), RingKey(b"\x00\x00\x00\x02", SESSION, bytes([2] * 32))


def ring_of(*keys: RingKey, allowance: int = 1000) -> KeyRing:
    ring = KeyRing()
    ring.replace(keys, {key.purpose: key.key_id for key in keys})
    for key in keys:
        ring.allow(key.key_id, allowance)
    return ring


def test_what_was_sealed_opens_for_the_same_use_only() -> None:
    ring = ring_of(ONE)
    sealed = ring.seal(SESSION, b"plain", b"use")
    assert ring.open(SESSION, sealed, b"use") == b"plain"
    with pytest.raises(SealError):
        ring.open(SESSION, sealed, b"another use")


def test_a_key_of_one_purpose_opens_nothing_of_another() -> None:
    twin = RingKey(ONE.key_id, GATE, bytes(32))  # even with the same id and secret
    ring = ring_of(ONE, twin)
    with pytest.raises(SealError):
        ring.open(GATE, ring.seal(SESSION, b"plain", b"use"), b"use")


def test_the_newest_key_seals_and_older_ones_still_open() -> None:
    ring = ring_of(ONE)
    old = ring.seal(SESSION, b"old", b"use")
    ring.replace([ONE, TWO], {SESSION: TWO.key_id})
    ring.allow(TWO.key_id, 1)
    assert ring.open(SESSION, old, b"use") == b"old"
    new = ring.seal(SESSION, b"new", b"use")
    ring.replace([TWO], {SESSION: TWO.key_id})
    assert ring.open(SESSION, new, b"use") == b"new"
    with pytest.raises(SealError):
        ring.open(SESSION, old, b"use")


def test_a_ring_without_a_key_or_an_allowance_seals_nothing() -> None:
    with pytest.raises(RingExhaustedError):
        KeyRing().seal(SESSION, b"plain", b"use")
    ring = ring_of(ONE, allowance=2)
    assert ring.allowance(ONE.key_id) == 2
    ring.seal(SESSION, b"plain", b"use")
    ring.seal(SESSION, b"plain", b"use")
    with pytest.raises(RingExhaustedError):
        ring.seal(SESSION, b"plain", b"use")


def test_two_seals_of_the_same_never_look_alike() -> None:
    ring = ring_of(ONE)
    assert ring.seal(SESSION, b"plain", b"use") != ring.seal(SESSION, b"plain", b"use")


@given(st.binary(max_size=200))
def test_hostile_bytes_open_nothing(sealed: bytes) -> None:
    with pytest.raises(SealError):
        ring_of(ONE).open(SESSION, sealed, b"use")


@given(st.integers(0, 400), st.integers(1, 255))
def test_one_altered_byte_opens_nothing(at: int, change: int) -> None:
    ring = ring_of(ONE)
    raw = bytearray(pybase64.urlsafe_b64decode(ring.seal(SESSION, b"plain", b"use") + b"=="))
    raw[at % len(raw)] ^= change
    with pytest.raises(SealError):
        ring.open(SESSION, pybase64.urlsafe_b64encode(bytes(raw)), b"use")


def test_keys_for_different_uses_differ() -> None:
    assert derive(bytes(32), b"one") != derive(bytes(32), b"two") != derive(bytes([1] * 32), b"two")
    assert len(derive(bytes(32), b"one")) == 32


def test_a_key_shows_no_secret() -> None:
    assert "secret" not in repr(ONE)


def test_what_was_sealed_under_a_secret_opens_with_it_for_the_same_use_only() -> None:
    sealed = seal_under(b"refresh token", b"answer", b"use")
    assert b"answer" not in sealed
    assert open_under(b"refresh token", sealed, b"use") == b"answer"
    assert seal_under(b"refresh token", b"answer", b"use") != sealed
    for secret, value, use in [
        (b"another", sealed, b"use"),
        (b"refresh token", sealed, b"another"),
        (b"refresh token", sealed[:-1] + bytes([sealed[-1] ^ 1]), b"use"),
        (b"refresh token", sealed[:10], b"use"),
        (b"refresh token", b"", b"use"),
    ]:
        with pytest.raises(SealError):
            open_under(secret, value, use)
