"""Who may come in, decided purely."""

import pytest

from gongpai.gateway.config import Policy
from gongpai.gateway.errors import Reason, RefusedError
from gongpai.gateway.policy import (
    admit,
    asks_departments,
    fingerprint,
    may_use,
    reason_for,
    require_member,
    require_not_named,
)
from gongpai.gateway.records_provider import PartyPolicy
from gongpai.wecom import (
    DeniedError,
    ExternalContact,
    Identity,
    LinkedMember,
    Member,
    Status,
    Stranger,
    UserProfile,
)

_CORP = "wwcorp"
_MEMBER = Member(_CORP, "LiSi")
_PARENTS = {2: 1, 3: 2, 4: 3, 5: 1, 8: 9, 9: 8}


def _profile(*departments: int, status: Status = Status.ACTIVE) -> UserProfile:
    return UserProfile("LiSi", "Li Si", departments, status)


@pytest.mark.parametrize(
    ("policy", "departments"),
    [
        (Policy(), (5,)),
        (Policy(allow_departments=frozenset({3})), (3,)),
        (Policy(allow_departments=frozenset({2})), (4,)),
        (Policy(allow_departments=frozenset({1})), (4,)),
        (Policy(allow_departments=frozenset({2})), (5, 4)),
        (Policy(allow_userids=frozenset({"lisi"})), (5,)),
        (Policy(allow_userids=frozenset({"lisi"}), allow_departments=frozenset({2})), (5,)),
        (Policy(deny_departments=frozenset({2})), (5,)),
        (Policy(deny_departments=frozenset({4})), (3,)),
        (Policy(deny_userids=frozenset({"wangwu"})), (5,)),
    ],
)
def test_a_member_comes_in(policy: Policy, departments: tuple[int, ...]) -> None:
    admit(_MEMBER, _profile(*departments), policy, _PARENTS)


@pytest.mark.parametrize(
    ("policy", "departments", "reason"),
    [
        (Policy(allow_departments=frozenset({2})), (5,), Reason.NOT_ALLOWED),
        (Policy(allow_departments=frozenset({4})), (3,), Reason.NOT_ALLOWED),
        (Policy(allow_departments=frozenset({2})), (), Reason.NOT_ALLOWED),
        (Policy(allow_departments=frozenset({2})), (8,), Reason.NOT_ALLOWED),
        (Policy(allow_userids=frozenset({"wangwu"})), (5,), Reason.NOT_ALLOWED),
        (Policy(deny_departments=frozenset({2})), (5, 4), Reason.DENIED),
        (Policy(deny_userids=frozenset({"lisi"}), allow_userids=frozenset({"lisi"})), (5,), Reason.DENIED),
        (Policy(deny_departments=frozenset({2}), allow_userids=frozenset({"lisi"})), (3,), Reason.DENIED),
    ],
)
def test_a_member_stays_out(policy: Policy, departments: tuple[int, ...], reason: Reason) -> None:
    with pytest.raises(RefusedError) as refused:
        admit(_MEMBER, _profile(*departments), policy, _PARENTS)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.DISABLED, Reason.DISABLED),
        (Status.NOT_ACTIVATED, Reason.NOT_ACTIVE),
        (Status.LEFT, Reason.UNKNOWN_MEMBER),
        (Status.UNKNOWN, Reason.PROFILE_UNREADABLE),
    ],
)
def test_only_status_one_is_active(status: Status, reason: Reason) -> None:
    with pytest.raises(RefusedError) as refused:
        admit(_MEMBER, _profile(1, status=status), Policy(allow_userids=frozenset({"lisi"})), {})
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        (LinkedMember(_CORP, "wwother", "maria"), Reason.LINKED_MEMBER),
        (ExternalContact(_CORP, "o1", "wm1"), Reason.EXTERNAL_CONTACT),
        (Stranger(_CORP, "o1"), Reason.STRANGER),
    ],
)
def test_everybody_else_is_turned_away_by_kind(identity: Identity, reason: Reason) -> None:
    with pytest.raises(RefusedError) as refused:
        require_member(identity)
    assert refused.value.reason is reason


def test_a_member_is_a_member() -> None:
    assert require_member(_MEMBER) is _MEMBER


@pytest.mark.parametrize(
    ("errcode", "reason"),
    [(60111, Reason.UNKNOWN_MEMBER), (60011, Reason.NOT_VISIBLE), (50002, Reason.NOT_VISIBLE)],
)
def test_why_a_profile_is_withheld(errcode: int, reason: Reason) -> None:
    assert reason_for(DeniedError(errcode)) is reason


def test_the_tree_is_asked_for_only_by_a_department_rule() -> None:
    assert not asks_departments(Policy(allow_userids=frozenset({"lisi"})))
    assert asks_departments(Policy(allow_departments=frozenset({1})))
    assert asks_departments(Policy(deny_departments=frozenset({1})))


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (PartyPolicy(), None),
        (PartyPolicy(corpids=frozenset({_CORP})), None),
        (PartyPolicy(corpids=frozenset({"wwother"})), Reason.NOT_ALLOWED),
        (PartyPolicy(allow_departments=frozenset({2})), None),
        (PartyPolicy(allow_departments=frozenset({5})), Reason.NOT_ALLOWED),
        (PartyPolicy(allow_departments=frozenset({5}), allow_userids=frozenset({"lisi"})), None),
        (PartyPolicy(deny_userids=frozenset({"lisi"}), allow_userids=frozenset({"lisi"})), Reason.DENIED),
        (PartyPolicy(deny_departments=frozenset({1})), Reason.DENIED),
    ],
)
def test_a_party_may_be_for_some_members_only(policy: PartyPolicy, reason: Reason | None) -> None:
    assert may_use(policy, _CORP, "lisi", (4,), _PARENTS) is reason


def test_a_rule_against_a_name_needs_no_profile() -> None:
    require_not_named(_MEMBER, Policy(deny_userids=frozenset({"wangwu"})))
    with pytest.raises(RefusedError):
        require_not_named(_MEMBER, Policy(deny_userids=frozenset({"lisi"})))


def test_each_policy_has_a_fingerprint_of_its_own_in_whatever_order_it_was_written() -> None:
    rules = [
        Policy(),
        Policy(allow_departments=frozenset({1, 2})),
        Policy(deny_departments=frozenset({1, 2})),
        Policy(allow_userids=frozenset({"1", "2"})),
        Policy(deny_userids=frozenset({"1", "2"})),
        Policy(deny_userids=frozenset({"12"})),
    ]
    assert len({fingerprint(policy) for policy in rules}) == len(rules)
    assert fingerprint(Policy(deny_userids=frozenset({"b", "a"}))) == fingerprint(
        Policy(deny_userids=frozenset({"a", "b"}))
    )
