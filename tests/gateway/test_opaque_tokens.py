from datetime import UTC, datetime, timedelta

import pytest

from gongpai.gateway.grants.opaque import hash_token, new_grant_id, new_token

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_a_token_is_256_random_bits_behind_the_second_it_was_made_in() -> None:
    one, two = new_token(NOW), new_token(NOW)
    assert one[:8] == two[:8] == f"{int(NOW.timestamp()):08x}"
    assert one[8:] != two[8:]
    assert len(one) == 51


def test_what_is_kept_lies_in_the_order_of_time_and_is_a_hash_of_all_of_it() -> None:
    kept = [hash_token(new_token(NOW + timedelta(seconds=second))) for second in range(20)]
    assert kept == sorted(kept)
    token = new_token(NOW)
    assert token[8:] not in hash_token(token)
    assert hash_token(token) != hash_token("00000000" + token[8:])
    assert hash_token(token)[8:] != hash_token("00000000" + token[8:])[8:]


@pytest.mark.parametrize("token", ["", "x" * 51, "WDJBMJHT", "0" * 50, "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "员工" * 20])
def test_any_other_text_is_kept_as_its_hash_alone(token: str) -> None:
    assert len(hash_token(token)) == 64


def test_grants_are_named_in_the_order_of_time() -> None:
    names = [new_grant_id(NOW + timedelta(seconds=second)) for second in range(20)]
    assert names == sorted(names)
    assert len(set(names)) == 20
