import pickle
from datetime import timedelta
from typing import assert_never

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongpai.wecom import (
    AccountKey,
    App,
    ExternalContact,
    Identity,
    IssuedAppToken,
    JsapiTicket,
    Kind,
    LinkedMember,
    Member,
    Stranger,
    UsageError,
    UserDetail,
    UserTicket,
    fold_id,
)

VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)


def describe_kind(identity: Identity) -> str:
    match identity:
        case Member(corpid, userid):
            return f"member {userid} of {corpid}"
        case LinkedMember(corpid, home_corpid, userid):
            return f"linked {userid} of {home_corpid} at {corpid}"
        case ExternalContact(corpid, _, external_userid):
            return f"customer {external_userid} of {corpid}"
        case Stranger(corpid, openid):
            return f"stranger {openid} at {corpid}"
        case _:
            assert_never(identity)


@pytest.mark.parametrize(
    ("identity", "said", "key"),
    [
        (Member("wwA", "Li"), "member Li of wwA", AccountKey("wwa", "wwa", "li", Kind.MEMBER)),
        (
            LinkedMember("wwA", "wpB", "Li"),
            "linked Li of wpB at wwA",
            AccountKey("wwa", "wpB", "Li", Kind.LINKED),
        ),
        (
            ExternalContact("wwA", "oX", "wmY"),
            "customer wmY of wwA",
            AccountKey("wwa", "", "wmY", Kind.EXTERNAL),
        ),
        (Stranger("wwA", "oX"), "stranger oX at wwA", AccountKey("wwa", "", "oX", Kind.STRANGER)),
    ],
)
def test_an_identity_is_one_of_four_and_knows_its_key(identity: Identity, said: str, key: AccountKey) -> None:
    assert describe_kind(identity) == said
    assert identity.key == key


def test_plain_ids_compare_without_case_and_keep_wecoms_spelling() -> None:
    assert Member("WWcorp", "LiSi") == Member("wwCORP", "lisi")
    assert hash(Member("WWcorp", "LiSi")) == hash(Member("wwCORP", "lisi"))
    assert Member("wwcorp", "LiSi").userid == "LiSi"


def test_encrypted_ids_compare_with_case() -> None:
    assert Member("wpA", "woXy", encrypted_ids=True) != Member("wpA", "woxY", encrypted_ids=True)
    assert Stranger("wpA", "o", encrypted_ids=True) != Stranger("wpa", "o", encrypted_ids=True)


def test_ids_of_linked_members_and_outsiders_keep_their_case() -> None:
    assert LinkedMember("ww", "wpA", "li") != LinkedMember("ww", "wpa", "li")
    assert LinkedMember("ww", "wpA", "li") != LinkedMember("ww", "wpA", "Li")
    assert Stranger("ww", "oA") != Stranger("ww", "oa")
    assert ExternalContact("ww", "o", "wmA") != ExternalContact("ww", "o", "wma")


def test_a_linked_member_never_equals_a_member_of_the_corp() -> None:
    member, linked = Member("ww1", "li"), LinkedMember("ww1", "ww1", "li")
    assert member != linked  # type: ignore[comparison-overlap]  # they may never be equal
    assert member.key != linked.key


def test_the_same_userid_in_two_corps_is_two_people() -> None:
    assert Member("ww1", "li") != Member("ww2", "li")


def test_a_ticket_and_unknown_fields_do_not_make_another_person() -> None:
    ticket = UserTicket("T", timedelta(seconds=1))
    assert Member("ww", "li", ticket, extra={"DeviceId": "d"}) == Member("ww", "li")


@pytest.mark.parametrize("bad", ["", "x" * 65, "李四", "li si", "li\n", "ＬＩ", "\x7f", "\u212a"])
def test_an_id_that_cannot_be_is_refused(bad: str) -> None:
    with pytest.raises(UsageError, match="visible ASCII"):
        fold_id(bad)
    with pytest.raises(UsageError):
        Member("ww", bad)
    with pytest.raises(UsageError):
        Member("ww", bad, encrypted_ids=True)
    with pytest.raises(UsageError):
        App(bad, 1, "s")


@given(VISIBLE)
def test_folding_is_stable_and_blind_to_case(plain: str) -> None:
    folded = fold_id(plain)
    assert folded == fold_id(folded) == fold_id(plain.upper()) == fold_id(plain.swapcase())
    assert folded.isascii()


def test_secrets_and_what_a_member_disclosed_stay_out_of_repr() -> None:
    hidden = "do-not-show"
    life = timedelta(seconds=1)
    values = (
        App("ww", 1, hidden),
        UserTicket(hidden, life),
        Member("ww", "li", UserTicket(hidden, life), extra={"user_doc_ticket": hidden}),
        IssuedAppToken(hidden, life),
        JsapiTicket(hidden, life),
        UserDetail("li", mobile=hidden, email=hidden, biz_mail=hidden, address=hidden, avatar=hidden, qr_code=hidden),
    )
    assert hidden not in repr(values)


def test_identities_travel_between_processes() -> None:
    member = Member("ww", "Li", UserTicket("T", timedelta(seconds=1)), extra={"DeviceId": "d"})
    copy = pickle.loads(pickle.dumps(member))  # noqa: S301  our own bytes
    assert copy == member
    assert copy.user_ticket == member.user_ticket
